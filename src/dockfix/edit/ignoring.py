"""Writes the comments that switch passes off; `ignores.py` reads them."""

from __future__ import annotations

from dockfix.dockerfile.source import BOM
from dockfix.dockerfile.tree import Blank, Comment, Directive, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.ignores import pragma_of


def ignoring(dockerfile: Dockerfile, offset: int, name: str) -> Edit | None:
    """The edit that switches a pass off for the instruction at an offset, by a comment above it.

    If a comment of that kind is there, it gets one more name. None where there is no instruction.
    """
    after_names: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            if item.start <= offset < item.end:
                if after_names is not None:
                    return Edit(after_names, after_names, f",{name}")
                text = f"{_indent(dockerfile.source, item.start)}# dockfix: ignore={name}"
                return Edit(item.start, item.start, text + _ending(dockerfile.source))
            after_names = None
        elif isinstance(item, Blank):
            after_names = None
        elif isinstance(item, Comment):
            pragma = pragma_of(item.text)
            if pragma is not None and pragma.kind == "own":
                after_names = item.end - len(pragma.rest)
    return None


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
