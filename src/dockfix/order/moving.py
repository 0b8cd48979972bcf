"""Instructions on their way to another place: the edits, comments and empty lines included."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dockfix.edits import Edit
from dockfix.ignores import pragma_of
from dockfix.layout import starts
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.syntax.tree import Blank, Dockerfile, Instruction


class Move(Record):
    """An instruction goes below another one of its stage, that stands further down and stays."""

    moved: Instruction
    below: Instruction


class Block(Record):
    """Neighbors that go below the same instruction: a span of the source."""

    start: int
    end: int
    below: Instruction


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


def insertion(dockerfile: Dockerfile, instruction: Instruction) -> int:
    """Where something goes that is to stand right above an instruction: below the comments of that
    one, unless they speak to dockfix or to a linter."""
    begin = starts(dockerfile)[instruction.start]
    above = dockerfile.source[begin : instruction.start]
    speaks = any(pragma_of(line.strip()) for line in above.split("\n"))
    return begin if speaks else instruction.start


def blocks(
    dockerfile: Dockerfile, moves: Sequence[Move], bare: Collection[int] = ()
) -> list[Block]:
    """The moves, given in the order in which the moved come to stand, neighbors together.

    Comments right above an instruction go with it, but for those that are to move `bare`, by their
    start. One that stands between empty lines takes one of them along.
    """
    blanks, ends = _blanks(dockerfile)
    begin = starts(dockerfile)
    found: list[Block] = []
    for moved, below in moves:
        start = moved.start if moved.start in bare else begin[moved.start]
        if found and found[-1].below is below and found[-1].end == start:
            found[-1] = found[-1]._replace(end=moved.end)
        else:
            found.append(Block(start, moved.end, below))
    return [
        block._replace(start=ends[block.start])
        if block.start in ends and block.end in blanks
        else block
        for block in found
    ]


def landings(dockerfile: Dockerfile, found: list[Block], *, spaced: bool) -> dict[int, str]:
    """What is to be inserted where, so that blocks stand below their instructions.

    A paragraph that goes where paragraphs stand gets an empty line above it. With `spaced`, so does
    what has a comment of its own.
    """
    source = dockerfile.source
    blanks, ends = _blanks(dockerfile)
    begin = starts(dockerfile)
    pieces: dict[int, list[Block]] = {}
    for block in found:
        pieces.setdefault(block.below.start, []).append(block)
    inserted: dict[int, str] = {}
    for together in pieces.values():
        below = together[-1].below
        end, text = below.end, "".join(source[one.start : one.end] for one in together)
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        alone = end in blanks or end == len(source)
        headed = spaced and text.lstrip(" \t").startswith("#")
        if headed and not alone and together[-1].end in blanks:
            text = ending + text + ending
        elif (headed or begin[below.start] in ends) and alone and text.lstrip("\r\n") == text:
            text = ending + text
        if source[end - 1] != "\n":
            text = ending + text.removesuffix(ending)
        inserted[end] = text
    return inserted


def edits(dockerfile: Dockerfile, moves: Sequence[Move]) -> tuple[Edit, ...]:
    """The edits for moves, given in the order in which the moved come to stand."""
    found = blocks(dockerfile, moves)
    made = {block.start: Edit(block.start, block.end, "") for block in found}
    for at, text in landings(dockerfile, found, spaced=True).items():
        made[at] = Edit(at, made[at].end if at in made else at, text)
    return tuple(made.values())
