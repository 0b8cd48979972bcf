"""Rows of COPYs and RUNs, and what neither of them minds, in which a COPY may go down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dockfix.context import Context
from dockfix.facts import places
from dockfix.order.sinking import Around, Step, may_change_files, relies, step_of
from dockfix.packages.independence import may_lead
from dockfix.paths import Copy, bases, copy_of, environment
from dockfix.records import Record
from dockfix.remembered import cached_by_value, remembered
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_COPIES = ("COPY", "ADD")
#: What may stand between: none of it changes what a COPY without variables copies, and a RUN stays
#: where it is. WORKDIR is looked at.
_BYSTANDERS = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL",
     "STOPSIGNAL", "USER", "WORKDIR")
)  # fmt: skip
_MEMBERS = _BYSTANDERS | {"ADD", "COPY", "RUN"}
#: Of 3,200 files that people wrote none has more than 20 COPYs above a row that is looked at.
_MOST_COPIES = 400
#: A RUN without any of these installs nothing that is known.
_PROGRAMS = (
    "pip", "npm", "yarn", "pnpm", "apt", "apk", "uv", "poetry", "bundle", "composer", "go mod",
    "mvn", "gradle", "dotnet", "mix", "cargo", "yum", "dnf", "zypper", "pacman",
)  # fmt: skip


class Candidate(Record):
    """A row that is worth a look, read, and what it is judged by."""

    stage: Stage
    steps: list[Step]
    around: Around


def rows(dockerfile: Dockerfile, context: Context | None) -> Iterator[Candidate]:
    """The rows of a file in which a COPY stands above something that may install."""
    found = [[(row, _is_worth_a_look(row)) for row in _rows(stage)] for stage in dockerfile.stages]
    if not any(worth for stage_rows in found for _, worth in stage_rows):
        return
    known, starting = places(dockerfile), bases(dockerfile)
    above: dict[int | None, tuple[list[Copy | None], list[tuple[Instruction, int]]]] = {
        None: ([], [])
    }
    for stage, stage_rows in zip(dockerfile.stages, found, strict=True):
        before, runs = (above[stage.base_stage][0].copy(), above[stage.base_stage][1].copy())
        for row, worth in stage_rows:
            if worth and len(before) <= _MOST_COPIES:
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
                if one.keyword in _COPIES:
                    before.append(copy_of(one, starting[one.start]))
                elif one.keyword == "RUN":
                    runs.append((one, len(before)))
        above[stage.index] = before, runs


def _rows(stage: Stage) -> Iterator[list[Instruction]]:
    row: list[Instruction] = []
    for one in stage.instructions:
        if one.keyword in _MEMBERS:
            row.append(one)
        elif row:
            yield row
            row = []
    if row:
        yield row


def _is_worth_a_look(row: list[Instruction]) -> bool:
    """Whether a COPY stands above a RUN that may install something."""
    copied = False
    for one in row:
        keyword = one.keyword
        if keyword == "RUN":
            if copied and _may_install(one.logical.text):
                return True
        elif keyword in _COPIES:
            copied = True
    return False


@cached_by_value
def _may_install(text: str) -> bool:
    return any(map(text.__contains__, _PROGRAMS))


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
        copy_of(one, starting[one.start]) if one.keyword in _COPIES else None
        for stage in dockerfile.stages
        for one in stage.instructions
        if (one.child or one).keyword in _COPIES
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
