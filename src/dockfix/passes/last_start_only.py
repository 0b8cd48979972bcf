"""Of several CMD, ENTRYPOINT or HEALTHCHECK of a stage, only the last: it is the one that counts.

What it does: `CMD ["bash"]` above another CMD of the same stage is removed, its line with it; the
same for ENTRYPOINT and HEALTHCHECK. Comments inside it become lines of their own, comments above it
stay.

Why: builders warn that the earlier one has no effect. Who reads the file from the top believes it.

What it leaves alone: one below an ignore comment, which would speak of the next instruction then.
Triggers (ONBUILD) and those of other stages. One in the first line of a snippet, where what follows
could become a parser directive.

Safety: safe. Each of the three replaces, in the image's configuration, all that the one before it
set (dockerfile2llb/convert.go). Between the two nobody looks at it: a RUN does not, SHELL is put in
front of a shell form where that stands, and an ENTRYPOINT resets the CMD of the base image, but
never one of the same stage, so that it makes no difference where the last CMD stands. A stage built
on this one, and a container, see the last.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Group, Safety
from dockfix.edit.removal import removal_of
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import STARTS
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each instruction that a later one of its stage replaces."""
    for stage in facts.stages:
        for instruction in _replaced(stage):
            removal = removal_of(facts.dockerfile, instruction)
            if removal is None:
                continue
            yield Group(
                instruction.keyword_offset,
                f"remove this {instruction.keyword}: a later {instruction.keyword} in the same "
                "stage overrides it",
                (removal,),
            )


def _replaced(stage: Stage) -> list[Instruction]:
    found = [one for one in stage.instructions if one.keyword in STARTS]
    last = {one.keyword: one for one in found}
    return [one for one in found if one is not last[one.keyword]]


def verify(before: Facts, after: Facts) -> str | None:
    """All but the replaced instructions are there, in their order."""
    gone = {one.start for stage in before.stages for one in _replaced(stage)}
    old = [
        (one.keyword, before.source[one.start : one.end])
        for stage in before.stages
        for one in stage.instructions
        if one.start not in gone
    ]
    new = [
        (one.keyword, after.source[one.start : one.end])
        for stage in after.stages
        for one in stage.instructions
    ]
    pending = iter(new)
    if any(one not in pending for one in old):
        return "an instruction that counts is gone"
    return None


PASS = Pass(
    code="DF308",
    name="last-start-only",
    summary="Remove a CMD, ENTRYPOINT or HEALTHCHECK that a later one replaces",
    safety=Safety.SAFE,
    aliases=("MultipleInstructionsDisallowed", "DL4003", "DL4004", "DL3012"),
    rewrite=rewrite,
    verify=verify,
)
