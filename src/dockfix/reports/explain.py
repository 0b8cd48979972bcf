"""The page of a pass, from its docstring and its examples."""

from __future__ import annotations

import inspect
import sys

from dockfix.passes.base import Pass
from dockfix.reports.examples import text_of


def explain(one: Pass) -> str:
    """What a pass does, why, and on which examples, as Markdown."""
    aliases = ", ".join(one.aliases) or "none"
    parts = [
        f"# {one.name} ({one.code})",
        one.summary,
        f"- Safety: {one.safety.value}\n- By default: {one.by_default}\n"
        f"- Known elsewhere as: {aliases}{_declared(one)}",
        about(one),
        text_of(one.name),
    ]
    return "\n\n".join(parts) + "\n"


def about(one: Pass) -> str:
    """What the file of a pass says of it."""
    return inspect.cleandoc(sys.modules[one.rewrite.__module__].__doc__ or one.summary)


def plain(markdown: str) -> str:
    """Markdown of `explain` as text for a terminal: headings without marks, code indented."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        if fence:
            if line == fence:
                fence = ""
            else:
                lines.append(f"    {line}".rstrip())
        elif line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
        else:
            lines.append(line.lstrip("#").lstrip() if line.startswith("#") else line)
    return "\n".join(lines)


def _declared(one: Pass) -> str:
    """What images may show of a pass, for `dockfix verify`."""
    paths, changed, logs = (
        ", ".join(f"`{glob}`" for glob in globs)
        for globs in (one.removes(), one.changes(), one.logs)
    )
    fields = ", ".join(f"`{field}`" for field in one.restates)
    return (
        ("\n- May leave out packages that no instruction names" if one.fewer_packages else "")
        + (f"\n- Removes from the image: {paths}" if paths else "")
        + (f"\n- May change: {changed}" if changed else "")
        + (f"\n- May change logs: {logs}" if logs else "")
        + (f"\n- Writes in another form, in the image's configuration: {fields}" if fields else "")
    )
