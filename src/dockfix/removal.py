"""Taking whole instructions out of a file, so that what stands around them stays in order."""

from __future__ import annotations

from bisect import bisect_left

from dockfix.edits import Edit
from dockfix.ignores import pragma_of
from dockfix.syntax.tree import Blank, Comment, Directive, Dockerfile, Instruction


def removal_of(dockerfile: Dockerfile, instruction: Instruction) -> Edit | None:
    """The lines of an instruction taken out, the comments in them left; None where that is wrong.

    Of the empty lines above and below a paragraph of its own, one goes with it. In the first line
    of a file what follows could become a directive; below an ignore comment it would be ignored.
    """
    source, items = dockerfile.source, dockerfile.items
    index = bisect_left(items, instruction.start, key=_start)
    if not index or _below_ignore_comment(dockerfile, index):
        return None
    kept = "".join(
        source[comment.start : source.find("\n", comment.end) + 1]
        for comment in instruction.comments
    )
    above, is_last = items[index - 1], index + 1 == len(items)
    start, end = instruction.start, instruction.end
    if not kept and isinstance(above, Blank):
        if is_last:
            start = above.start
        elif isinstance(items[index + 1], Blank):
            end = items[index + 1].end
    if is_last and not kept and not source.endswith("\n"):
        # the file goes on ending without a line ending
        start = len(source[:start].removesuffix("\n").removesuffix("\r"))
    return Edit(start, end, kept)


def comments_above(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether a comment stands directly above an instruction, or in it."""
    index = bisect_left(dockerfile.items, instruction.start, key=_start)
    above = dockerfile.items[index - 1] if index else None
    return isinstance(above, Comment) or bool(instruction.comments)


def _start(item: Comment | Blank | Directive | Instruction) -> int:
    return item.start


def _below_ignore_comment(dockerfile: Dockerfile, index: int) -> bool:
    for above in range(index - 1, -1, -1):
        item = dockerfile.items[above]
        if not isinstance(item, Comment):
            return False
        if pragma_of(item.text):
            return True
    return False
