"""A Dockerfile inside of another file, and where each of its characters stands there."""

from __future__ import annotations

from bisect import bisect_right

from dockfix.edit.edits import Edit
from dockfix.records import Record


class Line(Record):
    """A line of a block: where it starts in the block's text, in the file, and, behind its
    indentation, what belongs to the block."""

    start: int
    raw: int
    content: int


class Block(Record):
    """A Dockerfile in a file. `text` is what a builder would get, with the line ends of the file.

    `lines` has one more at the end if the text ends with a line end. `indent` stands before each
    line. If it is `doubled`, the file has `$$` for each `$`. `context` is the folder that the file
    names as build context, None if it names none that is known.
    """

    text: str
    lines: tuple[Line, ...]
    indent: str
    doubled: bool = False
    context: str | None = None
    is_whole: bool = True

    def line_at(self, offset: int) -> Line:
        """The line in which an offset of the text lies."""
        return self.lines[bisect_right(self.lines, offset, key=lambda line: line.start) - 1]

    def place(self, offset: int) -> int:
        """Where a character of the text stands in the file."""
        line = self.line_at(offset)
        before = self.text[line.start : offset]
        return line.content + len(before) + (before.count("$") if self.doubled else 0)

    def inside(self, offset: int) -> int | None:
        """The character of the text that stands at an offset of the file; None if none does."""
        at = bisect_right(self.lines, offset, key=lambda line: line.content) - 1
        if at < 0:
            return None
        line = self.lines[at]
        end = self.lines[at + 1].start if at + 1 < len(self.lines) else len(self.text)
        return next((one for one in range(line.start, end) if self.place(one) == offset), None)

    def edit(self, edit: Edit) -> Edit:
        """An edit of the text as one of the file: new lines get the indentation of the others."""
        text = edit.text.replace("$", "$$") if self.doubled else edit.text
        first, last = self.line_at(edit.start), self.line_at(edit.end)
        start, end = self.place(edit.start), self.place(edit.end)
        *ended, rest = text.split("\n")
        at_starts = edit.start == first.start, edit.end == last.start
        # whole lines go with their indentation; an empty line may have less than the others
        is_short = first.content - first.raw < len(self.indent)
        begins = at_starts[0] and ((at_starts[1] and not rest) or (text != "" and is_short))
        if begins:
            start = first.raw
        if not rest and at_starts[1] and (ended or begins):
            end = last.raw
        pieces = [*ended, rest]
        for at, piece in enumerate(pieces):
            if piece.strip("\r") and (at or begins):
                pieces[at] = self.indent + piece
        follows = self.text[edit.end : edit.end + 1]
        if at_starts[0] and not pieces[0] and (ended or follows in ("\n", "\r")):
            # the line is empty now
            start = first.raw
        if ended and not rest and not at_starts[1] and follows not in ("", "\n", "\r"):
            pieces[-1] = self.indent
        return Edit(start, end, "\n".join(pieces))


def block_of(
    lines: list[tuple[int, int, str]],
    end: int,
    indent: str,
    *,
    doubled: bool = False,
    context: str | None = None,
    final: bool = True,
) -> Block:
    """A block of lines (where each starts in the file, where its content does, and its content).

    `end` is where the line behind the last one starts; without `final` the last line end is none
    of the text's.
    """
    start = 0
    found: list[Line] = []
    pieces: list[str] = []
    for raw, content, text in lines:
        if doubled:
            text = text.replace("$$", "$")
        found.append(Line(start, raw, content))
        pieces.append(text)
        start += len(text)
    text = "".join(pieces)
    if not final:
        text = text.rstrip("\r\n")
    elif text.endswith("\n"):
        found.append(Line(start, end, end))
    return Block(text, tuple(found), indent, doubled, context)
