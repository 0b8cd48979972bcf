"""How many steps of a build a change rebuilds, as the builder counts steps."""

from __future__ import annotations

from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage

_BUILD_STEPS = frozenset(("FROM", "RUN", "COPY", "ADD", "WORKDIR"))


def is_build_step(instruction: Instruction) -> bool:
    """True if the builder counts an instruction as a step."""
    return instruction.keyword in _BUILD_STEPS


def count_steps(dockerfile: Dockerfile) -> int:
    """The number of steps of all stages."""
    return sum(is_build_step(one) for stage in dockerfile.stages for one in stage.instructions)


def count_rebuilt(dockerfile: Dockerfile, stage: Stage, start: int) -> int:
    """The number of steps that are built again if the one at the offset `start` changes.

    These are the steps below it, and those below it in stages that take something from there.
    """
    changed_from: dict[int, int] = {stage.index: start}
    names = {stage.name} if stage.name else set()
    names.add(str(stage.index))
    count = sum(is_build_step(one) and one.start >= start for one in stage.instructions)
    for later in dockerfile.stages[stage.index + 1 :]:
        if later.base_stage in changed_from:
            first = later.instructions[0].end
        else:
            taken = [one.start for one in later.instructions if _takes_from(one, names)]
            if not taken:
                continue
            first = taken[0]
        changed_from[later.index] = first
        names |= {str(later.index), *([later.name] if later.name else [])}
        count += sum(is_build_step(one) and one.start >= first for one in later.instructions)
    return count


def _takes_from(instruction: Instruction, names: set[str]) -> bool:
    """True if an instruction copies or mounts something from one of the named stages."""
    for flag in instruction.flags:
        value = flag.value or ""
        if flag.name == "from" and value.lower() in names:
            return True
        if flag.name == "mount" and any(
            part.startswith("from=") and part[5:].lower() in names for part in value.split(",")
        ):
            return True
    return False
