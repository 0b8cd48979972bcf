"""What `dockfix measure` found, as a table for the terminal and as JSON.

The shape of the JSON is described in docs/measure.md; `VERSION` grows when a name goes or means
something else, and not when one is added.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dockfix import __version__
from dockfix.records import Record
from dockfix.report.text import visible

if TYPE_CHECKING:
    from rich.table import Table

    from dockfix.engine.measure import Measured
    from dockfix.engine.weights import Edit, Weighed, Weight

#: Of the shape of the JSON.
VERSION = 1
#: Characters to a line that the tables need.
_LEAST = 60
#: Files named per layer, unless all are asked for; smaller ones are nobody's business.
_FEW = 3
WORTH_SAYING = 100_000


class Figure(Record):
    """A row of the comparison: what was measured, before and after, and what came of it."""

    name: str
    before: str
    after: str
    change: str


def as_json(found: Sequence[Measured], engine: str) -> str:
    """The whole result as a JSON document."""
    images = [
        {
            "path": one.path,
            "changed": one.after is not None,
            "edited": None if one.chosen is None else one.chosen._asdict(),
            "before": _weighed(one.before),
            "after": None if one.after is None else _weighed(one.after),
        }
        for one in found
    ]
    document = {"version": VERSION, "dockfix": __version__, "engine": engine, "images": images}
    return json.dumps(document, indent=2) + "\n"


def _weighed(one: Weighed) -> dict[str, Any]:
    edit = one.edit
    return {
        "size": one.size,
        "wasted": one.wasted,
        "seconds": round(one.seconds, 2),
        "layers": [
            {
                "digest": layer.digest,
                "instruction": layer.instruction,
                "line": layer.line or None,
                "base": layer.base,
                "size": layer.size,
                "wasted": layer.wasted,
                "lost": [part._asdict() for part in layer.lost],
            }
            for layer in one.layers
        ],
        "edit": edit
        and {
            "seconds": round(edit.seconds, 2),
            "rebuilt": edit.rebuilt,
            "size": edit.size,
            "packed": edit.packed,
            "layers": list(edit.layers),
            "steps": [step._asdict() for step in edit.steps],
        },
    }


def as_text(found: Measured, colored: bool, long: bool = False, width: int = 100) -> str:
    """The result of one file as tables, as wide as that or as their numbers need."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    output = StringIO()
    console = Console(
        file=output,
        width=max(width, _LEAST),
        force_terminal=colored,
        no_color=not colored,
        highlight=False,
    )
    console.print(Text(visible(found.path), "bold"))
    console.print(_comparison(found))
    why = f"no edit was measured: {found.unedited}" if found.unedited else ""
    if found.chosen is not None:
        why = f"{found.chosen.path}: {found.chosen.why}"
    if why:
        console.print(Text(f"({visible(why)})", "dim"), soft_wrap=True)
    versions = [("before", found.before)]
    if found.after is not None:
        versions.append(("after", found.after))
    for name, one in versions:
        console.print()
        console.print(Text(f"layers {name}", "bold"))
        console.print(_layers(one, long))
    if found.after is None:
        console.print("\ndockfix changes nothing in this file.")
    return "\n".join(line.rstrip() for line in output.getvalue().split("\n"))


def _comparison(found: Measured) -> Table:
    table = _table()
    table.add_column("")
    for name in ("before", "after", "") if found.after else ("",):
        table.add_column(name, justify="right")
    table.show_header = found.after is not None
    for row in figures(found):
        cells = (row.before, row.after, row.change) if found.after else (row.before,)
        table.add_row(row.name, *cells)
    return table


def figures(found: Measured) -> list[Figure]:
    """The comparison of one file, row by row."""
    before, after = found.before, found.after
    rows = [
        _row("size of the image", before.size, after and after.size, size_of),
        _row("wasted of that", before.wasted, after and after.wasted, size_of),
        Figure("layers", str(len(before.layers)), str(len(after.layers)) if after else "", ""),
        _row("built from nothing", before.seconds, after and after.seconds, seconds_of),
    ]
    if found.chosen is None or before.edit is None:
        return rows
    old, new = before.edit, None if after is None else after.edit
    rows += [
        Figure(f"edit of a line in {visible(found.chosen.path)}", "", "", ""),
        Figure("  steps built again", _steps(old), _steps(new), ""),
        _row("  bytes of new layers", old.size, new and new.size, size_of),
        _row("  as they are pushed", old.packed, new and new.packed, size_of),
        _row("  time", old.seconds, new and new.seconds, seconds_of),
    ]
    return rows


def _row(name: str, before: float, after: float | None, said: Any) -> Figure:
    if after is None:
        return Figure(name, said(before), "", "")
    return Figure(name, said(before), said(after), change(before, after))


def _steps(edit: Edit | None) -> str:
    return "" if edit is None else f"{edit.rebuilt} of {len(edit.steps)}"


def _layers(one: Weighed, long: bool) -> Table:
    from rich.text import Text

    table = _table(expand=True)
    table.add_column("line", justify="right", min_width=4)
    table.add_column("instruction", ratio=1, no_wrap=not long, overflow="ellipsis")
    table.add_column("size", justify="right", min_width=8)
    table.add_column("wasted", justify="right", min_width=8)
    for layer in one.layers:
        text = visible(layer.instruction)
        table.add_row(
            str(layer.line or "base" * layer.base),
            Text(text, "dim" if layer.base else ""),
            size_of(layer.size),
            Text(size_of(layer.wasted) if layer.wasted else "", "red"),
        )
        for line in waste_of(layer, one.layers, None if long else _FEW):
            table.add_row("", Text(f"  {visible(line)}", "red"), "", "")
    return table


def waste_of(layer: Weight, layers: Sequence[Weight], most: int | None) -> list[str]:
    """What a layer carries in vain, file by file, the largest ones first."""
    if layer.base:
        return []
    worth = [part for part in layer.lost if part.size >= WORTH_SAYING]
    lines = []
    for part in worth[:most]:
        by = layers[part.by].line
        where = f"line {by}" if by else "a later layer"
        did = "deleted by" if part.deleted else "replaced by"
        lines.append(f"{part.path}: {size_of(part.size)}, {did} {where}")
    if len(worth) > len(lines):
        rest = sum(part.size for part in worth[len(lines) :])
        lines.append(f"and {size_of(rest)} in {len(worth) - len(lines)} other files")
    return lines


def _table(*, expand: bool = False) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=expand)


def size_of(size: float) -> str:
    """A number of bytes for people, in the units of `docker images`."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.2f} GB"


def seconds_of(seconds: float) -> str:
    """A time for people."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def change(before: float, after: float) -> str:
    """How much less, in percent; where that would be 99 and more, how many times."""
    if before == after or not before:
        return "" if before == after else "more"
    if after and before / after >= 10:
        return f"÷ {before / after:,.0f}"
    percent = round(100 * (after - before) / before)
    return f"{percent:+d} %".replace("-", "−") if percent else "same"
