"""The edits that move COPYs below RUNs: moved text, added COPYs of manifests, and split RUNs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.moves import (
    Block,
    Relocation,
    blocks,
    division,
    insertion,
    landings,
    left_behind,
)
from dockfix.edit.style import FileStyle
from dockfix.records import Record
from dockfix.reorder.copy_moves import Move
from dockfix.reorder.group_members import ReadInstruction
from dockfix.reorder.split_copies import manifest_copies
from dockfix.state.facts import Facts, source_span

#: Words of a comment that stands above a COPY of everything, but is about the install below it.
_WORDS_ABOUT_INSTALLS = ("install", "dependenc", "requirements", "packages")


class _ManifestCopies(Record):
    """The text of added COPYs of manifests.

    `in_place` of a COPY that moves, by the start of that one; or `at` an offset.
    """

    in_place: dict[int, str]
    at: dict[int, str]


def move_edits(
    facts: Facts,
    members: Sequence[ReadInstruction],
    moves: list[Move],
    context: Context | None,
) -> tuple[Edit, ...]:
    """The edits that make the moves of a group."""
    style = facts.style
    manifests = _manifests(facts, members, moves, context)
    without_comments = [
        move.copy.instruction.start
        for move in moves
        if move.copy.instruction.start in manifests.in_place
        and _has_comment_about_installs(facts, move.copy.instruction)
    ]
    ways = [Relocation(move.copy.instruction, move.below.instruction) for move in moves]
    found = blocks(style, ways, without_comments)
    split_runs = {move.below.instruction.start: move for move in moves if move.split_at}
    whole = [block for block in found if block.below.start not in split_runs]
    inserted = dict(manifests.at)
    for at, text in landings(style, whole, spaced=False).items():
        inserted[at] = text + inserted.get(at, "")
    edits: list[Edit] = []
    for block in found:
        kept = _manifests_in_place(block, manifests.in_place)
        left = inserted.pop(block.start, "") + left_behind(style, block, kept)
        edits.append(Edit(block.start, block.end, left))
    for start, move in split_runs.items():
        pieces = [one for one in found if one.below.start == start]
        edits.append(_split_edit(style, move, pieces))
    edits += [Edit(at, at, text) for at, text in inserted.items()]
    return tuple(edits)


def _manifests(
    facts: Facts,
    members: Sequence[ReadInstruction],
    moves: list[Move],
    context: Context | None,
) -> _ManifestCopies:
    """The COPYs of the files that installs need before the moved COPY."""
    style = facts.style.of(members[0].instruction)
    in_place: dict[int, str] = {}
    above: dict[int, str] = {}
    for move in moves:
        copied = move.copy.instruction
        for run, needs in move.needs_first:
            assert move.copy.copy is not None
            lines = manifest_copies(move.copy.copy, needs, context)
            text = style.lines(lines)
            if _nothing_between(members, moves, copied, run.instruction):
                in_place[copied.start] = text
            else:
                at = insertion(facts.style, run.instruction)
                above[at] = above.get(at, "") + text
    return _ManifestCopies(in_place, above)


def _nothing_between(
    members: Sequence[ReadInstruction], moves: list[Move], copy: Instruction, run: Instruction
) -> bool:
    """True if no COPY or RUN stays between a COPY and a RUN once the moves are made."""
    moved = {move.copy.instruction.start for move in moves}
    return not any(
        copy.start < one.instruction.start < run.start
        and one.instruction.start not in moved
        and (one.is_copy or one.keyword == "RUN")
        for one in members
    )


def _has_comment_about_installs(facts: Facts, copy: Instruction) -> bool:
    """True if the comments above a COPY are about the install, so that they stay with its files."""
    comments = facts.source[facts.style.starts[copy.start] : copy.start].lower()
    return "ignore=" not in comments and any(word in comments for word in _WORDS_ABOUT_INSTALLS)


def _manifests_in_place(block: Block, in_place: Mapping[int, str]) -> str:
    """The COPYs of manifests that stand in the place of a block that moves away."""
    return "".join(text for at, text in in_place.items() if block.start <= at < block.end)


def _split_edit(style: FileStyle, move: Move, moved: list[Block]) -> Edit:
    """The edit that splits a RUN in two, with what is moved in between."""
    text = "".join(style.dockerfile.source[one.start : one.end] for one in moved)
    headed = text.lstrip(" \t").startswith("#") and moved[0].start in style.blanks[1]
    run, chain, first = move.below.instruction, move.below.chain, move.first_install
    if first is not None:
        start, end = source_span(run, *first.span)
        edit = division(style, run, (end, end), text, headed=headed)
        command = style.dockerfile.source[start:end]
        return edit._replace(text=f" {first.option}{edit.text}{first.again}{command}")
    assert chain is not None
    span = chain.cuts[move.split_at]
    assert span is not None
    start, _ = source_span(run, span[0], span[0])
    _, end = source_span(run, span[1], span[1])
    edit = division(style, run, (start, end), text, headed=headed)
    return edit._replace(text=edit.text + span[2])
