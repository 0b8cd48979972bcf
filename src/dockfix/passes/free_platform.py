"""Points out a FROM whose `--platform` is written out.

What it does: a note at each FROM with `--platform=linux/amd64` or another platform without a
variable.

Why: the image is then built for that platform whatever `docker build --platform` says, and runs
emulated, many times slower, on a machine of another kind. `$BUILDPLATFORM` is right where a stage
compiles for another platform, and nothing where it does not.

What it leaves alone: a stage whose name says the platform (`AS build-amd64`), as the builder's own
check does; platforms in variables.

Safety: a note. The base may exist for that platform only.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts

#: Other words for an architecture (containerd/platforms, database.go).
_ARCHITECTURES = {
    "x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm",
    "armel": "arm",
}  # fmt: skip


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each FROM that names a platform."""
    for stage in facts.stages:
        for flag in stage.instructions[0].flags:
            value = (flag.value or "").lower()
            if flag.name != "platform" or not value or "$" in value:
                continue
            words = [_ARCHITECTURES.get(word, word) for word in value.split("/")[:2]]
            if len(words) == 1 and words[0] != "linux":
                words.append("linux")
            if not any(word in (stage.name or "") for word in words):
                message = (
                    f"always built for {flag.value}: docker build --platform has no effect here "
                    "until this flag is removed"
                )
                yield Group(flag.start, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF544",
    name="free-platform",
    summary="Point out a FROM that is bound to one platform",
    safety=Safety.NOTE,
    aliases=("FromPlatformFlagConstDisallowed", "DL3029"),
    rewrite=rewrite,
    verify=verify,
)
