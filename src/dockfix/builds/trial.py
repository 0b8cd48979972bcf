"""A Dockerfile that is built several times, as it is and rewritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from dockfix.builds.declared import splitting
from dockfix.builds.engine import Built, Engine, Hooks, Recipe
from dockfix.builds.images.archive import Image, read_images
from dockfix.builds.images.layers import Layer
from dockfix.builds.options import BuildOptions
from dockfix.builds.target import Target
from dockfix.core.pipeline import rewrite
from dockfix.core.result import Rewrite
from dockfix.dockerfile.source import decode, encode
from dockfix.errors import EngineError

#: Bytes that must be free where the engine keeps its images; a build fills more than it leaves.
_LEAST_FREE = 1 << 30

#: Shows people what goes on: from a sentence, whom the engine tells of its steps meanwhile.
Watch = Callable[[str], AbstractContextManager[Hooks]]


class Trial:
    """A target and the images that were made of it; `remove` them at the end."""

    def __init__(
        self,
        engine: Engine,
        options: BuildOptions,
        target: Target,
        watch: Watch,
        against: bytes | None = None,
    ) -> None:
        self.engine = engine
        self.options = options
        self.target = target
        self.watch = watch
        #: Another Dockerfile, which takes the place of the rewrite.
        self.against = against
        self.built: list[Built] = []
        #: Whether images are read with what their programs need, which takes its time.
        self.looks = False
        self._layers: dict[str, Layer] = {}

    def rewritten(self, most: int | None = None, ignore: Sequence[str] = ()) -> Rewrite:
        """What dockfix makes of the file, at most so many changes, without some passes."""
        passes = self.target.passes
        return rewrite(
            self.target.source,
            filename=self.target.path,
            select=passes.select,
            ignore=(*passes.ignore, *ignore),
            extend_select=passes.extend_select,
            unsafe_fixes=passes.unsafe_fixes,
            settings=self.target.settings,
            most=most,
        )

    def wanted(self) -> Rewrite:
        """What the file is compared with: dockfix's rewrite of it, or another Dockerfile."""
        if self.against is None:
            return self.rewritten()
        return Rewrite(decode(self.target.source), decode(self.against), (), (), ())

    def is_split(self, result: Rewrite) -> bool:
        """True if the new image is meant to be a selection of the old one."""
        return self.against is not None or bool(splitting(result))

    def recipe(self, result: Rewrite | None) -> Recipe:
        """How to build what a rewrite comes to, or (None) the file as it is."""
        text = self.target.source if result is None else encode(result.after)
        if self.options.strip_syntax:
            text = self.target.without_syntax(text)
        others = () if result is None else result.others
        written = {other.path: encode(other.after) for other in others}
        return self.target.recipe(text, self.engine.reader, written)

    def build(self, recipe: Recipe, what: str, *, fresh: bool = False) -> Built:
        """Builds, without cached steps if `fresh`. Raises BuildFailed."""
        with self.watch(f"{self.target.shown_path}: building it {what}") as hooks:
            built = self.engine.build(recipe, fresh=fresh, hooks=hooks)
        self.built.append(built)
        return built

    def read(self, names: Sequence[str], what: str, *, packed: bool = False) -> list[Image]:
        """The images of these names; `packed`: with what their layers weigh as pushed."""
        with self.watch(what):
            saved = self.engine.save(names)
            return read_images(saved, names, self._layers, weigh=packed, programs=self.looks)

    def remove(self) -> None:
        """Removes the images."""
        self.engine.remove([one.image for one in self.built])


def require_space(engine: Engine, more: int = 0) -> None:
    """Raises EngineError unless there is room for so many bytes, and some to work with."""
    free = engine.free()
    if free is not None and free < _LEAST_FREE + more:
        raise EngineError(
            f"{free / 1e9:.1f} GB free where the engine keeps images, and "
            f"{(_LEAST_FREE + more) / 1e9:.1f} GB are needed: docker system prune, or podman's, "
            "makes room"
        )
