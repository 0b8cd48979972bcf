"""What somebody most likely meant who mistyped a word, and marks that only look like ASCII."""

from __future__ import annotations

from collections.abc import Iterable

#: Dashes and quotes that word processors put in the place of `-`, `"` and `'`.
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"


def distance(left: str, right: str) -> int:
    """How many letters typed wrongly, left out, put in or exchanged with their neighbor."""
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
    """The known word that `word` is a slip of, with one letter in four wrong at the most."""
    if len(word) > 40:
        return None
    found = min(((distance(word, one), one) for one in known), default=(99, ""))
    return found[1] if found[0] <= (len(word) + 1) // 4 else None
