"""Writes the comments that switch passes off, into a Dockerfile or into those inside of a file."""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.dockerfile.parser import parse
from dockfix.edit.edits import Edit
from dockfix.edit.ignoring import ignoring
from dockfix.embedded import blocks_of, may_hold_blocks


def ignoring_in(path: str, text: str, wanted: Iterable[tuple[int, str]]) -> list[Edit]:
    """What `ignoring` says of a file, by its name and text; all offsets are those of the file.

    Raises DockerfileSyntaxError.
    """
    if not may_hold_blocks(path):
        return ignoring(parse(text, path), wanted)
    edits: list[Edit] = []
    rest = list(wanted)
    for block in blocks_of(path, text):
        inside = [(at, name) for offset, name in rest if (at := block.inside(offset)) is not None]
        if inside:
            edits += [block.edit(edit) for edit in ignoring(parse(block.text, path), inside)]
    return edits
