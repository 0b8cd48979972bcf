"""Whether an image that is a selection of another holds what it must, and what it leaves behind.

A split leaves out on purpose what only a build needs. So a path that is gone is no difference if

- a package had it that is gone, and nobody asked for that package by name in an instruction of this
  file, or it is one for building alone (a compiler, headers), or the pass names it;
- it is of the base image, and of none of its packages that are still there;
- it is a cache, a log or a record of package managers, or documentation, which slim images lack;
- it lies elsewhere now: a file of the same name, content, mode and owner is new in the image;
- it is a link to something of these.

What is new has to be of a package, of the base image, or such a file that lies elsewhere; it may
not be what the old image had removed from its base, or from a package that is still there. What
both images have has to be the same, as in any other rewrite, but for records, caches, and files of
a package that comes in another version with the base image. Whether what is there finds all that it
needs is another question (`dockfix.builds.splits.closure`); both have to be answered well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from dockfix.builds.compare import Comparison, PathDifference, SettingDifference, compare
from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import ACCOUNTS, PACKAGE_FILES
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.path_globs import fitting_glob
from dockfix.builds.splits.closure import Closure, Lack
from dockfix.builds.splits.kinds import CACHES, KINDS, is_cache, is_documentation, kind_of
from dockfix.builds.splits.moved import MovedFiles
from dockfix.builds.splits.packages import Packages, owner_of_target
from dockfix.records import Record

#: Packages and paths that are named for each kind.
_MOST_NAMED = 100


_CERTIFICATES = b"etc/ssl/certs/"


class LeftBehind(Record):
    """What of one kind is not in the new image any more. `size` is in bytes.

    `names` are packages, and paths of what no package has, the largest first.
    """

    kind: str
    size: int
    files: int
    names: tuple[str, ...]


class Moves(Record):
    """Files that lie elsewhere in the new image: how many, and from and to which folder."""

    before: str
    after: str
    files: int


class SplitFindings(Record):
    """What came of a split.

    `lacks` are needs of the new image that nothing in it meets, and that were met before; `gone`
    are packages that were asked for by name. `brought` are packages that only the new image has,
    `looked` counts the programs and libraries whose needs were looked at, `settings` are
    differences that were declared.
    """

    left: tuple[LeftBehind, ...]
    moves: tuple[Moves, ...]
    brought: tuple[str, ...]
    lacks: tuple[Lack, ...]
    gone: tuple[str, ...]
    looked: int
    settings: tuple[SettingDifference, ...]

    @property
    def holds(self) -> bool:
        """True if nothing is missing."""
        return not self.lacks and not self.gone


class Side(Record):
    """An image of the two. `own` is the place of the first layer that is not of the base image."""

    image: Image
    own: int


def judged(
    found: Comparison,
    before: Side,
    after: Side,
    declared: Sequence[str] = (),
    restless: Collection[bytes] = (),
) -> tuple[Comparison, SplitFindings]:
    """A comparison without what a split may change, and what came of the split.

    `declared` says more that is meant to be: globs of paths that may be gone, with a `+` in front
    of paths that may be new, and a `~` of those that may be otherwise in another base image;
    `package NAME` for one that may be gone; names of settings (`Env PATH`). `restless` are paths
    whose content differs between two builds of the old image.
    """
    judge = _Judge(before, after, declared, restless)
    files = tuple(judge.left_over(found.files))
    settings = tuple(one for one in found.settings if one.name in declared)
    rest = tuple(one for one in found.settings if one.name not in declared)
    return found._replace(files=files, settings=rest), judge.findings(settings)


def left_behind(before: Side, after: Side) -> tuple[LeftBehind, ...]:
    """All that a smaller image does not have any more, by kind, whether it may be gone or not."""
    judge = _Judge(before, after, ["/**"])
    for _ in judge.left_over(compare(before.image, after.image).files):
        pass
    return judge.left()


class _Judge:
    """Two images, and what was said of their differences so far."""

    def __init__(
        self,
        before: Side,
        after: Side,
        declared: Sequence[str],
        restless: Collection[bytes] = (),
    ) -> None:
        self.before, self.after = before, after
        self.may_go = tuple(one for one in declared if one[:1] in ("/", "!"))
        self.may_come = tuple(one[1:] for one in declared if one[:1] == "+")
        self.may_change = tuple(one[1:] for one in declared if one[:1] == "~")
        packages = {one.removeprefix("package ") for one in declared if one.startswith("package ")}
        self.old, self.new = Overlay(before.image.layers), Overlay(after.image.layers)
        self.old_packages, self.new_packages = Packages(self.old), Packages(self.new)
        self.gone = frozenset(self.old_packages.by_name.keys() - self.new_packages.by_name.keys())
        self._old_base = Overlay(before.image.layers[: before.own])
        self._old_base_packages = Packages(self._old_base)
        base = self._old_base_packages.by_name
        self.missed = frozenset(
            name
            for name in self.gone - base.keys() - packages
            if (one := self.old_packages.by_name[name]).asked and not one.is_for_building
        )
        self.moved = MovedFiles(self.old, self.new, restless)
        self._sorted = {id(one): sorted(one.paths) for one in (self.old, self.new)}
        self._left: dict[str, tuple[int, int, dict[str, int]]] = {}
        self._counted: set[int] = set()

    def left_over(self, found: Iterable[PathDifference]) -> Iterator[PathDifference]:
        """The differences that a split may not make, in their order."""
        for one in found:
            if one.aspect == "missing":
                yield from self._of_tree(one, self.old, self._may_be_gone)
            elif one.aspect == "new":
                yield from self._of_tree(one, self.new, self._may_be_new)
            elif not self._may_differ(one):
                yield one

    def findings(self, settings: tuple[SettingDifference, ...]) -> SplitFindings:
        """What came of the split, after all differences were looked at."""
        closure = Closure(self.after.image, self.new)
        earlier = {
            (one.kind, one.path.rpartition("/")[2], one.what)
            for one in Closure(self.before.image, self.old).lacks
        }
        lacks = tuple(
            one
            for one in closure.lacks
            if (one.kind, one.path.rpartition("/")[2], one.what) not in earlier
            and not self._is_of_base(one)
        )
        brought = sorted(self.new_packages.by_name.keys() - self.old_packages.by_name.keys())
        moves = tuple(Moves(*folders, count) for folders, count in self.moved.folders())
        gone = tuple(sorted(self.missed))
        return SplitFindings(
            self.left(), moves, tuple(brought), lacks, gone, closure.looked, settings
        )

    def _is_of_base(self, lack: Lack) -> bool:
        """True if a script of the base image lacks its interpreter: the image is made so."""
        placed = self.new.paths.get(lack.path.encode("utf-8", "surrogateescape")[1:])
        return lack.kind == "interpreter" and placed is not None and placed.layer < self.after.own

    def left(self) -> tuple[LeftBehind, ...]:
        """What is left behind, as far as it was looked at."""
        return tuple(
            LeftBehind(
                kind,
                size,
                files,
                tuple(sorted(names, key=lambda name: (-names[name], name))[:_MOST_NAMED]),
            )
            for kind in KINDS
            if kind in self._left
            for size, files, names in (self._left[kind],)
        )

    def _of_tree(
        self, one: PathDifference, overlay: Overlay, may: Callable[[bytes], bool]
    ) -> Iterator[PathDifference]:
        """What of a folder, or file, that only one image has may not be so."""
        leaves = list(self._leaves(one, overlay))
        wrong = [path for path in leaves if not may(path)]
        if len(wrong) == len(leaves):
            yield one
            return
        for path in wrong:
            shown = "/" + path.decode("utf-8", "surrogateescape")
            kind = overlay.paths[path].entry.kind
            before, after = (kind, "") if one.aspect == "missing" else ("", kind)
            yield PathDifference(shown, one.aspect, before, after)

    def _leaves(self, one: PathDifference, overlay: Overlay) -> Iterator[bytes]:
        """The paths at and below a difference: files, links, and folders that are empty."""
        paths = self._sorted[id(overlay)]
        top = one.path.encode("utf-8", "surrogateescape")[1:]
        at = bisect_left(paths, top)
        if at < len(paths) and paths[at] == top:
            if overlay.paths[top].entry.kind != "directory":
                yield top
                return
            at += 1
        below = top + b"/"
        at = bisect_left(paths, below, at)
        empty = True
        while at < len(paths) and paths[at].startswith(below):
            empty = False
            path = paths[at]
            at += 1
            entry = overlay.paths[path].entry
            following = bisect_left(paths, path + b"/", at)
            has_more = following < len(paths) and paths[following].startswith(path + b"/")
            if entry.kind != "directory" or not has_more:
                yield path
        if empty:
            yield top

    def _may_be_gone(self, path: bytes) -> bool:
        """True if the new image may lack a path that the old one has."""
        shown = "/" + path.decode("utf-8", "surrogateescape")
        placed = self.old.paths[path]
        owner = self.old_packages.owner(path) or owner_of_target(self.old, self.old_packages, path)
        of_base = placed.layer < self.before.own
        may = (
            owner in self.gone
            or is_cache(shown)
            or (owner is None and of_base)
            or is_documentation(shown)
            or fitting_glob(shown, self.may_go) != ""
            or self.moved.is_moved_away(path)
        )
        if not may and owner is None and self.gone:
            owner = self._owner_by_folder(path)
            may = owner is not None
        if may and not self.moved.is_moved_away(path):
            package = self.old_packages.by_name.get(owner or "")
            kind = kind_of(shown, package, of_base=of_base)
            # the names of a file that is linked share its bytes
            size = 0 if id(placed.entry) in self._counted else placed.entry.size
            self._counted.add(id(placed.entry))
            total, files, names = self._left.get(kind, (0, 0, {}))
            name = owner if owner and kind != CACHES else _top(shown)
            names[name] = names.get(name, 0) + size
            self._left[kind] = total + size, files + 1, names
        return may

    def _owner_by_folder(self, path: bytes) -> str | None:
        """The package that is gone and made a path itself: one of its own folders has it, or one of
        its scripts says it."""
        folder = path.rpartition(b"/")[0]
        while folder:
            owner = self.old_packages.owner(folder)
            if owner is not None:
                if owner in self.gone and folder not in self.new.paths:
                    return owner
                break  # a folder that other packages have as well is still there
            folder = folder.rpartition(b"/")[0]
        return self.old_packages.made_by_script(path, self.gone)

    def _may_be_new(self, path: bytes) -> bool:
        """True if the new image may have a path that the old one lacks."""
        shown = "/" + path.decode("utf-8", "surrogateescape")
        if is_cache(shown) or is_documentation(shown):
            return True
        if self._was_removed(path):
            return fitting_glob(shown, self.may_come) != ""
        if self.new_packages.owner(path) is not None:
            return True
        owner = owner_of_target(self.new, self.new_packages, path)
        if owner is not None and owner not in self.old_packages.by_name:
            return True
        return (
            self.moved.is_moved_here(path)
            or self.new.paths[path].layer < self.after.own
            or fitting_glob(shown, self.may_come) != ""
        )

    def _was_removed(self, path: bytes) -> bool:
        """True if the old image had a path and it was removed again: from its base, or from a
        package that is still there."""
        if path in self._old_base.paths:
            owner = self._old_base_packages.owner(path)
            return owner is None or owner in self.old_packages.by_name
        owner = self.new_packages.owner(path)
        if owner is None or path.startswith(PACKAGE_FILES):
            return False
        if self.old_packages.owner(path) != owner:
            return False
        versions = self._versions(owner)
        return versions[0] == versions[1]

    def _versions(self, name: str) -> list[str]:
        """The versions of a package that both images have."""
        both = self.old_packages, self.new_packages
        return [packages.by_name[name].version for packages in both]

    def _may_differ(self, one: PathDifference) -> bool:
        """True if what both images have at a path may be otherwise."""
        if is_cache(one.path):
            return True
        path = one.path.encode("utf-8", "surrogateescape")[1:]
        if path in ACCOUNTS and one.aspect == "content":
            return self._may_lack_accounts(path)
        if path.startswith(_CERTIFICATES) and one.aspect in ("content", "target"):
            # made by a script of a package, of what that has on the day of the base image
            return self.old.paths[path].layer < self.before.own
        if fitting_glob(one.path, self.may_change):
            places = (self.old.paths[path], self.before.own), (self.new.paths[path], self.after.own)
            return all(placed.layer < own for placed, own in places)
        old, new = self.old_packages.owner(path), self.new_packages.owner(path)
        if old is not None and old == new:
            versions = self._versions(old)
            return versions[0] != versions[1] and not self._is_installed(path)
        # an alternative whose first choice is gone
        target = owner_of_target(self.old, self.old_packages, path)
        return one.aspect == "target" and target in self.gone

    def _is_installed(self, path: bytes) -> bool:
        """True if both images have a path from what the file itself installs."""
        old, new = self.old.paths[path].layer, self.new.paths[path].layer
        return old >= self.before.own and new >= self.after.own

    def _may_lack_accounts(self, path: bytes) -> bool:
        """True if only accounts are gone that the base image or packages that are gone had made."""
        old, new = (
            {line.partition(b":")[0] for line in overlay.texts.get(path, b"").split(b"\n")}
            for overlay in (self.old, self.new)
        )
        base = self._old_base.texts.get(path, b"")
        of_base = {line.partition(b":")[0] for line in base.split(b"\n")}
        if new - old:
            return False
        return all(
            self.old_packages.account_of(name.decode("utf-8", "replace"), self.gone) is not None
            for name in old - new - of_base
        )


def _top(path: str) -> str:
    """The folder of a path that stands for it where many are named."""
    parts = path.split("/")
    return "/".join(parts[: 4 if parts[1:2] in (["usr"], ["var"], ["opt"]) else 3])
