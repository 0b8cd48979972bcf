"""Lines and columns of many offsets of one text."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


class Lines:
    """Says what `Dockerfile.position` says, for many offsets: the lines are counted once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts: list[int] = []

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; the column counts characters."""
        starts = self._counted()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column."""
        return self._counted()[line - 1] + column - 1

    def _counted(self) -> list[int]:
        if not self._starts:
            lines = self._source.split("\n")
            self._starts = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=0))
        return self._starts
