"""Points out that a package manager is brought up to a release that installs less than before.

What it does: one note at a command that installs a newer release of the manager itself, without a
version or with one from that release on: `npm install -g npm`, `npm@latest`, `npm@12`.

Why: the build goes on to succeed, and what a dependency would have fetched or compiled is missing
when the program runs.

What it leaves alone: an older version that is named, and a file in which no later RUN installs with
that manager.

Safety: a note. Whether a dependency needs its scripts is the author's to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.managers.manager import Command
from dockfix.managers.parts import NewMajor
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import commands_in
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts, source_span

_MAJOR = lazy(r"[\^~>=v]*(\d+)(?:\..*)?")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each manager that is brought up."""
    brought: dict[str, tuple[int, NewMajor]] = {}
    for instruction, script in facts.scripts:
        for simple, command in commands_in(script):
            manager = command.manager
            if manager.name in brought and not _is_brought(command):
                offset, new = brought.pop(manager.name)
                yield Group(offset, new.changes, (), Safety.NOTE)
            elif manager.new_major is not None and _is_brought(command):
                offset = source_span(instruction, simple.start, simple.end)[0]
                brought[manager.name] = offset, manager.new_major


def _is_brought(command: Command) -> bool:
    """True if a command installs its own manager, of the newest release or from its new one on."""
    new = command.manager.new_major
    if new is None or command.action != "install":
        return False
    for word in command.packages:
        name, _, version = (word.value or "").partition("@")
        found = _MAJOR.fullmatch(version)
        if name == command.manager.name and (
            version in ("", "latest") or (found is not None and int(found[1]) >= new.version)
        ):
            return True
    return False


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF529",
    name="new-major",
    summary="Point out a package manager brought up to a release that installs less than before",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
