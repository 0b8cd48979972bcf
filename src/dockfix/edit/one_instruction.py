"""One instruction of several with the same keyword, what each says on a line of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.arrays import merged
from dockfix.edit.edits import Edit
from dockfix.edit.style import Style


def as_one(style: Style, alike: Sequence[Instruction]) -> tuple[Edit, ...]:
    """The edits that make one instruction of several with the same keyword, their arguments and
    the comments between on lines of their own; none if something hangs on the end of one."""
    dockerfile = style.file.dockerfile
    source, edits = dockerfile.source, []
    for one, other in pairwise(alike):
        line_end = source.find("\n", one.text_end)
        behind = source[one.text_end : line_end].strip(" \t\r")
        if behind or (one.comments and one.comments[-1].start > one.text_end):
            return ()
        edits.append(Edit(one.text_end, line_end + 1, style.newline))
        edits += [
            Edit(source.rfind("\n", 0, item.start) + 1, item.start, style.indent)
            for item in _comments_between(dockerfile, one, other)
        ]
        edits.append(Edit(other.start, other.text_start, style.indent))
    return tuple(merged(edits))


def _comments_between(
    dockerfile: Dockerfile, one: Instruction, other: Instruction
) -> list[Comment]:
    first = bisect_left(dockerfile.items, one.end, key=lambda item: item.start)
    last = bisect_left(dockerfile.items, other.start, key=lambda item: item.start)
    return [item for item in dockerfile.items[first:last] if isinstance(item, Comment)]
