"""JUnit's XML, as the servers read it that show tests: a suite for each file.

A finding that is no note is a test that failed, a note one that passed and printed something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from dockfix.core.findings import Applied
from dockfix.reports.run import Outcome, Request, severity
from dockfix.reports.text import visible


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """A suite as each file is done. Columns count characters."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dockfix">\n'
    if request.errors:
        cases = [_error("dockfix", message) for message in request.errors]
        yield _suite("dockfix", cases, errors=len(cases))
    for outcome in outcomes:
        if outcome.error is not None:
            yield _suite(outcome.path, [_error(outcome.path, outcome.error)], errors=1)
            continue
        left = outcome.left(request.mode)
        failures = sum(severity(one) != "note" for one in left)
        passed = f"  <testcase classname={_quoted(outcome.path)} name={_quoted('dockfix')}/>\n"
        cases = [_case(outcome.path, one) for one in left] or [passed]
        yield _suite(outcome.path, cases, failures=failures)
    yield "</testsuites>\n"


def _suite(name: str, cases: list[str], *, failures: int = 0, errors: int = 0) -> str:
    return (
        f'<testsuite name={_quoted(name)} tests="{len(cases)}" failures="{failures}" '
        f'errors="{errors}">\n{"".join(cases)}</testsuite>\n'
    )


def _case(path: str, one: Applied) -> str:
    name = _quoted(f"{one.name} ({one.code}) {one.line}:{one.column}")
    kind = severity(one)
    text = _quoted(f"{path}:{one.line}:{one.column}: {one.message} [{one.safety.value}]")
    said = (
        f"<system-out>{_escaped(one.message)}</system-out>"
        if kind == "note"
        else f"<failure type={_quoted(kind)} message={text}/>"
    )
    return f"  <testcase classname={_quoted(path)} name={name}>{said}</testcase>\n"


def _error(name: str, message: str) -> str:
    said = f"<error message={_quoted(message)}/>"
    return f"  <testcase classname={_quoted(name)} name={_quoted('dockfix')}>{said}</testcase>\n"


def _clean(text: str) -> str:
    """Without what XML cannot hold: control characters, and bytes that are not UTF-8."""
    data = visible(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return data.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _escaped(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
