"""Consecutive groups in which a COPY may move, read, and what decides whether it moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.independence import may_lead
from dockfix.managers import manager_of, named_in
from dockfix.programs.command import program_of
from dockfix.records import Record
from dockfix.reorder.group_members import (
    GroupSurroundings,
    ReadInstruction,
    installs_from_earlier_lists,
    is_too_long,
    may_change_files,
    read_instruction,
)
from dockfix.reorder.groups import COPIES, ConsecutiveGroup
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.base_images import has_no_shell_of_its_own
from dockfix.state.environment import environment
from dockfix.state.facts import Facts, fact, script_of
from dockfix.state.paths import Copy, bases, copy_of

#: Of 3,200 files that people wrote, none has more than 20 COPYs above a group that may improve.
_MOST_COPIES = 400
_TRUE = ("1", "true")
_MANAGERS_OF_VERSIONS = lazy(
    r"\b(?:asdf|fnm|goenv|jenv|mise|nodenv|nvm|prototools|pyenv|rbenv|rtx|volta)\b"
)


class ReadGroup(Record):
    """A consecutive group, read, and what decides whether its COPYs may move."""

    stage: Stage
    members: list[ReadInstruction]
    surroundings: GroupSurroundings


def read_groups(
    facts: Facts, groups: list[list[ConsecutiveGroup]], context: Context | None
) -> Iterator[ReadGroup]:
    """The groups that may improve. `groups` are those of each stage of the file."""
    known, starting = facts.places, bases(facts)
    above: dict[int | None, tuple[list[Copy | None], list[tuple[Instruction, int]]]] = {
        None: ([], [])
    }
    for stage, stage_groups in zip(facts.stages, groups, strict=True):
        copies, runs = (above[stage.base_stage][0].copy(), above[stage.base_stage][1].copy())
        for group, may_improve in stage_groups:
            if may_improve and len(copies) <= _MOST_COPIES and not is_too_long(group):
                members = [
                    read_instruction(one, starting[one.start], known[one.start]) for one in group
                ]
                surroundings = GroupSurroundings(
                    tuple(copies),
                    _copies_before_changes(facts, runs),
                    _environments(facts)[stage.index],
                    _true_above(facts, stage, group),
                    partial(_last_run_from_earlier_lists, facts, stage),
                    context,
                    _all_copies(facts),
                    _commented_runs(facts),
                    _installed_in_one(facts, stage),
                    _may_choose_versions(facts, stage),
                    "ld.so.conf" in facts.source,
                )
                yield ReadGroup(stage, members, surroundings)
            for one in group:
                if one.keyword in COPIES:
                    copies.append(copy_of(one, starting[one.start]))
                elif one.keyword == "RUN":
                    runs.append((one, len(copies)))
        above[stage.index] = copies, runs


def _may_choose_versions(facts: Facts, stage: Stage) -> bool:
    """True if programs may be started by a manager of versions: in a base image that nobody knows,
    or below a word of one."""
    base = facts.outermost[stage.index]
    return (
        not has_no_shell_of_its_own(base) or _MANAGERS_OF_VERSIONS.search(facts.source) is not None
    )


def _copies_before_changes(facts: Facts, runs: list[tuple[Instruction, int]]) -> int:
    """How many COPYs stand above the last RUN that may have changed their files.

    Each of the `runs` comes with the number of COPYs above it.
    """
    for run, copies in reversed(runs):
        if not copies:
            break
        if may_change_files(
            read_instruction(run, bases(facts)[run.start], facts.places[run.start])
        ):
            return copies
    return 0


@fact
def _environments(facts: Facts) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The variables of each stage, inherited ones too, whose values may lead to files."""
    found: list[tuple[tuple[str, str], ...]] = []
    for stage in facts.stages:
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


def _true_above(facts: Facts, stage: Stage, group: Sequence[Instruction]) -> frozenset[str]:
    """The variables that ENVs above the COPYs of a group set to true, and that the file names
    nowhere else."""
    start = next((one.start for one in group if one.keyword in COPIES), 0)
    set_here: set[str] = set()
    line: Stage | None = stage
    while line is not None:
        set_here.update(
            name
            for one in line.instructions
            if one.keyword == "ENV" and (line is not stage or one.start < start)
            for name, value in environment(one)
            if value.lower() in _TRUE
        )
        line = None if line.base_stage is None else facts.stages[line.base_stage]
    return frozenset(name for name in set_here if facts.source.count(name) == 1)


def _installed_in_one(facts: Facts, stage: Stage) -> frozenset[str]:
    """The managers whose installs are not divided: the file names an old version, or somebody has
    divided an install of the stage already."""
    ways = [(one.name, one.without_project) for one in named_in(facts.source)]
    found: set[str] = set()
    line: Stage | None = stage
    while line is not None:
        texts = [one.arguments for one in line.instructions if one.keyword == "RUN"]
        found.update(
            name for name, way in ways if way and any(way.option in text for text in texts)
        )
        line = None if line.base_stage is None else facts.stages[line.base_stage]
    return frozenset(found).union(
        name for name, way in ways if way and way.older.search(facts.source)
    )


@fact
def _all_copies(facts: Facts) -> tuple[Copy | None, ...]:
    """All COPYs of the file. None for one in an ONBUILD: where it copies to is not known."""
    starting = bases(facts)
    return tuple(
        copy_of(one, starting[one.start]) if one.keyword in COPIES else None
        for stage in facts.stages
        for one in stage.instructions
        if (one.child or one).keyword in COPIES
    )


@fact
def _commented_runs(facts: Facts) -> dict[int, int]:
    """The RUNs that belong with the RUN right below them to one comment, by their start.

    What stands below a comment without empty lines belongs to it; the value is where its first
    instruction starts. A RUN that calls a manager of projects belongs to no comment above another
    RUN: it is what people put a COPY of the source above.
    """
    begins, source = facts.style.starts, facts.source
    found: dict[int, int] = {}
    first: int | None = None
    above: Instruction | None = None
    for one in facts.instructions:
        if begins[one.start] < one.start:
            first = one.start
        elif above is None or source[above.end : one.start].strip(" \t") not in ("\n", "\r\n", ""):
            first = None
        elif (
            first is not None
            and above.keyword == one.keyword == "RUN"
            and not _calls_project_manager(facts, one)
        ):
            found[above.start] = first
        above = one
    return found


def _calls_project_manager(facts: Facts, run: Instruction) -> bool:
    script = script_of(run, facts.places[run.start])
    names = [program_of(one) for one in script.simples] if isinstance(script, Script) else []
    managers = [manager_of(name[0]) for name in names if name]
    return any(one is not None and one.reads is not None for one in managers)


def _last_run_from_earlier_lists(facts: Facts, stage: Stage) -> int:
    """The start of the last RUN of a stage that installs from lists an earlier RUN fetched; -1 if
    there is none."""
    return _last_runs_from_earlier_lists(facts)[stage.index]


@fact
def _last_runs_from_earlier_lists(facts: Facts) -> tuple[int, ...]:
    """The same for each stage."""
    return tuple(
        max(
            [one.start for one in stage.instructions if installs_from_earlier_lists(one)],
            default=-1,
        )
        for stage in facts.stages
    )
