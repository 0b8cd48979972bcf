"""Rows of COPYs and RUNs, and what neither of them minds, in which a COPY may go down.

What is asked of most files, and answered without judging an install.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.facts import places, script_of
from dockfix.packages.command import commands_in
from dockfix.packages.language import PIP
from dockfix.paths import Copy, bases, copy_of, resolve
from dockfix.remembered import cached_by_value, remembered
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

COPIES = ("COPY", "ADD")
#: What may stand between: none of it changes what a COPY without variables copies, and a RUN stays
#: where it is. WORKDIR is looked at.
_BYSTANDERS = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL",
     "STOPSIGNAL", "USER", "WORKDIR")
)  # fmt: skip
_MEMBERS = _BYSTANDERS | {"ADD", "COPY", "RUN"}
#: A RUN without any of these installs nothing that is known.
_PROGRAMS = (
    "pip", "npm", "yarn", "apt", "apk", "uv", "poetry", "bundle", "composer", "go mod",
    "mvn", "gradle", "dotnet", "mix", "cargo", "yum", "dnf", "zypper", "pacman",
)  # fmt: skip


#: In a file with more, a COPY is not compared with all the others first.
_MOST_COMPARED = 40
#: A row, and whether it is worth a look.
Row = tuple[list[Instruction], bool]


def rows(dockerfile: Dockerfile, context: Context | None) -> list[list[Row]]:
    """The rows of each stage. One is worth a look if a COPY of it may stand higher than it must."""
    return [
        [(row, _is_worth_a_look(dockerfile, row, context)) for row in _rows(stage)]
        for stage in dockerfile.stages
    ]


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


def _is_worth_a_look(
    dockerfile: Dockerfile, row: list[Instruction], context: Context | None
) -> bool:
    """Whether a COPY stands above a RUN that may install something, and is not seen to have to."""
    installs = False
    runs: list[Instruction] = []
    below: Instruction | None = None
    for one in reversed(row):
        if one.keyword == "RUN":
            runs.append(one)
        elif one.keyword in COPIES:
            # what no COPY stands above is not looked at
            while runs and not installs:
                installs = _may_install(runs.pop().logical.text)
            if installs and not _has_to(dockerfile, one, below, context):
                return True
        below = one
    return False


@cached_by_value
def _may_install(text: str) -> bool:
    return any(map(text.__contains__, _PROGRAMS))


def _has_to(
    dockerfile: Dockerfile, one: Instruction, below: Instruction | None, context: Context | None
) -> bool:
    """Whether a COPY brings nothing but the list that pip installs in what stands right `below`.

    In many files it is the only COPY above an install: somebody has seen to the order before.
    """
    if below is None or below.keyword != "RUN" or " -r " not in below.arguments:
        return False
    if len(_copies(dockerfile)) > _MOST_COMPARED:
        return False
    starting = bases(dockerfile)
    copy = copy_of(one, starting[one.start])
    script = script_of(below, places(dockerfile)[below.start])
    if copy is None or copy.brings_trees(context) or not isinstance(script, Script):
        return False
    above = [other for start, other in _copies(dockerfile) if start < one.start]
    return any(
        copy.sources == tuple(copy.brings(path, context))
        and not any(other is None or other.brings(path, context) for other in above)
        for name in _lists(script)
        if (path := resolve(starting[below.start], name)) is not None
    )


def _lists(script: Script) -> Iterator[str]:
    """The lists that pip installs from where the script starts, as written."""
    if any(simple.words and simple.words[0].value == "cd" for simple in script.simples):
        return
    for _, command in commands_in(script):
        if command.manager is PIP and command.action == "install":
            for option in command.options:
                if option.words[0].text == "-r" and len(option.words) == 2:
                    yield option.words[1].text


@remembered
def _copies(dockerfile: Dockerfile) -> tuple[tuple[int, Copy | None], ...]:
    """The COPYs of the file, each with where it starts."""
    starting = bases(dockerfile)
    return tuple(
        (one.start, copy_of(one, starting[one.start]))
        for stage in dockerfile.stages
        for one in stage.instructions
        if one.keyword in COPIES
    )
