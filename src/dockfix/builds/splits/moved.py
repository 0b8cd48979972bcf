"""Files that lie elsewhere in a new image: installed into an environment of their own, say.

A file has moved if it has the same name, content, mode and owner as one of the old image. Some
files say where they lie, so that a copy is not the same: a script whose `#!` names another
interpreter is the same below that line; what Python has compiled goes with its source; the list of
the files of an installed package goes with the package (RECORD, PEP 376; what a `setup.py install`
writes of it, whose folder may be named after the Python, and which an environment without `wheel`
comes to, too). A file whose content is another one in every build of the old image (a compiled
module that has the name of a random folder in it) is the same by its path below the folder of
packages. An environment of Python has files of its own (`pyvenv.cfg`, PEP 405, what activates it,
links to its Python, and the installer that `venv` puts into it).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container

from dockfix.builds.images.layers import LayerEntry
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.images.programs import Script

_OF_ENVIRONMENT = re.compile(
    rb"pyvenv\.cfg|bin/(?:[Aa]ctivate(?:\.\w+)?|python[\d.]*|pip[\d.]*)|lib64|include(?:/.*)?"
    rb"|lib/python[\d.]+/site-packages/(?:pip|setuptools|pkg_resources|_distutils_hack|wheel)(?:-[^/]*)?/.*"
    rb"|lib/python[\d.]+/site-packages/distutils-precedence\.pth"
)
_COMPILED = re.compile(rb"(.*/)__pycache__/([^/]+?)\.(?:cpython|pypy)[^/]*\.pyc")
_PACKAGES = re.compile(rb".*?/(?:site-packages|dist-packages|node_modules|gems|extensions)/")
_EGG = re.compile(rb".*/([^/]+?)(?:-py[\d.]+)?\.(?:egg|dist)-info/[^/]+")
_LISTED = re.compile(rb".*\.dist-info/(?:RECORD|direct_url\.json|REQUESTED|INSTALLER)")


class MovedFiles:
    """The files that are at different places in two images."""

    def __init__(self, old: Overlay, new: Overlay, restless: Collection[bytes] = ()) -> None:
        """`restless` are paths of the old image whose content differs between two builds of it."""
        self._old, self._new = old, new
        self._restless = {_place(path) for path in restless} - {b""}
        # a copy of a file that stays is one of the old image's, too
        self._before = _by_content(old, {})
        self._after = _by_content(new, old.paths)
        self._environments = {
            path.rpartition(b"/")[0] + b"/" for path in new.paths if path.endswith(b"/pyvenv.cfg")
        }
        self._eggs = {found[1] for path in old.paths if (found := _EGG.fullmatch(path))}
        self._counts: dict[tuple[str, str], int] = {}

    def is_moved_here(self, path: bytes) -> bool:
        """True if a file that only the new image has is one of the old's, or goes with one."""
        entry = self._new.paths[path].entry
        origin = self._before.get(_key(path, entry))
        if origin is not None:
            folders = _folder(origin), _folder(path)
            self._counts[folders] = self._counts.get(folders, 0) + 1
            return True
        for top in self._environments:
            if path.startswith(top) and _OF_ENVIRONMENT.fullmatch(path[len(top) :]):
                return True
        if entry.kind == "file" and _place(path) in self._restless:
            return True
        egg = _EGG.fullmatch(path)
        if egg is not None and b".egg-info/" in path:
            return egg[1] in self._eggs
        compiled = _COMPILED.fullmatch(path)
        if compiled is not None:
            source = compiled[1] + compiled[2] + b".py"
            placed = self._new.paths.get(source)
            return placed is not None and self._known(source, placed.entry)
        return _LISTED.fullmatch(path) is not None and self._known_package(path)

    def is_moved_away(self, path: bytes) -> bool:
        """True if a file that only the old image has lies elsewhere in the new one."""
        if _key(path, self._old.paths[path].entry) in self._after:
            return True
        compiled = _COMPILED.fullmatch(path)
        if compiled is not None:
            path = compiled[1] + compiled[2] + b".py"
            placed = self._old.paths.get(path)
            return placed is not None and _key(path, placed.entry) in self._after
        if _LISTED.fullmatch(path) is not None:
            path = path.rpartition(b"/")[0] + b"/METADATA"
            placed = self._old.paths.get(path)
            return placed is not None and _key(path, placed.entry) in self._after
        return False

    def folders(self) -> list[tuple[tuple[str, str], int]]:
        """From where to where so many files have moved, the most first."""
        return sorted(self._counts.items(), key=lambda one: (-one[1], one[0]))

    def _known(self, path: bytes, entry: LayerEntry) -> bool:
        """True if the old image has such a file, at this path or elsewhere."""
        return _key(path, entry) in self._before or path in self._old.paths

    def _known_package(self, path: bytes) -> bool:
        """True if the package that a file is a list of came from the old image."""
        path = path.rpartition(b"/")[0] + b"/METADATA"
        placed = self._new.paths.get(path)
        return placed is not None and self._known(path, placed.entry)


_Key = tuple[bytes, bytes, bytes, int, int, int]


def _place(path: bytes) -> bytes:
    """A path below the folder of packages that it lies in; empty if it lies in none."""
    found = _PACKAGES.match(path)
    return b"" if found is None else path[found.end() :]


def _key(path: bytes, entry: LayerEntry) -> _Key:
    """What is the same of a file that moved: its name, content, mode and owner."""
    content = entry.essence or entry.target or entry.kind.encode()
    if isinstance(entry.program, Script) and entry.program.rest:
        content = entry.program.rest
    return path.rpartition(b"/")[2], entry.kind.encode(), content, entry.mode, entry.uid, entry.gid


def _by_content(one: Overlay, others: Container[bytes]) -> dict[_Key, bytes]:
    """The files and links of an image, but for those at certain paths."""
    return {
        _key(path, placed.entry): path
        for path, placed in one.paths.items()
        if path not in others and placed.entry.kind in ("file", "symlink")
    }


def _folder(path: bytes) -> str:
    """The folder that files have moved from or to, without what lies deep in it."""
    text = "/" + path.decode("utf-8", "surrogateescape")
    for names in ("site-packages|dist-packages|node_modules|gems", "bin|lib"):
        top = re.match(rf"(.*?/(?:{names}))/", text)
        if top is not None:
            return top[1]
    return text.rpartition("/")[0] or "/"
