"""The packages of an image, as dpkg and apk write them down: whose a file is, and who asked for it.

dpkg: `/var/lib/dpkg/status` has name, version and section, `info/NAME.list` the paths, apt's
`extended_states` which packages only others needed. apk: `/lib/apk/db/installed` has all of that
but sections (https://wiki.alpinelinux.org/wiki/Apk_spec), `/etc/apk/world` what was asked for.
"""

from __future__ import annotations

import re

from dockfix.builds.images.layers import AUTOMATIC, PACKAGE_FILES, PACKAGE_SCRIPTS, joined
from dockfix.builds.images.links import resolved
from dockfix.builds.images.overlay import Overlay
from dockfix.records import Record

STATUS, _INSTALLED, _WORLD = b"var/lib/dpkg/status", b"lib/apk/db/installed", b"etc/apk/world"
#: Links that lead on to links.
_MOST_LINKS = 8
#: Sections of Debian whose packages are for building alone.
_BUILDING = frozenset(
    ("devel", "libdevel", "debug", "golang", "haskell", "ocaml", "rust", "lisp", "introspection")
)
#: The ends of the names of packages that are for building alone, in whatever section.
_BUILDING_ENDS = ("-dev", "-dbg", "-dbgsym", "-devel", "-headers", "-jdk", "-jdk-headless", "-sdk")


class Package(Record):
    """An installed package. `asked`: somebody wanted it by name, or it is not known that not.

    `section` is empty where there is none.
    """

    name: str
    version: str
    section: str
    asked: bool

    @property
    def is_for_building(self) -> bool:
        """True if nothing but a build uses it, as its section or its name says."""
        section = self.section.rpartition("/")[2]
        # apk's virtual packages, of which nothing is installed but what they need
        return (
            section in _BUILDING
            or self.name.endswith(_BUILDING_ENDS)
            or self.name[:1] == "."
            or self.name in ("build-base", "alpine-sdk")
        )


class Packages:
    """All packages of an image. `by_name` has them; `owner` says whose a path is."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self.by_name: dict[str, Package] = {}
        self._owners: dict[bytes, str] = {}
        self._folders: dict[bytes, bytes] = {}
        self._read_dpkg()
        self._read_apk()

    def owner(self, path: bytes) -> str | None:
        """The package that a path is of: by its list, or as one of dpkg's own files about it."""
        if path.startswith(PACKAGE_FILES):
            return _package_of(path)
        return self._owners.get(path)

    def made_by_script(self, path: bytes, names: frozenset[str]) -> str | None:
        """The package among these with an install script that says a path as a whole."""
        said = re.compile(rb"(?<![\w./-])/?" + re.escape(path) + rb"/?(?![\w./-])")
        return self._with_script(said, names)

    def account_of(self, name: str, names: frozenset[str]) -> str | None:
        """The package among these with an install script that says the name of an account."""
        said = re.compile(rb"(?<![\w.-])" + re.escape(name.encode()) + rb"(?![\w.-])")
        return self._with_script(said, names)

    def _with_script(self, said: re.Pattern[bytes], names: frozenset[str]) -> str | None:
        """The package among these with an install script in which something is found."""
        for path, text in self._overlay.texts.items():
            if path.startswith(PACKAGE_FILES) and path.endswith(PACKAGE_SCRIPTS):
                name = _package_of(path)
                if name in names and said.search(text):
                    return name
        return None

    def _read_dpkg(self) -> None:
        """Reads what dpkg has written down."""
        texts = self._overlay.texts
        automatic = {
            record.get("Package", "")
            for record in records(texts.get(AUTOMATIC, b""))
            if record.get("Auto-Installed") == "1"
        }
        states = {one.get("Package", ""): one for one in records(texts.get(STATUS, b""))}
        for path, text in texts.items():
            if not (path.startswith(PACKAGE_FILES) and path.endswith(b".list")):
                continue
            name = _package_of(path)
            state = states.get(name, {})
            version, section = state.get("Version", ""), state.get("Section", "")
            self.by_name[name] = Package(name, version, section, name not in automatic)
            for line in text.split(b"\n"):
                if len(line) > 2:
                    self._owners[self.placed(line)] = name

    def _read_apk(self) -> None:
        """Reads what apk has written down."""
        texts = self._overlay.texts
        world = {
            re.split(r"[<>=~@]", word)[0]
            for word in texts.get(_WORLD, b"").decode("utf-8", "replace").split()
        }
        for text in texts.get(_INSTALLED, b"").split(b"\n\n"):
            name = version = ""
            folder = b""
            for line in text.split(b"\n"):
                kind, value = line[:2], line[2:]
                if kind == b"P:":
                    name = value.decode("utf-8", "replace")
                elif kind == b"V:":
                    version = value.decode("utf-8", "replace")
                elif kind == b"F:":
                    folder = value
                    self._owners[self.placed(folder)] = name
                elif kind == b"R:":
                    self._owners[self.placed(joined(folder, value))] = name
            if name:
                self.by_name[name] = Package(name, version, "", name in world)

    def placed(self, path: bytes) -> bytes:
        """Where a path lies whose folder may be a link: `/lib/x` in `usr/lib`, say."""
        folder, _, name = path.strip(b"/").rpartition(b"/")
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = resolved(self._overlay.paths, folder) or folder
        return known + b"/" + name if known else name


def owner_of_target(overlay: Overlay, packages: Packages, path: bytes) -> str | None:
    """The package that a link leads to, over other links, be its file there or not."""
    for _ in range(_MOST_LINKS):
        placed = overlay.paths.get(path)
        if placed is None or placed.entry.kind != "symlink":
            return None
        target = placed.entry.target
        path = joined(b"" if target[:1] == b"/" else path.rpartition(b"/")[0], target)
        folder = resolved(overlay.paths, path.rpartition(b"/")[0])
        if folder:
            path = folder + b"/" + path.rpartition(b"/")[2]
        owner = packages.owner(path)
        if owner is not None:
            return owner
    return None


def _package_of(path: bytes) -> str:
    """The package that a file of dpkg's own is about: `less` for `…/info/less:amd64.list`."""
    name = path[len(PACKAGE_FILES) :].rpartition(b".")[0].partition(b":")[0]
    return name.decode("utf-8", "replace")


def records(text: bytes) -> list[dict[str, str]]:
    """The records of a file in Debian's form, without their further lines."""
    return [
        dict(line.partition(": ")[::2] for line in record.split("\n") if line[:1] not in ("", " "))
        for record in text.decode("utf-8", "replace").split("\n\n")
        if record.strip()
    ]
