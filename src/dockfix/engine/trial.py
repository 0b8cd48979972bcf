"""A Dockerfile that is built several times, as it is and rewritten."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.engine.client import Built, Engine, Recipe
from dockfix.engine.commands import shown, watched
from dockfix.engine.images import Image, read_images
from dockfix.engine.layers import Layer
from dockfix.engine.options import Request
from dockfix.engine.targets import Target
from dockfix.engine.terminal import Terminal
from dockfix.pipeline import Rewrite, rewrite
from dockfix.syntax.source import encode


class Trial:
    """A target and the images that were made of it; `remove` them at the end."""

    def __init__(
        self, engine: Engine, request: Request, target: Target, terminal: Terminal
    ) -> None:
        self.engine = engine
        self.request = request
        self.target = target
        self.terminal = terminal
        self.built: list[Built] = []
        self._layers: dict[str, Layer] = {}

    def rewritten(self, most: int | None = None, ignore: Sequence[str] = ()) -> Rewrite:
        """What dockfix makes of the file, at most so many changes, without some passes."""
        config = self.target.config
        return rewrite(
            self.target.source,
            filename=self.target.path,
            select=config.select,
            ignore=(*config.ignore, *ignore),
            extend_select=config.extend_select,
            unsafe_fixes=config.unsafe_fixes,
            settings=self.target.settings,
            most=most,
        )

    def recipe(self, result: Rewrite | None) -> Recipe:
        """How to build what a rewrite comes to, or (None) the file as it is."""
        text = self.target.source if result is None else encode(result.after)
        if self.request.build.strip_syntax:
            text = self.target.without_syntax(text)
        others = () if result is None else result.others
        return self.target.recipe(text, encode(others[0].after) if others else None)

    def build(self, recipe: Recipe, what: str, *, fresh: bool = False) -> Built:
        """Builds, without cached steps if `fresh`. Raises BuildFailed."""
        said = f"{shown(self.target.path)}: building it {what}"
        with watched(self.terminal, self.request, said) as hooks:
            built = self.engine.build(recipe, fresh=fresh, hooks=hooks)
        self.built.append(built)
        return built

    def read(self, names: Sequence[str], what: str, *, packed: bool = False) -> list[Image]:
        """The images of these names; `packed`: with what their layers weigh as pushed."""
        with watched(self.terminal, self.request, what):
            return read_images(self.engine.save(names), names, self._layers, weigh=packed)

    def remove(self) -> None:
        """Removes the images."""
        self.engine.remove([one.image for one in self.built])
