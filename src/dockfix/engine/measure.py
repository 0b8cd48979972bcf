"""`dockfix measure`: what an image costs, before and after, and what an edited line costs.

Each file is built as it is and rewritten, both without cached steps, so that the times can be
compared. Then one line is edited in a copy of the build context and both are built once more, with
the cache: what is built now and what layers are new is what every change of that file costs, on
every machine that builds, and on every one that pulls.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.engine.client import Built, Engine, Recipe
from dockfix.engine.commands import need_space, watched
from dockfix.engine.edited import Chosen, choose, copied, edit
from dockfix.engine.images import Image, Layer, read_images
from dockfix.engine.options import Request
from dockfix.engine.targets import Target
from dockfix.engine.terminal import Terminal
from dockfix.engine.weights import Weighed, edit_of, weigh
from dockfix.errors import BuildFailed, DockfixError, EngineError
from dockfix.pipeline import rewrite
from dockfix.records import Record
from dockfix.report.text import visible
from dockfix.syntax.parser import parse
from dockfix.syntax.source import encode


class Measured(Record):
    """What came of a file. `after` is None if dockfix changes nothing in it."""

    path: str
    chosen: Chosen | None
    before: Weighed
    after: Weighed | None


def run(engine: Engine, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Measures every target, says what came of it, and returns the exit status."""
    from dockfix.engine.figures import as_json, as_text

    need_space(engine)
    found: list[Measured] = []
    failed = False
    for target in targets:
        try:
            found.append(_measured(engine, request, target, terminal))
        except BuildFailed as error:
            failed = True
            terminal.say(_not_built(target.path, error))
            continue
        except (DockfixError, OSError) as error:
            failed = True
            terminal.say(f"error: {target.path}: {error}\n")
            continue
        if not request.own.json:
            terminal.print(as_text(found[-1], terminal.colored, request.options.verbose))
    if request.own.json:
        terminal.print(as_json(found, engine.describe()))
    if request.own.html is not None and found:
        from dockfix.engine.page import page

        try:
            with open(request.own.html, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(page(found, engine.describe()))
        except OSError as error:
            raise EngineError(f"{request.own.html}: {error.strerror}") from error
        terminal.say(f"Wrote {request.own.html}\n")
    return 2 if failed else 0


def _measured(engine: Engine, request: Request, target: Target, terminal: Terminal) -> Measured:
    config = target.config
    result = rewrite(
        target.source,
        filename=target.path,
        select=config.select,
        ignore=config.ignore,
        extend_select=config.extend_select,
        unsafe_fixes=config.unsafe_fixes,
        settings=target.settings,
    )
    context = target.settings.context
    chosen = None
    if context is not None:
        chosen = choose(parse(result.before, target.path), context, request.own.edit)
    versions = [result.before, result.after] if result.changed else [result.before]
    recipes = [_recipe(target, encode(text), request.build.strip_syntax) for text in versions]
    if result.others:
        recipes[1] = recipes[1]._replace(ignore=encode(result.others[0].after))
    names = ["as it is", "rewritten"]
    images: list[str] = []

    def build(recipe: Recipe, what: str, *, fresh: bool) -> Built:
        said = f"{os.path.normpath(target.path)}: building it {what}"
        with watched(terminal, request, said) as hooks:
            built = engine.build(recipe, fresh=fresh, hooks=hooks)
        images.append(built.image)
        return built

    try:
        cold = [
            build(recipe, what, fresh=True) for recipe, what in zip(recipes, names, strict=False)
        ]
        layers: dict[str, Layer] = {}
        before = _read(engine, request, terminal, cold, layers)
        weighed = [
            Weighed(built.seconds, weigh(image, parse(text, target.path), request.build.target))
            for built, image, text in zip(cold, before, versions, strict=True)
        ]
        if chosen is not None and context is not None:
            again = []
            with copied(target.context, context) as copy:
                for recipe, what in zip(recipes, names, strict=False):
                    # each its own edit: what one version built must not be in the other's cache
                    edit(copy, chosen.path)
                    recipe = recipe._replace(context=copy)
                    again.append(build(recipe, f"{what}, a line edited", fresh=False))
            after = _read(engine, request, terminal, again, layers, packed=True)
            weighed = [
                one._replace(edit=edit_of(old, new, built.seconds, built.steps))
                for one, old, new, built in zip(weighed, before, after, again, strict=True)
            ]
    finally:
        for name in images:
            engine.remove(name)
    return Measured(target.path, chosen, weighed[0], weighed[1] if result.changed else None)


def _not_built(path: str, error: BuildFailed) -> str:
    log = (f"  | {visible(line)}\n" for line in error.log.split("\n") if line.strip())
    return f"error: {path}: not built: {error.reason}\n{''.join(log)}"


def _recipe(target: Target, dockerfile: bytes, strip_syntax: bool) -> Recipe:
    return target.recipe(target.without_syntax(dockerfile) if strip_syntax else dockerfile)


def _read(
    engine: Engine,
    request: Request,
    terminal: Terminal,
    built: Sequence[Built],
    layers: dict[str, Layer],
    *,
    packed: bool = False,
) -> list[Image]:
    names = [one.image for one in built]
    with watched(terminal, request, "reading the images"):
        return read_images(engine.save(names), names, layers, weigh=packed)
