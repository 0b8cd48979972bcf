"""A summary in Markdown, with the patch: for the page of a job, or a comment on a change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.core.diff import unified
from dockfix.core.findings import Applied
from dockfix.reports.run import Counts, Other, Outcome, Request, combined, severity
from dockfix.reports.text import summary, visible

#: GitHub takes no summary of more than 1 MiB.
_MOST = 900_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """A table and the patch for each file with findings, and the counts. Columns count characters.

    From a certain length on patches are left out, and that is said.
    """
    yield "# dockfix\n"
    counts = Counts(failed=len(request.errors))
    size = left_out = 0
    others: list[Other] = []
    for message in request.errors:
        yield f"\n**Error**: {_plain(message)}\n"
    for outcome in outcomes:
        counts = counts.plus(outcome, request.mode)
        others += outcome.others
        if outcome.error is not None:
            yield f"\n**Error**: {_plain(outcome.error)}\n"
        if not outcome.findings:
            continue
        table = f"\n## {_plain(outcome.path)}\n\n{_table(outcome.findings)}"
        patch = _patch(outcome.patch)
        size += len(table)
        yield table
        if size + len(patch) > _MOST:
            left_out += 1
        else:
            size += len(patch)
            yield patch
    for one in combined(others):
        yield f"\n## {_plain(one.path)}\n{_patch(unified(one.before, one.after, one.path))}"
    if left_out:
        yield f"\nToo long to be shown: the patches of {left_out} files.\n"
    yield f"\n{_plain(summary(counts, request.mode, with_notes=True))}"


def _table(findings: list[Applied]) -> str:
    rows = [
        f"| {one.line}:{one.column} | {severity(one)} | {one.name} ({one.code}) "
        f"| {_plain(one.message)} | {one.safety.value} |\n"
        for one in findings
    ]
    head = "| line | severity | pass | what | safety |\n|---|---|---|---|---|\n"
    return head + "".join(rows)


def _patch(patch: bytes) -> str:
    if not patch:
        return ""
    text = patch.decode("utf-8", "replace")
    fence = "```"
    while fence in text:
        fence += "`"
    return f"\n{fence}diff\n{text}{fence}\n"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", visible(text.rstrip("\n"))) + ("\n" if text[-1:] == "\n" else "")
