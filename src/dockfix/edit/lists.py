"""The layout of a list of words: what stands between them, and lists written anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from dockfix.edit.edits import Edit, smallest
from dockfix.edit.style import Style
from dockfix.records import Record


class Gap(Record):
    """What stands before a slot's word: `head` up to the end of the line, `lines`, then `tail`.

    `lines` are whole lines, endings included: comments, and lines that are empty but for white
    space or the escape character. Without a line break everything is in `tail`.
    """

    head: str
    lines: tuple[str, ...]
    tail: str

    @property
    def text(self) -> str:
        return self.head + "".join(self.lines) + self.tail

    @property
    def breaks(self) -> bool:
        """True if the word begins a line."""
        return bool(self.head)

    @property
    def comments(self) -> tuple[str, ...]:
        if not self.lines:
            return ()
        return tuple(line for line in self.lines if line.lstrip().startswith("#"))

    @property
    def divides(self) -> bool:
        """True if an empty line stands in it."""
        return bool(self.lines) and len(self.comments) < len(self.lines)


def gap_of(text: str, escape: str) -> Gap | None:
    """The gap that a text is; None if there is more in it than space, comments and line breaks."""
    head, newline, rest = text.partition("\n")
    if not newline:
        return None if text.strip(" \t") else Gap("", (), text)
    if head.strip() != escape:
        return None
    *lines, tail = rest.split("\n")
    for line in lines:
        if not line.lstrip().startswith("#") and line.strip() not in ("", escape):
            return None
    if tail.strip(" \t"):
        return None
    return Gap(head + newline, tuple(line + "\n" for line in lines), tail)


def refilled(
    source: str,
    span: tuple[int, int],
    old: Sequence[tuple[Gap, str]],
    new: Sequence[tuple[Gap, str]],
    escape: str,
) -> tuple[Edit, ...]:
    """The edits that write a list anew, which lies at `span`: every word in the gap it is given.

    Escape characters that stood in one column stand in it again.
    """
    start, end = span
    spaces = before_escape(source, end, escape)
    end += len(spaces or "")
    if any(gap.breaks and gap.head[0] in " \t" for gap, _ in old):
        # somewhere the author has a blank there, so one is missing elsewhere
        spaces = " " if spaces == "" else spaces
        new = [(_with_blank(gap), word) for gap, word in new]
    lengths = {len(word) for _, word in old}
    heads = [gap.head[: len(gap.head) - len(gap.head.lstrip(" \t"))] for gap, _ in old[1:]]
    ends = [len(word) + len(head) for (_, word), head in zip(old, heads, strict=False)]
    if spaces is not None:
        ends.append(len(old[-1][1]) + len(spaces))
    one_per_line = all(gap.breaks for gap, _ in old[1:])
    wide = any(len(head) > 1 for head in (*heads, spaces or ""))
    column = _column(ends) if wide and len(lengths) > 1 and one_per_line else 0
    common = _most(heads if spaces is None else [*heads, spaces])
    if wide and not column and one_per_line and common:
        # blanks that are no column go with no word: each line gets those that most lines have
        first, *rest = new
        new = [first, *((gap._replace(head=common + gap.head.lstrip(" \t")), w) for gap, w in rest)]
        spaces = spaces if spaces is None else common
    text, before = "", ""
    for gap, word in new:
        if column and before:
            gap = gap._replace(head=_padded(gap.head, column - len(before)))
        text += gap.text + word
        before = word
    if spaces is not None:
        text += _padded(spaces, column - len(before)) if column else spaces
    elif len(blanks := blanks_behind(source, end)) > 1 and before != old[-1][1]:
        # an operator stays in its column, if it stands in one
        in_column = one_per_line and _ends_below(source, end)
        kept = len(old[-1][1]) + len(blanks) - len(before) if in_column else 1
        end, text = end + len(blanks), text + " " * max(1, kept)
    return smallest(source, start, end, text)


def _most(heads: Sequence[str]) -> str:
    """The blanks that most of several lines have in front of their escape character, if any."""
    found, count = Counter(heads).most_common(1)[0] if heads else ("", 0)
    return found if 2 * count > len(heads) > 1 else ""


def _column(ends: Sequence[int]) -> int:
    """How far behind the start of a word its escape character stands, if most stand in one column;
    0 if they do not. Words that reach beyond it have one blank behind them.
    """
    column, count = max(((end, ends.count(end)) for end in ends), key=itemgetter(1), default=(0, 0))
    return column if count > 1 and 2 * count > len(ends) else 0


def _ends_below(source: str, offset: int) -> bool:
    """True if the line at an offset ends as far right as the one above or the one below it."""
    start = source.rfind("\n", 0, offset) + 1
    above = source.rfind("\n", 0, max(start - 1, 0)) + 1
    lines = source[above:].split("\n", 3)[:3]
    here = len(lines[1].rstrip()) if len(lines) > 1 else 0
    return here in (len(one.rstrip()) for one in (lines[0], *lines[2:]))


def _with_blank(gap: Gap) -> Gap:
    if not gap.breaks or gap.head[0] in " \t":
        return gap
    return gap._replace(head=f" {gap.head}")


def blanks_behind(source: str, offset: int) -> str:
    """The blanks from an offset on."""
    line = source[offset : source.find("\n", offset) + 1 or len(source)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def one_blank(source: str, offset: int, style: Style) -> str:
    """What stands behind the last word of a list that ends at an offset: one blank in front of an
    operator or the escape character, none where the author has none in front of an operator."""
    blanks = blanks_behind(source, offset)
    if source[offset + len(blanks) : offset + len(blanks) + 1] in ("", "\r", "\n"):
        return blanks
    return " " if blanks or source.startswith(style.escape, offset) else ""


def _padded(head: str, width: int) -> str:
    return " " * max(1, width) + head.lstrip(" \t")


def before_escape(source: str, offset: int, escape: str) -> str | None:
    """The blanks between an offset and the escape character at the end of its line; None if
    something else stands there."""
    line = source[offset : source.find("\n", offset) + 1]
    rest = line.lstrip(" \t")
    if rest[:1] != escape or rest[1:].lstrip(" \t") not in ("\n", "\r\n"):
        return None
    return line[: len(line) - len(rest)]
