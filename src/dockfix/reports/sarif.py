"""SARIF 2.1.0 (OASIS), with rules, fixes and fingerprints: for code scanning and editors."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from dockfix import __version__
from dockfix.core.findings import Applied
from dockfix.dockerfile.source import decode, encode
from dockfix.edit.edits import Safety
from dockfix.passes import ENTRIES
from dockfix.reports.explain import about, explain, plain
from dockfix.reports.places import Places, fingerprints
from dockfix.reports.run import Mode, Other, Outcome, Request, combined, severity
from dockfix.typed import Any

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HOME = "https://github.com/dockfix/dockfix"
#: Characters of a full description, as far as GitHub shows it.
_FULL = 1024

#: A file, and what is replaced in it.
_Change = tuple[str, list[dict[str, Any]]]


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """A log with one run. Columns count the units of UTF-16, and lines end at a line feed.

    Findings that can be mended only together have one fix, which is that of the first one; the
    others name its fingerprint (`fixedWith`). All fixes together make what `--diff` shows.
    """
    yield f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"results": ['
    codes: dict[str, str] = {}
    failures = list(request.errors)
    others: dict[str, Other] = {}
    comma = ""
    for outcome in outcomes:
        if outcome.error is not None:
            failures.append(outcome.error)
        for result in _results(outcome, others, request.mode):
            codes[result["ruleId"]] = result["properties"]["pass"]
            yield f"{comma}\n{json.dumps(result)}"
            comma = ","
    rest = {
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\n"],
        "tool": {
            "driver": {
                "name": "dockfix",
                "semanticVersion": __version__,
                "informationUri": _HOME,
                "rules": [_rule(code, name) for code, name in sorted(codes.items())],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not failures,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": message}} for message in failures
                ],
            }
        ],
    }
    yield f"\n], {json.dumps(rest)[1:]}]}}\n"


def _results(outcome: Outcome, others: dict[str, Other], mode: Mode) -> Iterator[dict[str, Any]]:
    """A result for each finding that is left.

    `others` are the files beside Dockerfiles as the files before would leave them.
    """
    places = Places(outcome.source)
    findings = outcome.left(mode)
    prints = fingerprints(findings, places)
    fixes = [] if mode == "in-place" else list(_fixes(outcome, places, others))
    first = {id(outcome.applied[groups[0]]): changes for groups, changes in fixes}
    names = {id(one): fingerprint for one, fingerprint in zip(findings, prints, strict=True)}
    with_first = {
        id(outcome.applied[group]): names[id(outcome.applied[groups[0]])]
        for groups, _ in fixes
        for group in groups[1:]
    }
    for one, fingerprint in zip(findings, prints, strict=True):
        result = _result(one, outcome.path, places, fingerprint)
        if id(one) in first:
            result["fixes"] = [_fix(one.message, first[id(one)])]
        elif id(one) in with_first:
            result["properties"]["fixedWith"] = with_first[id(one)]
        yield result


def _result(one: Applied, path: str, places: Places, fingerprint: str) -> dict[str, Any]:
    region = places.of(one, utf16=True)
    location = {
        "artifactLocation": {"uri": _uri(path)},
        "region": {
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        },
    }
    return {
        "ruleId": one.code,
        "level": severity(one),
        "message": {"text": one.message},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"dockfix/v1": fingerprint},
        "properties": {"pass": one.name, "safety": one.safety.value},
    }


def _fixes(
    outcome: Outcome, places: Places, others: dict[str, Other]
) -> Iterator[tuple[tuple[int, ...], list[_Change]]]:
    """The places in `applied` of what is mended together, and the changes that do it."""
    # what no edit of the file shows is done to the other files, by all such groups together
    shown = {group for fix in outcome.fixes for group in fix.groups}
    bare = tuple(group for group in range(len(outcome.applied)) if group not in shown)
    beside = list(_changes_beside(outcome, others))
    for fix in outcome.fixes:
        replaced = [
            _replacement(places, edit.start, edit.end, encode(edit.text)) for edit in fix.edits
        ]
        changes = [(outcome.path, replaced)]
        if not bare and fix is outcome.fixes[0]:
            changes += beside
        yield fix.groups, changes
    if bare and beside:
        yield bare, beside


def _changes_beside(outcome: Outcome, others: dict[str, Other]) -> Iterator[_Change]:
    """What a file adds to the files beside Dockerfiles that none before it has added."""
    for one in outcome.others:
        known = others.get(one.path)
        now = combined([known, one] if known else [one])[0]
        others[one.path] = now
        more = now.after[len((known.after if known else one.before) or b"") :]
        if more:
            text = decode(one.before or b"")
            end = len(text)
            yield one.path, [_replacement(Places(text), end, end, more)]


def _replacement(places: Places, start: int, end: int, inserted: bytes) -> dict[str, Any]:
    """What stands in the place of a span of characters, said in lines and columns, and in bytes."""
    region = places.region(start, end, utf16=True)
    first = places.byte(start)
    found: dict[str, Any] = {
        "deletedRegion": {
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
            "byteOffset": first,
            "byteLength": places.byte(end) - first,
        }
    }
    if inserted:
        try:
            found["insertedContent"] = {"text": inserted.decode()}
        except UnicodeDecodeError:
            found["insertedContent"] = {"binary": base64.b64encode(inserted).decode()}
    return found


def _fix(message: str, changes: list[_Change]) -> dict[str, Any]:
    return {
        "description": {"text": message},
        "artifactChanges": [
            {"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}
            for path, replacements in changes
        ],
    }


def _uri(path: str) -> str:
    """A path as an address: relative to the working directory, or that of a file."""
    quoted = quote(os.fsencode(os.path.normpath(path)))
    return f"file://{quoted}" if quoted.startswith("/") else quoted


def _rule(code: str, name: str) -> dict[str, Any]:
    entry = next((one for one in ENTRIES if one.code == code), None)
    if entry is None:
        text = {"text": "How dockfix read the file."}
        described = {"shortDescription": text, "fullDescription": text, "help": text}
        return {"id": code, "name": name, **described}
    one = entry.load()
    page = explain(one)
    first = " ".join(about(one).partition("\n\n")[0].split())
    level = entry.severity or ("note" if one.safety is Safety.NOTE else "warning")
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": one.summary},
        # code scanning of GitHub wants it, and shows so much of it
        "fullDescription": {"text": first[:_FULL]},
        "help": {"text": plain(page), "markdown": page},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["dockerfile", one.safety.value, *one.aliases]},
    }
