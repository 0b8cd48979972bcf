"""Which commands of a script stand next to each other and stop it when they fail.

A pass may make one command of two if the second runs exactly when the first succeeded, and the
script fails when either does. That holds in two places: in a chain of `&&` at the end of a script,
and in a list under `set -e` from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.shell.tree import AndOr, Group, Item, Pipeline, Script, Simple, Subshell

#: Neighboring commands, in order. None stands for one that is no simple command.
Neighbors = tuple[Simple | None, ...]


def deciding_neighbors(script: Script, *, errexit: bool = False) -> Iterator[Neighbors]:
    """Runs of neighboring commands; `errexit` is true if the shell was started with `-e`."""
    items = script.items
    if items and _errexit_throughout(script, errexit):
        yield tuple(_alone(item) for item in items)
    yield from _last(items)


def deciding(script: Script, *, errexit: bool = False) -> Iterator[Simple]:
    """The commands whose failure makes the script fail.

    The one behind the last `||` is among them, although it is no neighbor of others.
    """
    behind_or = _last(script.items, alternatives=True)
    for neighbors in [*deciding_neighbors(script, errexit=errexit), *behind_or]:
        yield from filter(None, neighbors)


def _last(items: tuple[Item, ...], *, alternatives: bool = False) -> Iterator[Neighbors]:
    """The neighbors in the last item of a list, whose failure makes the list fail."""
    if items and items[-1].terminator != "&":
        yield from _chain(items[-1].node, alternatives)


def _chain(node: AndOr, alternatives: bool) -> Iterator[Neighbors]:
    """The neighbors in an and-or list behind its last `||`, and in groups at its top."""
    behind = [number for number, operator in enumerate(node.operators, 1) if operator.text == "||"]
    first = behind[-1] + (not alternatives) if behind else 0
    pipelines = node.pipelines[first:]
    yield tuple(_simple(pipeline) for pipeline in pipelines)
    for pipeline in pipelines:
        if len(pipeline.commands) == 1 and not pipeline.negated:
            command = pipeline.commands[0]
            if isinstance(command, Subshell | Group) and not command.redirects:
                yield from _last(command.body, alternatives=alternatives)


def _simple(pipeline: Pipeline) -> Simple | None:
    """The simple command that a pipeline consists of; None for another pipeline."""
    if len(pipeline.commands) != 1 or pipeline.negated:
        return None
    command = pipeline.commands[0]
    return command if isinstance(command, Simple) else None


def _alone(item: Item) -> Simple | None:
    """The simple command that an item consists of; None for another item."""
    if len(item.node.pipelines) != 1 or item.terminator == "&":
        return None
    return _simple(item.node.pipelines[0])


def _errexit_throughout(script: Script, started_with: bool) -> bool:
    """True if `-e` holds for every item: set by the shell or the first command, never changed."""
    first = _alone(script.items[0])
    sets = first is not None and bool(first.words) and first.words[0].value == "set"
    if first is not None and sets:
        options = [word.value or "" for word in first.words[1:]]
        if any(option[:1] == "+" for option in options):
            return False
        given = any(option[:1] == "-" and "e" in option[1:] for option in options)
        given = given or "errexit" in options
    else:
        given = False
    risky = ("set", "eval", ".", "source", "exec", "shopt", "trap", "")
    others = [simple for simple in script.simples if simple is not first or not sets]
    return (given or started_with) and not any(
        simple.words and (simple.words[0].value or "") in risky for simple in others
    )
