"""The JSON schema of configuration files, made of their keys: docs/schema/settings.json.

python -m dockfix.cli.schema > docs/schema/settings.json
"""

from __future__ import annotations

import json

from dockfix.cli.keys import KEYS
from dockfix.cli.table import Row
from dockfix.typed import Any

_STRINGS = {"type": "array", "items": {"type": "string"}}


def schema() -> dict[str, Any]:
    """The schema of `.dockfix.toml`, and of the table `tool.dockfix` of a `pyproject.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of dockfix",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: {"description": row.option.help, **_type(row)} for key, row in KEYS.items()
        },
    }


def _type(row: Row) -> dict[str, Any]:
    if row.kind == "list":
        return _STRINGS
    if row.kind == "lists":
        return {"type": "object", "additionalProperties": _STRINGS}
    if row.kind == "words":
        return {"type": "object", "additionalProperties": {"enum": list(row.choices)}}
    if row.kind == "choice":
        return {"enum": list(row.choices)}
    if row.kind == "number":
        return {"type": "integer", "minimum": 0}
    return {"type": "string" if row.kind == "text" else "boolean"}


def text() -> str:
    """The schema as it lies in docs/schema."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    from dockfix.cli.streams import write_text

    write_text(text())
