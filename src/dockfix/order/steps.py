"""What a change rebuilds: the steps of a build, as the builder counts them."""

from __future__ import annotations

from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_STEPS = frozenset(("FROM", "RUN", "COPY", "ADD", "WORKDIR"))


def is_step(instruction: Instruction) -> bool:
    """Whether the builder counts an instruction among its steps."""
    return instruction.keyword in _STEPS


def total(dockerfile: Dockerfile) -> int:
    """The steps of all stages."""
    return sum(is_step(one) for stage in dockerfile.stages for one in stage.instructions)


def rebuilt(dockerfile: Dockerfile, stage: Stage, start: int) -> int:
    """The steps that are made anew if the one at an offset is: those below it, and whatever other
    stages take from there."""
    since: dict[int, int] = {stage.index: start}
    names = {stage.name} if stage.name else set()
    names.add(str(stage.index))
    count = sum(is_step(one) and one.start >= start for one in stage.instructions)
    for later in dockerfile.stages[stage.index + 1 :]:
        if later.base_stage in since:
            first = later.instructions[0].end
        else:
            taken = [one.start for one in later.instructions if _takes(one, names)]
            if not taken:
                continue
            first = taken[0]
        since[later.index] = first
        names |= {str(later.index), *([later.name] if later.name else [])}
        count += sum(is_step(one) and one.start >= first for one in later.instructions)
    return count


def _takes(instruction: Instruction, names: set[str]) -> bool:
    for flag in instruction.flags:
        value = flag.value or ""
        if flag.name == "from" and value.lower() in names:
            return True
        if flag.name == "mount" and any(
            part.startswith("from=") and part[5:].lower() in names for part in value.split(",")
        ):
            return True
    return False
