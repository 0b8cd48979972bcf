"""Where findings and edits lie, in the units that formats count in; and what tells them apart."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from dockfix.core.findings import Applied
from dockfix.dockerfile.source import encode
from dockfix.records import Record


class Region(Record):
    """A span of a file. Lines and columns start at 1, and the end is behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Places:
    """The lines of a text, which end at a line feed and nowhere else."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self._lines[:-1]), initial=0))
        self._bytes: list[int] = []

    def region(self, start: int, end: int, *, utf16: bool = False) -> Region:
        """A span of characters; columns count characters, or the units of UTF-16."""
        return Region(*self._place(start, utf16), *self._place(end, utf16))

    def of(self, one: Applied, *, utf16: bool = False) -> Region:
        """From where a finding points to the end of its line, without blanks there."""
        start = self._starts[one.line - 1]
        end = max(len(self._lines[one.line - 1].rstrip()), one.column - 1)
        return self.region(start + one.column - 1, start + end, utf16=utf16)

    def byte(self, offset: int) -> int:
        """How many bytes of the file lie before a character."""
        if not self._bytes:
            sizes = (len(encode(line)) + 1 for line in self._lines[:-1])
            self._bytes = list(accumulate(sizes, initial=0))
        line = bisect_right(self._starts, offset) - 1
        return self._bytes[line] + len(encode(self._text[self._starts[line] : offset]))

    def line(self, number: int) -> str:
        """The text of a line, blanks in it as one."""
        return " ".join(self._lines[number - 1].split())

    def _place(self, offset: int, utf16: bool) -> tuple[int, int]:
        line = bisect_right(self._starts, offset) - 1
        before = self._text[self._starts[line] : offset]
        beyond = sum(character > "\uffff" for character in before) if utf16 else 0
        return line + 1, len(before) + beyond + 1


def fingerprints(findings: list[Applied], places: Places) -> list[str]:
    """For each finding of a file what stays the same when lines above it come or go.

    It is made of the pass and of the line that the finding points to; of equal ones the second has
    another than the first.
    """
    from hashlib import sha256

    seen: dict[tuple[str, str], int] = {}
    found: list[str] = []
    for one in findings:
        key = one.code, places.line(one.line)
        seen[key] = seen.get(key, 0) + 1
        text = "\0".join((*key, str(seen[key])))
        found.append(sha256(encode(text)).hexdigest()[:32])
    return found
