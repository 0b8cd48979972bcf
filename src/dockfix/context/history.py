"""How often files changed, read from the objects of a Git repository.

The files of the repository are read here, because this room may not start a process. A library for
all of Git is too much for three kinds of objects: commits, trees, and the deltas they are packed as
(figures in docs/decisions/dependencies.md). Only the newest commits count, along first parents, so
that a merge is one change. The history ends at the first commit that cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from dockfix.context.worktree import worktree_of
from dockfix.records import Record

#: How many commits count, and how many seconds they may be older than the newest: a year.
MOST_COMMITS = 250
_LONGEST = 365 * 24 * 3600
#: A larger tree or commit is not read.
_LARGEST = 8_000_000
#: Bytes of objects that are kept, because the next object is often a delta of one of them.
_MOST_KEPT = 32_000_000
_LONGEST_CHAIN = 5_000

_COMMIT, _TREE, _OFFSET_DELTA, _NAMED_DELTA = 1, 2, 6, 7


class RepositoryPlace(Record):
    """A directory of a repository: the newest commit of the branch, and the path there."""

    objects: str
    newest: bytes
    prefix: str


def place_of(directory: str) -> RepositoryPlace | None:
    """The repository that a directory (a real path) lies in; None if there is none to read."""
    try:
        return _place(directory)
    except (OSError, ValueError):
        return None


def changes(place: RepositoryPlace, path: str) -> int | None:
    """How many of the newest commits changed a file or something in a directory.

    None if the newest one does not have it.
    """
    parts = tuple(part for part in f"{place.prefix}/{path}".split("/") if part)
    try:
        return _history(place.objects, place.newest).changes(parts)
    except (ValueError, LookupError):  # A commit or tree is malformed.
        return None


def count_changes(directory: str, path: str) -> int | None:
    """The same by the directory; None, too, if there is no repository around it to read."""
    place = place_of(directory)
    return None if place is None else changes(place, path)


def _place(directory: str) -> RepositoryPlace | None:
    root = worktree_of(directory)
    if root is None:
        return None
    own = common = os.path.join(root, ".git")
    if os.path.isfile(own):  # This is a worktree or a submodule.
        own = common = os.path.join(root, _first_line(own).removeprefix("gitdir:").strip())
        if os.path.isfile(os.path.join(own, "commondir")):
            common = os.path.join(own, _first_line(os.path.join(own, "commondir")))
    newest = _first_line(os.path.join(own, "HEAD"))
    if newest.startswith("ref:"):
        newest = _reference(common, newest.removeprefix("ref:").strip())
    prefix = os.path.relpath(directory, root)
    objects = os.path.join(common, "objects")
    return RepositoryPlace(objects, bytes.fromhex(newest), "" if prefix == "." else prefix)


def _reference(common: str, name: str) -> str:
    """The commit that a reference names, looked up in files and packed references."""
    if name.startswith("refs/") and ".." not in name:
        if os.path.isfile(os.path.join(common, name)):
            return _first_line(os.path.join(common, name))
        with open(os.path.join(common, "packed-refs"), encoding="utf-8") as file:
            for line in file:
                if line.rstrip("\n").endswith(f" {name}"):
                    return line.partition(" ")[0]
    raise ValueError("a branch without a commit")


def _first_line(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.readline(10_000).strip()


@lru_cache(maxsize=8)
def _history(objects: str, newest: bytes) -> _History:
    return _History(objects, newest)


class _History:
    """The newest commits of a branch: their trees, and the answers so far."""

    def __init__(self, objects: str, newest: bytes) -> None:
        self._store = _Store(objects, len(newest))
        self._newest = newest
        self._trees: list[bytes | None] | None = None
        self._found: dict[tuple[bytes, str], bytes | None] = {}

    def changes(self, parts: tuple[str, ...]) -> int | None:
        if self._trees is None:
            self._trees = list(self._line())
        states = [self._at(tree, parts) for tree in self._trees]
        if not states or states[0] is None:
            return None
        return sum(new != old for new, old in pairwise(states))

    def _line(self) -> Iterator[bytes | None]:
        """The trees of the commits, the newest first; None behind that of the very first commit."""
        commit = self._newest
        oldest = 0
        for _ in range(MOST_COMMITS + 1):
            data = self._store.read(commit, _COMMIT)
            if data is None:
                return
            lines = data.partition(b"\n\n")[0].split(b"\n")
            time = next((int(one.split()[-2]) for one in lines if one[:10] == b"committer "), 0)
            oldest = oldest or time - _LONGEST
            yield bytes.fromhex(lines[0].split()[1].decode())
            parent = lines[1].split()
            if parent[0] != b"parent":
                yield None
                return
            if time < oldest:
                return
            commit = bytes.fromhex(parent[1].decode())

    def _at(self, tree: bytes | None, parts: tuple[str, ...]) -> bytes | None:
        """The name of what lies at a path of a tree; None if nothing does."""
        found = tree
        for part in parts:
            if found is None:
                return None
            if (found, part) not in self._found:
                self._found[found, part] = self._entry(found, part)
            found = self._found[found, part]
        return found

    def _entry(self, tree: bytes, name: str) -> bytes | None:
        """The object of one entry of a tree; None if there is no such entry."""
        data, size = self._store.read(tree, _TREE) or b"", len(tree)
        wanted = name.encode("utf-8", "surrogateescape")
        position = 0
        while position < len(data):
            space = data.index(b" ", position)
            end = data.index(b"\0", space)
            if data[space + 1 : end] == wanted:
                return data[end + 1 : end + 1 + size]
            position = end + 1 + size
        return None


class _Store:
    """The objects of a repository, loose and packed. A missing object is None."""

    def __init__(self, folder: str, size: int) -> None:
        self._folder = folder
        self._packs: list[_Pack] | None = None
        self._size = size

    def read(self, name: bytes, kind: int) -> bytes | None:
        """The content of an object of a kind. Never raises."""
        import struct
        import zlib

        try:
            found = self._any(name)
        except (OSError, ValueError, LookupError, struct.error, zlib.error, RecursionError):
            return None
        return found[1] if found and found[0] == kind else None

    def _any(self, name: bytes) -> tuple[int, bytes] | None:
        for pack in self._all_packs():
            offset = pack.offset(name)
            if offset is not None:
                return pack.at(offset)
        return self._loose(name.hex())

    def _all_packs(self) -> list[_Pack]:
        if self._packs is None:
            folder = os.path.join(self._folder, "pack")
            names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
            paths = [os.path.join(folder, name[:-4]) for name in names if name.endswith(".idx")]
            self._packs = [_Pack(path, self._size) for path in paths]
        return self._packs

    def _loose(self, name: str) -> tuple[int, bytes] | None:
        import zlib

        path = os.path.join(self._folder, name[:2], name[2:])
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            reader = zlib.decompressobj()
            data = reader.decompress(file.read(_LARGEST), _LARGEST)
        head, _, body = data.partition(b"\0")
        kind, _, length = head.partition(b" ")
        if int(length) != len(body):
            raise ValueError("a large object")
        return {b"commit": _COMMIT, b"tree": _TREE}.get(kind, 0), body


class _Pack:
    """A pack with its index (version 2): where each object lies, and what it is."""

    def __init__(self, path: str, size: int) -> None:
        self._index = _mapped(path + ".idx")
        self._pack = _mapped(path + ".pack")
        self._size = size
        if bytes(self._index[:8]) != b"\xfftOc\0\0\0\x02":
            raise ValueError("another kind of index")
        self._count = _number(self._index, 8 + 4 * 255)
        self._kept: dict[int, tuple[int, bytes]] = {}
        self._weight = 0

    def offset(self, name: bytes) -> int | None:
        """Where an object lies in the pack."""
        names = 8 + 4 * 256
        low = _number(self._index, 8 + 4 * (name[0] - 1)) if name[0] else 0
        high = _number(self._index, 8 + 4 * name[0])
        while low < high:
            middle = (low + high) // 2
            start = names + middle * self._size
            found = bytes(self._index[start : start + self._size])
            if found == name:
                return self._offset(names + self._count * (self._size + 4), middle)
            low, high = (middle + 1, high) if found < name else (low, middle)
        return None

    def _offset(self, table: int, number: int) -> int:
        offset = _number(self._index, table + 4 * number)
        if offset < 1 << 31:
            return offset
        large = table + 4 * self._count + 8 * (offset - (1 << 31))
        return _number(self._index, large) << 32 | _number(self._index, large + 4)

    def at(self, offset: int) -> tuple[int, bytes]:
        """Kind and content of the object at an offset, deltas applied."""
        deltas: list[tuple[int, bytes]] = []
        while offset not in self._kept:
            if len(deltas) > _LONGEST_CHAIN:
                raise ValueError("deltas without an end")
            kind, size, position = self._head(offset)
            if kind == _OFFSET_DELTA:
                back, position = self._back(position)
                deltas.append((offset, self._inflated(position, size)))
                offset -= back
            elif kind == _NAMED_DELTA:
                name = bytes(self._pack[position : position + self._size])
                deltas.append((offset, self._inflated(position + self._size, size)))
                base = self.offset(name)
                if base is None:
                    raise ValueError("a delta to what is elsewhere")
                offset = base
            else:
                self._keep(offset, kind, self._inflated(position, size))
        kind, data = self._kept[offset]
        for place, delta in reversed(deltas):
            data = _patched(data, delta)
            self._keep(place, kind, data)
        return kind, data

    def _keep(self, offset: int, kind: int, data: bytes) -> None:
        if self._weight > _MOST_KEPT:
            self._kept.clear()
            self._weight = 0
        self._kept[offset] = kind, data
        self._weight += len(data)

    def _head(self, offset: int) -> tuple[int, int, int]:
        """Kind, size, and where the rest begins."""
        byte = self._pack[offset]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            offset += 1
            byte = self._pack[offset]
            size |= (byte & 0x7F) << shift
            shift += 7
        return kind, size, offset + 1

    def _back(self, position: int) -> tuple[int, int]:
        byte = self._pack[position]
        back = byte & 0x7F
        while byte & 0x80:
            position += 1
            byte = self._pack[position]
            back = (back + 1) << 7 | byte & 0x7F
        return back, position + 1

    def _inflated(self, position: int, size: int) -> bytes:
        import zlib

        if size > _LARGEST:
            raise ValueError("a large object")
        reader = zlib.decompressobj()
        data = b""
        while len(data) < size:
            # It gets no more than it surely needs: input that is left over is copied.
            piece = self._pack[position : position + size + 256]
            if not piece:
                raise ValueError("a pack that ends too early")
            data += reader.decompress(piece, size - len(data) + 1)
            position += len(piece)
        return data


def _mapped(path: str) -> memoryview:
    import mmap

    with open(path, "rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _number(data: memoryview, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "big")


def _patched(base: bytes, delta: bytes) -> bytes:
    """What a delta makes of its base (gitformat-pack, "Deltified representation")."""
    position = 0
    for _ in range(2):  # the sizes of both
        while delta[position] & 0x80:
            position += 1
        position += 1
    pieces: list[bytes] = []
    while position < len(delta):
        code = delta[position]
        position += 1
        if not code & 0x80:
            pieces.append(delta[position : position + code])
            position += code
            continue
        numbers = [0, 0]
        for bit in range(7):
            if code & 1 << bit:
                which, shift = (0, bit) if bit < 4 else (1, bit - 4)
                numbers[which] |= delta[position] << 8 * shift
                position += 1
        start, length = numbers[0], numbers[1] or 0x10000
        pieces.append(base[start : start + length])
    return b"".join(pieces)
