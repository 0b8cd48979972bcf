"""Points out base images without a tag, or with `latest`.

What it does: one note for each file that has such an image, at the first, naming all of them.

Why: what `latest` means changes under the file, and a build of tomorrow is another one than that of
today.

What it leaves alone: it never changes a file, for which version was meant nobody can tell. Stages
of the same file, `scratch`, names with a variable and images named by a digest are passed over.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One note for all of them."""
    found: dict[str, int] = {}
    for stage in facts.stages:
        base = stage.base
        if base is None or stage.base_stage is not None or base.lower() == "scratch":
            continue
        if any(mark in base for mark in "$@") or base.count(":") > 2:
            continue
        tag = base.rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            found.setdefault(base, stage.instructions[0].words[0].start)
    if found:
        names, (first, *_) = ", ".join(found), found.values()
        what = "names no version" if len(found) == 1 else "name no version"
        yield Group(
            first,
            f"{names} {what}: a later build may use another image; add a tag",
            (),
            Safety.NOTE,
        )


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF520",
    name="tag-base",
    summary="Point out base images without a tag, or with latest",
    safety=Safety.NOTE,
    aliases=("DL3006", "DL3007"),
    rewrite=rewrite,
    verify=verify,
)
