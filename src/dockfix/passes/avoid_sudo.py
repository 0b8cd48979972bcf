"""Points out sudo in a RUN that is root anyway.

What it does: one note for each file, at the first `sudo` that a RUN of root calls.

Why: it does nothing there, and one that is installed for it is another way to root in the image.

What it leaves alone: it never changes a file, for sudo also resets the environment, which a command
may rely on. A RUN of another account, or of the base image's, may need it.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Group, Safety
from dockfix.facts import places, scripts, source_span
from dockfix.passes.base import Example, Pass, Settings
from dockfix.syntax.tree import Dockerfile


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    known = places(dockerfile)
    for instruction, script in scripts(dockerfile):
        if "sudo" not in script.text or known[instruction.start].user not in ("root", "0"):
            continue
        for simple in script.simples:
            if simple.words and simple.words[0].value == "sudo":
                offset = source_span(instruction, simple.start, simple.end)[0]
                yield Group(offset, "sudo does nothing for root", (), Safety.NOTE)
                return


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
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
    examples=lambda: (
        Example("FROM a:1\nUSER root\nRUN sudo make install\n", note="sudo does nothing for root"),
        Example("FROM a:1\nUSER dev\nRUN sudo make install\n", why="this account may need it"),
        Example("FROM a:1\nUSER root\nRUN apt-get install -y sudo\n", why="nobody calls it"),
    ),
)
