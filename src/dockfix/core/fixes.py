"""The edits of all steps as edits of the original text. Only reports ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from dockfix.core.origins import Made
from dockfix.edit.edits import Edit
from dockfix.records import Record


class Fix(Record):
    """Edits of the original text that make what some groups make together.

    `groups` are their numbers, in order. Groups share a fix where one of them edited what another
    one had written, or the other way round: then neither can be made without the other.
    """

    groups: tuple[int, ...]
    edits: tuple[Edit, ...]


class _Piece(Record):
    """A piece of the current text: `original[start:end]`, or the `text` that replaces it.

    `groups` made the replacement.
    """

    start: int
    end: int
    text: str | None = None
    groups: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        return self.end - self.start if self.text is None else len(self.text)

    def split(self, at: int) -> tuple[_Piece, _Piece]:
        """The first `at` characters, and the rest."""
        if self.text is None:
            return _Piece(self.start, self.start + at), _Piece(self.start + at, self.end)
        return (
            _Piece(self.start, self.end, self.text[:at], self.groups),
            _Piece(self.end, self.end, self.text[at:], self.groups),
        )


def fixes(original: str, steps: Iterable[Sequence[Made]]) -> list[Fix]:
    """The result of all steps, as edits of the original text that can be made at once.

    The edits of all fixes neither overlap nor touch, and make the text of the last step. Text that
    is as it was has no edit, even if it was changed in between.
    """
    pieces = [_Piece(0, len(original))]
    for step in steps:
        pieces = _after_step(pieces, step)
    return _by_groups(list(_changed(pieces, original)))


def _after_step(pieces: list[_Piece], step: Sequence[Made]) -> list[_Piece]:
    """The pieces once the edits of a step are made."""
    found: list[_Piece] = []
    waiting = pieces[::-1]
    at = 0

    def taken(end: int) -> Iterator[_Piece]:
        """The pieces up to an offset."""
        nonlocal at
        while at < end:
            piece = waiting.pop()
            if at + piece.size > end:
                piece, rest = piece.split(end - at)
                waiting.append(rest)
            at += piece.size
            yield piece

    for edit, group in sorted(step):
        found += taken(edit.start)
        start = found[-1].end if found else 0
        replaced = list(taken(edit.end))
        groups = frozenset((group,)).union(*[piece.groups for piece in replaced])
        found.append(_Piece(start, replaced[-1].end if replaced else start, edit.text, groups))
    return [*found, *reversed(waiting)]


def _changed(pieces: list[_Piece], original: str) -> Iterator[tuple[Edit, frozenset[int]]]:
    """An edit for each stretch of changed pieces, as short as it can be, and its groups."""
    for changed, stretch in groupby(pieces, lambda piece: piece.text is not None):
        if not changed:
            continue
        run = list(stretch)
        edit = _shortened(run[0].start, run[-1].end, "".join([p.text or "" for p in run]), original)
        if edit.start < edit.end or edit.text:
            yield edit, frozenset().union(*[piece.groups for piece in run])


def _shortened(start: int, end: int, text: str, original: str) -> Edit:
    """The edit without text at its ends that it would replace by the same."""
    before = original[start:end]
    most = min(len(before), len(text))
    same = next((at for at in range(most) if before[at] != text[at]), most)
    most -= same
    tail = next((at for at in range(most) if before[-1 - at] != text[-1 - at]), most)
    return Edit(start + same, end - tail, text[same : len(text) - tail])


def _by_groups(edits: list[tuple[Edit, frozenset[int]]]) -> list[Fix]:
    """The edits as fixes. All edits of a group are in one fix."""
    leader: dict[int, int] = {}

    def leading(group: int) -> int:
        while leader.setdefault(group, group) != group:
            leader[group] = group = leader[leader[group]]
        return group

    for _, groups in edits:
        first, *others = sorted(groups)
        for other in others:
            one, two = sorted((leading(first), leading(other)))
            leader[two] = one
    made: dict[int, tuple[set[int], list[Edit]]] = {}
    for edit, groups in edits:
        members, of_fix = made.setdefault(leading(min(groups)), (set(), []))
        members |= groups
        of_fix.append(edit)
    return [Fix(tuple(sorted(members)), tuple(found)) for members, found in made.values()]
