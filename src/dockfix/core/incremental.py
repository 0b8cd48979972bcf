"""Reads a file again after edits, without reading what no edit could change.

At the start of a line that continues nothing above it, the rest of the file is read by the escape
character alone, which the parser directives set. So nodes above the first edit are kept. Reading
begins again at the instruction or blank line that an edit falls into. Where it reaches the start of
an old node without an edit in it, the old nodes are used again, moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from dockfix.dockerfile.arguments import Refusal
from dockfix.dockerfile.parser import Item, assemble, items_from, parse
from dockfix.dockerfile.tree import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    Logical,
    Word,
)
from dockfix.edit.edits import Edit
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_new = tuple.__new__


def parse_again(before: Dockerfile, edits: Sequence[Edit], source: str) -> Dockerfile:
    """The tree that `parse` makes of `source`, which is `before.source` with `edits` made.

    `edits` are sorted by offset and do not overlap. Raises DockerfileSyntaxError like `parse`.
    """
    first = before.instructions[0]
    again = _beginning(before, edits[0].start) if edits else 0
    # Nothing begins above the byte order mark.
    if again < 0 or before.items[again].start <= first.start:
        return parse(source, before.filename)
    try:
        return assemble(source, before.filename, tuple(_items(before, edits, source)))
    except Refusal as refusal:
        from dockfix.dockerfile.refusals import located

        raise located(refusal, source, before.filename) from None


def _items(before: Dockerfile, edits: Sequence[Edit], source: str) -> Iterable[Item]:
    """The items of the new text: kept ones, those read again, and moved ones."""
    old = before.items
    found: list[Item] = []
    index = shift = done = 0
    while done < len(edits):
        this = done
        again = _beginning(before, edits[done].start)
        found += _moved(old[index:again], shift)
        for item in items_from(source, old[again].start + shift, before.escape):
            found.append(item)
            if not isinstance(item, (Instruction, Blank)):
                continue
            while done < len(edits) and edits[done].start + len(edits[done].text) <= (
                item.end - shift
            ):
                shift += len(edits[done].text) - (edits[done].end - edits[done].start)
                done += 1
            if done == this:
                continue
            index = _last_from(old, item.end - shift)
            if old[index].start != item.end - shift:
                continue
            if done == len(edits) or _beginning(before, edits[done].start) >= index:
                break
        else:
            return found
    return found + _moved(old[index:], shift)


def _last_from(items: Sequence[Item], offset: int) -> int:
    """The number of the last item that begins at an offset or above it."""
    # Items are tuples that begin with their start, and a shorter tuple sorts before a longer one.
    return bisect_left(items, (offset + 1,)) - 1


def _beginning(before: Dockerfile, offset: int) -> int:
    """The last instruction or blank line that begins at an offset or above it; its number."""
    index = _last_from(before.items, offset)
    while index > 0 and not isinstance(before.items[index], (Instruction, Blank)):
        index -= 1
    return index


def _moved(items: Sequence[Item], by: int) -> list[Item]:
    return [_MOVERS[item.__class__](item, by) for item in items] if by else list(items)


def _blank(blank: Blank, by: int) -> Blank:
    start, end = blank
    return _new(Blank, (start + by, end + by))


def _directive(directive: Directive, by: int) -> Directive:
    return Directive(directive.start + by, directive.end + by, directive.name, directive.value)


def _comment(comment: Comment, by: int) -> Comment:
    start, end, text = comment
    return _new(Comment, (start + by, end + by, text))


def _instruction(old: Instruction, by: int, parent: Logical | None = None) -> Instruction:
    """An instruction, or the child of one whose logical line is moved already."""
    (begin, stop, keyword, logical, first, second, third,
     flags, words, json, heredocs, comments, child) = old  # fmt: skip
    if parent is None:
        text, joins, offsets = logical
        if len(offsets) == 1:
            parent = _new(Logical, (text, joins, (offsets[0] + by,)))
        else:
            parent = _new(Logical, (text, joins, tuple([at + by for at in offsets])))
    # Every step moves most nodes of a file, and half of all nodes are words.
    return _new(
        Instruction,
        (
            begin + by,
            stop + by,
            keyword,
            parent,
            first,
            second,
            third,
            flags and tuple([Flag(one.start + by, one.end + by, *one[2:]) for one in flags]),
            words
            and tuple([_new(Word, (start + by, end + by, text)) for start, end, text in words]),
            json,
            heredocs
            and tuple([Heredoc(one.start + by, one.end + by, *one[2:]) for one in heredocs]),
            comments and tuple([_comment(one, by) for one in comments]),
            child and _instruction(child, by, parent),
        ),
    )


_MOVERS: dict[type[Item], Callable[[Any, int], Item]] = {
    Instruction: _instruction,
    Blank: _blank,
    Comment: _comment,
    Directive: _directive,
}
