"""Where text comes from: offsets and edits of a rewritten file in terms of the original one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from dockfix.edit.edits import Edit
from dockfix.records import Record


class Made(Record):
    """An edit of one step, in offsets of the text before that step; `group` is the group's number.

    Groups are numbered through all steps.
    """

    edit: Edit
    group: int


class _Layer(Record):
    """The edits of one step: spans of new text, and those of the text that they replace.

    `moved` are pieces of the new text that the same step took out elsewhere: where each starts and
    ends in the new text, and where it started in the old one.
    """

    starts: list[int]
    ends: list[int]
    before: list[int]
    behind: list[int]
    moved: list[tuple[int, int, int]]


#: In a step of more edits nobody looks for what was moved.
_MOST_EDITS = 64


class Origins:
    """The steps of a file from its original to its current text."""

    def __init__(self) -> None:
        self._layers: list[_Layer] = []

    def add(self, edits: Sequence[Edit], source: str) -> None:
        """Records the edits of a step, sorted, in offsets of `source`, the text before it."""
        layer = _Layer([], [], [], [], [])
        shift = 0
        removed = _removed(edits, source)
        for edit in edits:
            for start, text in removed:
                at = edit.text.find(text)
                if at >= 0 and start != edit.start:
                    begins = edit.start + shift + at
                    layer.moved.append((begins, begins + len(text), start))
            layer.starts.append(edit.start + shift)
            layer.ends.append(edit.start + shift + len(edit.text))
            layer.before.append(edit.start)
            layer.behind.append(edit.end)
            shift += len(edit.text) - (edit.end - edit.start)
        self._layers.append(layer)

    def of(self, offset: int) -> int:
        """The offset of the original text that an offset of the current one comes from."""
        for layer in reversed(self._layers):
            index = bisect_right(layer.starts, offset) - 1
            if index >= 0:
                past = offset - layer.ends[index]
                if past >= 0:
                    offset = layer.behind[index] + past
                else:
                    offset = _before_move(layer, offset, layer.before[index])
        return offset


def _removed(edits: Sequence[Edit], source: str) -> list[tuple[int, str]]:
    """Where the edits take text out that is not part of what they put there, and that text."""
    if not 1 < len(edits) <= _MOST_EDITS:
        return []
    return [
        (edit.start, text)
        for edit in edits
        if (text := source[edit.start : edit.end].rstrip("\r\n")) and text not in edit.text
    ]


def _before_move(layer: _Layer, offset: int, otherwise: int) -> int:
    """Where new text stood before the step moved it; `otherwise` if it was not moved."""
    for start, end, old in layer.moved:
        if start <= offset < end:
            return old + offset - start
    return otherwise
