"""Points out a variable in FROM that no ARG above the first FROM declares.

What it does: a note at each FROM whose image or `--platform` has such a variable, with the name
that is probably meant.

Why: the builder puts nothing in its place. `FROM node:22$VARIANT` is then another image than was
meant, whatever `--build-arg` says.

What it leaves alone: the variables that each build knows (`BUILDPLATFORM`, `TARGETARCH`), and a
name with something in its place (`${NAME:-other}`).

Safety: a note. Which value was meant, only the author knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.nearest import nearest
from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from dockfix.state.variables import PLATFORM_ARGS, declared_above, needed_by_from


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each name that is not declared, at each FROM."""
    known = declared_above(facts) | PLATFORM_ARGS
    for stage in facts.stages:
        if stage.base is None:
            continue
        instruction = stage.instructions[0]
        for name in sorted(needed_by_from(facts, instruction) - known):
            meant = nearest(name, sorted(known))
            hint = f"${meant} is probably meant" if meant else f"ARG {name} belongs above them"
            message = f"no ARG above the first FROM declares ${name}; {hint}"
            yield Group(instruction.keyword_offset, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF541",
    name="declare-base-args",
    summary="Point out variables in FROM that no ARG above it declares",
    safety=Safety.NOTE,
    aliases=("UndefinedArgInFrom",),
    rewrite=rewrite,
    verify=verify,
)
