"""Instructions on their way to another place: the edits, comments and empty lines included."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dockfix.edits import Edit
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.syntax.tree import Blank, Comment, Dockerfile, Instruction


class Move(Record):
    """An instruction goes below another one of its stage, that stands further down and stays."""

    moved: Instruction
    below: Instruction


@remembered
def starts(dockerfile: Dockerfile) -> dict[int, int]:
    """Where the comments right above each instruction begin, or it does itself, by its start."""
    found: dict[int, int] = {}
    above: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Comment):
            line = dockerfile.source.rfind("\n", 0, item.start) + 1
            above = line if above is None else above
            continue
        if isinstance(item, Instruction):
            found[item.start] = item.start if above is None else above
        above = None
    return found


@remembered
def _blanks(dockerfile: Dockerfile) -> tuple[frozenset[int], dict[int, int]]:
    """Where empty lines start, and where they start by where they end."""
    blanks = [item for item in dockerfile.items if isinstance(item, Blank)]
    return frozenset(item.start for item in blanks), {item.end: item.start for item in blanks}


def arranged(order: Sequence[Instruction], moved: Collection[int]) -> list[Move]:
    """The moves that lead to an order in which those that moved, by their start, all stand further
    down than before."""
    moves: list[Move] = []
    anchor: Instruction | None = None
    for one in order:
        if one.start not in moved:
            anchor = one
        elif anchor is not None:
            moves.append(Move(one, anchor))
    return moves


def edits(dockerfile: Dockerfile, moves: list[Move]) -> tuple[Edit, ...]:
    """The edits for moves, given in the order in which the moved come to stand.

    Comments right above an instruction go with it. One that stands between empty lines takes one of
    them along, and gets one where it comes to stand between such.
    """
    source = dockerfile.source
    blanks, ends = _blanks(dockerfile)
    begin = starts(dockerfile)
    found: dict[int, Edit] = {}
    texts: dict[int, tuple[Instruction, list[str]]] = {}
    ended_in_blank: dict[int, bool] = {}
    index = 0
    while index < len(moves):
        last = index
        while (
            last + 1 < len(moves)
            and moves[last + 1].below is moves[index].below
            and begin[moves[last + 1].moved.start] == moves[last].moved.end
        ):
            last += 1
        below = moves[index].below
        start, end = begin[moves[index].moved.start], moves[last].moved.end
        ended_in_blank[below.start] = end in blanks
        if start in ends and end in blanks:
            start = ends[start]
        found[start] = Edit(start, end, "")
        texts.setdefault(below.start, (below, []))[1].append(source[start:end])
        index = last + 1
    for below, pieces in texts.values():
        end, text = below.end, "".join(pieces)
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        alone = end in blanks or end == len(source)
        headed = text.lstrip(" \t").startswith("#")
        if headed and not alone and ended_in_blank[below.start]:
            text = ending + text + ending
        elif (headed or begin[below.start] in ends) and alone and text.lstrip("\r\n") == text:
            text = ending + text
        if source[end - 1] != "\n":
            text = ending + text.removesuffix(ending)
        _, stop, _ = found.get(end, (end, end, ""))
        found[end] = Edit(end, stop, text)
    return tuple(found.values())
