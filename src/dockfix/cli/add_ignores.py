"""Puts ignore comments above what there are findings for, so that an old repository is quiet."""

from __future__ import annotations

import os

from dockfix.cli import files
from dockfix.cli.config import Finder
from dockfix.cli.discovery import Found
from dockfix.cli.library import rewrite_configured
from dockfix.cli.streams import say
from dockfix.core.findings import Applied
from dockfix.dockerfile.lines import Lines
from dockfix.dockerfile.source import encode
from dockfix.edit.edits import apply
from dockfix.embedded.ignoring import ignoring_in
from dockfix.errors import DockfixError
from dockfix.passes import ENTRIES
from dockfix.reports.text import failure, visible

#: With a comment in place, other findings may show: what two instructions would have been part of.
_MOST_ROUNDS = 10


def add_ignores(found: Found, finder: Finder, *, notes: bool, quiet: bool) -> int:
    """Writes the comments into the files; returns the exit status."""
    failed = bool(found.errors)
    for message in found.errors:
        say(failure(message))
    for path in found.files:
        try:
            before, after = _with_comments(path, finder, notes)
            if before != after:
                files.write(path, after)
                if not quiet:
                    say(f"Rewrote {visible(path)}\n")
        except DockfixError as error:
            failed = True
            say(failure(str(error)))
        except OSError as error:
            failed = True
            say(failure(f"{path}: {error.strerror}"))
    return 2 if failed else 0


def _with_comments(path: str, finder: Finder, notes: bool) -> tuple[bytes, bytes]:
    """The bytes of a file, and those with the comments."""
    config = finder.settings(os.path.dirname(path))
    with open(path, "rb") as file:
        before = after = file.read()
    for _ in range(_MOST_ROUNDS):
        result = rewrite_configured(path, after, config, notes=notes).result
        findings = [*result.applied, *result.offered, *(result.notes if notes else ())]
        edits = ignoring_in(path, result.before, _places(result.before, findings))
        if not edits:
            break
        after = encode(apply(result.before, edits))
    return before, after


def _places(text: str, findings: list[Applied]) -> list[tuple[int, str]]:
    """Where findings point to, and the names of their passes."""
    known = {entry.name for entry in ENTRIES}
    lines = Lines(text)
    return [(lines.offset(one.line, one.column), one.name) for one in findings if one.name in known]
