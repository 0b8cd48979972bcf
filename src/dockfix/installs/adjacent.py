"""Which installs of a script follow one another so that one would do, and which updates and
cleanups between them have no use then.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from dockfix.installs.caches import caches_in, cleans_up
from dockfix.installs.frames import frame, has_alike, is_quiet, values
from dockfix.installs.new_sources import changes_sources
from dockfix.installs.together import Together, settled
from dockfix.managers.manager import Command
from dockfix.managers.parts import Cache
from dockfix.programs.command import command_of, install_of
from dockfix.records import Record
from dockfix.shell.fatal import deciding_neighbors
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed


class Step(Record):
    """An install, an update, or what cleans up (without `command`)."""

    simple: Simple
    command: Command | None


class Drop(Record):
    """An update with nothing new to fetch, and what stands before it."""

    before: Step
    update: Step


class Merge(Record):
    """An install and what goes into it: installs, and what stands between them and goes away.

    `useless` are the updates among these that have nothing new to fetch, merge or not.
    """

    first: Step
    others: tuple[Step, ...]
    useless: tuple[Drop, ...] = ()

    @property
    def installs(self) -> list[Command]:
        steps = (self.first, *self.others)
        return [one.command for one in steps if one.command and one.command.action == "install"]


def merges(script: Script, *, errexit: bool) -> list[Merge | Drop]:
    """What can be one in a script, and what has no use; `errexit`: a failure ends its shell."""
    if not has_alike(script):
        return []
    return _in_strict_shell(script) if errexit else _in_plain_shell(script)


@cached_by_identity
def _in_plain_shell(script: Script) -> list[Merge | Drop]:
    return _all_findings(script, errexit=False)


@cached_by_identity
def _in_strict_shell(script: Script) -> list[Merge | Drop]:
    return _all_findings(script, errexit=True)


def _all_findings(script: Script, *, errexit: bool) -> list[Merge | Drop]:
    found: dict[int, Merge | Drop] = {}
    for row in deciding_neighbors(script, errexit=errexit):
        for block in _blocks(row, script):
            if len(block) < 2:
                continue
            for stretch in _stretches(block, script.text):
                for finding in _findings(stretch):
                    found.setdefault(finding[0].simple.start, finding)
    return list(found.values())


def _blocks(row: tuple[Simple | None, ...], script: Script) -> Iterator[list[Step]]:
    """Neighbors that are all installs, updates, or remove what these fetched."""
    hidden = shadowed(script)
    block: list[Step] = []
    for simple in (*row, None):
        command = (install_of(simple) or command_of(simple)) if simple is not None else None
        if simple is not None and block and is_cleanup(simple, script):
            block.append(Step(simple, None))
        elif (
            simple is None
            or command is None
            or command.action not in ("install", "update")
            or (command.action == "update" and command.packages)
            or {word.rpartition("/")[2] for word in command.program} & hidden
            or (simple.redirects and not (command.action == "update" and is_quiet(simple)))
        ):
            yield block
            block = []
        else:
            block.append(Step(simple, command))


def is_cleanup(simple: Simple, script: Script) -> bool:
    """True if a command does nothing but remove lists that a manager fetched."""
    return (
        not simple.redirects
        and cleans_up(script.text[simple.start : simple.end], _with_lists(script))
        and not any(word.text in shadowed(script) for word in simple.words)
    )


@cached_by_identity
def _with_lists(script: Script) -> list[Cache]:
    """The caches that a script may fill and that have lists, once for all its commands."""
    return [one for one in caches_in(script.text) if one.lists]


def _stretches(block: list[Step], text: str) -> Iterator[list[Step]]:
    """A block between what has to clean up where it does.

    It need not between an install and an update for the next one, behind which the same cleans up.
    """
    runs = [list(steps) for _, steps in groupby(block, key=lambda step: step.command is None)]
    stretch: list[Step] = []
    for number, steps in enumerate(runs):
        if steps[0].command is None:
            behind = runs[number + 1] if number + 1 < len(runs) else []
            done = _texts(steps, text)
            again = runs[number + 2] if number + 2 < len(runs) else []
            if (
                not behind
                or _action(behind[0]) != "update"
                or _action(behind[-1]) != "install"
                or (done - _texts(again, text))
            ):
                yield stretch
                stretch = []
                continue
        stretch += steps
    yield stretch


def _texts(steps: list[Step], text: str) -> set[str]:
    return {text[one.simple.start : one.simple.end] for one in steps}


def _action(step: Step) -> str:
    return step.command.action if step.command else "clean"


def _findings(block: list[Step]) -> Iterator[Merge | Drop]:
    fresh: Step | None = None
    first: Step | None = None
    together: Together | None = None
    others: list[Step] = []
    useless: list[Drop] = []
    gone: list[Drop] = []
    # what goes only if the install behind it goes into the one before it
    cleaned: list[Step] = []
    for before, step in zip([*block[:1], *block], block, strict=False):
        if step.command is None:
            cleaned.append(step)
        elif step.command.action == "update":
            if fresh is not None and frame(fresh.simple) == frame(step.simple):
                if cleaned:
                    cleaned.append(step)
                else:
                    useless.append(Drop(before, step))
                continue
            fresh, cleaned = step, []
            yield from _merged(first, others, gone)
            first, together, others, gone = None, None, [], []
        else:
            if together is None and first is not None:
                together = Together(first.simple)
            if together is not None and together.add(step.simple):
                others += (*(one.update for one in useless), *cleaned, step)
                gone += useless
            else:
                yield from _merged(first, others, gone)
                yield from useless
                first, together, others, gone = step, None, [], []
            useless, cleaned = [], []
            same = (
                fresh is not None
                and fresh.command is not None
                and fresh.command.manager is step.command.manager
            )
            if not same or changes_sources(values(step.simple)) or not settled(step.simple):
                fresh = None
    yield from _merged(first, others, gone)
    yield from useless


def _merged(first: Step | None, others: list[Step], useless: list[Drop]) -> Iterator[Merge]:
    if first is not None and others:
        yield Merge(first, tuple(others), tuple(useless))
