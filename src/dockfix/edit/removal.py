"""Removes whole instructions from a file, with the layout around them kept."""

from __future__ import annotations

from bisect import bisect_left

from dockfix.dockerfile.tree import Blank, Comment, Directive, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.ignores import pragma_of


def removal_of(dockerfile: Dockerfile, instruction: Instruction) -> Edit | None:
    """The edit that removes an instruction and keeps the comments in it; None where it may not go.

    A paragraph of its own takes one of the empty lines around it along. An instruction in the first
    line stays, because a comment below it could become a directive. One below an ignore comment
    stays, because the comment would then apply to the next instruction.
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
        # The file still ends without a line ending.
        start = len(source[:start].removesuffix("\n").removesuffix("\r"))
    return Edit(start, end, kept)


def removal(dockerfile: Dockerfile, instruction: Instruction) -> Edit:
    """The edit that takes an instruction out, and nothing else where it stands among others.

    Of a paragraph of its own one of the empty lines around it goes too. Below a comment the empty
    lines behind it go, so that the comment stands above what comes next.
    """
    items = dockerfile.items
    index = bisect_left(items, instruction.start, key=lambda item: item.start)
    end = instruction.end
    above = items[index - 1] if index else None
    for item in items[index + 1 :] if isinstance(above, Blank | Comment) else ():
        if not isinstance(item, Blank):
            break
        end = item.end
        if isinstance(above, Blank):
            break
    return Edit(instruction.start, end, "")


def removal_from(dockerfile: Dockerfile, start: int, instruction: Instruction) -> Edit:
    """The edit that takes out the lines from the one that holds an offset to an instruction's end.

    A file that ends without a line ending goes on doing so.
    """
    source = dockerfile.source
    start = source.rfind("\n", 0, start) + 1
    if not source.endswith("\n", start, instruction.end):
        start = len(source[:start].removesuffix("\n").removesuffix("\r"))
    return Edit(start, instruction.end, "")


def comments_above(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """True if a comment stands directly above an instruction, or in it."""
    index = bisect_left(dockerfile.items, instruction.start, key=_start)
    above = dockerfile.items[index - 1] if index else None
    return isinstance(above, Comment) or bool(instruction.comments)


def _start(item: Comment | Blank | Directive | Instruction) -> int:
    return item.start


def _below_ignore_comment(dockerfile: Dockerfile, index: int) -> bool:
    """True if an ignore comment stands right above an instruction."""
    for above in range(index - 1, -1, -1):
        item = dockerfile.items[above]
        if not isinstance(item, Comment):
            return False
        if pragma_of(item.text):
            return True
    return False
