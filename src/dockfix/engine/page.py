"""`dockfix measure --html`: one page with pictures of the layers, before and after.

It holds all it needs, asks no network for anything, runs no script, and follows the colors that the
reader's system prefers. What it says is text from Dockerfiles and images, so all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from dockfix import __version__
from dockfix.engine.figures import WORTH_SAYING, figures, seconds_of, size_of, waste_of
from dockfix.report.text import visible

if TYPE_CHECKING:
    from dockfix.engine.measure import Measured
    from dockfix.engine.progress import Step
    from dockfix.engine.weights import Weighed, Weight

#: Files named per layer.
_FEW = 3

_STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #566173; --rule: #dde2e9;
  --base: #aab4c2; --layer: #3b78d8; --layer2: #6fa0ea; --waste: #b83a12; --stripe: #f3b29c;
  --built: #b83a12; --cached: #1f7445; --track: #e9edf2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e6eaf0; --soft: #a3aebd; --rule: #323b48;
    --base: #5d6878; --layer: #4f8df0; --layer2: #2f64b5; --waste: #ff7a4d; --stripe: #7c2f17;
    --built: #ff8a5f; --cached: #53c487; --track: #262e39;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 76rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 1rem; }
h3 { font-size: 1rem; margin: 0 0 .75rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.card {
  background: var(--card); border: 1px solid var(--rule); border-radius: .6rem;
  padding: 1.1rem 1.25rem; margin: 0 0 1.25rem; min-width: 0;
}
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem; }
.pair.one { grid-template-columns: minmax(0, 1fr); }
.pair .card { margin: 0; }
.pair { margin: 0 0 1.25rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .5rem; text-align: right; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr:last-child td { border-bottom: 0; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { white-space: normal; min-width: 9rem; }
td.deep { padding-left: 1.1rem; }
td.change { font-weight: 600; }
.total { display: grid; grid-template-columns: 4rem minmax(0, 1fr) 6.5rem; gap: .75rem;
  align-items: center; margin: 0 0 .6rem; }
.total b { font-weight: 600; }
.total .size { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: flex; gap: 2px; height: 2.2rem; background: var(--track); border-radius: .3rem;
  overflow: hidden; }
.bar i, .meter i { display: block; height: 100%; flex: none; background: var(--layer); }
.bar i { flex: 0 1 auto; min-width: 1px; }
.bar .even { background: var(--layer2); }
.bar .base, .meter .base { background: var(--base); }
.bar .waste, .meter .waste, .key .waste {
  background: repeating-linear-gradient(135deg, var(--waste) 0 4px, var(--stripe) 4px 8px);
}
.layer { margin: 0 0 .9rem; }
.layer:last-child { margin: 0; }
.head { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; }
.head .what { min-width: 0; }
.head .size { flex: none; font-variant-numeric: tabular-nums; white-space: nowrap; }
code {
  font: .875rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.what code { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  line-clamp: 2; overflow: hidden; }
.meter { display: flex; height: .7rem; background: var(--track); border-radius: .2rem;
  overflow: hidden; margin: .3rem 0 0; }
.lost { color: var(--waste); font-size: .875rem; margin: .2rem 0 0; }
.note { font-size: .875rem; color: var(--soft); }
.steps { list-style: none; margin: 0; padding: 0; }
.steps li { display: flex; gap: .6rem; align-items: baseline; padding: .25rem 0; }
.steps .what { flex: 1; min-width: 0; }
.tag { flex: none; width: 4.6rem; text-align: center; font-size: .8125rem; font-weight: 600;
  border-radius: .3rem; border: 1px solid; padding: 0 .3rem; }
.tag.built { color: var(--card); background: var(--built); border-color: var(--built); }
.tag.cached { color: var(--cached); }
.steps .size { flex: none; width: 4.2rem; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.key { display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; font-size: .875rem;
  color: var(--soft); margin: .9rem 0 0; }
.key span { display: inline-flex; gap: .45rem; align-items: center; }
.key i { width: 1.1rem; height: .8rem; border-radius: .15rem; background: var(--layer);
  display: inline-block; }
.key .base { background: var(--base); }
@media (max-width: 44rem) {
  body { padding: 1.25rem .75rem 2rem; }
  .card { padding: .9rem; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  table { font-size: .875rem; }
  th, td { padding: .35rem .25rem; }
  td:first-child { min-width: 0; }
  td.deep { padding-left: .6rem; }
  .total { grid-template-columns: 1fr auto; }
  .total .bar { grid-column: 1 / -1; grid-row: 2; }
}
"""


def page(found: Sequence[Measured], engine: str) -> str:
    """The page, as text."""
    names = ", ".join(_said(one.path) for one in found)
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>dockfix measure: {names}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n",
            "<header>\n<h1>What these images cost</h1>\n",
            f'<p class="soft">Measured by dockfix {__version__} with {_said(engine)}.</p>\n',
            "</header>\n<main>\n",
            *(part for one in found for part in _file(one)),
            "</main>\n</body>\n</html>\n",
        )
    )


def _file(one: Measured) -> Iterator[str]:
    versions = [("before", one.before)]
    if one.after is not None:
        versions.append(("after", one.after))
    yield f"<section>\n<h2>{_said(one.path)}</h2>\n"
    if one.after is None:
        yield "<p>dockfix changes nothing in this file.</p>\n"
    yield from _comparison(one)
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
    largest = max((layer.size for _, one in versions for layer in one.layers), default=1) or 1
    yield f'<div class="pair{" one" * (len(versions) == 1)}">\n'
    for name, version in versions:
        yield f'<div class="card">\n<h3>Layers {name}</h3>\n'
        for layer in version.layers:
            yield from _layer(layer, version.layers, largest)
        yield "</div>\n"
    yield "</div>\n"
    if one.chosen is not None and one.before.edit is not None:
        yield f'<div class="pair{" one" * (len(versions) == 1)}">\n'
        for name, version in versions:
            yield from _steps(name, version, one.chosen.path)
        yield "</div>\n"
        yield f'<p class="note">{_said(one.chosen.path)}: {_said(one.chosen.why)}.</p>\n'
    elif one.unedited:
        yield f'<p class="note">No edit was measured: {_said(one.unedited)}.</p>\n'
    yield "</section>\n"


def _comparison(one: Measured) -> Iterator[str]:
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


def _segments(version: Weighed, most: int) -> Iterator[str]:
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


def _layer(layer: Weight, layers: Sequence[Weight], largest: int) -> Iterator[str]:
    kind = "base" if layer.base else ""
    where = f"line {layer.line}" if layer.line else "base image" if layer.base else "layer"
    yield '<div class="layer">\n<div class="head"><span class="what">'
    yield f'<span class="note">{where}</span> <code>{_said(layer.instruction)}</code></span>'
    yield f'<span class="size">{size_of(layer.size)}</span></div>\n'
    yield '<div class="meter">'
    for size, name in ((layer.size - layer.wasted, kind), (layer.wasted, "waste")):
        if size > 0:
            yield f'<i class="{name}" style="width:{100 * size / largest:.2f}%"></i>'
    yield "</div>\n"
    if layer.wasted >= WORTH_SAYING:
        yield f'<p class="lost">{size_of(layer.wasted)} wasted</p>\n'
    for line in waste_of(layer, layers, _FEW):
        yield f'<p class="lost">{_said(line)}</p>\n'
    yield "</div>\n"


def _steps(name: str, version: Weighed, path: str) -> Iterator[str]:
    edit = version.edit
    yield f'<div class="card">\n<h3>An edited line in {_said(path)}, {name}</h3>\n'
    if edit is not None:
        yield f"<p>{edit.rebuilt} of {len(edit.steps)} steps built again in "
        yield f"{seconds_of(edit.seconds)}, {size_of(edit.size)} of new layers "
        yield f"({size_of(edit.packed)} as pushed).</p>\n"
        yield '<ol class="steps">\n'
        for step in edit.steps:
            yield from _step(step)
        yield "</ol>\n"
    yield "</div>\n"


def _step(step: Step) -> Iterator[str]:
    kind = "cached" if step.cached else "built"
    yield f'<li><span class="tag {kind}">{kind}</span><span class="what">'
    yield f"<code>{_said(step.name)}</code></span>"
    yield f'<span class="size">{"" if step.cached else seconds_of(step.seconds)}</span></li>\n'


def _said(text: str) -> str:
    return escape(visible(text))
