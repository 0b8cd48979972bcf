"""Images as engines hand them over: archives of `docker save`, Podman's, and OCI layouts.

An archive is read once, from its beginning, and nothing is written to disk: of a file only its
digest is kept. What is a layer and what describes the image is seen from the content, because the
list of both may come last. A layer is read once, however many images and archives have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, BinaryIO

from dockfix.builds.images.layers import (
    GZIP,
    HARDLINK,
    KINDS,
    Layer,
    LayerReader,
    clean,
    joined,
    shown,
)
from dockfix.builds.images.tar import Member, Stream, members
from dockfix.errors import ImageError
from dockfix.records import Record

#: What an archive may hold. An engine takes 127 layers.
_MOST_LAYERS = 5_000
_MOST_DESCRIPTIONS = 10_000
_LARGEST_DESCRIPTION = 16 << 20

_BLOBS = b"blobs/sha256/"
_OCI_NAME = "org.opencontainers.image.ref.name"


class HistoryLine(Record):
    """A line of an image's history. `layer` is the place of the layer it made, None for none."""

    by: str
    layer: int | None


class Image(Record):
    """An image. `config` is what the engine calls so: Env, Cmd, User and the rest.

    `author` is what MAINTAINER says, which the engine keeps beside the config.
    """

    names: tuple[str, ...]
    config: dict[str, Any]
    layers: tuple[Layer, ...]
    history: tuple[HistoryLine, ...]
    platform: str
    author: str = ""

    @property
    def size(self) -> int:
        """The bytes of all layers, uncompressed: engines count differently, this does not."""
        return sum(layer.size for layer in self.layers)


def read_images(
    archives: Iterable[AbstractContextManager[BinaryIO]],
    names: Sequence[str],
    layers: dict[str, Layer] | None = None,
    *,
    weigh: bool = False,
    programs: bool = False,
) -> list[Image]:
    """The images of these names, from archives that together hold them. Raises ImageError.

    `layers` are those read before, by name; the new ones are added to it. `weigh`: say how large
    the new ones are when they are pushed, which takes its time; `programs`: say what the programs
    in them need to be started, which takes more.
    """
    layers = {} if layers is None else layers
    found: list[Image] = []
    for archive in archives:
        with archive as file:
            found += read_archive(file, layers, weigh=weigh, programs=programs)
    by_name = {name: image for image in found for name in image.names}
    if len(found) == len(names) and not any(name in by_name for name in names):
        return found
    images = []
    for name in names:
        image = by_name.get(name) or by_name.get(f"docker.io/library/{name}")
        image = image or by_name.get(f"localhost/{name}")
        if image is None:
            raise ImageError(f"the archive has no image {name}")
        images.append(image)
    return images


def read_archive(
    file: BinaryIO,
    layers: dict[str, Layer] | None = None,
    *,
    weigh: bool = False,
    programs: bool = False,
) -> list[Image]:
    """The images of an archive, in the order of its own list. See `read_images`."""
    layers = {} if layers is None else layers
    return _Archive(LayerReader(layers, weigh=weigh, programs=programs)).read(file)


class _Archive:
    """What was seen of an archive so far."""

    def __init__(self, reader: LayerReader) -> None:
        self._reader = reader
        self._layers: dict[bytes, Layer] = {}
        self._descriptions: dict[bytes, bytes] = {}
        self._links: dict[bytes, bytes] = {}

    def read(self, file: BinaryIO) -> list[Image]:
        """Reads the archive to its end. Raises ImageError."""
        stream = Stream(file.read, "image archive")
        if stream.ended():
            # an engine that fails writes nothing, and says itself why
            return []
        for member, body in members(stream):
            name = clean(member.name, body)
            if member.kind in (HARDLINK, b"2"):
                # some engines list a layer that images share as a link to its file
                folder = name.rpartition(b"/")[0] if member.kind == b"2" else b""
                self._links[name] = joined(folder, member.target)
            elif KINDS.get(member.kind) == "file":
                self._take(name, member, body)
            if len(self._layers) > _MOST_LAYERS or len(self._links) > _MOST_LAYERS:
                raise stream.error(f"more than {_MOST_LAYERS} layers")
        return self._images()

    def _take(self, name: bytes, member: Member, body: Stream) -> None:
        """Reads a file of the archive: a layer, a description, or something else."""
        what = f"image archive, {shown(name)}"
        if member.pieces is not None:
            raise body.error(f"{shown(name)} is a sparse file")
        begin = body.take(min(member.size, 512))
        kind = _kind(begin)
        if kind == "description" and member.size <= _LARGEST_DESCRIPTION:
            if len(self._descriptions) == _MOST_DESCRIPTIONS:
                raise body.error(f"more than {_MOST_DESCRIPTIONS} descriptions")
            data = begin + body.take(member.size - len(begin))
            if name.startswith(_BLOBS) and name != _BLOBS + sha256(data).hexdigest().encode():
                raise ImageError(f"{what}: is not what its name says")
            self._descriptions[name] = data
        elif kind == "zstd":
            raise body.error(f"{shown(name)} is packed with zstd: build with compression=gzip")
        elif kind in ("tar", "gzip"):
            self._layers[name] = self._reader.read(begin, body, shown(name), member.size)

    def _images(self) -> list[Image]:
        """The images of what was read."""
        if b"manifest.json" in self._descriptions:
            return self._of_docker(self._json(b"manifest.json"))
        if b"index.json" in self._descriptions:
            return list(self._of_index(self._json(b"index.json"), (), 0))
        raise ImageError("image archive: has neither manifest.json nor index.json")

    def _of_docker(self, listed: Any) -> list[Image]:
        """The images that a manifest.json of `docker save` lists."""
        images = []
        for one in map(_dict, _list(listed)):
            layers = [self._layer_at(_text(name)) for name in _list(one.get("Layers"))]
            names = tuple(_text(name) for name in _list(one.get("RepoTags")))
            images.append(_image(names, self._json(_text(one.get("Config")).encode()), layers))
        return images

    def _of_index(self, index: Any, names: tuple[str, ...], depth: int) -> Iterable[Image]:
        """The images that an index of the OCI lists, and those that its indexes list."""
        for one in map(_dict, _list(_dict(index).get("manifests"))):
            noted = _dict(one.get("annotations"))
            if "vnd.docker.reference.type" in noted:
                continue
            name = noted.get("io.containerd.image.name", noted.get(_OCI_NAME))
            own = (_text(name),) if name is not None else names
            described = self._blob(one)
            if "manifests" in described:
                if depth == 3:
                    raise ImageError("image archive: lists of lists of lists")
                yield from self._of_index(described, own, depth + 1)
            else:
                layers = [
                    self._layer_at(f"blobs/{_text(_dict(layer).get('digest')).replace(':', '/')}")
                    for layer in _list(described.get("layers"))
                ]
                yield _image(own, self._blob(_dict(described.get("config"))), layers)

    def _blob(self, descriptor: dict[str, Any]) -> dict[str, Any]:
        """The description that a descriptor of the OCI points to."""
        digest = _text(descriptor.get("digest"))
        return _dict(self._json(f"blobs/{digest.replace(':', '/')}".encode()))

    def _layer_at(self, name: str) -> Layer:
        """The layer of this name, or of the name that it is a link to."""
        path = name.encode("utf-8", "surrogateescape")
        for _ in range(8):
            if path in self._layers:
                return self._layers[path]
            path = self._links.get(path, path)
        raise ImageError(f"image archive: the layer {name} is missing")

    def _json(self, name: bytes) -> Any:
        """A description of the archive, parsed."""
        data = self._descriptions.get(name)
        if data is None:
            raise ImageError(f"image archive: {shown(name)} is missing")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise ImageError(f"image archive: {shown(name)} is not JSON") from None


def _kind(begin: bytes) -> str:
    """What a file of an archive is, by its first 512 bytes."""
    if begin[:2] == GZIP:
        return "gzip"
    if begin[:4] == b"\x28\xb5\x2f\xfd":
        return "zstd"
    if begin[257:262] == b"ustar" or (len(begin) == 512 and not any(begin)):
        return "tar"
    return "description" if begin.lstrip()[:1] in (b"{", b"[") else "other"


def _image(names: tuple[str, ...], described: Any, layers: list[Layer]) -> Image:
    """An image from its description. Raises ImageError if the layers are others."""
    described = _dict(described)
    content_digests = _list(_dict(described.get("rootfs")).get("diff_ids"))
    if content_digests != [layer.digest for layer in layers]:
        raise ImageError("image archive: the layers are not those of the image")
    history: list[HistoryLine] = []
    count = 0
    for one in map(_dict, _list(described.get("history"))):
        makes = not one.get("empty_layer")
        history.append(HistoryLine(_text(one.get("created_by", "")), count if makes else None))
        count += makes
    if count != len(layers):
        history = [HistoryLine("", place) for place in range(len(layers))]
    platform = f"{described.get('os', '')}/{described.get('architecture', '')}"
    author = _text(described.get("author") or "")
    config = _dict(described.get("config"))
    return Image(names, config, tuple(layers), tuple(history), platform, author)


def _dict(value: Any) -> dict[str, Any]:
    """An object of JSON; null is an empty one. Raises ImageError for anything else."""
    if value is not None and not isinstance(value, dict):
        raise ImageError("image archive: a description that makes no sense")
    return value or {}


def _list(value: Any) -> list[Any]:
    """An array of JSON; null is an empty one. Raises ImageError for anything else."""
    if value is not None and not isinstance(value, list):
        raise ImageError("image archive: a description that makes no sense")
    return value or []


def _text(value: Any) -> str:
    """A string of JSON. Raises ImageError for anything else."""
    if not isinstance(value, str):
        raise ImageError("image archive: a description that makes no sense")
    return value
