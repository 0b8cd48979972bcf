"""What passes declare that a build of their work may show, laid beside what it does show.

A pass that changes the image on purpose says in its record what it removes, what it may change,
which records of the build it leaves in another state, and which settings it says in another form;
a single change may say more. Nothing else passes: a command said in another form must still be the
same words, and packages that are left out must be ones that nobody asked for by name.
"""

from __future__ import annotations

import json
import shlex
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from dockfix.builds.compare import Comparison, PathDifference, SettingDifference
from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import ACCOUNTS
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.left_out_packages import LeftOutPackages
from dockfix.builds.path_globs import fitting_glob
from dockfix.core.result import Rewrite
from dockfix.passes import PASSES
from dockfix.passes.base import Pass
from dockfix.records import Record
from dockfix.typed import Literal

Way = Literal["removes", "changes", "records", "packages", "restates"]


class DeclaredDifference(Record):
    """A difference that a pass declares, and in which way.

    `what` is the glob that it fits, the package that it is of, or empty.
    """

    owner: Pass
    way: Way
    what: str
    difference: PathDifference | SettingDifference


def without_declared(
    found: Comparison, result: Rewrite, before: Image, after: Image
) -> tuple[Comparison, tuple[DeclaredDifference, ...]]:
    """A comparison without what the passes of a rewrite declare, and what they declare."""
    if found.same:
        return found, ()
    declared = _Declarations(result, before, after)
    claims: list[DeclaredDifference] = []
    files: list[PathDifference] = []
    for difference in found.files:
        one = declared.of_path(difference)
        if one is None:
            files.append(difference)
        else:
            claims.append(one)
    settings: list[SettingDifference] = []
    for setting in found.settings:
        one = declared.of_setting(setting, found)
        if one is None:
            settings.append(setting)
        else:
            claims.append(one)
    return found._replace(files=tuple(files), settings=tuple(settings)), tuple(claims)


def passes_of(result: Rewrite) -> list[Pass]:
    """The passes that changed a file, in their order."""
    codes = {finding.code for finding in result.applied}
    return [one for one in PASSES if one.code in codes]


def splitting(result: Rewrite) -> list[Pass]:
    """The passes of a rewrite that split."""
    return [one for one in passes_of(result) if one.splits]


class _Declarations:
    """What the passes of a rewrite declare of two images."""

    def __init__(self, result: Rewrite, before: Image, after: Image) -> None:
        self.passes = passes_of(result)
        self._own = {one.code: tuple(_declared_by(one, result)) for one in self.passes}
        self._before, self._after = Overlay(before.layers), Overlay(after.layers)
        self._sorted: dict[int, list[bytes]] = {}
        self._gone = LeftOutPackages(self._before, self._after)

    def of_path(self, difference: PathDifference) -> DeclaredDifference | None:
        """Who declares a difference of files."""
        for one in self.passes:
            for way, what in self._ways(one, difference):
                return DeclaredDifference(one, way, what, difference)
        return None

    def of_setting(
        self, setting: SettingDifference, found: Comparison
    ) -> DeclaredDifference | None:
        """Who declares a difference of settings."""
        for one in self.passes:
            if restates(one, setting, found):
                return DeclaredDifference(one, "restates", "", setting)
            if setting.name in self._own[one.code]:
                return DeclaredDifference(one, "changes", "", setting)
        return None

    def _ways(self, one: Pass, difference: PathDifference) -> Iterator[tuple[Way, str]]:
        """In which ways a pass declares a difference of files, and by which glob or package."""
        path, aspect = difference.path, difference.aspect
        if aspect in ("missing", "new"):
            found = [self._way(one, path, aspect) for path in self._below(difference)]
            if found and None not in found:
                yield from (way for way in found[:1] if way)
        elif glob := fitting_glob(path, one.changes()):
            yield "changes", glob
        elif aspect == "content" and (glob := fitting_glob(path, one.logs)):
            yield "records", glob
        elif one.fewer_packages and (package := self._altered(difference)):
            yield "packages", package

    def _way(self, one: Pass, path: bytes, aspect: str) -> tuple[Way, str] | None:
        """In which way a pass declares a path that only one of the images has."""
        shown = "/" + path.decode("utf-8", "surrogateescape")
        if glob := fitting_glob(shown, one.changes()) or _leads_to(shown, one.changes()):
            return "changes", glob
        if aspect == "missing" and (
            glob := fitting_glob(shown, (*one.removes(), *self._own[one.code]))
        ):
            return "removes", glob
        if aspect == "missing" and one.fewer_packages and (owner := self._gone.owner(path)):
            return "packages", owner
        return None

    def _below(self, difference: PathDifference) -> Iterator[bytes]:
        """The paths of a directory that only one of the images has: files, and what is empty."""
        overlay = self._before if difference.aspect == "missing" else self._after
        paths = self._sorted.get(id(overlay))
        if paths is None:
            paths = self._sorted[id(overlay)] = sorted(overlay.paths)
        top = difference.path.encode("utf-8", "surrogateescape")[1:]
        at = bisect_left(paths, top)
        while at < len(paths) and (paths[at] == top or paths[at].startswith(top + b"/")):
            # of a directory that is not empty the next path lies in it
            if not (at + 1 < len(paths) and paths[at + 1].startswith(paths[at] + b"/")):
                yield paths[at]
            at += 1

    def _altered(self, difference: PathDifference) -> str | None:
        """The package left out that something else is otherwise for."""
        path = difference.path.encode("utf-8", "surrogateescape")[1:]
        if difference.aspect == "target":
            # an alternative, of which the first choice was in the package
            return self._gone.owner(path)
        if difference.aspect == "content" and path in ACCOUNTS:
            texts = self._before.texts.get(path, b""), self._after.texts.get(path, b"")
            names = [{line.partition(b":")[0] for line in text.split(b"\n")} for text in texts]
            return min(self._gone.names, default=None) if names[1] < names[0] else None
        return None


def _declared_by(one: Pass, result: Rewrite) -> Iterator[str]:
    """What single changes of a pass declare."""
    for made in result.applied:
        if made.code == one.code:
            yield from made.declares


def _leads_to(path: str, globs: Sequence[str]) -> str:
    """The glob whose place lies below an empty directory: one to mount something over it."""
    return next((glob for glob in globs if glob.startswith(path + "/")), "")


def restates(one: Pass, setting: SettingDifference, found: Comparison | None = None) -> bool:
    """True if a pass says of itself that it says a command otherwise, in the same words."""
    if setting.name not in one.restates:
        return False
    if setting.name in ("Author", "Labels maintainer"):
        return found is not None and _same_author(found)
    if setting.before is None or setting.after is None:
        return False
    try:
        before, after = json.loads(setting.before), json.loads(setting.after)
    except ValueError:
        return False
    if setting.name == "Healthcheck":
        if {**before, "Test": None} != {**after, "Test": None}:
            return False
        # CMD-SHELL has a shell, CMD has none
        before, after = ["sh", "-c", *before["Test"][1:]], after["Test"][1:]
    if setting.name == "OnBuild":
        return _commands(before) == _commands(after)
    return _same_words(before, after)


def _same_author(found: Comparison) -> bool:
    """True if a label says what MAINTAINER said; quotes around all of it are no part of a label."""
    told = {one.name: one for one in found.settings}
    author, label = told.get("Author"), told.get("Labels maintainer")
    if author is None or label is None:
        return False
    return label.after in (author.before, (author.before or "").strip("\"'"))


def _commands(triggers: object) -> list[str]:
    """The words of RUNs that wait for another build, without what joins them to fewer."""
    texts = triggers if isinstance(triggers, list) else []
    words = [word for text in texts for word in str(text).removeprefix("RUN ").split()]
    return [bare for word in words if (bare := word.rstrip(";").strip("(){}")) and bare != "&&"]


def _same_words(before: object, after: object) -> bool:
    """True if a script for a shell says the same as an array, or as a script with `exec`."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return False
    option = str(before[-2]) if len(before) > 2 else ""
    if option[:1] != "-" or option[-1:] != "c":
        return False
    text = str(before[-1]).strip()
    if after[:-1] == before[:-1]:
        return str(after[-1]).split() == ["exec", *text.split()]
    if option != "-c":
        return False  # a login shell may set what the array is without
    if text[:1] == "[":
        # an array that was none, because of its quotes or commas
        return _words_without_marks(text) == _words_without_marks(" ".join(map(str, after)))
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    return after == (words[1:] if words[:1] == ["exec"] else words)


def _words_without_marks(text: str) -> list[str]:
    """The words of an array that BuildKit does not take for one."""
    return text.translate(dict.fromkeys(map(ord, "[],'\"“”‘’"), " ")).split()
