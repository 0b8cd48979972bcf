"""The installs of a file: what each reads, and where its project lies."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.reads import reads_of
from dockfix.managers import named_in
from dockfix.managers.manifests.shape import Reads
from dockfix.records import Record
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, script_of
from dockfix.state.paths import Copy, bases, copy_of, resolve


class Install(Record):
    """A command that reads manifests, in a RUN; `here` is the directory that it works in.

    `copies` are the COPYs above it, in the stages that its own is built on, too (None: one that is
    not understood). `runs` are the RUNs above it.
    """

    run: Instruction
    reads: Reads
    here: str
    copies: tuple[Copy | None, ...]
    runs: tuple[Instruction, ...]


def installs(facts: Facts) -> Iterator[Install]:
    """Every command of a file that is understood to install what a manifest says."""
    ends: list[tuple[tuple[Copy | None, ...], tuple[Instruction, ...]]] = []
    wanted = [_installs_in(stage) for stage in facts.stages]
    last = max((index for index, found in enumerate(wanted) if found), default=-1)
    for stage in facts.stages[: last + 1]:
        inherited = ends[stage.base_stage] if stage.base_stage is not None else ((), ())
        copies, runs = list(inherited[0]), list(inherited[1])
        for one in stage.instructions:
            if one.keyword in ("COPY", "ADD"):
                copies.append(copy_of(one, bases(facts)[one.start]))
            elif one.keyword == "RUN":
                if one.start in wanted[stage.index]:
                    for reads, here in _commands(facts, one):
                        yield Install(one, reads, here, tuple(copies), tuple(runs))
                runs.append(one)
        ends.append((tuple(copies), tuple(runs)))


def _installs_in(stage: Stage) -> set[int]:
    return {
        one.start
        for one in stage.instructions
        if one.keyword == "RUN" and _may_read_manifest(one.arguments)
    }


def _may_read_manifest(text: str) -> bool:
    """True if a RUN names a manager whose installs read what a manifest says."""
    return any(
        (manager.reads or manager.reads_command) is not None
        for manager in named_in(text)
        if not manager.hints or any(map(text.__contains__, manager.hints))
    )


def _commands(facts: Facts, run: Instruction) -> Iterator[tuple[Reads, str]]:
    if any("bind" in (flag.value or "bind") or "from" in flag.text for flag in run.flags):
        return
    script = script_of(run, facts.places[run.start])
    for reads in (reads_of(script) if isinstance(script, Script) else None) or ():
        base = bases(facts)[run.start]
        here = resolve(base, reads.directory) if reads.directory else base
        if reads.manifests and here is not None:
            yield reads, here
