"""What multi-stage makes of a file and its build context."""

from __future__ import annotations

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files


def final_stage(source: str, files: dict[str, str]) -> tuple[list[str], list[str]]:
    """The lines of the final stage that multi-stage writes ([]: it divides nothing), and its notes.

    A second run has to change nothing.
    """
    settings = Settings(context=Files(files))
    result = rewrite(source, select=["multi-stage"], settings=settings)
    assert not rewrite(result.after, select=["multi-stage"], settings=settings).changed
    lines = result.after.rpartition("\n\n")[2].splitlines() if result.changed else []
    return lines, [
        note.message.removeprefix("not split into a build stage and a final stage: ")
        for note in result.notes
    ]
