"""Images as engines hand them over: archives of `docker save`, Podman's, and OCI layouts.

An archive is read once, from its beginning, and nothing is written to disk: of a file only its
digest is kept. What is a layer and what describes the image is seen from the content, because the
list of both may come last. A layer is read once, however many images and archives have it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, BinaryIO

from dockfix.engine.content import digests
from dockfix.engine.tar import Member, Stream, members
from dockfix.errors import ImageError
from dockfix.records import Record
from dockfix.typed import Literal

#: What an archive may hold. Images have some hundred thousand paths; an engine takes 127 layers.
_MOST_PATHS = 1_000_000
_MOST_LAYERS = 5_000
_MOST_DESCRIPTIONS = 10_000
_LARGEST_DESCRIPTION = 16 << 20
#: Bytes of all that is kept of names, link targets and attributes.
_MOST_TEXT = 256 << 20
#: Linux takes no longer ones.
_LONGEST_PATH = 4096
#: Longer values of extended attributes are kept as their digest.
_LONGEST_VALUE = 64
#: What an attribute takes in memory, at least.
_KEPT = 200

#: Files whose text matters for the comparison: they say who owns what.
ACCOUNTS = tuple(
    f"etc/{name}{end}".encode()
    for name in ("passwd", "group", "shadow", "gshadow")
    for end in ("", "-")
)
_LARGEST_ACCOUNTS = 1 << 16

_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
_BLOBS = b"blobs/sha256/"
#: What aufs keeps for itself.
_OF_AUFS = b".wh..wh."

Kind = Literal["file", "directory", "symlink", "character", "block", "fifo"]
_KINDS: dict[bytes, Kind] = {
    b"0": "file", b"7": "file", b"5": "directory", b"2": "symlink", b"3": "character",
    b"4": "block", b"6": "fifo",
}  # fmt: skip
_HARDLINK = b"1"


class Entry(Record):
    """What a layer has at a path. The names of a hard-linked file share one entry.

    `digest` stands for the content of a file, `essence` for it without what each build writes anew
    (see `dockfix.engine.content`). `target`: of a symbolic link; of a device, its two numbers.
    `xattrs` has long values as their digests.
    """

    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int = 0
    digest: bytes = b""
    essence: bytes = b""
    target: bytes = b""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


class Layer(Record):
    """A change of the file system. Paths have no slash at either end; the root's is empty.

    `digest` is the engine's name of the layer, of its uncompressed archive; `size`, the bytes of
    that; `packed`, those of the compressed one as it is pushed, if it was asked for. `links` are
    hard links to files of layers below. `removed` are paths that are no more; of an `opaque`
    directory nothing from below is left. `texts` holds the files of accounts.
    """

    digest: str
    size: int
    packed: int | None
    entries: dict[bytes, Entry]
    links: dict[bytes, bytes]
    removed: frozenset[bytes]
    opaque: frozenset[bytes]
    texts: dict[bytes, bytes]


class Made(Record):
    """A line of an image's history. `layer` is the place of the layer it made, None for none."""

    by: str
    layer: int | None


class Image(Record):
    """An image. `config` is what the engine calls so: Env, Cmd, User and the rest."""

    names: tuple[str, ...]
    config: dict[str, Any]
    layers: tuple[Layer, ...]
    history: tuple[Made, ...]
    platform: str

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
) -> list[Image]:
    """The images of these names, from archives that together hold them. Raises ImageError.

    `layers` are those read before, by name; the new ones are added to it. `weigh`: say how large
    the new ones are when they are pushed, which takes its time.
    """
    layers = {} if layers is None else layers
    found: list[Image] = []
    for archive in archives:
        with archive as file:
            found += read_archive(file, layers, weigh=weigh)
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
    file: BinaryIO, layers: dict[str, Layer] | None = None, *, weigh: bool = False
) -> list[Image]:
    """The images of an archive, in the order of its own list. See `read_images`."""
    return _Archive({} if layers is None else layers, weigh).read(file)


class _Archive:
    """What was seen of an archive so far."""

    def __init__(self, layers: dict[str, Layer], weigh: bool) -> None:
        self._known = layers
        self._weigh = weigh
        self._layers: dict[bytes, Layer] = {}
        self._descriptions: dict[bytes, bytes] = {}
        self._links: dict[bytes, bytes] = {}
        self._paths = 0
        self._text = 0

    def read(self, file: BinaryIO) -> list[Image]:
        stream = Stream(file.read, "image archive")
        if stream.ended():
            # an engine that fails writes nothing, and says itself why
            return []
        for member, body in members(stream):
            name = clean(member.name, body)
            if member.kind in (_HARDLINK, b"2"):
                # some engines list a layer that images share as a link to its file
                folder = name.rpartition(b"/")[0] if member.kind == b"2" else b""
                self._links[name] = _joined(folder, member.target)
            elif _KINDS.get(member.kind) == "file":
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
            raw = _Raw(begin, body)
            self._layers[name] = self._layer(raw, what, shown(name), member.size, kind == "gzip")

    def _layer(self, raw: _Raw, what: str, path: str, size: int, packed: bool) -> Layer:
        name = path.rpartition("/")[2].removesuffix(".tar")
        blob = raw.hash
        known = self._known.get(f"sha256:{name}")
        if known is not None:
            for _ in iter(lambda: raw.read(1 << 18), b""):
                pass
            if blob.hexdigest() != name:
                raise ImageError(f"{what}: is not what its name says")
            return known
        counted = _Counter(self._weigh and not packed)
        read = _gunzip(raw.read, what) if packed else raw.read
        layer = self._changes(Stream(read, what, counted.tell))
        digest = counted.hash.hexdigest()
        if len(name) == 64 and name not in (blob.hexdigest(), digest):
            raise ImageError(f"{what}: is not what its name says")
        layer = layer._replace(
            digest=f"sha256:{digest}",
            size=counted.size,
            packed=size if packed else counted.packed(),
        )
        layer = self._known.setdefault(layer.digest, layer)
        self._known.setdefault(f"sha256:{blob.hexdigest()}", layer)
        return layer

    def _changes(self, stream: Stream) -> Layer:
        """What a layer changes."""
        entries: dict[bytes, Entry] = {}
        links: dict[bytes, bytes] = {}
        texts: dict[bytes, bytes] = {}
        removed: set[bytes] = set()
        opaque: set[bytes] = set()
        for member, body in members(stream):
            path = clean(member.name, body)
            self._paths += 1
            self._text += len(path) + len(member.target)
            self._text += sum(len(key) + _KEPT for key, _ in member.xattrs)
            if self._paths > _MOST_PATHS or self._text > _MOST_TEXT:
                raise ImageError(
                    f"image archive: more than {_MOST_PATHS:,} paths, or names that are too long"
                )
            folder, _, name = path.rpartition(b"/")
            if name.startswith(_WHITEOUT):
                if name == _OPAQUE:
                    opaque.add(folder)
                elif not name.startswith(_OF_AUFS):
                    removed.add(_joined(folder, name[len(_WHITEOUT) :]))
                continue
            links.pop(path, None)
            texts.pop(path, None)
            if member.kind == _HARDLINK:
                target = clean(member.target, body)
                if target in entries:
                    entries[path] = entries[target]
                    if target in texts:
                        texts[path] = texts[target]
                else:
                    entries.pop(path, None)
                    links[path] = target
                continue
            kind = _KINDS.get(member.kind)
            if kind is None:
                raise stream.error(f"{shown(path)} is of a kind that images do not have")
            keep = _LARGEST_ACCOUNTS if path in ACCOUNTS else 0
            entry, text = _entry(kind, member, body, keep)
            entries[path] = entry
            if text is not None:
                texts[path] = text
        return Layer(
            "", 0, None, entries, links, frozenset(removed), frozenset(opaque), texts
        )  # fmt: skip

    def _images(self) -> list[Image]:
        if b"manifest.json" in self._descriptions:
            return self._of_docker(self._json(b"manifest.json"))
        if b"index.json" in self._descriptions:
            return list(self._of_index(self._json(b"index.json"), (), 0))
        raise ImageError("image archive: has neither manifest.json nor index.json")

    def _of_docker(self, listed: Any) -> list[Image]:
        images = []
        for one in map(_dict, _list(listed)):
            layers = [self._layer_at(_text(name)) for name in _list(one.get("Layers"))]
            names = tuple(_text(name) for name in _list(one.get("RepoTags")))
            images.append(_image(names, self._json(_text(one.get("Config")).encode()), layers))
        return images

    def _of_index(self, index: Any, names: tuple[str, ...], depth: int) -> Iterable[Image]:
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
        digest = _text(descriptor.get("digest"))
        return _dict(self._json(f"blobs/{digest.replace(':', '/')}".encode()))

    def _layer_at(self, name: str) -> Layer:
        path = name.encode("utf-8", "surrogateescape")
        for _ in range(8):
            if path in self._layers:
                return self._layers[path]
            path = self._links.get(path, path)
        raise ImageError(f"image archive: the layer {name} is missing")

    def _json(self, name: bytes) -> Any:
        data = self._descriptions.get(name)
        if data is None:
            raise ImageError(f"image archive: {shown(name)} is missing")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise ImageError(f"image archive: {shown(name)} is not JSON") from None


_OCI_NAME = "org.opencontainers.image.ref.name"


class _Raw:
    """The bytes of a layer as they lie in the archive, hashed on the way."""

    def __init__(self, begin: bytes, body: Stream) -> None:
        self.hash = sha256()
        self._begin = begin
        self._body = body

    def read(self, size: int) -> bytes:
        data, self._begin = self._begin or self._body.some(size), b""
        self.hash.update(data)
        return data


class _Counter:
    """Counts and hashes the bytes of a layer, and how many they are when they are packed."""

    def __init__(self, weigh: bool) -> None:
        self.hash = sha256()
        self.size = 0
        self._packed = 0
        # what engines push with: gzip, of the usual level
        self._packer = zlib.compressobj(6, zlib.DEFLATED, 31) if weigh else None

    def tell(self, data: bytes) -> None:
        self.hash.update(data)
        self.size += len(data)
        if self._packer is not None:
            self._packed += len(self._packer.compress(data))

    def packed(self) -> int | None:
        return None if self._packer is None else self._packed + len(self._packer.flush())


def _gunzip(read: Callable[[int], bytes], what: str) -> Callable[[int], bytes]:
    unpacker = zlib.decompressobj(31)
    rest = b""

    def unpacked(size: int) -> bytes:
        nonlocal unpacker, rest
        while True:
            if unpacker.eof:
                rest = unpacker.unused_data
                unpacker = zlib.decompressobj(31)
            data = rest or read(size)
            if not data:
                return b""
            try:
                out = unpacker.decompress(data, size)
            except zlib.error:
                raise ImageError(f"{what}: damaged gzip") from None
            rest = unpacker.unconsumed_tail
            if out:
                return out

    return unpacked


def _kind(begin: bytes) -> str:
    if begin[:2] == b"\x1f\x8b":
        return "gzip"
    if begin[:4] == b"\x28\xb5\x2f\xfd":
        return "zstd"
    if begin[257:262] == b"ustar" or (len(begin) == 512 and not any(begin)):
        return "tar"
    return "description" if begin.lstrip()[:1] in (b"{", b"[") else "other"


def _entry(kind: Kind, member: Member, body: Stream, keep: int) -> tuple[Entry, bytes | None]:
    xattrs = tuple(
        (key, value if len(value) <= _LONGEST_VALUE else b"sha256:" + sha256(value).digest())
        for key, value in member.xattrs
    )
    common = kind, member.mode, member.uid, member.gid
    if kind == "file":
        digest, essence, text = digests(member, body, keep)
        return Entry(*common, member.size, digest, essence, b"", xattrs), text
    target = b""
    if kind == "symlink":
        if len(member.target) > _LONGEST_PATH:
            raise body.error("a link to a path that is too long")
        target = member.target
    elif kind in ("character", "block"):
        target = b"%d:%d" % member.device
    return Entry(*common, 0, b"", b"", target, xattrs), None


def clean(name: bytes, stream: Stream) -> bytes:
    """A path without slashes at its ends or in a row. Raises ImageError if it leads upwards."""
    if len(name) > _LONGEST_PATH:
        raise stream.error("a path that is too long")
    if b"//" not in name and b"." not in name:
        return name.strip(b"/")
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise stream.error(f"a path that leads upwards: {shown(name)}")
    return b"/".join(parts)


def _joined(folder: bytes, name: bytes) -> bytes:
    """A path below a folder, `..` followed as a name only: it is looked up, never opened."""
    parts: list[bytes] = []
    for part in (folder + b"/" + name if folder else name).split(b"/"):
        if part == b"..":
            parts = parts[:-1]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def shown(path: bytes) -> str:
    """A path as it is said."""
    return path.decode("utf-8", "backslashreplace")


def _image(names: tuple[str, ...], described: Any, layers: list[Layer]) -> Image:
    described = _dict(described)
    digests = _list(_dict(described.get("rootfs")).get("diff_ids"))
    if digests != [layer.digest for layer in layers]:
        raise ImageError("image archive: the layers are not those of the image")
    history: list[Made] = []
    count = 0
    for one in map(_dict, _list(described.get("history"))):
        makes = not one.get("empty_layer")
        history.append(Made(_text(one.get("created_by", "")), count if makes else None))
        count += makes
    if count != len(layers):
        history = [Made("", place) for place in range(len(layers))]
    platform = f"{described.get('os', '')}/{described.get('architecture', '')}"
    return Image(names, _dict(described.get("config")), tuple(layers), tuple(history), platform)


def _dict(value: Any) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise ImageError("image archive: a description that makes no sense")
    return value or {}


def _list(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise ImageError("image archive: a description that makes no sense")
    return value or []


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ImageError("image archive: a description that makes no sense")
    return value
