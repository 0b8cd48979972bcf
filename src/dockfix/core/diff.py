"""Unified diffs of bytes, as `git apply` and `patch` want them.

Lines end at a line feed and nowhere else: a carriage return, a form feed or a broken UTF-8 sequence
is a part of its line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dockfix.records import Record

#: Characters for which git quotes a name (with `core.quotePath` it quotes for more).
_UNUSUAL = bytes(range(0x20)) + b'"\\\x7f'
#: Up to this many changed lines the shortest diff is found; its cost grows with their square.
_SHORTEST = 200
#: How often the text between unique lines is divided at unique lines again.
_DEPTH = 4


class Change(Record):
    """Lines `start:end` of one file become lines `other_start:other_end` of the other."""

    start: int
    end: int
    other_start: int
    other_end: int


def unified(before: bytes | None, after: bytes, path: str | bytes, context: int = 3) -> bytes:
    """The patch that makes `after` of `before`; empty when they are equal.

    `before` is None for a file that is new. `path` is what the patch calls the file, relative to
    where it will be applied.
    """
    if before == after:
        return b""
    old, new = _lines(before or b""), _lines(after)
    name = os.fsencode(path)
    # Like git, so that the end of a name with spaces is seen.
    tab = b"\t" if b" " in name and not _needs_quotes(name) else b""
    old_name, new_name = _quote(b"a/" + name), _quote(b"b/" + name)
    pieces = [
        b"diff --git %s %s\n" % (old_name, new_name),
        b"new file mode 100644\n" if before is None else b"",
        b"--- %s\n" % (b"/dev/null" if before is None else old_name + tab),
        b"+++ %s%s\n" % (new_name, tab),
    ]
    for hunk in _hunks(changes(old, new), context):
        pieces += _print_hunk(hunk, old, new, context)
    return b"".join(pieces)


def _lines(data: bytes) -> list[bytes]:
    if b"\r" not in data:
        return data.splitlines(keepends=True)
    # A carriage return ends no line here.
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _needs_quotes(name: bytes) -> bool:
    return len(name.translate(None, _UNUSUAL)) < len(name)


def _quote(name: bytes) -> bytes:
    """The name as git writes it with `core.quotePath` off."""
    if not _needs_quotes(name):
        return name
    quoted = bytearray(b'"')
    for byte in name:
        if byte in b'"\\':
            quoted += b"\\%c" % byte
        elif byte < 0x20 or byte == 0x7F:
            quoted += b"\\%03o" % byte
        else:
            quoted.append(byte)
    return bytes(quoted + b'"')


def _hunks(changed: Sequence[Change], context: int) -> Iterator[list[Change]]:
    """The changes in groups: those whose context lines would touch are together."""
    hunk: list[Change] = []
    for change in changed:
        if hunk and change.start - hunk[-1].end > 2 * context:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _print_hunk(
    hunk: list[Change], old: list[bytes], new: list[bytes], context: int
) -> Iterator[bytes]:
    first, last = hunk[0], hunk[-1]
    lead = min(context, first.start)
    trail = min(context, len(old) - last.end)
    start, end = first.start - lead, last.end + trail
    other_start, other_end = first.other_start - lead, last.other_end + trail
    yield b"@@ -%s +%s @@\n" % (_range(start, end), _range(other_start, other_end))
    at = start
    for change in hunk:
        yield _marked(b" ", old[at : change.start])
        yield _marked(b"-", old[change.start : change.end])
        yield _marked(b"+", new[change.other_start : change.other_end])
        at = change.end
    yield _marked(b" ", old[at:end])


def _range(start: int, end: int) -> bytes:
    count = end - start
    if count == 1:
        return b"%d" % end
    # An empty range is named by the line before it.
    return b"%d,%d" % (start + 1 if count else start, count)


def _marked(mark: bytes, lines: list[bytes]) -> bytes:
    if not lines:
        return b""
    text = mark + mark.join(lines)
    return text if text.endswith(b"\n") else text + b"\n\\ No newline at end of file\n"


def changes(old: Sequence[bytes], new: Sequence[bytes]) -> list[Change]:
    """The changes, in order and not touching; the fewest lines unless very many change."""
    found: list[Change] = []
    for change in _changes(old, new, 0, len(old), 0, len(new), _DEPTH):
        if found and found[-1].end == change.start and found[-1].other_end == change.other_start:
            previous = found.pop()
            change = Change(previous.start, change.end, previous.other_start, change.other_end)
        found.append(change)
    return found


def _changes(
    old: Sequence[bytes],
    new: Sequence[bytes],
    start: int,
    end: int,
    other_start: int,
    other_end: int,
    depth: int,
) -> Iterator[Change]:
    while start < end and other_start < other_end and old[start] == new[other_start]:
        start += 1
        other_start += 1
    while start < end and other_start < other_end and old[end - 1] == new[other_end - 1]:
        end -= 1
        other_end -= 1
    if start == end and other_start == other_end:
        return
    whole = Change(start, end, other_start, other_end)
    if start == end or other_start == other_end:
        yield whole
        return
    shortest = _shortest(old[start:end], new[other_start:other_end])
    if shortest is not None:
        for change in shortest:
            yield Change(
                change.start + start,
                change.end + start,
                change.other_start + other_start,
                change.other_end + other_start,
            )
        return
    anchors = _anchors(old, new, whole) if depth else []
    if not anchors:
        yield whole
        return
    for at, other_at in [*anchors, (end, other_end)]:
        yield from _changes(old, new, start, at, other_start, other_at, depth - 1)
        start, other_start = at, other_at


def _shortest(old: Sequence[bytes], new: Sequence[bytes]) -> list[Change] | None:
    """The fewest removed and added lines; None if they are too many to look for.

    Lines that the other side does not have are in no common subsequence, so the search leaves them
    out. In most files this leaves little to search.
    """
    common = set(old).intersection(new)
    kept = [at for at, line in enumerate(old) if line in common]
    other_kept = [at for at, line in enumerate(new) if line in common]
    reduced = _myers([old[at] for at in kept], [new[at] for at in other_kept])
    if reduced is None:
        return None
    found: list[Change] = []
    done = other_done = at = other_at = 0
    for change in [*reduced, Change(len(kept), len(kept), len(other_kept), len(other_kept))]:
        while at < change.start:
            line, other_line = kept[at], other_kept[other_at]
            if line > done or other_line > other_done:
                found.append(Change(done, line, other_done, other_line))
            done, other_done = line + 1, other_line + 1
            at, other_at = at + 1, other_at + 1
        at, other_at = change.end, change.other_end
    if done < len(old) or other_done < len(new):
        found.append(Change(done, len(old), other_done, len(new)))
    return found


def _myers(old: Sequence[bytes], new: Sequence[bytes]) -> list[Change] | None:
    """The fewest removed and added lines, by Myers' algorithm; None if they are too many."""
    size, other_size = len(old), len(new)
    most = max(size, other_size)
    # furthest[k] is the furthest line of `old` reached on the diagonal `line - other_line == k`.
    furthest = {1: 0}
    trail: list[dict[int, int]] = []
    for distance in range(min(_SHORTEST, size + other_size) + 1):
        trail.append(furthest)
        furthest = {}
        previous = trail[-1]
        for diagonal in range(-distance, distance + 1, 2):
            if abs(diagonal) > most:
                continue
            at = _step(previous, diagonal)
            other_at = at - diagonal
            while at < size and other_at < other_size and old[at] == new[other_at]:
                at += 1
                other_at += 1
            furthest[diagonal] = at
            if at >= size and other_at >= other_size:
                return _walk_back(trail, size, other_size)
    return None


def _step(previous: dict[int, int], diagonal: int) -> int:
    """The furthest line of `old` on a diagonal after one more removed or added line."""
    added = previous.get(diagonal + 1, -1)
    removed = previous.get(diagonal - 1, -2) + 1
    return added if added > removed else removed


def _walk_back(trail: list[dict[int, int]], size: int, other_size: int) -> list[Change]:
    """The changes on the path that the search has found, from its trail."""
    found: list[Change] = []
    at, other_at = size, other_size
    for distance in range(len(trail) - 1, 0, -1):
        previous = trail[distance]
        diagonal = at - other_at
        stepped = _step(previous, diagonal)
        added = previous.get(diagonal + 1, -1) == stepped
        if added:
            change = Change(stepped, stepped, stepped - diagonal - 1, stepped - diagonal)
        else:
            change = Change(stepped - 1, stepped, stepped - diagonal, stepped - diagonal)
        found.append(change)
        at, other_at = change.start, change.other_start
    found.reverse()
    return found


def _anchors(old: Sequence[bytes], new: Sequence[bytes], whole: Change) -> list[tuple[int, int]]:
    """Lines that occur once on either side, in the longest order that both sides share."""
    where = _unique(old, whole.start, whole.end)
    other_where = _unique(new, whole.other_start, whole.other_end)
    pairs = [(at, other_where[line]) for line, at in where.items() if line in other_where]
    pairs.sort()
    return _longest_rising(pairs)


def _unique(lines: Sequence[bytes], start: int, end: int) -> dict[bytes, int]:
    where: dict[bytes, int] = {}
    repeated: set[bytes] = set()
    for at in range(start, end):
        if lines[at] in where:
            repeated.add(lines[at])
        where[lines[at]] = at
    return {line: at for line, at in where.items() if line not in repeated}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of pairs that rises on both sides."""
    from bisect import bisect_left

    ends: list[int] = []
    indexes: list[int] = []
    before: list[int] = []
    for index, (_, other_at) in enumerate(pairs):
        length = bisect_left(ends, other_at)
        before.append(indexes[length - 1] if length else -1)
        ends[length : length + 1] = [other_at]
        indexes[length : length + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = indexes[-1] if indexes else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    chain.reverse()
    return chain
