"""FROM without `--platform=$TARGETPLATFORM`, which is what a builder takes anyway.

What it does: `FROM --platform=$TARGETPLATFORM debian:12` becomes `FROM debian:12`.

Why: builders warn about it. Without BuildKit the variable has no value, and the build fails.

What it leaves alone: a FROM of another stage; any other value, `$BUILDPLATFORM` above all; a file
with an ARG of that name above the first FROM that has a default.

Safety: safe. The platform of a FROM is that of the target unless it says another
(dockerfile2llb/convert.go, resolveBaseImage; podman and buildah do the same).
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Flag, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts

_VALUES = ("$TARGETPLATFORM", "${TARGETPLATFORM}")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each FROM that names the target's platform."""
    if _has_default(facts):
        return
    for stage in facts.stages:
        instruction = stage.instructions[0]
        flag = _platform(instruction)
        if flag is None or flag.value not in _VALUES or stage.base_stage is not None:
            continue
        end = instruction.words[0].start
        if facts.source[flag.end : end].strip(" \t"):
            # the line goes on below
            continue
        message = "remove --platform: builders use the target platform by default"
        yield Group(instruction.keyword_offset, message, (Edit(flag.start, end, ""),))


def _has_default(facts: Facts) -> bool:
    return any(
        word.text.startswith("TARGETPLATFORM=")
        for one in facts.dockerfile.preamble
        for word in one.words
    )


def _platform(instruction: Instruction) -> Flag | None:
    """The flag of a FROM, if it is the only one."""
    flags = instruction.flags
    return flags[0] if len(flags) == 1 and flags[0].name == "platform" else None


def verify(before: Facts, after: Facts) -> str | None:
    """Each stage has the same words, and no platform but that of the target is gone."""
    for was, now in zip(before.stages, after.stages, strict=True):
        old, new = was.instructions[0], now.instructions[0]
        if [word.text for word in old.words] != [word.text for word in new.words]:
            return f"the base of stage {was.index} is another"
        flag = _platform(old)
        if old.flags != () and new.flags == () and (flag is None or flag.value not in _VALUES):
            return f"the platform of stage {was.index} is gone"
    return None


PASS = Pass(
    code="DF321",
    name="drop-target-platform",
    summary="Leave --platform=$TARGETPLATFORM out of FROM",
    safety=Safety.SAFE,
    aliases=("RedundantTargetPlatform",),
    rewrite=rewrite,
    verify=verify,
)
