"""What `dockfix measure` found, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dockfix.builds.measure import Measured
from dockfix.builds.splits.judge import LeftBehind
from dockfix.builds.weights import EditCost, WeighedImage, WeighedLayer
from dockfix.records import Record
from dockfix.reports.split import names_text
from dockfix.reports.text import visible
from dockfix.reports.units import relative_change, seconds_of, size_of

if TYPE_CHECKING:
    from rich.table import Table

#: Characters to a line that the tables need.
_LEAST = 60
#: Files named per layer, unless all are asked for.
_FEW = 3
#: Bytes: a smaller file is not named.
WORTH_SAYING = 100_000


class Figure(Record):
    """A row of the comparison: what was measured, before and after, and what came of it."""

    name: str
    before: str
    after: str
    change: str


def measured_text(found: Measured, colored: bool, long: bool = False, width: int = 100) -> str:
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
    console.print(_figures_table(found))
    why = f"no edit was measured: {found.unedited}" if found.unedited else ""
    if found.chosen is not None:
        why = f"{found.chosen.path}: {found.chosen.why}"
    if why:
        console.print(Text(f"({visible(why)})", "dim"), soft_wrap=True)
    if found.left:
        console.print()
        console.print(Text("left behind", "bold"))
        console.print(_left_table(found.left, long))
    versions = [("before", found.before)]
    if found.after is not None:
        versions.append(("after", found.after))
    for name, one in versions:
        console.print()
        console.print(Text(f"layers {name}", "bold"))
        console.print(_layers_table(one, long))
    if found.after is None:
        console.print("\ndockfix changes nothing in this file.")
    return "\n".join(line.rstrip() for line in output.getvalue().split("\n"))


def _figures_table(found: Measured) -> Table:
    """The figures of one file."""
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
        _figure("size of the image", before.size, after and after.size, size_of),
        _figure("  of which wasted", before.wasted, after and after.wasted, size_of),
        Figure("layers", str(len(before.layers)), str(len(after.layers)) if after else "", ""),
        _figure("built from nothing", before.seconds, after and after.seconds, seconds_of),
    ]
    if found.chosen is None or before.edit is None:
        return rows
    old, new = before.edit, None if after is None else after.edit
    rows += [
        Figure(f"edit of a line in {visible(found.chosen.path)}", "", "", ""),
        Figure("  steps built again", _rebuilt_steps(old), _rebuilt_steps(new), ""),
        _figure("  bytes of new layers", old.size, new and new.size, size_of),
        _figure("  compressed", old.packed, new and new.packed, size_of),
        _figure("  time", old.seconds, new and new.seconds, seconds_of),
    ]
    return rows


def _figure(name: str, before: float, after: float | None, said: Any) -> Figure:
    """A figure of which the change is worth saying."""
    if after is None:
        return Figure(name, said(before), "", "")
    return Figure(name, said(before), said(after), relative_change(before, after))


def _rebuilt_steps(edit: EditCost | None) -> str:
    """How many steps an edit rebuilds."""
    return "" if edit is None else f"{edit.rebuilt} of {len(edit.steps)}"


def _left_table(left: Sequence[LeftBehind], long: bool) -> Table:
    """What a split leaves behind, by kind."""
    from rich.text import Text

    table = _table(expand=True)
    table.add_column("kind")
    table.add_column("size", justify="right", min_width=8)
    table.add_column("files", justify="right")
    table.add_column("of", ratio=1, no_wrap=not long, overflow="ellipsis")
    for one in left:
        names = Text(names_text(one.names, None if long else _FEW), "dim")
        table.add_row(one.kind, size_of(one.size), str(one.files), names)
    return table


def _layers_table(one: WeighedImage, long: bool) -> Table:
    """The layers of an image, each with what of it is wasted."""
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


def waste_of(layer: WeighedLayer, layers: Sequence[WeighedLayer], most: int | None) -> list[str]:
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
    """A table in the style of all of these."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=expand)
