"""Writes the pages of the passes: `python -m dockfix.reports.pages docs/passes`.

The text is that of `dockfix --explain`. A test holds the committed pages to it.
"""

from __future__ import annotations

import os
import sys

from dockfix.passes import PASSES
from dockfix.reports.explain import explain

_INDEX = """# Passes

In the order in which they run. Safe changes are made by default, unsafe ones with
`--unsafe-fixes`; a pass marked safe may have single changes that are unsafe and say why. A note
only points something out. By default a pass is *on*; or its changes are *offered*, because they are
unsafe: `--unsafe-fixes` makes them, and so does naming the pass in `--select` or
`--extend-select`; or it is *off* until it is selected.

| code | name | safety | by default | known elsewhere as | what it does |
|---|---|---|---|---|---|
"""


def pages() -> dict[str, str]:
    """The Markdown of every page by its file name, the index included."""
    found = {f"{one.name}.md": explain(one) for one in PASSES}
    rows = [
        f"| {one.code} | [{one.name}]({one.name}.md) | {one.safety.value} "
        f"| {one.by_default} | {', '.join(one.aliases) or '–'} | {one.summary} |\n"
        for one in PASSES
    ]
    found["README.md"] = _INDEX + "".join(rows)
    return found


def write(directory: str) -> None:
    """Writes the pages and removes those of passes that are no more."""
    os.makedirs(directory, exist_ok=True)
    found = pages()
    for name in os.listdir(directory):
        if name.endswith(".md") and name not in found:
            os.remove(os.path.join(directory, name))
    for name, text in found.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    write(sys.argv[1])
