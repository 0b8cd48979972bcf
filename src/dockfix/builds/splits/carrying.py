"""How what RUNs have left is carried to another stage: by which paths, and as what.

COPY keeps the owners, modes and links of what lies in a folder, and makes the folder itself anew,
as root's with mode 0755; a link that is named as the source is followed (tried with BuildKit).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from dockfix.builds.images.layers import LayerEntry
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.splits.kinds import is_cache
from dockfix.builds.splits.packages import Packages
from dockfix.state.evidence import Left

#: Folders that are for what is not of the system: if nothing else is in them, they are taken whole.
_OWN = (b"usr/local", b"opt", b"srv")
#: So many results below one of them are taken as the folder.
_MANY = 3
#: Bytes of the base image that come along when a folder is taken whole.
_LITTLE = 1 << 16
#: A version in the name of a folder, which is another one the next day.
_VERSION = re.compile(r"\d[.\d]*\d|-\d")
#: What the text of a COPY would not mean as it stands.
_UNSAYABLE = re.compile(r"[\s\"'\\$*?\[\]]|[^\x21-\x7e]")
_PLAIN = (0o755, 0, 0)
#: Folders that belong to the system as a whole.
_OF_SYSTEM = frozenset((b"bin", b"boot", b"etc", b"lib", b"lib64", b"sbin", b"usr", b"var"))


class Carrying:
    """An image with what RUNs have left; `given` are the paths that the other stage has anyway."""

    def __init__(
        self, overlay: Overlay, base: Overlay, packages: Packages, given: Container[bytes]
    ) -> None:
        self._overlay, self._base = overlay, base
        self._packages = packages
        self._given = given
        self._children: dict[bytes, list[bytes]] = {}
        for path in overlay.paths:
            self._children.setdefault(path.rpartition(b"/")[0], []).append(path)

    def all_left(self, results: list[bytes]) -> tuple[tuple[Left, ...], str]:
        """How all results are carried, and why they cannot be."""
        found = set(results)
        tops = dict.fromkeys(self._top(path) for path in sorted(results))
        for folder in _OWN:
            inside = [top for top in tops if top.startswith(folder + b"/")]
            if self._is_taken_whole(folder, inside, found):
                for top in inside:
                    del tops[top]
                tops[folder] = None
        left = [one for top in sorted(tops) for one in self._left(top)]
        unfit = next((one for one in map(self._unfit, tops) if one), "")
        return tuple(left), unfit

    def _top(self, path: bytes) -> bytes:
        """The highest folder above a path that nothing else brings, or the path."""
        parts = path.split(b"/")
        for end in range(1, len(parts)):
            folder = b"/".join(parts[:end])
            if folder not in self._given and self._packages.owner(folder) is None:
                return folder
        return path

    def _is_taken_whole(self, folder: bytes, inside: list[bytes], results: set[bytes]) -> bool:
        """True if a folder is taken for what lies in it: that is more plain, and all there is."""
        placed = self._overlay.paths.get(folder)
        if not inside or placed is None or access(placed.entry) != _PLAIN:
            return False
        versions = any(_VERSION.search(shown_path(top)) for top in inside)
        links = any(self._overlay.paths[top].entry.kind == "symlink" for top in inside)
        if len(inside) < _MANY and not versions and not links:
            return False
        size = 0
        start = folder + b"/"
        for path, one in self._overlay.paths.items():
            if not path.startswith(start) or path in results or one.entry.kind == "directory":
                continue
            if is_cache(shown_path(path)) and path not in self._base.paths:
                continue
            base = self._base.paths.get(path)
            if base is None or base.entry is not one.entry:
                return False
            size += one.entry.size
        return size <= _LITTLE

    def _left(self, path: bytes) -> Iterator[Left]:
        """How a path is carried."""
        text = shown_path(path)
        entry = self._overlay.paths[path].entry
        if entry.kind == "symlink":
            yield Left("link", text, entry.target.decode("utf-8", "surrogateescape"))
            return
        if entry.kind != "directory" or access(entry) == _PLAIN:
            yield Left("copy", text)
            return
        owners = {(entry.uid, entry.gid)}
        owners.update((one.uid, one.gid) for one in self._entries_below(path))
        owner = self._ownershown_path(entry)
        if entry.mode == _PLAIN[0] and len(owners) == 1 and path not in self._given:
            yield Left("copy", text, owner=owner)
            return
        yield Left("folder", text, owner=owner, mode=f"{entry.mode:o}".replace("755", ""))
        if self._children.get(path) and path not in self._given:
            yield Left("copy", text)

    def _entries_below(self, path: bytes) -> Iterator[LayerEntry]:
        """What lies below a path."""
        waiting = list(self._children.get(path, ()))
        while waiting:
            one = waiting.pop()
            waiting += self._children.get(one, ())
            yield self._overlay.paths[one].entry

    def _ownershown_path(self, entry: LayerEntry) -> str:
        """Whom a path belongs to, by names where there are some; "" for root."""
        if (entry.uid, entry.gid) == (0, 0):
            return ""
        names = []
        for path, number in ((b"etc/passwd", entry.uid), (b"etc/group", entry.gid)):
            lines = [one.split(b":") for one in self._overlay.texts.get(path, b"").split(b"\n")]
            known = (one[0].decode("ascii", "replace") for one in lines if len(one) > 2 and
                     one[2] == str(number).encode())  # fmt: skip
            names.append(next(known, str(number)))
        return ":".join(names)

    def _unfit(self, path: bytes) -> str:
        """Why a path cannot be carried; "": it can."""
        text = shown_path(path)
        kind = self._overlay.paths[path].entry.kind
        if kind not in ("file", "directory", "symlink"):
            return f"{text} is a {kind}"
        if _UNSAYABLE.search(text):
            return f"the name of {text} means something else in a COPY"
        if path.count(b"/") == 0 and path in _OF_SYSTEM:
            return f"it is all over {text}"
        return ""


def shown_path(path: bytes) -> str:
    """A path as it is said."""
    return "/" + path.decode("utf-8", "surrogateescape")


def access(entry: LayerEntry) -> tuple[int, int, int]:
    """The mode and the owners of a path."""
    return entry.mode, entry.uid, entry.gid
