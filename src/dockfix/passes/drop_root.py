"""Points out a final stage that goes back to root and stays there.

What it does: a note at the last USER of the last stage, if it is root.

Why: what runs in a container as root is one mistake away from the host.

What it leaves alone: it never changes a file, for the account that should run the program may not
exist yet. A stage without any USER keeps that of its base image, which may be a good one; saying so
for every such file would be noise. A USER in a variable.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import ROOT, Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    users = [one for one in facts.stages[-1].instructions if one.keyword == "USER"]
    if users and users[-1].arguments in ROOT:
        message = "the container runs as root: add a USER with fewer rights at the end"
        yield Group(users[-1].keyword_offset, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF524",
    name="drop-root",
    summary="Point out an image that runs as root because its last USER says so",
    safety=Safety.NOTE,
    aliases=("DL3002",),
    rewrite=rewrite,
    verify=verify,
)
