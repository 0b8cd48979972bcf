"""`dockfix measure`: what an image costs, before and after, and what an edited line costs.

Each file is built as it is and rewritten, both without cached steps, so that the times can be
compared. Then one line is edited in a copy of the build context and both are built once more, with
the cache: what is built now and what layers are new is what every change of that file costs, on
every machine that builds, and on every one that pulls.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.context import Context
from dockfix.engine.client import Engine, Recipe
from dockfix.engine.commands import need_space, shown
from dockfix.engine.edited import Chosen, choose, copied, edit
from dockfix.engine.failed import failure
from dockfix.engine.images import Image
from dockfix.engine.options import Request
from dockfix.engine.targets import Target
from dockfix.engine.terminal import Terminal
from dockfix.engine.trial import Trial
from dockfix.engine.weights import Edit, Weighed, edit_of, weigh
from dockfix.errors import BuildFailed, DockfixError, EngineError
from dockfix.records import Record
from dockfix.syntax.parser import parse

#: What the two versions are called while they are built.
_NAMES = ("as it is", "rewritten")


class Measured(Record):
    """What came of a file. `after` is None if dockfix changes nothing in it.

    `unedited` says why no edit was measured, where `chosen` is None.
    """

    path: str
    chosen: Chosen | None
    before: Weighed
    after: Weighed | None
    unedited: str = ""


def run(engine: Engine, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Measures every target, says what came of it, and returns the exit status."""
    from dockfix.engine.figures import as_json, as_text

    if request.own.html is not None:
        _need_place(request.own.html)
    need_space(engine)
    found: list[Measured] = []
    failed = False
    for target in targets:
        try:
            found.append(_Measurement(engine, request, target, terminal).measured())
        except BuildFailed as error:
            failed = True
            lines = failure(error, target.context)
            terminal.say("\n".join([f"error: {shown(target.path)}: does not build", *lines, ""]))
            continue
        except (DockfixError, OSError) as error:
            failed = True
            terminal.say(f"error: {target.path}: {error}\n")
            continue
        if not request.own.json:
            long, width = request.options.verbose, terminal.width
            terminal.print(as_text(found[-1], terminal.colored, long, width))
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


def _need_place(path: str) -> None:
    """Raises EngineError unless a page can be written there, and nothing but a page gets lost."""
    if os.path.isdir(path):
        raise EngineError(f"--html: {path} is a folder, and not a file to be written")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise EngineError(f"--html: No such file or directory: {folder}")
    if os.path.isfile(path) and os.path.getsize(path):
        with open(path, "rb") as file:
            if not file.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                raise EngineError(f"--html: {path} is there, and no page: name another file")


class _Measurement(Trial):
    """A target that is being measured. The images it makes are gone at the end."""

    def measured(self) -> Measured:
        target = self.target
        result = self.rewritten()
        context, chosen = target.settings.context, None
        if context is not None:
            tree = parse(result.before, target.path)
            chosen = choose(tree, context, self._wanted(context))
        unedited = "" if chosen else target.unknown or "the build copies no file that has lines"
        if chosen is None and self.request.own.edit is not None:
            raise EngineError(f"--edit: {unedited}")
        texts = [result.before, result.after] if result.changed else [result.before]
        recipes = [self.recipe(None), *([self.recipe(result)] if result.changed else [])]
        try:
            cold = [
                self.build(recipe, what, fresh=True)
                for recipe, what in zip(recipes, _NAMES, strict=False)
            ]
            images = self.read([one.image for one in cold], "reading the images")
            stage = self.request.build.target
            found = [
                Weighed(built.seconds, weigh(image, parse(text, target.path), stage))
                for built, image, text in zip(cold, images, texts, strict=True)
            ]
            if context is not None and chosen is not None:
                edits = self.edited(recipes, images, context, chosen.path)
                found = [one._replace(edit=edit) for one, edit in zip(found, edits, strict=True)]
                if not any(edit.rebuilt or edit.layers for edit in edits):
                    chosen = chosen._replace(why=f"{chosen.why}, but no step depends on it")
        finally:
            self.remove()
        after = found[1] if result.changed else None
        return Measured(target.path, chosen, found[0], after, unedited)

    def _wanted(self, context: Context) -> str | None:
        """The file of --edit as the context knows it, by whichever way people may mean it."""
        wanted: str | None = self.request.own.edit
        if wanted is None or context.kind(os.path.normpath(wanted).lstrip("/")) == "file":
            return wanted
        root = os.path.realpath(self.target.context)
        folder, name = os.path.split(os.path.abspath(wanted))
        inside = os.path.relpath(os.path.join(os.path.realpath(folder), name), root)
        return wanted if inside.startswith("..") else inside

    def edited(
        self, recipes: Sequence[Recipe], images: Sequence[Image], context: Context, path: str
    ) -> list[Edit]:
        """What an edit of a file costs, for each of the versions."""
        need_space(self.engine, sum(image.size for image in images))
        built = []
        with copied(self.target.context, context) as copy:
            for recipe, what in zip(recipes, _NAMES, strict=False):
                # each its own edit: what one version built must not be in the other's cache
                edit(copy, path)
                recipe = recipe._replace(context=copy)
                built.append(self.build(recipe, f"{what}, a line edited"))
        names = [one.image for one in built]
        after = self.read(names, "reading the images", packed=True)
        return [
            edit_of(old, new, one.seconds, one.steps)
            for old, new, one in zip(images, after, built, strict=True)
        ]
