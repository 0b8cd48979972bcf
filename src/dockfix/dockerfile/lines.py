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
        if not self._starts:
            lines = self._source.split("\n")
            self._starts = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=0))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
