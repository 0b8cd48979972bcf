"""Whose the files of an image are, as Debian's package manager tells it.

Only its lists name every file of a package, so only of them can be told whether what an image lacks
is that of packages it does without. What a package's own scripts made counts as well where it lies
in a directory that is of no other package, is a link to one of its files, or is an empty directory
that one of the scripts names (`/usr/local/share/fonts`, which that of fontconfig-config makes).
"""

from __future__ import annotations

import re

from dockfix.builds.images.layers import AUTOMATIC, PACKAGE_FILES, PACKAGE_SCRIPTS, joined
from dockfix.builds.images.overlay import Overlay

#: Links that lead on to links.
_MOST_LINKS = 8


class LeftOutPackages:
    """The packages of an image that another one lacks and that nobody asked for by name."""

    def __init__(self, before: Overlay, after: Overlay) -> None:
        self._before = before
        old, new = _lists(before), _lists(after)
        automatic = _automatic(before.texts.get(AUTOMATIC, b""))
        self.names = frozenset(name for name in old.keys() - new.keys() if name in automatic)
        self._owners = {
            self._place(path): name for name in self.names for path in old[name].split(b"\n")
        }
        if self.names:
            staying = {line for text in new.values() for line in text.split(b"\n")}
            staying |= {b"/" + self._place(line) for line in staying}
            self._owners = {
                path: name for path, name in self._owners.items() if b"/" + path not in staying
            }

    def owner(self, path: bytes) -> str | None:
        """The one of these packages that a path is of."""
        if path.startswith(PACKAGE_FILES):
            name = _package_of(path)
            return name if name in self.names else None
        for _ in range(_MOST_LINKS):
            found = self._of_itself_or_above(path)
            placed = self._before.paths.get(path)
            if found is None and placed is not None and placed.entry.kind == "directory":
                return self._named_in_script(path)
            if found is not None or placed is None or placed.entry.kind != "symlink":
                return found
            target = placed.entry.target
            path = joined(b"" if target[:1] == b"/" else path.rpartition(b"/")[0], target)
            path = self._place(path)
        return None

    def _of_itself_or_above(self, path: bytes) -> str | None:
        """The package that has a path, or the nearest folder above that only one package has."""
        while path:
            if path in self._owners:
                return self._owners[path]
            path = path.rpartition(b"/")[0]
        return None

    def _named_in_script(self, path: bytes) -> str | None:
        """The package with an install script that names a path as a whole."""
        named = re.compile(rb"(?<![\w./-])/" + re.escape(path) + rb"/?(?![\w./-])")
        for script, text in self._before.texts.items():
            if script.startswith(PACKAGE_FILES) and script.endswith(PACKAGE_SCRIPTS):
                package = _package_of(script)
                if package in self.names and named.search(text):
                    return package
        return None

    def _place(self, path: bytes) -> bytes:
        """Where a path lies for which the list says `/lib`, and `/lib` is a link to `usr/lib`."""
        first, slash, rest = path.strip(b"/").partition(b"/")
        placed = self._before.paths.get(first)
        if slash and placed is not None and placed.entry.kind == "symlink":
            first = placed.entry.target.strip(b"/")
        return first + slash + rest


def _lists(overlay: Overlay) -> dict[str, bytes]:
    """The files of each package, a line for each."""
    found: dict[str, bytes] = {}
    for path, text in overlay.texts.items():
        if path.startswith(PACKAGE_FILES) and path.endswith(b".list"):
            found[_package_of(path)] = text
    return found


def _package_of(path: bytes) -> str:
    """The package that a file of dpkg's own is about: `less` for `…/info/less:amd64.list`."""
    name = path[len(PACKAGE_FILES) :].rpartition(b".")[0].partition(b":")[0]
    return name.decode("utf-8", "replace")


def _automatic(text: bytes) -> set[str]:
    """The packages that were installed because of others."""
    found = set()
    for record in text.decode("utf-8", "replace").split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in record.split("\n"))
        if fields.get("Auto-Installed") == "1":
            found.add(fields.get("Package", ""))
    return found
