"""Where a command may be put into a script or taken out, so that all others run and fail as before.

A command that is put in succeeds if the one before it did. It must run only if that one succeeded,
and must not hide its failure. It must not switch errexit off either: to the left of `&&` errexit
does nothing (POSIX XCU 2.8.1). So where errexit ends the script at a failing command, the new one
follows it behind a `;`. A command that is taken out is one whose failure does not matter. The
commands around it must stop at the same failures as before.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.shell.effects import effects
from dockfix.shell.joining import ends_where_it_fails, prelude_of
from dockfix.shell.tree import Group, Item, Script, Simple, Subshell
from dockfix.typed import Literal

#: Whether errexit is in force. It is unknown where the SHELL is that of the base image.
Errexit = Literal["on", "off", "unknown"]

_SHOW_STOPPERS = frozenset(("background", "exec", "trap", "exit", "return", "alias", "eval"))


class InsertionPoint(Record):
    """A place for a new command, behind the command that ends at `end`.

    It is joined by `;` if `sequence`, else by `&&`. `behind` is where the next command begins, None
    if there is none. `stop` is the end of a `;` at the end of the script, which the new command
    replaces. `inside` is true in a group or a subshell. All are positions in the script's text.
    """

    end: int
    stop: int
    sequence: bool
    behind: int | None = None
    inside: bool = False


def at_end(script: Script, *, errexit: bool, declared: bool) -> InsertionPoint | None:
    """The place behind all that a script does; None if there is no such place.

    `errexit` is that of the SHELL, `declared` says that the SHELL's options are known.
    """
    last = script.items[-1]
    if (
        script.last_comment
        or "\n" in script.text
        or any(operator.text == "||" for operator in last.node.operators)
    ):
        return None
    kinds = {change.kind for change in effects(script.text, script.items).changes}
    if kinds & _SHOW_STOPPERS:
        return None
    # a `;` may follow where errexit has stopped a failure before
    sequence = (
        bool(prelude_of(script)) and len(script.items) > 2 and ends_where_it_fails(script.items)
    )
    if not sequence and ("errexit" in kinds or errexit or not declared) and _is_sensitive(last):
        return None
    return InsertionPoint(last.end, last.terminator_start + len(last.terminator), sequence)


def _is_sensitive(item: Item) -> bool:
    """True if errexit could change what an item does."""
    from dockfix.shell.errexit import sensitive_item

    return sensitive_item(item)


def behind(
    script: Script, simple: Simple, *, errexit: bool, declared: bool
) -> InsertionPoint | None:
    """The place right behind a simple command of a script; None if there is no such place."""
    state = _errexit(script, errexit=errexit, declared=declared)
    if "\n" in script.text or state is None:
        return None
    return _behind(script, script.items, simple, state, None)


def _errexit(script: Script, *, errexit: bool, declared: bool) -> Errexit | None:
    """The state of errexit at every item of a script; None if it changes on the way."""
    changes = effects(script.text, script.items).changes
    if not any(change.kind == "errexit" for change in changes):
        return "on" if errexit else "off" if declared else "unknown"
    rest = effects(script.text, script.items[1:]).changes
    if prelude_of(script) and not any(change.kind == "errexit" for change in rest):
        return "on"
    return "unknown" if len(script.items) == 1 else None


def _behind(
    script: Script,
    items: tuple[Item, ...],
    simple: Simple,
    errexit: Errexit,
    around: Literal["group", "subshell"] | None,
) -> InsertionPoint | None:
    """The place behind a simple command in a list of items; `around` is what holds the list."""
    number = next((n for n, one in enumerate(items) if one.start <= simple.start < one.end), None)
    if number is None:
        return None
    item = items[number]
    node = item.node
    place = next(n for n, one in enumerate(node.pipelines) if one.start <= simple.start < one.end)
    pipeline = node.pipelines[place]
    if (
        item.terminator == "&"
        or pipeline.negated
        or any(operator.text == "||" for operator in node.operators)
    ):
        return None
    command = pipeline.commands[0]
    if len(pipeline.commands) == 1 and isinstance(command, Group | Subshell):
        # to the left of `&&` errexit does nothing, inside either
        inside: Errexit = errexit if place == len(node.pipelines) - 1 else "off"
        kind: Literal["group", "subshell"] = "group" if isinstance(command, Group) else "subshell"
        return _behind(script, command.body, simple, inside, kind)
    if not any(one is simple for one in pipeline.commands):
        return None
    end = pipeline.end
    if place < len(node.pipelines) - 1:
        return InsertionPoint(end, end, sequence=False, behind=node.pipelines[place + 1].start)
    alone = len(node.pipelines) == 1
    if number < len(items) - 1:
        # an errexit that stops at the command has to find it at the end of its list
        ahead = items[number + 1].start
        if alone:
            return InsertionPoint(end, end, sequence=True, behind=ahead)
        return InsertionPoint(end, end, sequence=False, behind=ahead) if errexit == "off" else None
    if around is None and script.last_comment:
        return None
    if errexit == "on" and alone and ends_where_it_fails(items):
        sequence = True
    elif errexit != "off" and (around == "group" or _is_sensitive(item)):
        return None
    else:
        sequence = False
    if around is not None:
        return InsertionPoint(end, end, sequence, inside=True)
    return InsertionPoint(end, item.terminator_start + len(item.terminator), sequence)


def surely_runs(items: tuple[Item, ...], simple: Simple) -> bool:
    """True if a command has run whenever its list ends without a failure."""
    for number, item in enumerate(items):
        if not item.start <= simple.start < item.end:
            continue
        node = item.node
        if any(operator.text == "||" for operator in node.operators):
            return False
        last = number == len(items) - 1
        for place, pipeline in enumerate(node.pipelines):
            if pipeline.start <= simple.start < pipeline.end:
                # a list that breaks off in the middle is no failure if another list follows
                return (not place or last) and any(
                    one is simple
                    or (isinstance(one, Group | Subshell) and surely_runs(one.body, simple))
                    for one in pipeline.commands
                )
    return False


class Joint(Record):
    """How a command is joined to one put in before it; `after` is where the one before that ends.

    None: it is the first of the script.
    """

    sequence: bool
    after: int | None


def before(script: Script, simple: Simple, *, errexit: bool, declared: bool) -> Joint | None:
    """How to put a command before another one at the top of a script.

    Its failure has to end the script. None if the script could go on after it.
    """
    state = _errexit(script, errexit=errexit, declared=declared)
    items = script.items
    number = next((n for n, one in enumerate(items) if one.start <= simple.start < one.end), None)
    if number is None or state is None or "\n" in script.text:
        return None
    item, last = items[number], number == len(items) - 1
    pipelines = item.node.pipelines
    place = next(n for n, one in enumerate(pipelines) if one.start <= simple.start < one.end)
    if (
        pipelines[place].commands != (simple,)
        or pipelines[place].negated
        or item.terminator == "&"
        or any(operator.text == "||" for operator in item.node.operators)
    ):
        return None
    if place:
        return Joint(sequence=False, after=pipelines[place - 1].end) if last else None
    after = items[number - 1].end if number else None
    if last and (state != "on" or not number):
        return Joint(sequence=False, after=after)
    return Joint(sequence=True, after=after) if state == "on" else None


def without(
    script: Script, simple: Simple, *, errexit: bool, declared: bool
) -> tuple[int, int] | None:
    """The span to delete, a joint included, so that a command is gone; None if it has to stay.

    For a command at the top of the script, with others before or behind it.
    """
    items = script.items
    state = _errexit(script, errexit=errexit, declared=declared)
    number = next((n for n, one in enumerate(items) if one.start <= simple.start < one.end), None)
    if number is None or state is None or "\n" in script.text:
        return None
    item, last = items[number], number == len(items) - 1
    pipelines = item.node.pipelines
    place = next(n for n, one in enumerate(pipelines) if one.start <= simple.start < one.end)
    pipeline = pipelines[place]
    if (
        pipeline.commands != (simple,)
        or pipeline.negated
        or item.terminator == "&"
        or any(operator.text == "||" for operator in item.node.operators)
    ):
        return None
    if place < len(pipelines) - 1:
        return pipeline.start, pipelines[place + 1].start
    if place:
        # where it ended its list, errexit did not look at the one before it
        return (pipelines[place - 1].end, pipeline.end) if last or state == "off" else None
    if not last:
        return item.start, items[number + 1].start
    if not number or state != "on" or not ends_where_it_fails(items[:number]):
        return None
    return items[number - 1].end, item.terminator_start + len(item.terminator)
