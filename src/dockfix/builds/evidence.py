"""What an image shows of the file it was built from: what each RUN left, and what that needs.

The layers were read as streams, with what programs need. Above the base image, the file system of
each RUN's layer is what that instruction wrote. Taken off it is what a package of the system has,
caches and logs, what package managers write down, what Python compiles by itself, and links into
packages (alternatives): what is left are the results. Their ELF headers say which libraries they
are linked with; the packages of those are needed when they run.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import ACCOUNTS
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.images.programs import Binary
from dockfix.builds.splits.closure import Closure
from dockfix.builds.splits.kinds import is_cache
from dockfix.builds.splits.packages import Packages, owner_of_target
from dockfix.builds.watched import Watched
from dockfix.builds.weights import first_own_layer, lines_of_layers
from dockfix.dockerfile.tree import Dockerfile
from dockfix.state.evidence import Evidence, Written

#: From so many paths in one folder on, the folder as a whole is taken.
_MANY = 6


def evidence_of(
    image: Image, dockerfile: Dockerfile, target: str | None, watched: Watched | None
) -> Evidence:
    """The facts that an image shows; `watched`: what it opened and started when it ran."""
    return _Evidence(image, dockerfile, target).found(watched)


class _Evidence:
    """An image, and what its base had."""

    def __init__(self, image: Image, dockerfile: Dockerfile, target: str | None) -> None:
        self._image = image
        self._own = first_own_layer(image, dockerfile, target)
        self._lines = lines_of_layers(image, dockerfile, target)
        self._runs = {
            dockerfile.position(one.start)[0]
            for one in dockerfile.instructions
            if one.keyword == "RUN"
        }
        self._overlay = Overlay(image.layers)
        base = Overlay(image.layers[: self._own])
        #: What the final stage has anyway: of the base, and what other instructions make again.
        self._given = set(base.paths)
        for place, layer in enumerate(image.layers):
            if place >= self._own and self._lines.get(place) not in self._runs:
                for path in layer.entries:
                    while path and path not in self._given:
                        self._given.add(path)
                        path = path.rpartition(b"/")[0]
        self._packages = Packages(self._overlay)
        self._of_base = Packages(base).by_name.keys()
        self._closure = Closure(image, self._overlay)

    def found(self, watched: Watched | None) -> Evidence:
        """All facts."""
        by_line: dict[int, list[bytes]] = {}
        for path in self._results():
            line = self._lines.get(self._overlay.paths[path].layer, 0)
            if line in self._runs:
                by_line.setdefault(line, []).append(path)
        needed = {
            owner
            for paths in by_line.values()
            for path in paths
            for owner in self._owners_of_libraries(path)
        }
        if watched is not None:
            for name in (*watched.opened, *watched.started):
                needed.update(self._owners(name))
        needed -= self._of_base
        building = {name for name in needed if self._packages.by_name[name].is_for_building}
        return Evidence(
            tuple(self._written(line, by_line[line]) for line in sorted(by_line)),
            tuple(sorted(needed - building)),
            tuple(sorted(building)),
        )

    def _results(self) -> Iterator[bytes]:
        """What own instructions wrote and no package has: files, links, and empty folders."""
        paths = self._overlay.paths
        parents = {path.rpartition(b"/")[0] for path in paths}
        for path, placed in paths.items():
            if placed.layer < self._own or self._packages.owner(path) is not None:
                continue
            if placed.entry.kind == "directory" and path in parents:
                continue
            shown = "/" + path.decode("utf-8", "surrogateescape")
            if is_cache(shown) or path in ACCOUNTS:
                continue
            if owner_of_target(self._overlay, self._packages, path) is None:
                yield path

    def _owners_of_libraries(self, path: bytes) -> Iterator[str]:
        """The packages of the libraries that a result is linked with."""
        program = self._overlay.paths[path].entry.program
        if isinstance(program, Binary):
            for place in self._closure.libraries(path, program):
                owner = self._packages.owner(place)
                if owner is not None:
                    yield owner

    def _owners(self, name: str) -> Iterator[str]:
        """The packages of a file by its path or the name of a program: that of the link, if it is
        one, and that of what it leads to."""
        path = name.encode("utf-8", "surrogateescape")
        place = self._closure.program(name)
        for one in (self._packages.placed(path) if "/" in name else place, place):
            owner = None if one is None else self._packages.owner(one)
            if owner is not None:
                yield owner

    def _written(self, line: int, paths: list[bytes]) -> Written:
        """What a RUN left, by the highest folders that are nobody else's."""
        tops = list(dict.fromkeys(self._top(path) for path in sorted(paths)))
        folders = [top.rpartition(b"/")[0] for top in tops]
        whole = {folder for folder in folders if folder and folders.count(folder) >= _MANY}
        shorter = [
            folder if folder in whole else top for top, folder in zip(tops, folders, strict=True)
        ]
        tops = list(dict.fromkeys(shorter))
        unfit = next((reason for top in tops if (reason := self._unfit(top))), "")
        return Written(
            line, tuple("/" + top.decode("utf-8", "surrogateescape") for top in tops), unfit
        )

    def _top(self, path: bytes) -> bytes:
        """The highest folder above a path that nothing else brings, or the path."""
        parts = path.split(b"/")
        for end in range(1, len(parts)):
            folder = b"/".join(parts[:end])
            if folder not in self._given and self._packages.owner(folder) is None:
                return folder
        return path

    def _unfit(self, path: bytes) -> str:
        """Why a COPY of a path brings something else than it is; "": it does not.

        A link is followed by it, and the folder that it names is made anew, as root and with 0755.
        """
        shown = "/" + path.decode("utf-8", "surrogateescape")
        entry = self._overlay.paths[path].entry
        if entry.kind == "symlink":
            return f"{shown} is a link, which COPY follows"
        if entry.kind == "directory" and (entry.mode, entry.uid, entry.gid) != (0o755, 0, 0):
            return f"{shown} has an owner or mode that COPY does not keep"
        return ""
