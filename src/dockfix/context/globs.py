"""Patterns of COPY sources, as Go's `path/filepath` reads them, and their errors."""

from __future__ import annotations

import re


def clean(path: str) -> str:
    """`filepath.Clean`: the shortest path that means the same, without looking at any disk."""
    rooted = path[:1] == "/"
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if kept and kept[-1] != "..":
                kept.pop()
            elif not rooted:
                kept.append(part)
        elif part not in ("", "."):
            kept.append(part)
    return ("/" if rooted else "") + "/".join(kept) or "."


def compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern for `filepath.Match` as one for `fullmatch`; None for a bad pattern."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            # One star matches the same as several, and faster.
            if pieces[-1:] != ["[^/]*"]:
                pieces.append("[^/]*")
        elif character == "?":
            pieces.append("[^/]")
        elif character == "[":
            found = _class(pattern, at)
            if found is None:
                return None
            piece, at = found
            pieces.append(piece)
        elif character == "\\":
            if at == len(pattern):
                return None
            pieces.append(re.escape(pattern[at]))
            at += 1
        else:
            pieces.append(re.escape(character))
    return re.compile("".join(pieces), re.DOTALL)


def _class(pattern: str, at: int) -> tuple[str, int] | None:
    """A class in Python's syntax and its end, read from behind its `[`; None for a bad one."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[str] = []
    while at < len(pattern) and not (pattern[at] == "]" and ranges):
        low, at = _member(pattern, at)
        high = low
        if low and pattern[at : at + 1] == "-":
            high, at = _member(pattern, at + 1)
        if not low or not high or at >= len(pattern):
            return None
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    if at >= len(pattern):
        return None
    members = "".join(ranges)
    if not members:
        # A range that runs backwards matches nothing.
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{members}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """A character of a class and the start of the next; "" for one that is not allowed there."""
    character = pattern[at : at + 1]
    if character in ("", "-", "]"):
        return "", at
    if character == "\\":
        return pattern[at + 1 : at + 2], at + 2
    return character, at + 1
