"""JSON: everything that is known of a run. docs/schema/report.json describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dockfix import __version__
from dockfix.core.findings import Applied
from dockfix.dockerfile.source import decode
from dockfix.reports.places import Places, Region, fingerprints
from dockfix.reports.run import SEVERITIES, Counts, Outcome, Request, severity
from dockfix.typed import Any

#: Goes up when a program that reads the old form would read the new one wrongly.
_FORM = 1


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """An object with a line for each file. Columns count characters (code points)."""
    head = {"form": _FORM, "version": __version__, "mode": request.mode}
    yield json.dumps(head)[:-1] + ', "files": ['
    counts = Counts(failed=len(request.errors))
    comma = ""
    for outcome in outcomes:
        yield f"{comma}\n{json.dumps(_file(outcome))}"
        comma = ","
        counts = counts.plus(outcome, request.mode)
    rest = {"errors": list(request.errors), "counts": _counts(counts)}
    yield f"\n], {json.dumps(rest)[1:]}\n"


def _file(outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        return {"path": outcome.path, "error": outcome.error}
    places = Places(outcome.source)
    findings = outcome.findings
    prints = fingerprints(findings, places)
    made = {id(one): place for place, one in enumerate(outcome.applied)}
    fix_of = {group: number for number, fix in enumerate(outcome.fixes) for group in fix.groups}
    return {
        "path": outcome.path,
        "changed": outcome.changed,
        "findings": [
            _finding(one, places, fingerprint)
            | {"made": id(one) in made, "fix": fix_of.get(made.get(id(one), -1))}
            for one, fingerprint in zip(findings, prints, strict=True)
        ],
        "fixes": [
            [
                {**_region(places.region(edit.start, edit.end)), "text": edit.text}
                for edit in fix.edits
            ]
            for fix in outcome.fixes
        ],
        "others": [
            {"path": path, "new": before is None, "text": decode(after)}
            for path, before, after in outcome.others
        ],
    }


def _finding(one: Applied, places: Places, fingerprint: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "message": one.message,
        "safety": one.safety.value,
        "severity": severity(one),
        **_region(places.of(one)),
        "fingerprint": fingerprint,
    }


def _region(one: Region) -> dict[str, int]:
    return {
        "line": one.line,
        "column": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }


def _counts(counts: Counts) -> dict[str, Any]:
    found = {**counts._asdict(), "severe": dict(zip(SEVERITIES, counts.severe, strict=True))}
    del found["risky"]  # each finding says whether it is safe
    return found
