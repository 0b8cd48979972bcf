"""Layers: what a change of the file system holds, read as a stream from its archive.

Of a file only digests are kept, and the text of the few that say whose the others are. Names are
names: none is opened, and no link is followed. The input may be hostile, so all has limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from hashlib import sha256

from dockfix.engine.content import digests
from dockfix.engine.tar import Member, Stream, members
from dockfix.errors import ImageError
from dockfix.records import Record
from dockfix.typed import Literal

#: What the layers of an archive may hold. Images have some hundred thousand paths.
_MOST_PATHS = 1_000_000
#: Bytes of all that is kept of names, link targets, attributes and texts.
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
#: Those of Debian's package manager: the files of a package, and which were only needed by others.
PACKAGE_FILES, AUTOMATIC = b"var/lib/dpkg/info/", b"var/lib/apt/extended_states"
_LARGEST_TEXT = 4 << 20

GZIP = b"\x1f\x8b"

_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
#: What aufs keeps for itself.
_OF_AUFS = b".wh..wh."

Kind = Literal["file", "directory", "symlink", "character", "block", "fifo"]
KINDS: dict[bytes, Kind] = {
    b"0": "file", b"7": "file", b"5": "directory", b"2": "symlink", b"3": "character",
    b"4": "block", b"6": "fifo",
}  # fmt: skip
HARDLINK = b"1"


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
    directory nothing from below is left. `texts` holds the files that say whose others are.
    """

    digest: str
    size: int
    packed: int | None
    entries: dict[bytes, Entry]
    links: dict[bytes, bytes]
    removed: frozenset[bytes]
    opaque: frozenset[bytes]
    texts: dict[bytes, bytes]


class Layers:
    """Reads the layers of an archive. Those that are `known`, by name, are read but once.

    `weigh`: say how large the new ones are when they are pushed, which takes its time.
    """

    def __init__(self, known: dict[str, Layer], *, weigh: bool) -> None:
        self._known = known
        self._weigh = weigh
        self._paths = 0
        self._text = 0

    def read(self, begin: bytes, body: Stream, path: str, size: int) -> Layer:
        """The layer at a path of an archive. Its bytes are those of `begin` and then of `body`."""
        what = f"image archive, {path}"
        packed = begin[:2] == GZIP
        raw = _Raw(begin, body)
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
        layer = self.changes(Stream(read, what, counted.tell))
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

    def changes(self, stream: Stream) -> Layer:
        """What a layer changes, from its uncompressed archive."""
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
                    removed.add(joined(folder, name[len(_WHITEOUT) :]))
                continue
            links.pop(path, None)
            texts.pop(path, None)
            if member.kind == HARDLINK:
                target = clean(member.target, body)
                if target in entries:
                    entries[path] = entries[target]
                    if target in texts:
                        texts[path] = texts[target]
                else:
                    entries.pop(path, None)
                    links[path] = target
                continue
            kind = KINDS.get(member.kind)
            if kind is None:
                raise stream.error(f"{shown(path)} is of a kind that images do not have")
            entry, text = _entry(kind, member, body, _LARGEST_TEXT if _tells(path) else 0)
            entries[path] = entry
            if text is not None:
                self._text += len(text)
                texts[path] = text
        return Layer(
            "", 0, None, entries, links, frozenset(removed), frozenset(opaque), texts
        )  # fmt: skip


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


def _tells(path: bytes) -> bool:
    """Whether a file says whose others are."""
    if path.startswith(PACKAGE_FILES):
        return path.endswith(b".list")
    return path in ACCOUNTS or path == AUTOMATIC


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


def joined(folder: bytes, name: bytes) -> bytes:
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
