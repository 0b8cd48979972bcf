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

from dockfix.edits import Group, Safety
from dockfix.passes.base import Example, Pass, Settings
from dockfix.passes.signs import STARTS
from dockfix.removal import removal_of
from dockfix.syntax.tree import Dockerfile, Instruction, Stage


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each instruction that a later one of its stage replaces."""
    for stage in dockerfile.stages:
        for instruction in _replaced(stage):
            removal = removal_of(dockerfile, instruction)
            if removal is None:
                continue
            yield Group(
                instruction.keyword_offset,
                f"this {instruction.keyword} has no effect: a later one of the stage replaces it",
                (removal,),
            )


def _replaced(stage: Stage) -> list[Instruction]:
    found = [one for one in stage.instructions if one.keyword in STARTS]
    last = {one.keyword: one for one in found}
    return [one for one in found if one is not last[one.keyword]]


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
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
    examples=lambda: (
        Example(
            'FROM debian\nCMD ["bash"]\nRUN make\nCMD ["app"]\n',
            'FROM debian\nRUN make\nCMD ["app"]\n',
        ),
        Example(
            'FROM debian\nENTRYPOINT ["a"]\nCMD ["b"]\nENTRYPOINT ["c"]\n',
            'FROM debian\nCMD ["b"]\nENTRYPOINT ["c"]\n',
            why="an ENTRYPOINT resets the CMD of the base, not that of its own stage",
        ),
        Example(
            "FROM debian\n\nHEALTHCHECK NONE\n\nHEALTHCHECK \\\n    # quick\n    CMD app ping\n"
            "HEALTHCHECK --interval=9s CMD app ping\n",
            "FROM debian\n\n# quick\nHEALTHCHECK --interval=9s CMD app ping\n",
        ),
        Example(
            'FROM debian AS base\nCMD ["a"]\nFROM base\nCMD ["b"]\n',
            why="each stage has one, and the first can be built by itself",
        ),
        Example(
            "FROM debian\nONBUILD CMD a\nONBUILD CMD b\nCMD c\n",
            why="triggers belong to another build",
        ),
        Example(
            "FROM debian\n# hadolint ignore=DL3025\nCMD a\nWORKDIR b\nCMD c\n",
            why="the ignore comment would speak of WORKDIR",
        ),
    ),
)
