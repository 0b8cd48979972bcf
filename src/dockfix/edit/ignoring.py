"""Writes the comments that switch passes off; `ignores.py` reads them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from dockfix.dockerfile.source import BOM
from dockfix.dockerfile.tree import Blank, Comment, Directive, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.ignores import pragma_of


def ignoring(dockerfile: Dockerfile, wanted: Iterable[tuple[int, str]]) -> list[Edit]:
    """The edits that switch passes off for instructions, each by one comment above it.

    `wanted` are offsets, and names of passes; where there is no instruction, nothing is done. If a
    comment of that kind is there, it gets the further names.
    """
    instructions = dockerfile.instructions
    starts = [one.start for one in instructions]
    names: dict[int, dict[str, None]] = {}
    for offset, name in wanted:
        index = bisect_right(starts, offset) - 1
        if index >= 0 and offset < instructions[index].end:
            names.setdefault(index, {})[name] = None
    if not names:
        return []
    ends = _ends_of_names(dockerfile)
    return [
        _comment(dockerfile.source, instructions[index].start, ",".join(given), ends)
        for index, given in sorted(names.items())
    ]


def _ends_of_names(dockerfile: Dockerfile) -> dict[int, int]:
    """Where the names end in the ignore comment above an instruction, by where that starts."""
    ends: dict[int, int] = {}
    end: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            if end is not None:
                ends[item.start] = end
            end = None
        elif isinstance(item, Blank):
            end = None
        elif isinstance(item, Comment):
            pragma = pragma_of(item.text)
            if pragma is not None and pragma.kind == "own":
                end = item.end - len(pragma.rest)
    return ends


def _comment(source: str, start: int, names: str, ends: Mapping[int, int]) -> Edit:
    if start in ends:
        return Edit(ends[start], ends[start], f",{names}")
    text = f"{_indent(source, start)}# dockfix: ignore={names}"
    return Edit(start, start, text + _ending(source))


def ignoring_file(dockerfile: Dockerfile) -> Edit:
    """The edit that switches all passes off for a file: a comment at its top, below directives."""
    source = dockerfile.source
    top = len(BOM) if source.startswith(BOM) else 0
    for item in dockerfile.items:
        if isinstance(item, Directive):
            # a comment above would make it a comment, too
            top = source.find("\n", item.end) + 1 or len(source)
    return Edit(top, top, f"# dockfix: ignore-file{_ending(source)}")


def _indent(source: str, start: int) -> str:
    end = start
    while source[end : end + 1] in (" ", "\t"):
        end += 1
    return source[start:end]


def _ending(source: str) -> str:
    """The line ending of the first line."""
    return "\r\n" if source[: source.find("\n") + 1].endswith("\r\n") else "\n"
