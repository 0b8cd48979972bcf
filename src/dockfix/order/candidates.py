"""Rows of COPYs and RUNs read, each with what it is judged by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dockfix.context import Context
from dockfix.facts import places
from dockfix.order.rows import COPIES, Row
from dockfix.order.sinking import Around, Step, is_too_long, may_change_files, relies, step_of
from dockfix.packages.independence import may_lead
from dockfix.paths import Copy, bases, copy_of, environment
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

#: Of 3,200 files that people wrote none has more than 20 COPYs above a row that is looked at.
_MOST_COPIES = 400


class Candidate(Record):
    """A row that is worth a look, read, and what it is judged by."""

    stage: Stage
    steps: list[Step]
    around: Around


def candidates(
    dockerfile: Dockerfile, found: list[list[Row]], context: Context | None
) -> Iterator[Candidate]:
    """Those of the rows that were found in a file that are worth a look."""
    known, starting = places(dockerfile), bases(dockerfile)
    above: dict[int | None, tuple[list[Copy | None], list[tuple[Instruction, int]]]] = {
        None: ([], [])
    }
    for stage, stage_rows in zip(dockerfile.stages, found, strict=True):
        before, runs = (above[stage.base_stage][0].copy(), above[stage.base_stage][1].copy())
        for row, worth in stage_rows:
            if worth and len(before) <= _MOST_COPIES and not is_too_long(row):
                steps = [step_of(one, starting[one.start], known[one.start]) for one in row]
                around = Around(
                    tuple(before),
                    _fresh(dockerfile, runs),
                    _environments(dockerfile)[stage.index],
                    partial(_last_relier, dockerfile, stage),
                    context,
                    _copies(dockerfile),
                )
                yield Candidate(stage, steps, around)
            for one in row:
                if one.keyword in COPIES:
                    before.append(copy_of(one, starting[one.start]))
                elif one.keyword == "RUN":
                    runs.append((one, len(before)))
        above[stage.index] = before, runs


def _fresh(dockerfile: Dockerfile, runs: list[tuple[Instruction, int]]) -> int:
    """How many COPYs stand above the last RUN that may have changed their files."""
    for run, copies in reversed(runs):
        if not copies:
            break
        step = step_of(run, bases(dockerfile)[run.start], places(dockerfile)[run.start])
        if may_change_files(step):
            return copies
    return 0


@remembered
def _environments(dockerfile: Dockerfile) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Of what each stage and those that it is built from put into the environment, what counts."""
    found: list[tuple[tuple[str, str], ...]] = []
    for stage in dockerfile.stages:
        own = tuple(
            pair
            for instruction in stage.instructions
            if instruction.keyword in ("ENV", "ARG")
            for pair in environment(instruction)
            if may_lead(*pair)
        )
        inherited = () if stage.base_stage is None else found[stage.base_stage]
        found.append(own + inherited if own else inherited)
    return tuple(found)


@remembered
def _copies(dockerfile: Dockerfile) -> tuple[Copy | None, ...]:
    """All COPYs of the file; of one that another build makes nobody knows where it lands."""
    starting = bases(dockerfile)
    return tuple(
        copy_of(one, starting[one.start]) if one.keyword in COPIES else None
        for stage in dockerfile.stages
        for one in stage.instructions
        if (one.child or one).keyword in COPIES
    )


def _last_relier(dockerfile: Dockerfile, stage: Stage) -> int:
    return _last_reliers(dockerfile)[stage.index]


def _runs(stage: Stage) -> list[Instruction]:
    return [one for one in stage.instructions if one.keyword == "RUN"]


@remembered
def _last_reliers(dockerfile: Dockerfile) -> tuple[int, ...]:
    """Where in each stage the last RUN starts that installs from lists an earlier one fetched."""
    return tuple(
        max([run.start for run in _runs(stage) if relies(run)], default=-1)
        for stage in dockerfile.stages
    )
