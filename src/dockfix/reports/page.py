"""`dockfix measure --html`: one page with pictures of the layers, before and after.

It holds all it needs, asks no network for anything, runs no script, and follows the colors that the
reader's system prefers. What it says is text from Dockerfiles and images, so all of it is escaped.
The frame is in page.html, the looks are in page.css.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template

from dockfix import __version__
from dockfix.builds.engine import BuildStep
from dockfix.builds.measure import Measured
from dockfix.builds.weights import WeighedImage, WeighedLayer
from dockfix.reports.measure import WORTH_SAYING, figures, waste_of
from dockfix.reports.split import names_text
from dockfix.reports.text import visible
from dockfix.reports.units import seconds_of, size_of

#: Files named per layer.
_FEW = 3


def page(found: Sequence[Measured], engine: str) -> str:
    """The page, as text. `engine` is what built the images, for people."""
    return Template(_resource("page.html")).substitute(
        names=", ".join(_escaped(one.path) for one in found),
        style=_resource("page.css"),
        version=__version__,
        engine=_escaped(engine),
        sections="".join(part for one in found for part in _section(one)),
    )


def _resource(name: str) -> str:
    """A file that lies beside this one."""
    return files("dockfix.reports").joinpath(name).read_text(encoding="utf-8")


def _section(one: Measured) -> Iterator[str]:
    """What is shown of one file."""
    versions = [("before", one.before)]
    if one.after is not None:
        versions.append(("after", one.after))
    yield f"<section>\n<h2>{_escaped(one.path)}</h2>\n"
    if one.after is None:
        yield "<p>dockfix changes nothing in this file.</p>\n"
    yield from _figures_table(one)
    most = max(version.size for _, version in versions) or 1
    yield '<div class="card">\n<h3>The whole image</h3>\n'
    for name, version in versions:
        yield f'<div class="total"><b>{name}</b><div class="bar" role="img" aria-label="'
        yield f'{name}: {size_of(version.size)} in {len(version.layers)} layers">'
        yield "".join(_segments(version, most))
        yield f'</div><span class="size">{size_of(version.size)}</span></div>\n'
    yield '<div class="key"><span><i class="base"></i>base image</span>'
    yield "<span><i></i>a layer of this file</span>"
    yield '<span><i class="waste"></i>wasted: deleted or replaced by a later layer</span></div>\n'
    yield "</div>\n"
    if one.left:
        yield '<div class="card">\n<h3>Left behind</h3>\n'
        for kind in one.left:
            yield f"<p><b>{size_of(kind.size)}</b> {escape(kind.kind)} "
            yield f'<span class="note">{_escaped(names_text(kind.names, _FEW))}</span></p>\n'
        yield "</div>\n"
    largest = max((layer.size for _, one in versions for layer in one.layers), default=1) or 1
    yield f'<div class="pair{" one" * (len(versions) == 1)}">\n'
    for name, version in versions:
        yield f'<div class="card">\n<h3>Layers {name}</h3>\n'
        for layer in version.layers:
            yield from _layer_card(layer, version.layers, largest)
        yield "</div>\n"
    yield "</div>\n"
    if one.chosen is not None and one.before.edit is not None:
        yield f'<div class="pair{" one" * (len(versions) == 1)}">\n'
        for name, version in versions:
            yield from _edit_card(name, version, one.chosen.path)
        yield "</div>\n"
        yield f'<p class="note">{_escaped(one.chosen.path)}: {_escaped(one.chosen.why)}.</p>\n'
    elif one.unedited:
        yield f'<p class="note">No edit was measured: {_escaped(one.unedited)}.</p>\n'
    yield "</section>\n"


def _figures_table(one: Measured) -> Iterator[str]:
    """The figures of one file, as a table."""
    yield '<div class="card wide">\n<table>\n'
    if one.after is not None:
        yield "<tr><th></th><th>before</th><th>after</th><th></th></tr>\n"
    columns = 2 if one.after is None else 4
    for row in figures(one):
        name = escape(row.name.strip())
        if not row.before:
            yield f'<tr><td colspan="{columns}">{name}</td></tr>\n'
            continue
        deep = ' class="deep"' * row.name.startswith(" ")
        yield f"<tr><td{deep}>{name}</td><td>{escape(row.before)}</td>"
        if one.after is not None:
            yield f'<td>{escape(row.after)}</td><td class="change">{escape(row.change)}</td>'
        yield "</tr>\n"
    yield "</table>\n</div>\n"


def _segments(version: WeighedImage, most: int) -> Iterator[str]:
    """The layers side by side, each with its wasted bytes, in the scale of the larger image."""
    for number, layer in enumerate(version.layers):
        kind = "base" if layer.base else "even" if number % 2 else ""
        title = f"{visible(layer.instruction)}\n{size_of(layer.size)}"
        for size, name in ((layer.size - layer.wasted, kind), (layer.wasted, "waste")):
            share = 100 * size / most
            if share >= 0.1:
                # two pixels are the gap to the next one
                yield (
                    f'<i class="{name}" style="width:calc({share:.2f}% - 2px)" '
                    f'title="{escape(title)}"></i>'
                )


def _layer_card(layer: WeighedLayer, layers: Sequence[WeighedLayer], largest: int) -> Iterator[str]:
    """A layer with its size, what of it is wasted, and by which files."""
    kind = "base" if layer.base else ""
    where = f"line {layer.line}" if layer.line else "base image" if layer.base else "layer"
    yield '<div class="layer">\n<div class="head"><span class="what">'
    yield f'<span class="note">{where}</span> <code>{_escaped(layer.instruction)}</code></span>'
    yield f'<span class="size">{size_of(layer.size)}</span></div>\n'
    yield '<div class="meter">'
    for size, name in ((layer.size - layer.wasted, kind), (layer.wasted, "waste")):
        if size > 0:
            yield f'<i class="{name}" style="width:{100 * size / largest:.2f}%"></i>'
    yield "</div>\n"
    if layer.wasted >= WORTH_SAYING:
        yield f'<p class="lost">{size_of(layer.wasted)} wasted</p>\n'
    for line in waste_of(layer, layers, _FEW):
        yield f'<p class="lost">{_escaped(line)}</p>\n'
    yield "</div>\n"


def _edit_card(name: str, version: WeighedImage, path: str) -> Iterator[str]:
    """The steps of the build after an edit."""
    edit = version.edit
    yield f'<div class="card">\n<h3>An edited line in {_escaped(path)}, {name}</h3>\n'
    if edit is not None:
        yield f"<p>{edit.rebuilt} of {len(edit.steps)} steps built again in "
        yield f"{seconds_of(edit.seconds)}, {size_of(edit.size)} of new layers "
        yield f"({size_of(edit.packed)} as pushed).</p>\n"
        yield '<ol class="steps">\n'
        for step in edit.steps:
            yield from _step_item(step)
        yield "</ol>\n"
    yield "</div>\n"


def _step_item(step: BuildStep) -> Iterator[str]:
    """A step, with the time that it took."""
    kind = "cached" if step.cached else "built"
    yield f'<li><span class="tag {kind}">{kind}</span><span class="what">'
    yield f"<code>{_escaped(step.name)}</code></span>"
    yield f'<span class="size">{"" if step.cached else seconds_of(step.seconds)}</span></li>\n'


def _escaped(text: str) -> str:
    """A text of somebody else, safe to stand in the page."""
    return escape(visible(text))
