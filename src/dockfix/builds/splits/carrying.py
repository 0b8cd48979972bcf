"""How what RUNs have left is carried to another stage: by which paths, and as what.

COPY keeps the owners, modes and links of what lies in a folder, and makes the folder itself anew,
as root's with mode 0755; a link that is named as the source is followed (tried with BuildKit).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

from dockfix.builds.images.layers import LayerEntry
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.splits.kinds import is_cache
from dockfix.builds.splits.packages import Packages
from dockfix.state.evidence import Left

#: Folders that are for what is not of the system: if nothing else is in them, they are taken whole.
_OWN = (b"usr/local", b"opt", b"srv")
#: So many results below one of them, or below another folder, are taken as the folder.
_SOME, _MANY = 3, 6
#: Bytes that come along when a folder is taken whole.
_LITTLE = 1 << 20
#: More results than these are no result that one could name.
_MOST = 20
#: A version in the name of a folder, which is another one the next day.
_VERSION = re.compile(r"\d[.\d]*\d|-\d")
#: What the text of a COPY would not mean as it stands.
_UNSAYABLE = re.compile(r"[\s\"'\\$*?\[\]]|[^\x21-\x7e]")
_PLAIN = (0o755, 0, 0)
#: Folders that belong to the system as a whole.
_OF_SYSTEM = frozenset(
    (b"bin", b"boot", b"dev", b"etc", b"home", b"lib", b"lib64", b"proc", b"root", b"run", b"sbin",
     b"sys", b"tmp", b"usr", b"var")
)  # fmt: skip


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
        whole: set[bytes] = set()
        tops = dict.fromkeys(self._top(path) for path in sorted(results))
        for folder in self._folders(tops):
            inside = [top for top in tops if top.startswith(folder + b"/")]
            if self._is_plainer(folder, inside) and self._has_nothing_else(folder, found):
                for top in inside:
                    del tops[top]
                tops[folder] = None
                whole.add(folder)
        left = [one for top in sorted(tops) for one in self._left(top, whole=top in whole)]
        unfit = next((one for one in map(self._unfit, tops) if one), "")
        if not unfit and len(tops) > _MOST:
            unfit = f"it is {len(tops)} files and folders in different places"
        return tuple(left), unfit

    def _folders(self, tops: Iterable[bytes]) -> list[bytes]:
        """The given folders above these paths that may be taken whole, the highest first."""
        found = set[bytes]()
        for top in tops:
            parts = top.split(b"/")
            found.update(b"/".join(parts[:end]) for end in range(1, len(parts)))
        return sorted(
            (one for one in found if one in self._given and one not in _OF_SYSTEM),
            key=lambda one: (one.count(b"/"), one),
        )

    def _is_plainer(self, folder: bytes, inside: list[bytes]) -> bool:
        """True if a folder says more plainly what is carried than the paths in it."""
        if folder not in _OWN:
            return len(inside) >= _MANY
        versions = any(_VERSION.search(shown_path(top)) for top in inside)
        links = any(self._overlay.paths[top].entry.kind == "symlink" for top in inside)
        return bool(inside) and (len(inside) >= _SOME or versions or links)

    def _has_nothing_else(self, folder: bytes, results: set[bytes]) -> bool:
        """True if what else is in a folder is in the other stage anyway, and so is little."""
        size = 0
        for path in self._below(folder):
            entry = self._overlay.paths[path].entry
            if path in results or entry.kind == "directory":
                continue
            base = self._base.paths.get(path)
            if base is None and is_cache(shown_path(path)):
                continue
            owner = self._packages.owner(path)
            if path not in self._given or (base is None and owner is not None):
                return False
            if base is not None and base.entry is not entry:
                return False
            size += entry.size
        return size <= _LITTLE

    def _top(self, path: bytes) -> bytes:
        """The highest folder above a path that nothing else brings, or the path."""
        parts = path.split(b"/")
        for end in range(1, len(parts)):
            folder = b"/".join(parts[:end])
            if folder not in self._given and self._packages.owner(folder) is None:
                return folder
        return path

    def _left(self, path: bytes, *, whole: bool) -> Iterator[Left]:
        """How a path is carried; `whole`: with what lies in it, though the other stage has it."""
        text = shown_path(path)
        entry = self._overlay.paths[path].entry
        if entry.kind == "symlink":
            yield Left("link", text, entry.target.decode("utf-8", "surrogateescape"))
            return
        if entry.kind != "directory" or access(entry) == _PLAIN:
            yield Left("copy", text)
            return
        owners = {(entry.uid, entry.gid)}
        below = [self._overlay.paths[one].entry for one in self._below(path)]
        owners.update((one.uid, one.gid) for one in below)
        owner = self._owner_text(entry)
        if entry.mode == _PLAIN[0] and len(owners) == 1 and path not in self._given:
            yield Left("copy", text, owner=owner)
            return
        yield Left("folder", text, owner=owner, mode=f"{entry.mode:o}".replace("755", ""))
        if whole or (self._children.get(path) and path not in self._given):
            yield Left("copy", text)

    def _below(self, path: bytes) -> Iterator[bytes]:
        """What lies below a path."""
        waiting = list(self._children.get(path, ()))
        while waiting:
            one = waiting.pop()
            waiting += self._children.get(one, ())
            yield one

    def _owner_text(self, entry: LayerEntry) -> str:
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
