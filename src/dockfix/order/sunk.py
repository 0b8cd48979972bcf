"""COPYs that sank, as edits: what moves, what is copied by name before, and RUNs in two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dockfix.context import Context
from dockfix.edits import Edit
from dockfix.facts import source_span
from dockfix.layout import starts, style_of
from dockfix.order.moving import Block, Move, blocks, insertion, landings
from dockfix.order.sinking import Sinking, Step
from dockfix.order.splits import manifests_of
from dockfix.records import Record
from dockfix.syntax.tree import Dockerfile, Instruction

#: A comment above a COPY of everything that rather speaks of the install below it.
_SPEAKS_OF_INSTALLS = ("install", "dependenc", "requirements", "packages")


class Sunk(Record):
    """The edits of all moves of a row, and how many steps they add to the build."""

    edits: tuple[Edit, ...]
    added: int


class _Manifests(Record):
    """The new COPYs, as text: in the place of one that moves, by its start, or at an offset."""

    in_place: dict[int, str]
    at: dict[int, str]
    added: int


def sunk(
    dockerfile: Dockerfile, steps: Sequence[Step], moves: list[Sinking], context: Context | None
) -> Sunk:
    """What becomes of a row."""
    source, eol = dockerfile.source, style_of(dockerfile, steps[0].instruction).eol
    manifests = _manifests(dockerfile, steps, moves, context, eol)
    bare = [
        move.step.instruction.start
        for move in moves
        if move.step.instruction.start in manifests.in_place
        and _speaks_of_installs(dockerfile, move.step.instruction)
    ]
    ways = [Move(move.step.instruction, move.below.instruction) for move in moves]
    found = blocks(dockerfile, ways, bare)
    divided = {move.below.instruction.start: move for move in moves if move.cut}
    whole = [block for block in found if block.below.start not in divided]
    inserted = dict(manifests.at)
    for at, text in landings(dockerfile, whole, spaced=False).items():
        inserted[at] = text + inserted.get(at, "")
    edits: list[Edit] = []
    for block in found:
        left = inserted.pop(block.start, "") + _left(source, block, manifests.in_place)
        edits.append(Edit(block.start, block.end, left))
    for start, move in divided.items():
        pieces = [source[one.start : one.end] for one in found if one.below.start == start]
        edits.append(_division(dockerfile, move, "".join(pieces), eol))
    edits += [Edit(at, at, text) for at, text in inserted.items()]
    return Sunk(tuple(edits), manifests.added + len(divided))


def _manifests(
    dockerfile: Dockerfile,
    steps: Sequence[Step],
    moves: list[Sinking],
    context: Context | None,
    eol: str,
) -> _Manifests:
    in_place: dict[int, str] = {}
    above: dict[int, str] = {}
    count = 0
    for move in moves:
        copied = move.step.instruction
        for run, needs in move.needs:
            assert move.step.copy is not None
            lines = manifests_of(move.step.copy, needs, context)
            count += len(lines)
            text = "".join(line + eol for line in lines)
            if _nothing_between(steps, moves, copied, run.instruction):
                in_place[copied.start] = text
            else:
                at = insertion(dockerfile, run.instruction)
                above[at] = above.get(at, "") + text
    return _Manifests(in_place, above, count)


def _nothing_between(
    steps: Sequence[Step], moves: list[Sinking], copy: Instruction, run: Instruction
) -> bool:
    """Whether no step stays between a COPY and a RUN when the moves are made."""
    moved = {move.step.instruction.start for move in moves}
    return not any(
        copy.start < one.instruction.start < run.start
        and one.instruction.start not in moved
        and (one.copies or one.keyword == "RUN")
        for one in steps
    )


def _speaks_of_installs(dockerfile: Dockerfile, copy: Instruction) -> bool:
    """Whether the comments above a COPY are those of the manifests rather."""
    comments = dockerfile.source[starts(dockerfile)[copy.start] : copy.start].lower()
    return "ignore=" not in comments and any(word in comments for word in _SPEAKS_OF_INSTALLS)


def _left(source: str, block: Block, in_place: Mapping[int, str]) -> str:
    """What stands where a block went away: manifests, below the empty line that was above it."""
    kept = "".join(text for at, text in in_place.items() if block.start <= at < block.end)
    blank = re.match(r"[ \t\r\n]*\n|", source[block.start : block.end])
    return blank[0] + kept if blank and kept else kept


def _division(dockerfile: Dockerfile, move: Sinking, text: str, eol: str) -> Edit:
    """Divides a RUN, what moves in between."""
    run, chain = move.below.instruction, move.below.chain
    assert chain is not None
    span = chain.cuts[move.cut]
    assert span is not None
    start, _ = source_span(run, span[0], span[0])
    _, end = source_span(run, span[1], span[1])
    head = dockerfile.source[run.keyword_offset : run.text_start]
    bare = text.lstrip("\r\n")
    blank = eol if bare != text else ""
    bare = bare if bare.endswith("\n") else bare + eol
    return Edit(start, end, eol + blank + bare + blank + head + span[2])
