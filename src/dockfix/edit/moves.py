"""Instructions on their way to another place: the edits, comments and empty lines included."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.ignores import pragma_of
from dockfix.edit.style import FileStyle
from dockfix.records import Record


class Relocation(Record):
    """An instruction goes below another one of its stage, that stands further down and stays."""

    moved: Instruction
    below: Instruction


class Block(Record):
    """Neighbors that go below the same instruction: a span of the source."""

    start: int
    end: int
    below: Instruction


def arranged(order: Sequence[Instruction], moved: Collection[int]) -> list[Relocation]:
    """The moves that lead to an order in which those that moved, by their start, all stand further
    down than before."""
    moves: list[Relocation] = []
    anchor: Instruction | None = None
    for one in order:
        if one.start not in moved:
            anchor = one
        elif anchor is not None:
            moves.append(Relocation(one, anchor))
    return moves


def insertion(style: FileStyle, instruction: Instruction) -> int:
    """Where something goes that is to stand right above an instruction: below the comments of that
    one, unless they speak to dockfix or to a linter."""
    begin = style.starts[instruction.start]
    above = style.dockerfile.source[begin : instruction.start]
    speaks = any(pragma_of(line.strip()) for line in above.split("\n"))
    return begin if speaks else instruction.start


def blocks(
    style: FileStyle, moves: Sequence[Relocation], bare: Collection[int] = ()
) -> list[Block]:
    """The moves, given in the order in which the moved come to stand, neighbors together.

    Comments right above an instruction go with it, but for those that are to move `bare`, by their
    start; so do those right below it that an empty line follows. One that stands between empty
    lines takes one of them along.
    """
    blanks, ends = style.blanks
    begin = style.starts
    found: list[Block] = []
    for moved, below in moves:
        start = moved.start if moved.start in bare else begin[moved.start]
        if found and found[-1].below is below and found[-1].end == start:
            found[-1] = found[-1]._replace(end=style.ends[moved.start])
        else:
            found.append(Block(start, style.ends[moved.start], below))
    return [
        block._replace(start=ends[block.start])
        if block.start in ends and block.end in blanks
        else block
        for block in found
    ]


def landings(style: FileStyle, found: list[Block], *, spaced: bool) -> dict[int, str]:
    """What is to be inserted where, so that blocks stand below their instructions.

    A paragraph that goes where paragraphs stand gets an empty line above it, and so does a comment
    that heads one. With `spaced`, so does whatever has a comment of its own.
    """
    source = style.dockerfile.source
    blanks, ends = style.blanks
    begin = style.starts
    pieces: dict[int, list[Block]] = {}
    for block in found:
        pieces.setdefault(block.below.start, []).append(block)
    inserted: dict[int, str] = {}
    for together in pieces.values():
        below = together[-1].below
        end, text = (
            style.ends[below.start],
            "".join(source[one.start : one.end] for one in together),
        )
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        alone = end in blanks or end == len(source)
        headed = (spaced or together[0].start in ends) and text.lstrip(" \t").startswith("#")
        if headed and not alone and together[-1].end in blanks:
            text = ending + text + ending
        elif (headed or begin[below.start] in ends) and alone and text.lstrip("\r\n") == text:
            text = ending + text
        if source[end - 1] != "\n":
            text = ending + text.removesuffix(ending)
        inserted[end] = text
    return inserted


def edits(
    style: FileStyle, moves: Sequence[Relocation], bare: Collection[int] = ()
) -> tuple[Edit, ...]:
    """The edits for moves, given in the order in which the moved come to stand; those `bare`, by
    their start, without the comments above them."""
    found = blocks(style, moves, bare)
    made = {block.start: Edit(block.start, block.end, "") for block in found}
    for at, text in landings(style, found, spaced=True).items():
        made[at] = Edit(at, made[at].end if at in made else at, text)
    return tuple(made.values())


def left_behind(style: FileStyle, block: Block, text: str) -> str:
    """What stands where a block went away, if `text` takes its place: that, below the empty line
    that the block began with."""
    blank = re.match(r"[ \t\r\n]*\n|", style.dockerfile.source[block.start : block.end])
    return blank[0] + text if blank and text else text


def division(
    style: FileStyle,
    run: Instruction,
    span: tuple[int, int],
    middle: str,
    *,
    headed: bool = False,
) -> Edit:
    """The edit that ends a RUN at a span of the source, where the line of a new RUN begins.

    `middle` are the lines that come to stand between the two. If it is `headed` by the comment of a
    paragraph, an empty line keeps that from the first half.
    """
    start, end = span
    eol = style.of(run).eol
    head = style.dockerfile.source[run.keyword_offset : run.text_start]
    bare = middle.lstrip("\r\n")
    blank = eol if bare != middle else ""
    bare = bare if bare.endswith("\n") else bare + eol
    above = eol if headed else blank
    return Edit(start, end, eol + above + bare + blank + head)
