"""The commands of a stage that build something in Java, and where what they leave is put."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from dockfix.installs.project import Copied
from dockfix.managers import every_manager, manager_of
from dockfix.managers.manager import Manager
from dockfix.managers.manifests.shape import Archive, UnsureError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages.java_source import is_wrapper
from dockfix.stages.programs import started
from dockfix.stages.project import Language, here_of
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script
from dockfix.stages.view import View
from dockfix.state.paths import copy_of, resolve, within

#: Where the words stand that may start a program.
STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK", "ENV")
_SHELLS = ("sh", "bash", "ash", "dash")
#: Commands beside a build that may stand in its RUN.
_BESIDE = frozenset(("chmod", "dos2unix", "echo", "ls", "mkdir", "rm", "sed"))
_SPLIT = lazy(r"[\s;&|()\"'=:,]+")


class Build(Record):
    """A command that builds: where, its manager and the words behind the program."""

    run: Run
    here: str
    manager: Manager
    values: tuple[str, ...]


class Result(Record):
    """What is carried of a build: a file, a pattern of files, or a folder."""

    path: str
    alone: bool


def managers() -> list[Manager]:
    """Those that build Java."""
    return [one for one in every_manager() if one.language == "java"]


def caches() -> list[str]:
    """The folders in a home where the managers keep what they fetched."""
    folders = [one for manager in managers() if manager.cache for one in manager.cache.folders]
    return [folder.lstrip("~/").partition("/")[0] for folder in folders]


def builder(done: Done) -> tuple[Manager, tuple[str, ...]] | None:
    """The manager that a command calls, by a wrapper perhaps, and the words behind it."""
    values = done.values
    if done.program in _SHELLS and len(values) > 1:
        values = values[1:]
    manager = manager_of(values[0].rpartition("/")[2]) if values else None
    if manager is None or manager.language != "java" or manager.archive is None:
        return None
    return manager, tuple(values[1:])


class Builds:
    """The commands of a stage that build, and where what they leave is put."""

    def __init__(self, view: View, language: Language) -> None:
        self.view, self.language = view, language
        self.builds: list[Build] = []
        self.moved: dict[str, Result] = {}
        self.removed: list[tuple[str, int]] = []
        self.starts: frozenset[int] = frozenset()
        for run in view.runs.values():
            if any(map(builder, run.done or ())) or self.touches(run):
                self.read(run)
        if not self.builds:
            raise UnsureError("nothing is built")
        last = max(self.starts)
        self.last = next(one for one in view.instructions if one.start == last)

    def touches(self, run: Run) -> bool:
        """True if a RUN only works on what a build leaves, or on what starts one."""
        if run.done is None or not run.kinds <= {"files", "nothing", "scratch", "runs"}:
            return False
        here = here_of(self.view, run.instruction, self.language)
        if self.builds and all(self.only_removes(done, here) for done in run.done):
            return True
        for done in run.done:
            if done.kind == "runs" and done.program != "dos2unix":
                return False
            for word in done.values[1:]:
                path = resolve(here, word) if word[:1] != "-" else None
                if path is None:
                    continue
                if is_wrapper(path):
                    return True
                if path in self.moved or self.result(path) is not None:
                    return True
        return False

    def only_removes(self, done: Done, here: str) -> bool:
        """True if a command removes nothing but parts of the project, or what managers keep."""
        words = [word for word in done.values[1:] if word[:1] != "-"]
        if done.program != "rm" or not words:
            return False
        for word in words:
            path = resolve(here, word)
            if not any(f"/{one}" in word for one in caches()) and (
                path is None or not any(within(path, one.here) for one in self.builds)
            ):
                return False
        return True

    def read(self, run: Run) -> None:
        """Reads a RUN of the build. Raises UnsureError."""
        view, one = self.view, run.instruction
        line = view.line(one)
        if run.done is None or not run.chained:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        self.starts |= {one.start}
        here = here_of(view, one, self.language)
        for done in run.done:
            built = builder(done)
            if done.program == "cd":
                moved = resolve(here, (done.values[1:] or [""])[0])
                if moved is None:
                    raise UnsureError(f"it is unknown where line {line} works")
                here = moved
            elif built is not None:
                self.builds.append(Build(run, here, *built))
            elif done.program in ("cp", "mv"):
                self.move(done, here, line)
            elif done.program in _BESIDE and done.program != "mkdir":
                for word in done.values[1:]:
                    path = resolve(here, word) if done.program == "rm" else None
                    if path is not None and word[:1] != "-":
                        self.removed.append((path, line))
            elif done.kind not in ("system", "nothing", "scratch") and done.program != "mkdir":
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")

    def move(self, done: Done, here: str, line: int) -> None:
        """Notes where a command puts an archive. Raises UnsureError."""
        words = [word for word in done.values[1:] if word[:1] != "-"]
        paths = [resolve(here, word) for word in words]
        source, target = (paths[0], paths[1]) if len(paths) == 2 else (None, None)
        found = self.moved.get(source or "") or (self.result(source) if source else None)
        if source is None or target is None or found is None:
            raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
        if not found.alone:
            raise UnsureError(
                f"it is unknown whether {words[0]} in line {line} has all that it needs"
            )
        if words[1].endswith(("/", "/.")) or words[1] in (".", ".."):
            target = f"{target.rstrip('/')}/{found.path.rpartition('/')[2]}"
        self.moved[target] = Result(target, alone=True)
        if done.program == "mv":
            self.removed.append((source, line))

    def result(self, path: str) -> Result | None:
        """What of a build is carried for a path that is named; None if it is none of its."""
        for build in reversed(self.builds):
            if build.manager.archive is None or not within(path, build.here):
                continue
            rest = path[len(build.here) :].lstrip("/")
            found = build.manager.archive(self.project(build), list(build.values), rest)
            if found is not None:
                return _chosen(found, rest, build.here.rstrip("/"))
        return None

    def project(self, build: Build) -> Copied:
        """The project as a command finds it. Raises UnsureError."""
        view = self.view
        if view.context is None:
            raise UnsureError("the build context was not found")
        copies = [
            copy_of(one, here_of(view, one, self.language))
            for one in view.instructions
            if one.keyword in ("COPY", "ADD") and one.start < build.run.instruction.start
        ]
        return Copied(copies, build.here, view.context)

    def started(self) -> list[Result]:
        """What the container starts of all that is built. Raises UnsureError."""
        view = self.view
        end = here_of(view, view.stage.instructions[-1], self.language)
        found: dict[str, Result] = {}
        for word in self.words():
            if "/" not in word and not word.endswith((".jar", ".war")):
                continue
            path = resolve(end, _told(word))
            if path is None or path == "/":
                continue
            moved = [one for one in self.moved if fnmatchcase(one, path) or fnmatchcase(path, one)]
            for one in moved:
                found[one] = self.moved[one]
            result = None if moved else self.result(path)
            if result is not None:
                found[result.path] = result
        if not found:
            self.check_starts()
            within_all = self.result(end)
            if within_all is not None:
                return [within_all]
            raise UnsureError("it is unknown which file the build leaves for the start")
        tops = [one for one in found if not any(o != one and within(one, o) for o in found)]
        return [found[one] for one in tops]

    def check_starts(self) -> None:
        """Raises UnsureError if the container starts what builds."""
        for one in self.view.instructions:
            if one.keyword in ("CMD", "ENTRYPOINT"):
                for name in started(self.view, one):
                    if is_wrapper(name):
                        raise UnsureError(
                            f"{one.keyword} in line {self.view.line(one)} calls {name}, which only"
                            " the build stage would have"
                        )

    def words(self) -> Iterator[str]:
        """The words of what may start the program."""
        view = self.view
        texts = [one.arguments for one in view.instructions if one.keyword in STARTS]
        for path in view.files:
            text = view.read(path)
            if is_shell_script(path, text) and not is_wrapper(path):
                texts.append(text)
        for text in texts:
            words = [word for word in _SPLIT.split(text.strip("[]")) if word]
            for word, after in zip(words, [*words[1:], ""], strict=False):
                if word == "-jar" and after[:1] == "$":
                    variable = after.strip("${}")
                    if f"{variable}=" not in self.view.text and f"{variable} " not in view.text:
                        raise UnsureError(f"it is unknown which archive {after} is")
                yield word

    def check_removals(self, paths: list[str]) -> None:
        """Raises UnsureError if the build removes what is carried."""
        for removed, line in self.removed:
            for path in paths:
                if within(path, removed) or fnmatchcase(path, removed):
                    raise UnsureError(f"line {line} removes what the container starts")

    def left(self) -> Iterator[str]:
        """Globs of what the new image is without."""
        for manager in managers():
            if manager.cache is not None:
                yield from manager.cache.removed
        for build in self.builds:
            top = build.here.rstrip("/")
            for folder in ("target", "build", ".gradle"):
                for above in ("", "/*", "/*/*"):
                    yield f"{top}{above}/{folder}"
                    yield f"{top}{above}/{folder}/**"
        for path, _ in self.removed:
            yield path


def _chosen(found: Archive, rest: str, top: str) -> Result:
    """What is carried for a path below an archive's folder: the file alone where it is told, and
    that it is all, else the folder."""
    names = (found.path, rest)
    if found.alone and not rest.endswith(".original"):
        known, named = ("*" in one for one in names)
        ending = found.path.rpartition(".")[2]
        if found.path == rest and not known:
            return Result(f"{top}/{rest}", alone=True)
        if named and (
            (fnmatchcase(found.path, rest) and not known)
            or (known and rest in (f"{found.folder}/*.{ending}", found.path))
        ):
            return Result(f"{top}/{rest}", alone=True)
    return Result(f"{top}/{found.folder}", alone=False)


def _told(word: str) -> str:
    """The part of a path that is told: a folder, if it goes on with a variable."""
    return word.partition("$")[0].rpartition("/")[0] if "$" in word else word
