"""Consecutive groups of COPY and RUN instructions, in which a COPY may move further down.

Instructions that neither copy nor run may stand in a group too. Most files ask only what is here,
and it is answered without judging an install.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers import named_in
from dockfix.programs.command import commands_in
from dockfix.records import Record
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, fact, script_of
from dockfix.state.paths import Copy, bases, copy_of, resolve

COPIES = ("COPY", "ADD")
#: What may stand in a group beside COPY and RUN. None of these changes what a COPY without
#: variables copies, and no RUN moves. WORKDIR changes where a COPY copies to: that is checked.
_OTHER_MEMBERS = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL",
     "STOPSIGNAL", "USER", "WORKDIR")
)  # fmt: skip
_MEMBERS = _OTHER_MEMBERS | {"ADD", "COPY", "RUN"}
#: In a file with more COPYs, a COPY is not compared with all the others first.
_MOST_COMPARED = 40


class ConsecutiveGroup(Record):
    """Instructions that stand next to each other in a stage, and may change their order.

    `may_improve` is true if a COPY may stand higher than it has to.
    """

    instructions: list[Instruction]
    may_improve: bool


def consecutive_groups(facts: Facts, context: Context | None) -> list[list[ConsecutiveGroup]]:
    """The groups of each stage."""
    return [
        [ConsecutiveGroup(one, _may_improve(facts, one, context)) for one in _split(stage)]
        for stage in facts.stages
    ]


def _split(stage: Stage) -> Iterator[list[Instruction]]:
    """The instructions of a stage in groups. What cannot be a member of one ends a group."""
    group: list[Instruction] = []
    for one in stage.instructions:
        if one.keyword in _MEMBERS:
            group.append(one)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _may_improve(facts: Facts, group: list[Instruction], context: Context | None) -> bool:
    """True if a COPY stands above a RUN that may install something and may not need the COPY."""
    installs = False
    runs: list[Instruction] = []
    below: Instruction | None = None
    for one in reversed(group):
        if one.keyword == "RUN":
            runs.append(one)
        elif one.keyword in COPIES:
            # RUNs that no COPY stands above are never read.
            while runs and not installs:
                installs = _may_install(runs.pop().logical.text)
            if installs and not must_stand_above(facts, one, below, context):
                return True
        below = one
    return False


@cached_by_value
def _may_install(text: str) -> bool:
    """True if a RUN names a package manager of the system, or one whose installs read files."""
    return any(
        manager.system or (manager.reads or manager.reads_command) is not None
        for manager in named_in(text)
        if not manager.hints or any(map(text.__contains__, manager.hints))
    )


def must_stand_above(
    facts: Facts, one: Instruction, below: Instruction | None, context: Context | None
) -> bool:
    """True if a COPY brings only the package list that the RUN right `below` installs from.

    In many files this is the only COPY above an install: somebody has put them in order already.
    """
    if below is None or below.keyword != "RUN" or " -r " not in below.arguments:
        return False
    if len(_copies(facts)) > _MOST_COMPARED:
        return False
    starting = bases(facts)
    copy = copy_of(one, starting[one.start])
    script = script_of(below, facts.places[below.start])
    if copy is None or copy.brings_trees(context) or not isinstance(script, Script):
        return False
    above = [other for start, other in _copies(facts) if start < one.start]
    return any(
        copy.sources == tuple(copy.brings(path, context))
        and not any(other is None or other.brings(path, context) for other in above)
        for name in _package_lists(script)
        if (path := resolve(starting[below.start], name)) is not None
    )


def _package_lists(script: Script) -> Iterator[str]:
    """The package lists that a script installs from, as written. None of a script with a `cd`."""
    if any(simple.words and simple.words[0].value == "cd" for simple in script.simples):
        return
    for _, command in commands_in(script):
        if command.manager.list_options and command.action == "install":
            for option in command.options:
                if option.words[0].text in command.manager.list_options and len(option.words) == 2:
                    yield option.words[1].text


@fact
def _copies(facts: Facts) -> tuple[tuple[int, Copy | None], ...]:
    """The COPYs of the file, each with the offset where it starts."""
    starting = bases(facts)
    return tuple(
        (one.start, copy_of(one, starting[one.start]))
        for stage in facts.stages
        for one in stage.instructions
        if one.keyword in COPIES
    )
