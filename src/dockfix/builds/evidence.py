"""What an image shows of the file it was built from: what its RUNs left, and what that needs.

The layers were read as streams, with what programs need. Above the base image, the file system of
each RUN's layer is what that instruction wrote. Taken off it is what a package of the system has,
caches and logs, what package managers write down, what Python compiles by itself, and what scripts
of packages make (alternatives): what is left are the results. Their ELF headers say which libraries
they are linked with, their first lines which interpreters start them; the packages of those are
needed when they run.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from dockfix.builds.compare import PathDifference
from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import (
    ACCOUNTS,
    LOADER_CACHE,
    PACKAGE_FILES,
    PACKAGE_SCRIPTS,
    PACKAGE_STATES,
    LayerEntry,
)
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.images.programs import Binary, Script
from dockfix.builds.splits.carrying import Carrying, access, shown_path
from dockfix.builds.splits.closure import Closure
from dockfix.builds.splits.dependencies import Dependencies
from dockfix.builds.splits.kinds import is_cache, is_documentation
from dockfix.builds.splits.packages import Packages, owner_of_target
from dockfix.builds.splits.started import started_programs
from dockfix.builds.watched import Watched
from dockfix.builds.weights import first_own_layer, lines_of_layers
from dockfix.dockerfile.tree import Dockerfile
from dockfix.stages.seen import PIP, lines_that_build
from dockfix.state.evidence import Evidence, Left


class Learned:
    """What else is known of an image: what it opened and started when it ran (`watched`), and what
    an image that followed from the facts lacked, or had back."""

    def __init__(self, watched: Watched | None = None) -> None:
        self.watched = watched
        self.lacked: frozenset[bytes] = frozenset()
        self.back: frozenset[bytes] = frozenset()

    def learn(self, differences: Iterable[PathDifference]) -> None:
        """Takes down what differs between the image and one that followed from the facts."""
        for one in differences:
            path = one.path.encode("utf-8", "surrogateescape").strip(b"/")
            if one.aspect == "new":
                self.back |= {path}
            else:
                self.lacked |= {path}


def evidence_of(
    image: Image, dockerfile: Dockerfile, target: str | None, learned: Learned
) -> Evidence:
    """The facts that an image shows."""
    return _Evidence(image, dockerfile, target, learned).found()


class _Evidence:
    """An image, and what its base had."""

    def __init__(
        self, image: Image, dockerfile: Dockerfile, target: str | None, learned: Learned
    ) -> None:
        self._image = image
        self._stages = dockerfile.stages
        self._own = first_own_layer(image, dockerfile, target)
        self._lines = lines_of_layers(image, dockerfile, target)
        self._building = lines_that_build(dockerfile)
        self._learned = learned
        self._overlay = Overlay(image.layers)
        self._base = Overlay(image.layers[: self._own])
        self._packages = Packages(self._overlay)
        self._of_base = Packages(self._base).by_name.keys()
        self._closure = Closure(image, self._overlay)
        self._dependencies = Dependencies(self._overlay)
        self._gone = self._copies_that_are_gone()
        #: What the final stage has anyway: of the base, and what other instructions make again.
        self._given = set(self._base.paths)
        for place, layer in enumerate(image.layers):
            if place >= self._own and self._lines.get(place) not in (*self._building, *self._gone):
                for path in layer.entries:
                    while path and path not in self._given:
                        self._given.add(path)
                        path = path.rpartition(b"/")[0]
        self._scripts = b"\n".join(
            text
            for path, text in self._overlay.texts.items()
            if path.startswith(PACKAGE_FILES)
            and path.endswith(PACKAGE_SCRIPTS)
            and path not in self._base.paths
        )
        self._children: dict[bytes, list[bytes]] = {}
        for path in self._overlay.paths:
            self._children.setdefault(path.rpartition(b"/")[0], []).append(path)

    def found(self) -> Evidence:
        """All facts."""
        watched = self._learned.watched
        results = list(self._results())
        removed = tuple(Left("gone", shown_path(one)) for one in self._removed())
        left, unfit = Carrying(self._overlay, self._base, self._packages, self._given).all_left(
            results
        )
        of_tools = {
            name for name, one in self._packages.by_name.items() if one.is_for_building
        } - self._of_base
        started = self._owners(watched.started if watched else ())
        needed = {
            *self._needed_by_files(),
            *self._owners(watched.opened if watched else ()),
            *self._owners(name for _, name in started_programs(self._image.config)),
            *started,
        } - self._of_base
        tools = of_tools - needed
        needed |= self._brought_by(tools)
        kept = {
            name for name, one in self._packages.by_name.items() if one.asked and name not in tools
        }
        cached = {
            one.strip(b"/") for one in self._overlay.texts.get(LOADER_CACHE, b"").split(b"\0")
        }
        libraries = self._dependencies.fewest(needed - kept, {*kept, *self._of_base})
        return Evidence(
            (*removed, *left),
            len(self._stages),
            tuple(
                sorted({*libraries, *needed & of_tools, *self._installed_while_building() - tools})
            ),
            tuple(sorted(of_tools & started)),
            frozenset(tools),
            not cached.isdisjoint(results),
            self._accounts(),
            self._gone,
            self._behind_pip(kept, tools),
            self._dependencies.names,
            unfit or self._unfit(),
        )

    def _behind_pip(self, kept: set[str], tools: set[str]) -> tuple[str, ...] | None:
        """What Debian's pip brings, but for the format of its packages; None if it is not there."""
        if PIP not in kept or PIP in self._of_base:
            return None
        there = {*kept, *self._of_base} - {PIP}
        brought = self._dependencies.direct(PIP) - tools - {_WHEEL}
        return self._dependencies.fewest(brought, there)

    def _installed_while_building(self) -> set[str]:
        """Packages that somebody asked for by name in a RUN that builds, or in a script of it."""
        return {
            name
            for name, one in self._packages.by_name.items()
            if one.asked
            and name not in self._of_base
            and any(
                self._is_installed_in(name, place)
                for place in range(self._own, len(self._image.layers))
                if self._lines.get(place) in self._building
            )
        }

    def _unfit(self) -> str:
        """Why what was seen is no ground to divide a file."""
        if not self._packages.by_name:
            return "it is unknown which files are of packages: only dpkg and apk are read"
        folder = str(self._image.config.get("WorkingDir") or "/") + "/"
        if folder.startswith(("/tmp/", "/var/tmp/")):
            return f"it works in {folder.rstrip('/')}, of which nothing is carried"
        return ""

    # results

    def _results(self) -> Iterator[bytes]:
        """What RUNs that build wrote and no package has: files, links, and empty folders; also
        what they changed of what was there."""
        for path, placed in self._overlay.paths.items():
            line = self._lines.get(placed.layer)
            if placed.layer < self._own or line not in (*self._building, *self._gone):
                continue
            if path in self._learned.lacked or self._is_result(path, placed.entry, placed.layer):
                yield path

    def _is_result(self, path: bytes, entry: LayerEntry, layer: int) -> bool:
        """True if a RUN left a path: made it, or changed it, and it is of no package."""
        if is_cache(shown_path(path)) or path in ACCOUNTS:
            return False
        before = self._before(path, layer)
        if entry.kind == "directory":
            if before is not None and before.kind == entry.kind and access(before) != access(entry):
                return True
            if path in self._given or self._children.get(path) or self._packages.owner(path):
                return False
        elif before is not None and _is_same(before, entry):
            return False
        owner = self._packages.owner(path)
        if owner is not None:
            return before is not None and not self._is_installed_in(owner, layer)
        if not any(one in self._image.layers[layer].entries for one in PACKAGE_STATES):
            return True
        # what is made by the scripts of packages that the same RUN installs comes with these
        folder = self._packages.owner(path.rpartition(b"/")[0])
        return (
            owner_of_target(self._overlay, self._packages, path) is None
            and (folder is None or folder in self._of_base)
            and b"/" + path not in self._scripts
        )

    def _before(self, path: bytes, layer: int) -> LayerEntry | None:
        """What was at a path below a layer."""
        for place in range(layer - 1, -1, -1):
            found = self._image.layers[place].entries.get(path)
            if found is not None:
                return found
        return None

    def _is_installed_in(self, package: str, layer: int) -> bool:
        """True if a layer brings a package, or another version of it."""
        start = PACKAGE_FILES + package.encode()
        return any(
            path.startswith(start) and path.endswith(b".list")
            for path in self._image.layers[layer].entries
        )

    def _copies_that_are_gone(self) -> frozenset[int]:
        """The lines of copies of which nothing is left."""
        gone: set[int] = set()
        for place, line in self._lines.items():
            if line in self._building or place < self._own:
                continue
            files = [
                path
                for path, entry in self._image.layers[place].entries.items()
                if entry.kind != "directory"
            ]
            if files and all(path not in self._overlay.paths for path in files):
                gone.add(line)
        return frozenset(gone)

    def _removed(self) -> Iterator[bytes]:
        """What RUNs that build removed, though the final stage has it."""
        paths = {
            path
            for place, layer in enumerate(self._image.layers)
            if place >= self._own and self._lines.get(place) in self._building
            for path in layer.removed
            if path not in self._overlay.paths and path in self._given
        }
        given = sorted(self._given) if paths else []
        packed = self._of_gone_packages() if paths else set[bytes]()
        for path in sorted(paths):
            at = bisect_left(given, path)
            while at < len(given) and (given[at] == path or given[at].startswith(path + b"/")):
                if given[at] not in packed and not self._may_be_removed(given[at]):
                    yield path
                    break
                at += 1
        # what was there for one instruction alone, an image without what follows from it shows
        yield from (one for one in sorted(self._learned.back) if one not in self._overlay.paths)

    def _of_gone_packages(self) -> set[bytes]:
        """The paths of packages that were there and are not any more."""
        return {
            self._packages.placed(line)
            for layer in self._image.layers
            for name, text in layer.texts.items()
            if name.startswith(PACKAGE_FILES)
            and name.endswith(b".list")
            and name not in self._overlay.paths
            for line in text.split(b"\n")
            if len(line) > 2
        }

    def _may_be_removed(self, path: bytes) -> bool:
        """True if a path that is removed is one that the final stage does not get, or that does
        not matter."""
        text = shown_path(path)
        if is_cache(text) or is_documentation(text) or path in self._overlay.paths:
            return True
        before = self._before(path, len(self._image.layers))
        target = b"" if before is None else before.target
        if path.startswith(_ALTERNATIVES) or target.startswith(b"/" + _ALTERNATIVES):
            return True
        return path not in self._base.paths and all(
            self._lines.get(place) in (*self._gone, *self._building)
            for place, layer in enumerate(self._image.layers)
            if place >= self._own and path in layer.entries
        )

    def _accounts(self) -> frozenset[int]:
        """The lines of RUNs that build, and made users or groups that no package makes."""
        found = set()
        known: set[bytes] = set()
        names = frozenset(self._packages.by_name)
        for place, layer in enumerate(self._image.layers):
            texts = [layer.texts.get(path, b"") for path in (b"etc/passwd", b"etc/group")]
            now = {line.partition(b":")[0] for line in b"\n".join(texts).split(b"\n")} - {b""}
            new = {one.decode("utf-8", "replace") for one in now - known}
            line = self._lines.get(place, 0)
            building = place >= self._own and line in self._building
            if building and any(self._packages.account_of(one, names) is None for one in new):
                found.add(line)
            known |= now
        return frozenset(found)

    # what they need

    def _needed_by_files(self) -> Iterator[str]:
        """The packages with the libraries and interpreters of all that no package has."""
        for path, placed in self._overlay.paths.items():
            if placed.layer < self._own or self._packages.owner(path) is not None:
                continue
            program = placed.entry.program
            if isinstance(program, Binary):
                places = self._closure.libraries(path, program)
                for place in places:
                    owner = self._packages.owner(place)
                    if owner is not None:
                        yield owner
            elif isinstance(program, Script) and placed.entry.mode & 0o111:
                words = program.line.decode("utf-8", "surrogateescape").split()
                yield from self._owners(word for word in words if word[:1] != "-")

    def _owners(self, names: Iterable[str]) -> set[str]:
        """The packages of files by their paths, or of programs by their names: that of the link, if
        it is one, and that of what it leads to."""
        found = set()
        for name in names:
            path = name.encode("utf-8", "surrogateescape")
            place = self._closure.program(name)
            for one in (self._packages.placed(path) if "/" in name else place, place):
                owner = None if one is None else self._packages.owner(one)
                if owner is not None:
                    found.add(owner)
        return found

    def _brought_by(self, tools: set[str]) -> set[str]:
        """The libraries that the `-dev` packages are for that go: one may be opened by name."""
        found, seen = set[str](), set[str]()
        waiting = [name for name in tools if self._packages.by_name[name].asked]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in tools or not _OF_LIBRARIES.fullmatch(name):
                continue
            seen.add(name)
            for one in self._dependencies.direct(name):
                package = self._packages.by_name.get(one)
                if package is not None and package.section.rpartition("/")[2] == "libs":
                    found.add(one)
            waiting += self._dependencies.direct(name)
        return found - self._of_base


_WHEEL = "python3-wheel"
#: Links that scripts of packages make and remove.
_ALTERNATIVES = b"etc/alternatives/"
#: Headers of libraries; those of compilers and interpreters are for what one links with.
_OF_LIBRARIES = re.compile(
    r"(?!lib(?:gcc|stdc\+\+|objc|gfortran|python|ruby|perl)[-\d]|libc6?-|python|ruby-).*-dev"
)


def _is_same(one: LayerEntry, other: LayerEntry) -> bool:
    """True if a path has not changed but for its time."""
    return (one.kind, one.digest, one.target, access(one), one.xattrs) == (
        other.kind, other.digest, other.target, access(other), other.xattrs
    )  # fmt: skip
