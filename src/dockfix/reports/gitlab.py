"""GitLab's code quality report: a JSON array in the form that its documentation gives.

It has lines and no columns. A fingerprint is that of one finding in one file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dockfix.reports.places import Places, fingerprints
from dockfix.reports.run import Outcome, Request, severity

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """An element for each finding that is still there."""
    yield "["
    comma = ""
    for outcome in outcomes:
        if outcome.error is not None:
            continue
        places = Places(outcome.source)
        left = outcome.left(request.mode)
        for one, fingerprint in zip(left, fingerprints(left, places), strict=True):
            issue = {
                "description": one.message,
                "check_name": one.name,
                "fingerprint": _of_file(outcome.path, fingerprint),
                "severity": _SEVERITIES[severity(one)],
                "location": {
                    "path": outcome.path.removeprefix("./"),
                    "lines": {"begin": one.line, "end": places.of(one).end_line},
                },
            }
            yield f"{comma}\n{json.dumps(issue)}"
            comma = ","
    yield "\n]\n"


def _of_file(path: str, fingerprint: str) -> str:
    from hashlib import sha256

    text = f"{path.removeprefix('./')}\0{fingerprint}"
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
