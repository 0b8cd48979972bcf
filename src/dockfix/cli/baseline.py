"""A record of findings that are known, so that only new ones are told.

The file is JSON: for each Dockerfile, by its path seen from the folder of the file, the findings
with their pass, their fingerprint (`reports/places.py`), and the line they were in, for readers.
Lines that move keep their findings known; a line that changes makes them new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator

from dockfix.core.findings import Applied
from dockfix.errors import ConfigError
from dockfix.reports.places import Places, fingerprints
from dockfix.reports.run import Outcome
from dockfix.typed import Any

_VERSION = 1


class Baseline:
    """The findings that a file records; with `update` it is written anew, after the last file."""

    def __init__(self, path: str, *, update: bool) -> None:
        self._path, self._update = path, update
        self._folder = os.path.dirname(os.path.abspath(path))
        self._known = {} if update else _read(path)
        #: How many findings were written.
        self.recorded = 0

    def of(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes without what is known. Raises ConfigError if the file cannot be written."""
        recorded: dict[str, list[dict[str, Any]]] = {}
        for outcome in outcomes:
            name = os.path.relpath(os.path.abspath(outcome.path), self._folder)
            findings = outcome.findings
            prints = fingerprints(findings, Places(outcome.source)) if findings else []
            if self._update:
                rows = [
                    {"pass": one.name, "line": one.line, "fingerprint": found}
                    for one, found in zip(findings, prints, strict=True)
                ]
                if rows:
                    recorded[name] = rows
                known = set(prints)
            else:
                known = self._known.get(name, set())
            gone = [one for one, found in zip(findings, prints, strict=True) if found in known]
            yield _without(outcome, gone)
        if self._update:
            self._write(recorded)

    def _write(self, recorded: dict[str, list[dict[str, Any]]]) -> None:
        from dockfix.cli import files

        content = {"version": _VERSION, "files": dict(sorted(recorded.items()))}
        try:
            files.write(self._path, (json.dumps(content, indent=1) + "\n").encode())
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written: {error.strerror}") from error
        self.recorded = sum(map(len, recorded.values()))


def _read(path: str) -> dict[str, set[str]]:
    try:
        with open(path, "rb") as file:
            content = json.load(file)
        if content["version"] != _VERSION:
            raise ConfigError(f"{path}: a baseline of another version; --update-baseline writes it")
        return {
            name: {one["fingerprint"] for one in rows} for name, rows in content["files"].items()
        }
    except FileNotFoundError:
        raise ConfigError(f"{path}: not found; --update-baseline writes it") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{path}: not a baseline of dockfix; --update-baseline writes it") from (
            error
        )


def _without(outcome: Outcome, gone: list[Applied]) -> Outcome:
    """An outcome without some findings. Those that can only be made together stay together."""
    if not gone:
        return outcome
    known = {id(one) for one in gone}
    kept_fixes = [
        fix
        for fix in outcome.fixes
        if any(id(outcome.applied[number]) not in known for number in fix.groups)
    ]
    stay = {number for fix in kept_fixes for number in fix.groups}
    left = [
        number
        for number, one in enumerate(outcome.applied)
        if number in stay or id(one) not in known
    ]
    places = {number: place for place, number in enumerate(left)}
    from dockfix.core.diff import unified
    from dockfix.dockerfile.source import encode
    from dockfix.edit.edits import apply

    edits = [edit for fix in kept_fixes for edit in fix.edits]
    before, after = encode(outcome.source), encode(apply(outcome.source, edits))
    return outcome._replace(
        changed=outcome.changed and bool(left),
        applied=tuple(outcome.applied[number] for number in left),
        offered=tuple(one for one in outcome.offered if id(one) not in known),
        notes=tuple(one for one in outcome.notes if id(one) not in known),
        fixes=tuple(
            fix._replace(groups=tuple(places[number] for number in fix.groups))
            for fix in kept_fixes
        ),
        patch=unified(before, after, outcome.path) if edits else b"",
        others=outcome.others if left else (),
    )
