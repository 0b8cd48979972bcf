"""Points out a variable in `COPY --from` or in the `from` of a mount.

What it does: a note at each COPY, ADD and RUN with one.

Why: no builder replaces it there. The build ends with an error, as the first thing it does. A stage
of its own, `FROM $IMAGE AS name`, may have the variable, and `--from=name` names it.

What it leaves alone: all else; the stage would have to have a name, and a place above.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each flag with a variable."""
    for owner in facts.instructions:
        instruction = owner.child or owner
        for flag in instruction.flags:
            value = flag.value or ""
            if flag.name == "mount":
                found = [one[5:] for one in value.split(",") if one.startswith("from=")]
                value = found[0] if found else ""
            elif flag.name != "from":
                continue
            if "$" in value[:-1]:
                message = (
                    f"no builder replaces {value} here: name a stage with FROM {value} AS name"
                )
                yield Group(flag.start, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF546",
    name="literal-from",
    summary="Point out a --from that is a variable, which no builder takes",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
