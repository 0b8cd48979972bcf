"""What came of a run: a record for each file, the counts of all, the exit status.

Nothing here prints, and nothing reads a file. The formats beside this module turn it into text.
"""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.core.findings import Applied
from dockfix.edit.edits import Safety
from dockfix.passes import Severity, severity_of
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.core.fixes import Fix

#: What a run does: print findings, print a patch, rewrite files, or print the one rewritten text.
Mode = Literal["check", "diff", "in-place", "text"]


SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def severity(one: Applied) -> Severity:
    """How much a finding matters."""
    return one.severity or severity_of(one.code, is_note=one.safety is Safety.NOTE)


class Other(Record):
    """Another file that changes with a Dockerfile; `before` is None for one that is new."""

    path: str
    before: bytes | None
    after: bytes


class Outcome(Record):
    """What came of a file. `output` is the patch in mode "diff", in mode "text" the new text.

    `parted`: it was rewritten, and has other names (hard links) that keep the old text.
    `only_others`: something changed, and the Dockerfile itself stays as it is. With an
    `error` (a message for people) the file is as it was, and there is nothing else to say of it.
    `source` is its text, decoded with `surrogateescape`, `fixes` are the changes as edits of it,
    and `patch` is the change as a patch: all three only for formats that show them.
    """

    path: str
    changed: bool = False
    applied: tuple[Applied, ...] = ()
    offered: tuple[Applied, ...] = ()
    notes: tuple[Applied, ...] = ()
    output: bytes = b""
    error: str | None = None
    others: tuple[Other, ...] = ()
    parted: bool = False
    only_others: bool = False
    source: str = ""
    fixes: tuple[Fix, ...] = ()
    patch: bytes = b""

    @property
    def findings(self) -> list[Applied]:
        """All of them, as they stand in the file."""
        found = [*self.applied, *self.offered, *self.notes]
        found.sort(key=lambda one: (one.line, one.column, one.code))
        return found

    def left(self, mode: Mode) -> list[Applied]:
        """The findings that are still there after the run."""
        if mode != "in-place":
            return self.findings
        return self._replace(applied=()).findings


class Counts(Record):
    """What a run came to. `made` are the changes made, or to be made; `offered` those that only
    --unsafe-fixes makes. `risky` are the unsafe ones among the made: of a pass that was named, or
    with --unsafe-fixes.

    `files` are those that were worked on, `changed` those with changes, `affected` those with
    changes or offers, `failed` the errors. `severe` counts findings by `SEVERITIES`, without those
    that were mended in place.
    """

    files: int = 0
    changed: int = 0
    affected: int = 0
    made: int = 0
    offered: int = 0
    noted: int = 0
    failed: int = 0
    severe: tuple[int, int, int] = (0, 0, 0)
    risky: int = 0

    def plus(self, one: Outcome, mode: Mode = "check") -> Counts:
        """The counts with one more file."""
        found = [SEVERITIES.index(severity(each)) for each in one.left(mode)]
        return Counts(
            self.files + 1,
            self.changed + one.changed,
            self.affected + bool(one.applied or one.offered),
            self.made + len(one.applied),
            self.offered + len(one.offered),
            self.noted + len(one.notes),
            self.failed + (one.error is not None),
            (
                self.severe[0] + found.count(0),
                self.severe[1] + found.count(1),
                self.severe[2] + found.count(2),
            ),
            self.risky + sum(each.safety is Safety.UNSAFE for each in one.applied),
        )


class Request(Record):
    """What a report has to know of the command line.

    `listed`: findings are wanted one by one, `noted`: notes are, at least; `statistics`: how often
    each pass found something; `errors`: the messages of what went wrong before the first file.
    """

    mode: Mode
    listed: bool = True
    noted: bool = False
    statistics: bool = False
    colored: bool = False
    errors: tuple[str, ...] = ()


def exit_status(
    counts: Counts,
    mode: Mode,
    *,
    exit_zero: bool,
    exit_non_zero_on_fix: bool,
    fail_on: Severity | None = None,
) -> int:
    """0: all is well, 1: there are findings or changes, 2: something failed.

    `fail_on` is the least severity of findings that count; by default all but notes do, if they are
    not made.
    """
    if counts.failed:
        return 2
    if exit_zero:
        return 0
    if fail_on is not None and any(counts.severe[: SEVERITIES.index(fail_on) + 1]):
        return 1
    if mode in ("in-place", "text"):
        return int(bool(counts.changed) and exit_non_zero_on_fix)
    if fail_on is not None:
        return 0
    return int(bool(counts.changed) if mode == "diff" else bool(counts.made or counts.offered))


def combined(others: Iterable[Other]) -> list[Other]:
    """One record for each of the files beside Dockerfiles, with all the lines that it is to get."""
    from dockfix.context.ignorefile import extended
    from dockfix.dockerfile.source import decode, encode

    found: dict[str, tuple[bytes | None, str]] = {}
    for path, before, after in others:
        first, text = found.get(path, (before, decode(before or b"")))
        more = decode(after)[len(decode(before or b"")) :].splitlines()
        found[path] = first, extended(text, [line for line in more if line])
    return [Other(path, before, encode(text)) for path, (before, text) in found.items()]
