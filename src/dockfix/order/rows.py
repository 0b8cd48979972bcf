"""Rows of instructions in which a COPY may go down: COPYs, RUNs, and what neither of them minds."""

from __future__ import annotations

from dockfix.ignores import pragma_of
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.syntax.tree import Blank, Comment, Dockerfile, Instruction

#: What may stand between: none of it changes what a COPY without variables copies, and a RUN stays
#: where it is. WORKDIR is looked at.
_BYSTANDERS = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL",
     "STOPSIGNAL", "USER", "WORKDIR")
)  # fmt: skip
_MEMBERS = _BYSTANDERS | {"ADD", "COPY", "RUN"}


class Member(Record):
    """An instruction of a row; `start` is where the comments right above it begin."""

    start: int
    instruction: Instruction


@remembered
def rows(dockerfile: Dockerfile) -> list[list[list[Member]]]:
    """The rows of each stage, in order."""
    stages: list[list[list[Member]]] = [[[]]] if dockerfile.fragment else []
    comment: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Comment):
            comment = _line_start(dockerfile.source, item.start) if comment is None else comment
            continue
        if isinstance(item, Instruction):
            if item.keyword == "FROM":
                stages.append([[]])
            elif stages and item.keyword in _MEMBERS:
                stages[-1][-1].append(Member(item.start if comment is None else comment, item))
            elif stages and stages[-1][-1]:
                stages[-1].append([])
        comment = None
    return stages


def _line_start(source: str, offset: int) -> int:
    return source.rfind("\n", 0, offset) + 1


def insertion(dockerfile: Dockerfile, member: Member) -> int:
    """Where an instruction goes that is to stand right above another: below the comments of that
    one, unless they speak to dockfix or to a linter."""
    start = member.instruction.start
    above = dockerfile.source[member.start : start]
    speaks = any(pragma_of(line.strip()) for line in above.split("\n"))
    return member.start if speaks else start


class Block(Record):
    """Neighbors that move: a span of the source, below `target`."""

    start: int
    end: int
    target: Member


@remembered
def _blanks(dockerfile: Dockerfile) -> tuple[set[int], dict[int, int]]:
    """Where empty lines start, and where they start by where they end."""
    blanks = [item for item in dockerfile.items if isinstance(item, Blank)]
    return {item.start for item in blanks}, {item.end: item.start for item in blanks}


def blocks(dockerfile: Dockerfile, moves: list[tuple[Member, Member]]) -> list[Block]:
    """The moves (what, below what) in the order of the file, neighbors of one target together.

    The empty line above a paragraph goes along with it.
    """
    blanks, ends = _blanks(dockerfile)
    found: list[Block] = []
    for member, target in moves:
        start, end = member.start, member.instruction.end
        if found and found[-1].target is target and found[-1].end == start:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Block(start, end, target))
    return [
        block._replace(start=ends[block.start])
        if block.start in ends and block.end in blanks
        else block
        for block in found
    ]


def moving(dockerfile: Dockerfile, found: list[Block]) -> dict[int, str]:
    """What is to be inserted where, that blocks stand below their targets, the empty lines between
    paragraphs kept."""
    blanks, ends = _blanks(dockerfile)
    inserted: dict[int, str] = {}
    texts: dict[int, tuple[Member, list[str]]] = {}
    for block in found:
        piece = dockerfile.source[block.start : block.end]
        texts.setdefault(block.target.start, (block.target, []))[1].append(piece)
    for target, pieces in texts.values():
        end, text = target.instruction.end, "".join(pieces)
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        apart_from_others = end in blanks or end == len(dockerfile.source)
        if target.start in ends and apart_from_others and text.lstrip("\r\n") == text:
            text = ending + text
        if dockerfile.source[end - 1] != "\n":
            text = ending + text.removesuffix(ending)
        inserted[end] = text
    return inserted
