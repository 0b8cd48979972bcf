"""The keys of configuration files: the options that may stand there, and what only stands there.

The reader of configuration files, their schema (docs/schema/settings.json), `dockfix init` and
docs/settings.md are all made by this table.
"""

from __future__ import annotations

from dockfix.cli.options import TABLE
from dockfix.cli.table import Option, Row
from dockfix.reports.run import SEVERITIES

_ONLY_IN_FILES = (
    Row(
        "per_file_ignores",
        "lists",
        (),
        None,
        Option(
            "Not these passes for files that a pattern matches, written as in .gitignore: a table"
            " of patterns and lists of passes."
        ),
        (),
    ),
    Row(
        "severity",
        "words",
        SEVERITIES,
        None,
        Option("How much the findings of passes matter: a table of passes and severities."),
        (),
    ),
    Row(
        "hadolint",
        "toggle",
        (),
        None,
        Option("Read the rules that .hadolint.yaml ignores, and the severities it gives."),
        True,
    ),
    Row(
        "extend",
        "text",
        (),
        None,
        Option("Another configuration file, whose settings hold where this one says nothing."),
        None,
    ),
)

#: By their names in a configuration file.
KEYS = {row.flag[2:]: row for row in TABLE if row.flag and row.option.configurable} | {
    row.name.replace("_", "-"): row for row in _ONLY_IN_FILES
}


def problem_of(row: Row, value: object) -> str | None:
    """What the value of a key should have been; None if it is that."""
    if row.kind == "list":
        return None if _is_list(value) else "a list of strings"
    if row.kind == "lists":
        fits = isinstance(value, dict) and all(map(_is_list, value.values()))
        return None if fits else "a table of lists of strings"
    if row.kind == "words":
        fits = isinstance(value, dict) and all(one in row.choices for one in value.values())
        return None if fits else "a table of " + _either(row)
    if row.kind == "number":
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if fits else "a number"
    if row.kind == "text":
        return None if isinstance(value, str) else "a string"
    if row.kind == "choice":
        return None if value in row.choices else _either(row)
    return None if isinstance(value, bool) else "true or false"


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _either(row: Row) -> str:
    return " or ".join(f'"{one}"' for one in row.choices)


def value_of(row: Row, value: object) -> object:
    """The value as a `Config` holds it: what has several parts as tuples."""
    if row.kind == "list":
        assert isinstance(value, list)
        return tuple(value)
    if row.kind == "lists":
        assert isinstance(value, dict)
        return tuple((pattern, tuple(names)) for pattern, names in value.items())
    if row.kind == "words":
        assert isinstance(value, dict)
        return tuple(value.items())
    return value
