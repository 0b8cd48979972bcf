"""Edits: the only way a pass changes a file.

An edit replaces `source[start:end]` by `text`. Edits come in groups, applied whole or not at all,
so that a rewrite of several places is never half done. Applying refuses overlaps: two groups that
want the same place wait for each other (the later one sees a fresh parse).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from dockfix.records import Record


class Safety(Enum):
    """SAFE: what the image holds and how it starts stay the same, and the pass says why.

    UNSAFE: they may change, on purpose. NOTE: nothing is changed, something is only pointed out.
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

    `offset` is where the message points; it lies inside an instruction, whose ignore comments and
    those of every instruction that the edits touch can switch the group off. `ignored` are lines
    that the ignore file of the build context gets together with the edits, or neither is made. A
    group with neither is a note. `aliases` are those of the pass that speak of this group, if not
    all of them do: an ignore comment with another one does not mean it. `declares` is what the
    image shows of it on purpose, beside what its `Pass` declares: globs of paths that are missing
    then, and names of settings (`WorkingDir`) that are others.
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
        """Whether the group is more than a note."""
        return bool(self.edits or self.ignored)


def overlap(edits: Iterable[Edit], taken: Sequence[Edit]) -> bool:
    """Whether an edit touches the text of one in `taken`, or inserts at the same offset."""
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
