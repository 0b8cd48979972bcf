"""Known words that a mistyped one may mean, and characters that only look like ASCII."""

from __future__ import annotations

from collections.abc import Iterable

#: Dashes and quotes that word processors put in the place of `-`, `"` and `'`.
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"


def distance(left: str, right: str) -> int:
    """The number of letters that are wrong, missing, extra or swapped with a neighbor."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, character in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (character != other))
            if i > 1 < j and character == right[j - 2] and left[i - 2] == other:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, with at most one letter in four wrong; None if none is."""
    if len(word) > 40:
        return None
    found = min(((distance(word, one), one) for one in known), default=(99, ""))
    return found[1] if found[0] <= (len(word) + 1) // 4 else None
