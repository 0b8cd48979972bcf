"""Points out sudo in a RUN that is root anyway.

What it does: one note for each file, at the first `sudo` that a RUN of root calls.

Why: it does nothing there, and one that is installed for it is another way to root in the image.

What it leaves alone: it never changes a file, for sudo also resets the environment, which a command
may rely on. A RUN of another account, or of the base image's, may need it.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts, source_span


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    known = facts.places
    for instruction, script in facts.scripts:
        if "sudo" not in script.text or known[instruction.start].user not in ("root", "0"):
            continue
        for simple in script.simples:
            if simple.words and simple.words[0].value == "sudo":
                offset = source_span(instruction, simple.start, simple.end)[0]
                yield Group(offset, "sudo is not needed: the user is root already", (), Safety.NOTE)
                return


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF527",
    name="avoid-sudo",
    summary="Point out sudo in a RUN that is root anyway",
    safety=Safety.NOTE,
    aliases=("DL3004",),
    rewrite=rewrite,
    verify=verify,
)
