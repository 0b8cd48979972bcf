"""Edits: the only way a pass changes a file.

An edit replaces `source[start:end]` by `text`. Edits come in groups that are applied whole or not
at all. Overlaps are refused: if two groups edit the same place, the second one is made again after
a new parse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from dockfix.records import Record


class Safety(Enum):
    """SAFE: what the image holds and how it starts stay the same, and the pass says why.

    UNSAFE: they may change. NOTE: nothing is changed, something is only reported.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    NOTE = "note"


class Edit(Record):
    """Replace `source[start:end]` by `text` (offsets in characters)."""

    start: int
    end: int
    text: str


class Group(Record):
    """One finding of a pass and the edits that mend it, in any order, not overlapping.

    `offset` is where the message points. It lies inside an instruction. The ignore comments of that
    instruction, and of all that the edits touch, can switch the group off. `ignored` are lines for
    the ignore file of the build context; they are added together with the edits, or neither is
    done. A group without both is a note. `aliases` are those of the pass's aliases that mean this
    group, if not all do: an ignore comment with another alias does not switch it off. `declares`
    are intended differences of the image beyond those that its `Pass` declares: globs of missing
    paths, and names of changed settings (`WorkingDir`, `Env PATH`). A pass that splits may declare
    three more: `+` and a glob of new paths that are no copies of old files, `~` and a glob of paths
    that are otherwise in another base image, and `package NAME` for a package of the system that is
    missing though somebody asked for it.
    """

    offset: int
    message: str
    edits: tuple[Edit, ...]
    safety: Safety = Safety.SAFE
    ignored: tuple[str, ...] = ()
    aliases: tuple[str, ...] | None = None
    declares: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """True if the group is more than a note."""
        return bool(self.edits or self.ignored)


def with_doubt(message: str, doubt: str) -> str:
    """A message with the reason why its change is unsafe; the message alone if there is none."""
    return f"{message}; unsafe because {doubt}" if doubt else message


def overlap(edits: Iterable[Edit], taken: Sequence[Edit]) -> bool:
    """True if an edit touches the text of one in `taken`, or inserts at the same offset."""
    return any(
        (edit.start < other.end and other.start < edit.end) or edit.start == other.start
        for edit in edits
        for other in taken
    )


def apply(source: str, edits: Iterable[Edit]) -> str:
    """`source` with every edit made. Raises ValueError on overlapping edits or a span outside."""
    pieces: list[str] = []
    done = 0
    previous: Edit | None = None
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not done <= edit.start <= edit.end <= len(source):
            raise ValueError(f"edit {edit} overlaps {previous} or lies outside the source")
        if previous is not None and edit.start == previous.start:
            raise ValueError(f"edits {previous} and {edit} start at the same offset")
        pieces += source[done : edit.start], edit.text
        done = edit.end
        previous = edit
    pieces.append(source[done:])
    return "".join(pieces)


def smallest(source: str, start: int, end: int, text: str) -> tuple[Edit, ...]:
    """The edit without what it would leave the same at both ends."""
    old = source[start:end]
    front = 0
    while front < min(len(old), len(text)) and old[front] == text[front]:
        front += 1
    back = 0
    most = min(len(old), len(text)) - front
    while back < most and old[-1 - back] == text[-1 - back]:
        back += 1
    if front == len(old) == len(text):
        return ()
    return (Edit(start + front, end - back, text[front : len(text) - back]),)


def apart(groups: list[Group]) -> list[Group]:
    """The groups, from the top of the file, that do not overlap with one taken before.

    The spans of two groups may touch, if nothing is inserted there.
    """
    if len(groups) < 2:
        return groups
    taken: list[Group] = []
    done = (-1, 0)
    for group in sorted(groups, key=_beginning):
        if not group.edits:
            taken.append(group)
        elif _beginning(group) > done:
            taken.append(group)
            done = max([(edit.end, edit.start == edit.end) for edit in group.edits])
    return taken


def _beginning(group: Group) -> tuple[int, int]:
    """The start of the first edit of a group. An insertion sorts before other edits there."""
    if not group.edits:
        return group.offset, 0
    return min([(edit.start, edit.start < edit.end) for edit in group.edits])
