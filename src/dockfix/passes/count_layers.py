"""Points out a stage with more layers than an image can have.

What it does: a note at the first instruction that adds one too many to those of its stage and of
the stages it is built from. RUN, COPY and ADD add a layer each.

Why: overlay filesystems and the engine take 127 layers, those of the base image among them.

What it leaves alone: it never changes a file; merging RUNs is the business of merge-runs, after
which this looks.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import MOST_LAYERS
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """At most one note for each stage."""
    counts: list[int] = []
    for stage in facts.stages:
        count = 0 if stage.base_stage is None else counts[stage.base_stage]
        before = count
        for instruction in stage.instructions:
            count += instruction.keyword in ("RUN", "COPY", "ADD")
            if before <= MOST_LAYERS < count:
                message = f"more than {MOST_LAYERS} layers: no engine takes such an image"
                yield Group(instruction.keyword_offset, message, (), Safety.NOTE)
            before = count
        counts.append(count)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF526",
    name="count-layers",
    summary="Point out a stage with more layers than an image can have",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
