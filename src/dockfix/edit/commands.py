"""The lines of a RUN whose commands come to stand in another one: moved with their commands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from sys import maxsize

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.signs import width
from dockfix.edit.style import Style, indent_at
from dockfix.records import Record
from dockfix.shell.quotes import quoted_spans

#: Behind every position: no more quotes.
_NEVER = (maxsize, maxsize)
_CLOSING = frozenset(("fi", "done", "esac", "}", ")"))


class _Shift(Record):
    """How the line of a command moves: its indentation, and the column where the command begins,
    before and after."""

    old: str
    new: str
    old_column: int
    new_column: int


def relaid(
    style: Style, run: Instruction, commands: Sequence[tuple[int, int]], *, moves: bool
) -> list[Edit]:
    """The edits that give the commands of a RUN the layout of `style`, as one chain.

    `commands` are the spans of the commands at the top of its script, in the logical text. Their
    operators come to stand as those of `style` do. If the RUN `moves` behind another one, each of
    its lines moves with its command. What is in quotes keeps every blank; lines beside it that are
    as deep stay with it.
    """
    if len(run.logical.offsets) < 2:
        return []
    lines, quoted = _lines(run)
    edits: list[Edit] = []
    logical, source = run.logical, style.file.dockerfile.source
    shift: _Shift | None = None
    ended = 0
    for start, end in commands:
        at = logical.offset(start)
        first, last = bisect_left(lines, (start + 1, 0)), bisect_left(lines, (end, 0))
        if shift is None:
            shift = _first_shift(style, run, at, moves=moves)
        elif bisect_left(lines, (ended, 0)) < bisect_left(lines, (start + 1, 0)):
            edit, shift = _joint(style, logical.offset_end(ended), at, moves=moves)
            edits += [edit] if edit else []
        else:
            begin = source.rfind("\n", 0, at) + 1
            delta = len(source[begin:at].expandtabs(8)) - shift.old_column
            shift = shift._replace(
                old_column=shift.old_column + delta, new_column=shift.new_column + delta
            )
        inner = [offset for _, offset in lines[first:last]]
        moved = shift.old != shift.new or shift.old_column != shift.new_column
        within = quoted[bisect_left(quoted, (start + 1, 0)) : bisect_left(quoted, (end, 0))]
        if inner and moved and not _as_deep(source, inner[0], within):
            edits += _moved(style, run, inner, (at, logical.offset_end(end)), shift)
        ended = end
    return edits


def _lines(run: Instruction) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where lines begin outside of quotes, and where inside: in the logical text and in the
    source."""
    logical = run.logical
    found: list[tuple[int, int]] = []
    quoted: list[tuple[int, int]] = []
    spans = quoted_spans(logical.text, run.arguments_start)
    start, end = next(spans, _NEVER)
    for position, offset in zip(logical.joins[1:], logical.offsets[1:], strict=True):
        while position >= end:
            start, end = next(spans, _NEVER)
        (found if position <= start else quoted).append((position, offset))
    return found, quoted


def _as_deep(source: str, line: int, quoted: list[tuple[int, int]]) -> bool:
    """True if a line inside of quotes is as deep as the one at an offset, which is in none."""
    return any(_blanks(source, offset) == _blanks(source, line) != "" for _, offset in quoted)


def _first_shift(style: Style, run: Instruction, at: int, *, moves: bool) -> _Shift:
    source = style.file.dockerfile.source
    begin = source.rfind("\n", 0, at) + 1
    old = indent_at(source, run.keyword_offset if begin <= run.keyword_offset else at)
    column = len(source[begin:at].expandtabs(8))
    if not moves:
        return _Shift(old, old, column, column)
    new = style.chain_indent
    return _Shift(old, new, column, width(new) + (len("&& ") if style.leading else 0))


def _joint(style: Style, before: int, at: int, *, moves: bool) -> tuple[Edit | None, _Shift]:
    """The edit of what stands between two commands on lines of their own, and how the second
    one's line moves by it."""
    source = style.file.dockerfile.source
    head, *middle, tail = source[before:at].split("\n")
    closing = head.strip().removesuffix(style.escape).strip(" \t")
    opening = tail.strip(" \t")
    old = indent_at(source, at)
    column = len(tail.expandtabs(8))
    begin = at - len(tail)
    new = style.chain_indent
    kept = "".join(line + "\n" for line in middle)
    if closing in ("&&", "||") and style.leading and not opening:
        text = f"{style.newline}{kept}{new}{closing} "
        return Edit(before, at, text), _Shift(old, new, column, width(new) + 3)
    if opening in ("&&", "||") and not style.leading and not closing:
        text = f" {style.ending(opening)}{kept}{new}"
        return Edit(before, at, text), _Shift(old, new, column, width(new))
    if not moves or old == new:
        return None, _Shift(old, old, column, column)
    shift = _Shift(old, new, column, column - width(old) + width(new))
    return Edit(begin, begin + len(old), new), shift


def _moved(
    style: Style, run: Instruction, lines: list[int], span: tuple[int, int], shift: _Shift
) -> Iterator[Edit]:
    """The edits that move the lines of a command with it, comments between them included."""
    source = style.file.dockerfile.source
    first = bisect_left(run.comments, span[0], key=lambda comment: comment.start)
    last = bisect_left(run.comments, span[1], key=lambda comment: comment.start)
    comments = [source.rfind("\n", 0, one.start) + 1 for one in run.comments[first:last]]
    starts = sorted([*lines, *comments])
    in_column = _closes_below(source, lines[-1], shift.old_column)
    # a blank alone sets nothing off from what is a step in
    one_blank = width(shift.new) > 1 and _blanks(source, lines[0]) == f"{shift.old} "
    for start in starts:
        line = source[start : source.find("\n", start) + 1 or len(source)]
        bare = line.lstrip(" \t")
        indent = line[: len(line) - len(bare)]
        if not bare.strip() or bare.strip() == style.escape or (bare[0] == "#" and not indent):
            continue
        if in_column or width(indent) > width(shift.old) + 8:
            moved = " " * max(width(indent) + shift.new_column - shift.old_column, 1)
            new = indent if "\t" in indent else moved
        elif indent.startswith(shift.old) and _mix_well(shift.new, indent[len(shift.old) :]):
            new = shift.new + indent[len(shift.old) :]
            if one_blank and len(indent) > len(shift.old):
                new = shift.new + style.indent + indent[len(shift.old) + 1 :]
        else:
            continue
        above = source[source.rfind("\n", 0, start - 1) + 1 : start].rstrip("\r\n")
        ended = above.removesuffix(style.escape)[-1:]
        if new != indent and ((indent and new) or ended in (" ", "\t")):
            yield Edit(start, start + len(indent), new)


def _blanks(source: str, start: int) -> str:
    line = source[start : source.find("\n", start) + 1 or len(source)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _closes_below(source: str, start: int, column: int) -> bool:
    """True if the line at an offset closes a compound command in the column of its first word."""
    line = source[start : source.find("\n", start) + 1 or len(source)]
    words = line.split(maxsplit=1)
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    return bool(words) and words[0].rstrip(";") in _CLOSING and width(indent) == column


def _mix_well(one: str, other: str) -> bool:
    """True unless one indentation is of spaces and the other of tabs."""
    return not one or not other or ("\t" in one) == ("\t" in other)
