"""Which tags may mean the same as a given one, and say more.

`3` may be `3.14.7`, `slim` may be `3.14.7-slim`, `bookworm` may be `bookworm-20260803`. Whether one
does, only its digest says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: A version with what stands before and behind it: `v3.1.4`, `21.0.12_8-jdk`.
_VERSIONED = re.compile(r"(v?)([0-9]+(?:[._][0-9]+)*)((?:-.+)?)")

Numbers = tuple[int, ...]


def fuller(tag: str, tags: Iterable[str]) -> Iterator[str]:
    """The tags that may be a fuller name of `tag`, the likeliest first. `tag` may be `latest`."""
    found = _VERSIONED.fullmatch(tag)
    if found:
        numbers = _numbers(found[2])
        yield from _versions(tags, found[1], found[3], numbers)
        return
    first, _, rest = tag.partition("-")
    rest = f"-{rest}" if rest else ""
    dated = re.compile(rf"{re.escape(first)}-[0-9]{{8}}{re.escape(rest)}")
    yield from sorted(filter(dated.fullmatch, tags), reverse=True)
    ends = [""] if tag == "latest" else [f"-{tag}", rest]
    for end in ends:
        for before in ("", "v"):
            yield from _versions(tags, before, end, ())


def _versions(tags: Iterable[str], before: str, behind: str, given: Numbers) -> Iterator[str]:
    """The full versions that begin with the given numbers: first the newest of each first number
    behind them, then of each second one, then all others."""
    known: dict[Numbers, str] = {}
    for tag in tags:
        found = _VERSIONED.fullmatch(tag)
        if found and (found[1], found[3]) == (before, behind):
            numbers = _numbers(found[2])
            if numbers[: len(given)] == given and len(numbers) > len(given):
                known[numbers] = tag
    short = {numbers[:end] for numbers in known for end in range(len(numbers))}
    full = sorted((numbers for numbers in known if numbers not in short), reverse=True)
    told: set[Numbers] = set()
    for depth in (1, 2, 1 << 10):
        seen: set[Numbers] = set()
        for numbers in full:
            series = numbers[: len(given) + depth]
            if series not in seen and numbers not in told:
                told.add(numbers)
                yield known[numbers]
            seen.add(series)


def _numbers(text: str) -> Numbers:
    return tuple(map(int, re.split(r"[._]", text)))
