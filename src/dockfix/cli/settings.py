"""Writes the page of the settings: `python -m dockfix.cli.settings docs/settings.md`.

It is made from the description of the options. A test holds the committed page to it.
"""

from __future__ import annotations

import sys

from dockfix.cli.keys import KEYS
from dockfix.cli.table import Row

_HEAD = """# Settings

In `.dockfix.toml`, or in `pyproject.toml` under `[tool.dockfix]`. The nearest file above a
Dockerfile that speaks of dockfix decides, with those that it extends; in one folder
`.dockfix.toml` goes before `pyproject.toml`. What the command line says goes before both, and
`--config FILE` before the nearest file. A key that does not exist, or a value of another kind, is
an error.

```toml
[tool.dockfix]
ignore = ["sort-packages"]
merge-strategy = "all"
```

"""


def page() -> str:
    """The page: a section for each key that a file may set."""
    return _HEAD + "\n".join(_section(key, row) for key, row in KEYS.items())


def _section(key: str, row: Row) -> str:
    flag = f" On the command line: `{row.flag}`." if row.flag else ""
    return f"## {key}\n\n{row.option.help}\n\n{_kind(row)}{flag}\n"


def _kind(row: Row) -> str:
    if row.kind == "list":
        return "A list of strings."
    if row.kind == "choice":
        return "One of " + ", ".join(f'`"{one}"`' for one in row.choices) + "."
    if row.kind in ("lists", "words"):
        return "A table."
    if row.kind == "number":
        return "A number."
    default = "true" if row.default else "false"
    return "A string." if row.kind == "text" else f"`true` or `false`; default: `{default}`."


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(page())
