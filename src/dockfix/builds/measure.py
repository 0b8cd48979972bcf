"""What an image costs, before and after, and what an edited line costs.

Each file is built as it is and rewritten, both without cached steps, so that the times can be
compared. Then one line is edited in a copy of the build context and both are built once more, with
the cache: what is built now and what layers are new is what every change of that file costs, on
every machine that builds, and on every one that pulls.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.builds.edited_file import FileToEdit, add_line, copied_context, file_to_edit
from dockfix.builds.engine import Engine, Recipe
from dockfix.builds.images.archive import Image
from dockfix.builds.options import BuildOptions
from dockfix.builds.splits.judge import LeftBehind, Side, left_behind
from dockfix.builds.target import Target
from dockfix.builds.trial import Trial, Watch, require_space
from dockfix.builds.weights import (
    EditCost,
    WeighedImage,
    edit_cost,
    first_own_layer,
    weigh_layers,
)
from dockfix.context import Context
from dockfix.dockerfile.parser import parse
from dockfix.errors import EngineError
from dockfix.records import Record

#: What the two versions are called while they are built.
_NAMES = ("as it is", "rewritten")


class Measured(Record):
    """What came of a file. `after` is None if dockfix changes nothing in it.

    `unedited` says why no edit was measured, where `chosen` is None. `left` is what the smaller
    image does not have any more, if the file was split.
    """

    path: str
    chosen: FileToEdit | None
    before: WeighedImage
    after: WeighedImage | None
    unedited: str = ""
    left: tuple[LeftBehind, ...] = ()


def measure(
    engine: Engine,
    options: BuildOptions,
    target: Target,
    wanted: str | None,
    watch: Watch,
    against: bytes | None = None,
    *,
    fresh: bool = True,
) -> Measured:
    """Builds and weighs one file; `wanted` is the one to edit, as people name it.

    `against` is another Dockerfile, to be measured in the place of the rewrite. Without `fresh`,
    the first builds may be cached ones, so that their times say nothing. Raises BuildFailed, other
    kinds of DockfixError, and OSError.
    """
    return _Measurement(engine, options, target, watch, against).measured(wanted, fresh)


class _Measurement(Trial):
    """A target that is being measured. The images it makes are gone at the end."""

    def measured(self, wanted: str | None, fresh: bool) -> Measured:
        """Builds, edits, builds again, and weighs."""
        target = self.target
        result = self.wanted()
        context, chosen = target.settings.context, None
        if context is not None:
            tree = parse(result.before, target.path)
            chosen = file_to_edit(tree, context, self._in_context(wanted, context))
        unedited = "" if chosen else target.unknown or "the build copies no file that has lines"
        if chosen is None and wanted is not None:
            raise EngineError(f"--edit: {unedited}")
        texts = [result.before, result.after] if result.changed else [result.before]
        recipes = [self.recipe(None), *([self.recipe(result)] if result.changed else [])]
        try:
            cold = [
                self.build(recipe, what, fresh=fresh)
                for recipe, what in zip(recipes, _NAMES, strict=False)
            ]
            images = self.read([one.image for one in cold], "reading the images")
            stage = self.options.target
            found = [
                WeighedImage(built.seconds, weigh_layers(image, parse(text, target.path), stage))
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
        left: tuple[LeftBehind, ...] = ()
        if self.is_split(result):
            own = [
                first_own_layer(image, parse(text, target.path), stage)
                for image, text in zip(images, texts, strict=True)
            ]
            left = left_behind(Side(images[0], own[0]), Side(images[1], own[1]))
        return Measured(target.path, chosen, found[0], after, unedited, left)

    def _in_context(self, wanted: str | None, context: Context) -> str | None:
        """A path as the context knows it, whether it is meant from there or from here."""
        if wanted is None or context.kind(os.path.normpath(wanted).lstrip("/")) == "file":
            return wanted
        root = os.path.realpath(self.target.context)
        folder, name = os.path.split(os.path.abspath(wanted))
        inside = os.path.relpath(os.path.join(os.path.realpath(folder), name), root)
        return wanted if inside.startswith("..") else inside

    def edited(
        self, recipes: Sequence[Recipe], images: Sequence[Image], context: Context, path: str
    ) -> list[EditCost]:
        """What an edit of a file costs, for each of the versions."""
        require_space(self.engine, sum(image.size for image in images))
        built = []
        with copied_context(self.target.context, context) as copy:
            for recipe, what in zip(recipes, _NAMES, strict=False):
                # each its own edit: what one version built must not be in the other's cache
                add_line(copy, path)
                recipe = recipe._replace(context=copy)
                built.append(self.build(recipe, f"{what}, a line edited"))
        names = [one.image for one in built]
        after = self.read(names, "reading the images", packed=True)
        return [
            edit_cost(old, new, one.seconds, one.steps)
            for old, new, one in zip(images, after, built, strict=True)
        ]
