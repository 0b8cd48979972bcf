"""Which commands of a script stop it when they fail, and stand next to each other.

For two commands one after the other, "the second runs exactly if the first succeeded, and the
script fails if either does" is what lets a pass make one command of them. That holds in a chain of
`&&` that is the last thing a script does, and in a list under `set -e` that is in force from the
beginning.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.shell.tree import AndOr, Group, Item, Pipeline, Script, Simple, Subshell

#: Neighbors, in order; None for what is no simple command.
Row = tuple[Simple | None, ...]


def rows(script: Script, *, errexit: bool = False) -> Iterator[Row]:
    """Rows of neighbors; `errexit` says that the shell itself was started with `-e`."""
    items = script.items
    if items and _errexit_throughout(script, errexit):
        yield tuple(_alone(item) for item in items)
    yield from _last(items)


def deciding(script: Script, *, errexit: bool = False) -> Iterator[Simple]:
    """The commands whose failure is that of the script, the one behind the last `||` too, which is
    no neighbor of those around it."""
    for row in [*rows(script, errexit=errexit), *_last(script.items, alternatives=True)]:
        yield from filter(None, row)


def _last(items: tuple[Item, ...], *, alternatives: bool = False) -> Iterator[Row]:
    """The chains whose failure is the failure of the list: those of its last item."""
    if items and items[-1].terminator != "&":
        yield from _chain(items[-1].node, alternatives)


def _chain(node: AndOr, alternatives: bool) -> Iterator[Row]:
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
    if len(pipeline.commands) != 1 or pipeline.negated:
        return None
    command = pipeline.commands[0]
    return command if isinstance(command, Simple) else None


def _alone(item: Item) -> Simple | None:
    if len(item.node.pipelines) != 1 or item.terminator == "&":
        return None
    return _simple(item.node.pipelines[0])


def _errexit_throughout(script: Script, started_with: bool) -> bool:
    """Whether `-e` holds for every item: set by the shell or the first command, never changed."""
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
