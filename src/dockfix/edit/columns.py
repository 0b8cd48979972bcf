"""Columns that an author set up, kept where words in front of them got longer or shorter.

    RUN apt install -y git \\                 RUN apt-get install -y git \\
                       curl \\         →                          curl \\

A pass edits words and knows no columns. What stood below a word of an edited line stands below it
again, and an escape character stands below the next one again. Blanks behind the end of an
instruction go if new lines would end in them. Nothing but blanks outside of quotes comes or goes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from sys import maxsize

from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.records import Record
from dockfix.shell.quotes import quoted_spans, single_spaced

#: Lines that stand less deep than that are indented, not set below a word.
_LEAST = 8
#: Nobody sets packages below these words.
_VERBS = ("install ", "add ")


#: Longer lists are not moved.
_MOST = 500


class Shift(Record):
    """Blanks that come or go, in the text before the edit that is to blame."""

    edit: Edit
    cause: Edit


class _Owner(Record):
    """An instruction, and where its lines start, those above the first that begins in quotes."""

    instruction: Instruction
    lines: list[int]


def shifts(dockerfile: Dockerfile, edits: Sequence[Edit]) -> list[Shift]:
    """What puts columns in order again behind edits of a file, none of which is made yet."""
    source = dockerfile.source
    lines: dict[int, list[Edit]] = {}
    whole: list[Edit] = []
    for edit in edits:
        if "\n" in edit.text or "\n" in source[edit.start : edit.end]:
            whole.append(edit)
        else:
            lines.setdefault(source.rfind("\n", 0, edit.start) + 1, []).append(edit)
    found: dict[int, Shift] = {}
    owner: _Owner | None = None
    for start, made in sorted(lines.items()):
        if not sum(map(_growth, made)):
            continue
        if owner is None or start >= owner.instruction.end:
            owner = _owner(dockerfile, start)
        if owner is not None and len(owner.lines) > 1:
            for one in _of_line(dockerfile, owner, start, sorted(made)):
                found.setdefault(one.edit.start, one)
    tails = [one for one in map(partial(_tail, dockerfile), whole) if one is not None]
    kept = [
        found[at]
        for at in sorted(found)
        if not any(one.start <= found[at].edit.end and at <= one.end for one in whole)
    ]
    return sorted([*kept, *tails])


def _tail(dockerfile: Dockerfile, edit: Edit) -> Shift | None:
    """The blanks at the end of an instruction, if an edit puts a new line in front of them."""
    blanks = _line(dockerfile.source, edit.end).rstrip("\r")
    if not blanks or blanks.strip(" \t") or edit.text[-1:] in ("", "\n"):
        return None
    row = dockerfile.instructions
    number = bisect_right(row, edit.end, key=lambda one: one.start) - 1
    if number < 0 or row[number].text_end != edit.end:
        return None
    return Shift(Edit(edit.end, edit.end + len(blanks), ""), edit)


def behind(found: Sequence[Shift], edits: Sequence[Edit]) -> list[Edit]:
    """The edits of shifts, in offsets of the text in which `edits` are made."""
    moved: list[Edit] = []
    rest = sorted(edits)
    grown = number = 0
    for edit, _ in found:
        while number < len(rest) and rest[number].end <= edit.start:
            grown += _growth(rest[number])
            number += 1
        moved.append(Edit(edit.start + grown, edit.end + grown, edit.text))
    return moved


def _growth(edit: Edit) -> int:
    return len(edit.text) - (edit.end - edit.start)


def _of_line(
    dockerfile: Dockerfile, owner: _Owner, start: int, edits: list[Edit]
) -> Iterator[Shift]:
    source, lines = dockerfile.source, owner.lines
    number = bisect_left(lines, start)
    if (
        number == len(lines)
        or lines[number] != start
        or edits[0].start < owner.instruction.text_start
    ):
        return
    line = _line(source, start)
    column = _column(line, source, lines[number + 1 : number + 2])
    causes = [one for one in edits if one.end < start + column]
    grown = sum(map(_growth, causes))
    if not grown:
        at = _end_to_keep(dockerfile, lines, number)
        if at is not None and edits[-1].end < start + at:
            yield from _padded(dockerfile, start, sum(map(_growth, edits)), edits[-1])
        return
    for below in lines[number + 1 : number + _MOST]:
        text = _line(source, below)
        indent = len(text) - len(text.lstrip(" "))
        if indent < column or text[indent : indent + 1] == "\t":
            return
        yield Shift(Edit(below, below + max(-grown, 0), " " * max(grown, 0)), causes[-1])


def _line(source: str, start: int) -> str:
    end = source.find("\n", start)
    return source[start : end if end >= 0 else len(source)]


def _owner(dockerfile: Dockerfile, offset: int) -> _Owner | None:
    row = dockerfile.instructions
    number = bisect_right(row, offset, key=lambda one: one.start) - 1
    if number < 0 or offset >= row[number].end:
        return None
    one = row[number]
    if len(one.logical.offsets) < 2:
        return _Owner(one, [])
    quotes = quoted_spans(one.logical.text, one.arguments_start)
    begin, end = next(quotes, (maxsize, maxsize))
    lines: list[int] = []
    for position, at in zip(one.logical.joins, one.logical.offsets, strict=True):
        while position >= end:
            begin, end = next(quotes, (maxsize, maxsize))
        if position > begin:
            break
        lines.append(at)
    last = lines[-1]
    comments = [dockerfile.source.rfind("\n", 0, each.start) + 1 for each in one.comments]
    return _Owner(one, sorted({*lines, *(each for each in comments if each < last)}))


def _column(line: str, source: str, below: list[int]) -> int:
    """The column of a word of a line that the next line begins in; 0 if it begins in none."""
    if not below or "\t" in line:
        return 0
    text = _line(source, below[0])
    column = len(text) - len(text.lstrip(" "))
    if (
        column - (len(line) - len(line.lstrip(" "))) <= _LEAST
        or text[column : column + 1] in ("", "\t")
        or column >= len(line)
        or line[column - 1] != " "
        or line[column] == " "
        or line.startswith(_VERBS, column)
    ):
        return 0
    return column


def _end_to_keep(dockerfile: Dockerfile, lines: Sequence[int], number: int) -> int | None:
    """The column in which the end of a line begins, if that of the next one does on purpose."""
    own = _end_of(dockerfile, lines[number])
    if own is None:
        return None
    for one in (*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]):
        other = _end_of(dockerfile, one)
        if other is not None and other[0] == own[0] and max(own[1], other[1]) > 1:
            return own[0]
    return None


def _end_of(dockerfile: Dockerfile, start: int) -> tuple[int, int] | None:
    """The column of what ends a line that goes on, the operator before the escape character
    included, and how many blanks stand before it."""
    text = _line(dockerfile.source, start).rstrip(" \t\r")
    if not text.endswith(dockerfile.escape) or "\t" in text:
        return None
    bare = text[:-1].rstrip(" ")
    column = len(text) - 1
    for operator in ("&&", "||", "|", ";"):
        if bare.endswith(f" {operator}"):
            column = len(bare) - len(operator)
            bare = bare[:column].rstrip(" ")
            break
    return column, column - len(bare)


def _padded(dockerfile: Dockerfile, start: int, growth: int, cause: Edit) -> Iterator[Shift]:
    """The blanks before the end of a line that grows by so many characters."""
    found = _end_of(dockerfile, start)
    if found is None or not found[1]:
        return
    at = start + found[0] - found[1] + 1
    gone = min(max(growth, 0), found[1] - 1)
    if gone or growth < 0:
        yield Shift(Edit(at, at + gone, " " * max(-growth, 0)), cause)


def differ_in_blanks(before: Dockerfile, after: Dockerfile) -> bool:
    """True if two texts say the same but for blanks between words."""
    if len(before.instructions) != len(after.instructions):
        return False
    return all(
        one.logical.text == other.logical.text
        or single_spaced(one.logical.text).strip() == single_spaced(other.logical.text).strip()
        for one, other in zip(before.instructions, after.instructions, strict=True)
    )
