"""Where characters lie for an editor: lines and columns of the Language Server Protocol.

Its lines end at `\\n`, `\\r\\n` and `\\r` and nowhere else (LSP 3.17, "Text Documents"); Python's
`splitlines`, and with it pygls, ends them at a form feed, U+0085 and U+2028 too. Its columns count
units of UTF-16, or of UTF-8 or UTF-32 if client and server agree on that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from dockfix.edit.edits import Edit
from dockfix.typed import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_ENDINGS = re.compile(r"\r\n|\r|\n")
_LONE_RETURN = re.compile(r"\r(?!\n)")

#: A line and a column, both from 0.
Position = tuple[int, int]


class Positions:
    """The lines of a text, with columns in the units of an encoding."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._text = text
        self._encoding = encoding
        self._starts = [0, *[found.end() for found in _ENDINGS.finditer(text)]]

    def of(self, offset: int) -> Position:
        """The position of a character, by its offset in the text."""
        line = bisect_right(self._starts, offset) - 1
        return line, _units(self._text[self._starts[line] : offset], self._encoding)


def can_be_edited(text: str) -> bool:
    """False if a `\r` stands alone in a text.

    The protocol ends a line there, so positions below mean something else to an editor that does
    not. Neovim 0.7 is one, and makes a line feed of such a `\r` in what it is told to insert.
    """
    return not _LONE_RETURN.search(text)


def for_client(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """Edits that a client can make: none begins or ends between the halves of `\r\n`."""
    found = []
    for start, end, new in edits:
        if text[max(start - 1, 0) : start + 1] == "\r\n":
            start, new = start - 1, "\r" + new
        if text[end : end + 1] == "\n" and (
            new.endswith("\r") or (end > start and text[end - 1] == "\r")
        ):
            end, new = end + 1, new + "\n"
        found.append(Edit(start, end, new))
    return found


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))
