"""Rewrites the Dockerfiles inside of a file, as one rewrite of the file.

No byte outside of a block changes, and each block has to say what came of it: the new file is read
again, and its blocks compared with that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dockfix.core.findings import Applied
from dockfix.core.origins import Made
from dockfix.core.result import Rewrite
from dockfix.edit.edits import Edit, apply
from dockfix.embedded import blocks_of
from dockfix.embedded.block import Block
from dockfix.errors import CheckFailed, DockerfileSyntaxError


def rewrite_blocks(path: str, text: str, rewrite: Callable[[Block], Rewrite]) -> Rewrite:
    """The text of a file with each of its blocks rewritten.

    Raises what `rewrite` raises, and DockerfileSyntaxError with places in the file; a block of a
    document that is no Dockerfile is left alone.
    """
    blocks = blocks_of(path, text)
    results = [_result(path, text, block, rewrite) for block in blocks]
    applied: list[Applied] = []
    offered: list[Applied] = []
    notes: list[Applied] = []
    made: list[list[Made]] = []
    for block, result in zip(blocks, results, strict=True):
        if result is None:
            continue
        for fix in result.fixes:
            groups = [len(applied) + group for group in fix.groups]
            made += [[Made(block.edit(edit), one) for one in groups] for edit in fix.edits]
        for findings, more in (
            (applied, result.applied),
            (offered, result.offered),
            (notes, result.notes),
        ):
            findings += [in_file(one, block, text) for one in more]
    made.sort()
    after = apply(text, [one[0].edit for one in made])
    expected = [
        block.text if result is None else result.after
        for block, result in zip(blocks, results, strict=True)
    ]
    if [block.text for block in blocks_of(path, after)] != expected:
        names = ", ".join(sorted({one.name for one in applied}))
        raise CheckFailed(names, "it is not what stands in the file then", filename=path)
    found = (tuple(applied), tuple(offered), tuple(notes))
    return Rewrite(text, after, *found, steps=tuple(_steps(made)))


def _result(
    path: str, text: str, block: Block, rewrite: Callable[[Block], Rewrite]
) -> Rewrite | None:
    """What comes of a block; None for one of a document that is no Dockerfile."""
    try:
        return rewrite(block)
    except DockerfileSyntaxError as error:
        if not block.is_whole:
            return None
        offset = block.place(error.offset)
        line, column = _line_and_column(text, offset)
        raise DockerfileSyntaxError(
            error.reason, offset=offset, line=line, column=column, filename=path
        ) from error


def in_file(one: Applied, block: Block, text: str) -> Applied:
    """A finding of a block, as one of the file, which has this text."""
    said = block.place(block.lines[one.line - 1].start + one.column - 1)
    line, column = _line_and_column(text, said)
    start, end = block.place(one.start), block.place(one.end)
    return one._replace(line=line, column=column, start=start, end=end)


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _steps(made: list[list[Made]]) -> Iterable[tuple[Made, ...]]:
    """The edits as steps: first all, and then those that further groups share, which say that they
    do by replacing the new text with the same."""
    yield tuple(one[0] for one in made)
    shift = 0
    for first, *others in made:
        start, end, new = first.edit
        at = start + shift
        for other in others:
            yield (Made(Edit(at, at + len(new), new), other.group),)
        shift += len(new) - (end - start)
