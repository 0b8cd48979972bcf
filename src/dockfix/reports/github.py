"""Annotations of GitHub Actions: workflow commands, by which findings show up beside the lines.

The form is that of "Workflow commands for GitHub Actions", the escapes those of `command.ts` in
actions/toolkit. GitHub shows ten annotations of each kind for a step; what is beyond is printed as
ordinary lines of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.core.findings import Applied
from dockfix.reports import text
from dockfix.reports.places import Places
from dockfix.reports.run import Outcome, Request, severity

#: As many as GitHub shows of each kind.
_MOST = 10
_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """A command for each finding that is still there, and each error. Columns count characters."""
    left = dict.fromkeys(_KINDS.values(), _MOST)
    beyond = 0

    def command(kind: str, properties: str, message: str, line: str) -> str:
        nonlocal beyond
        if not left[kind]:
            beyond += 1
            return line
        left[kind] -= 1
        return f"::{kind} {properties}::{_escaped(message)}\n"

    for message in request.errors:
        yield command("error", "title=dockfix", message, text.failure(message))
    for outcome in outcomes:
        path = _escaped_property(outcome.path)
        if outcome.error is not None:
            message = outcome.error
            yield command("error", f"file={path},title=dockfix", message, text.failure(message))
            continue
        places = Places(outcome.source)
        for one in outcome.left(request.mode):
            properties = f"file={path},{_where(one, places)}"
            line = text.finding(outcome.path, one)
            yield command(_KINDS[severity(one)], properties, one.message, line)
    if beyond:
        yield f"{text.count(beyond, 'finding')} more than GitHub shows beside lines of a file.\n"


def _where(one: Applied, places: Places) -> str:
    region = places.of(one)
    title = _escaped_property(f"{one.name} ({one.code})")
    return (
        f"line={region.line},endLine={region.end_line},col={region.column}"
        f",endColumn={region.end_column},title={title}"
    )


def _escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")
