"""Layers: what a change of the file system holds, read as a stream from its archive.

Of a file only digests are kept, and the text of the few that say whose the others are. Names are
names: none is opened, and no link is followed. The input may be hostile, so all has limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from hashlib import sha256

from dockfix.builds.images.file_content import content_digests
from dockfix.builds.images.programs import Program, is_wanted, program_of
from dockfix.builds.images.tar import Member, Stream, members
from dockfix.errors import ImageError
from dockfix.records import Record
from dockfix.typed import Literal

#: What the layers of an archive may hold. Images have some hundred thousand paths.
MOST_PATHS = 1_000_000
#: Bytes of all that is kept of names, link targets, attributes and texts.
MOST_TEXT = 256 << 20
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
#: Those of Debian's package manager: the files and scripts of packages, and which ones were only
#: needed by others.
PACKAGE_FILES, AUTOMATIC = b"var/lib/dpkg/info/", b"var/lib/apt/extended_states"
#: The ends of the names of scripts that run when a package is installed.
PACKAGE_SCRIPTS = (b".preinst", b".postinst")
#: Which packages are installed, as dpkg and apk write it down, and which ones apk was asked for.
PACKAGE_STATES = (b"var/lib/dpkg/status", b"lib/apk/db/installed", b"etc/apk/world")
#: Where loaders look for libraries: glibc's, and musl's by the processor.
LOADER_CACHE, LOADER_PATHS = b"etc/ld.so.cache", b"etc/ld-musl-"
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


class LayerEntry(Record):
    """What a layer has at a path. The names of a hard-linked file share one entry.

    `digest` stands for the content of a file, `essence` for it without what each build writes anew
    (see `dockfix.builds.images.file_content`). `target`: of a symbolic link; of a device, its two
    numbers. `xattrs` has long values as their digests. `program` is what a program or library needs
    to be started, if that was asked for.
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
    program: Program | None = None


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
    entries: dict[bytes, LayerEntry]
    links: dict[bytes, bytes]
    removed: frozenset[bytes]
    opaque: frozenset[bytes]
    texts: dict[bytes, bytes]


class LayerReader:
    """Reads the layers of an archive. Those that are `known`, by name, are read but once.

    `weigh`: say how large the new ones are when they are pushed, which takes its time; `programs`:
    say what the programs in them need to be started, which takes more.
    """

    def __init__(self, known: dict[str, Layer], *, weigh: bool, programs: bool = False) -> None:
        self._known = known
        self._weigh = weigh
        self._programs = programs
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
        entries: dict[bytes, LayerEntry] = {}
        links: dict[bytes, bytes] = {}
        texts: dict[bytes, bytes] = {}
        removed: set[bytes] = set()
        opaque: set[bytes] = set()
        for member, body in members(stream):
            path = clean(member.name, body)
            self._paths += 1
            self._text += len(path) + len(member.target)
            self._text += sum(len(key) + _KEPT for key, _ in member.xattrs)
            if self._paths > MOST_PATHS or self._text > MOST_TEXT:
                raise ImageError(
                    f"image archive: more than {MOST_PATHS:,} paths, or names that are too long"
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
            entry, text = _entry(kind, member, body, tells=_tells(path), look=self._programs)
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
        """At most so many bytes; none at the end only."""
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
        """Takes the next bytes."""
        self.hash.update(data)
        self.size += len(data)
        if self._packer is not None:
            self._packed += len(self._packer.compress(data))

    def packed(self) -> int | None:
        """The packed size so far; None if nobody wants to know."""
        return None if self._packer is None else self._packed + len(self._packer.flush())


def _gunzip(read: Callable[[int], bytes], what: str) -> Callable[[int], bytes]:
    """A reader of what another reader has packed; several packed streams in a row are one."""
    unpacker = zlib.decompressobj(31)
    rest = b""

    def unpacked(size: int) -> bytes:
        """At most so many unpacked bytes; none at the end only."""
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
    """True if a file says whose others are, or where libraries are looked for."""
    if path.startswith(PACKAGE_FILES):
        return path.endswith((b".list", *PACKAGE_SCRIPTS))
    if path.startswith(LOADER_PATHS):
        return path.endswith(b".path")
    return path in ACCOUNTS or path in PACKAGE_STATES or path in (AUTOMATIC, LOADER_CACHE)


def _entry(
    kind: Kind, member: Member, body: Stream, *, tells: bool, look: bool
) -> tuple[LayerEntry, bytes | None]:
    """What a member is, and its text if that tells something; `look`: what a program needs, too."""
    xattrs = tuple(
        (key, value if len(value) <= _LONGEST_VALUE else b"sha256:" + sha256(value).digest())
        for key, value in member.xattrs
    )
    common = kind, member.mode, member.uid, member.gid
    if kind == "file":
        begin = b""

        def keep(first: bytes) -> bool:
            """True if the content is needed, of a file that begins like this."""
            nonlocal begin
            begin = first
            wanted = look and is_wanted(first, member.size)
            return wanted or (tells and member.size <= _LARGEST_TEXT)

        digest, essence, text = content_digests(member, body, keep)
        program = program_of(begin, text) if look else None
        entry = LayerEntry(*common, member.size, digest, essence, b"", xattrs, program)
        return entry, text if tells else None
    target = b""
    if kind == "symlink":
        if len(member.target) > _LONGEST_PATH:
            raise body.error("a link to a path that is too long")
        target = member.target
    elif kind in ("character", "block"):
        target = b"%d:%d" % member.device
    return LayerEntry(*common, 0, b"", b"", target, xattrs), None


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
