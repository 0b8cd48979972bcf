"""What was found in a file: the record that a run gives for each group of edits, and each note."""

from __future__ import annotations

from dockfix.edit.edits import Safety
from dockfix.passes import Severity
from dockfix.records import Record
from dockfix.typed import Literal


class Applied(Record):
    """A group of edits of a pass, made or only offered, and where it lies in the original file.

    `line` and `column` start at 1 and count characters. `start` and `end` are character offsets of
    the span that the edits cover. `declares` are the intended differences of the image. `severity`
    is the one that somebody chose; "" for that of the pass.
    """

    code: str
    name: str
    message: str
    line: int
    column: int
    safety: Safety
    start: int
    end: int
    declares: tuple[str, ...] = ()
    severity: Severity | Literal[""] = ""
