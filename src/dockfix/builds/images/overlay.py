"""Layers laid over each other: the file system of an image, and what of its layers is lost in it.

Nothing is followed: a path is a name, and a symbolic link is what it says. Where a layer has
something below what is no directory, a directory takes its place, as overlay file systems have it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.builds.images.layers import Layer, LayerEntry
from dockfix.records import Record

#: What nobody described: engines make missing parents like this.
_PARENT = LayerEntry("directory", 0o755, 0, 0)


class Placed(Record):
    """What an image has at a path, and the place of the layer that it is from."""

    entry: LayerEntry
    layer: int


class HiddenFile(Record):
    """A file that an image carries and does not show. `by` is the layer that hides it."""

    path: bytes
    size: int
    layer: int
    by: int
    deleted: bool


class Overlay:
    """The file system of an image. `paths` has everything in it; `lost`, what it hides."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.paths: dict[bytes, Placed] = {}
        self.texts: dict[bytes, bytes] = {}
        self._children: dict[bytes, dict[bytes, None]] = {}
        self._hidden: list[tuple[bytes, Placed, int]] = []
        self._layers = layers
        self._place(b"", _PARENT, 0)
        for number, layer in enumerate(layers):
            self._lay_over(layer, number)

    def hidden_files(self) -> tuple[HiddenFile, ...]:
        """The files that later layers delete or replace, unless another name of them is left."""
        left = {id(placed.entry) for placed in self.paths.values()}
        found: list[HiddenFile] = []
        for path, placed, by in self._hidden:
            entry = placed.entry
            if id(entry) not in left:
                left.add(id(entry))
                deleted = path not in self._layers[by].entries
                found.append(HiddenFile(path, entry.size, placed.layer, by, deleted))
        return tuple(found)

    def _lay_over(self, layer: Layer, number: int) -> None:
        """Lays a layer over those before it."""
        for path in layer.opaque:
            for child in tuple(self._children.get(path, ())):
                self._remove(child, number)
        for path in layer.removed:
            if path:
                self._remove(path, number)
        for path, entry in layer.entries.items():
            self._place(path, entry, number)
            self._set_text(path, layer.texts.get(path))
        for path, target in layer.links.items():
            placed = self.paths.get(target)
            if placed is not None and placed.entry.kind != "directory":
                self._place(path, placed.entry, placed.layer)
                self._set_text(path, self.texts.get(target))

    def _place(self, path: bytes, entry: LayerEntry, number: int) -> None:
        """Puts an entry at a path, in the place of what is there."""
        before = self.paths.get(path)
        if before is None:
            self._add_parents(path, number)
        elif before.entry.kind == "directory" != entry.kind:
            for child in tuple(self._children.get(path, ())):
                self._remove(child, number)
        elif before.entry is not entry:
            self._hide(path, before, number)
        self.paths[path] = Placed(entry, number)

    def _add_parents(self, path: bytes, number: int) -> None:
        """Sees to it that the parents of a new path are directories that have it."""
        while path:
            parent = path.rpartition(b"/")[0]
            siblings = self._children.setdefault(parent, {})
            siblings[path] = None
            placed = self.paths.get(parent)
            if placed is not None:
                if placed.entry.kind != "directory":
                    self._hide(parent, placed, number)
                    self.paths[parent] = Placed(_PARENT, number)
                return
            self.paths[parent] = Placed(_PARENT, number)
            path = parent

    def _remove(self, path: bytes, number: int) -> None:
        """Removes a path and all below it."""
        waiting = [path]
        if path in self.paths:
            self._children[path.rpartition(b"/")[0]].pop(path, None)
        while waiting:
            one = waiting.pop()
            waiting += self._children.pop(one, ())
            placed = self.paths.pop(one, None)
            self._set_text(one, None)
            if placed is not None:
                self._hide(one, placed, number)

    def _hide(self, path: bytes, placed: Placed, number: int) -> None:
        """Records that a file is in its layer in vain."""
        if placed.entry.size:
            self._hidden.append((path, placed, number))

    def _set_text(self, path: bytes, text: bytes | None) -> None:
        """Sets the text of a file that says whose others are."""
        if text is None:
            self.texts.pop(path, None)
        else:
            self.texts[path] = text
