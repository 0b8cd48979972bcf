"""Points out a stage whose name another stage has, or that means something else to the builder.

What it does: a note at the second stage of a name, and at one that is called `scratch` or
`context`.

Why: of two stages of one name, `COPY --from=` and `--target` take the later one, or the nearest
above, and readers the other. `FROM scratch` is the empty image, whatever is called so.

What it leaves alone: stages without a name.

Safety: a note. A new name would have to be told to everybody who builds the stage by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts

#: Names that mean something else (BuildKit, dockerfile2llb/validations.go).
_RESERVED = ("context", "scratch")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each such stage."""
    seen: set[str] = set()
    for stage in facts.stages:
        name, at = stage.name, stage.instructions[0].keyword_offset
        if name is None:
            continue
        if name in _RESERVED:
            message = f"builders do not take {name} for this stage: give it another name"
            yield Group(at, message, (), Safety.NOTE, aliases=("ReservedStageName",))
        if name in seen:
            message = f"another stage above is called {name}, too"
            yield Group(at, message, (), Safety.NOTE, aliases=("DuplicateStageName",))
        seen.add(name)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF543",
    name="unique-stages",
    summary="Point out stages with a name that another has, or that means something else",
    safety=Safety.NOTE,
    aliases=("DuplicateStageName", "ReservedStageName"),
    rewrite=rewrite,
    verify=verify,
)
