"""Ruby in its own image: the gems are carried onto the slim form, and what is built of the project.

Both forms of the image have the same Ruby in /usr/local and the same settings: gems, and Bundler's
settings for a project, lie in one folder (docker-library/ruby). Settings for a user lie in the home
folder of root, and are made again in the final stage. Where assets are compiled, the whole folder
of the project is carried, as the build leaves it; where nothing is built, the source is copied as
before, with the Gemfile, which Bundler reads when a program starts.

What gems need of the image is told by their names (`ruby_gems`), as the lock file lists them.
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import every_manager
from dockfix.managers.bundler import wants
from dockfix.managers.manager import words
from dockfix.managers.manifests import node_commands, ruby_commands
from dockfix.managers.manifests.ruby_commands import GEMS, INSTALLING, LOCK_FILE, MOVED, deed_of
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.stages.folder import work_inside
from dockfix.stages.ruby_calls import calls
from dockfix.stages.ruby_gems import needs_of
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.environment import environment
from dockfix.state.paths import copy_of, resolve, within

__all__ = ["calls", "concerns", "cut"]

#: Commands on files, which must name what is carried.
_ON_FILES = words("chmod cp find mkdir mv rm touch")
_SCRATCH = ("/root", "/tmp", "/var/tmp", "/usr/local/share", "/usr/lib/ruby/gems")
#: Folders of the system that are no place for gems alone.
_OF_SYSTEM = words("bin etc home lib opt root sbin srv tmp usr var")


def concerns(view: View) -> bool:
    """True if it is Ruby's own image, and gems are installed."""
    return view.image.name == "ruby" and any(_is_of(run) for run in view.runs.values())


def cut(view: View) -> Cut:
    """The gems carried, and the project if something of it is built."""
    return _Project(view).cut(view.slim_image)


def _is_of(run: Run) -> bool:
    return any(
        done.manager is not None and done.manager.language == "ruby" for done in run.done or ()
    )


class _Project:
    """What the RUNs of a stage do with gems and a project."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.build: dict[int, Run] = {}
        self.again: set[int] = set()
        #: Commands of a RUN that builds which are done again, as written.
        self.lines: list[str] = []
        self.folders: dict[str, None] = {}
        self.paths: dict[str, None] = {GEMS: None}
        #: A folder of gems below that of the project, by a variable.
        self.below = ""
        self.wanted: list[Wanted] = []
        self.unknown = self.whole = self.frozen = self.installed = False

    def cut(self, image: str) -> Cut:
        """How the stage is divided."""
        view = self.view
        if found := MOVED.search(view.text):
            raise UnsureError(f"gems may lie elsewhere: {found[0].strip(' =')}")
        self._settings()
        for run in view.runs.values():
            if _is_of(run) or self._is_build(run):
                self._look_at(run)
        if not self.installed:
            raise UnsureError("no gems are installed")
        if len(self.folders) > 1:
            raise UnsureError("gems of several projects are installed")
        last = max(self.build)
        self._check_start(last)
        build, again = set(self.build), set(self.again)
        for folder in self.folders:
            if folder == "/" or not folder.startswith("/"):
                raise UnsureError("it is unknown which folder is that of the project, or it is /")
            if self.whole:
                self.paths = {one: None for one in self.paths if not within(one, folder)}
                work = work_inside(view, self.build, folder, whole=True)
                build |= work.build
                again |= work.again
        self._check_owners(build)
        carried = [*self.paths, *(self.folders if self.whole else self._lock_files(last))]
        needs = needs_of(view, self.wanted)
        return Cut(
            frozenset(build),
            image,
            (*(f"COPY --from={{build}} {one} {one}" for one in carried), *self.lines),
            linked=needs.linked,
            called=needs.called,
            unknown=self.unknown or needs.unknown,
            left=_left(),
            what="what is built" if self.whole else "the gems",
            again=frozenset(again - build),
            manifests=True,
        )

    def _is_build(self, run: Run) -> bool:
        """True if a RUN compiles assets, or installs packages of Node.js for that."""
        return any(
            deed_of(done.values) is not None
            or node_commands.deed_of(done.program, done.values[1:]) is not None
            for done in run.done or ()
        )

    def _settings(self) -> None:
        """Looks at the variables that say where gems go."""
        view = self.view
        for one in view.instructions:
            for name, value in environment(one) if one.keyword in ("ENV", "ARG") else ():
                deed = ruby_commands.of_variable(name, value, view.text)
                if deed is not None:
                    self.frozen |= deed.frozen
                    if deed.path[:1] == "/":
                        self._path(deed.path, "/")
                    elif deed.path:
                        self.below = deed.path

    def _look_at(self, run: Run) -> None:
        """Takes down what a RUN does."""
        view, one = self.view, run.instruction
        line = view.line(one)
        here = view.facts.places[one.start].base
        if run.done is None:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        for flag in one.flags:
            target = (flag.value or "").partition("target=")[2].partition(",")[0]
            if target and any(within(target, top) or within(top, target) for top in (GEMS, here)):
                raise UnsureError("gems are in a cache, and not in the image")
        others = [done for done in run.done if done.kind not in ("nothing", "scratch")]
        only_sets = bool(others) and all(_sets_for_user(done) for done in others)
        for done in run.done:
            if done.program == "cd":
                moved = resolve(here, (done.values[1:] or ["$"])[0])
                if moved is None or not run.chained:
                    raise UnsureError(f"it is unknown where line {line} works")
                here = moved
            elif done.kind in ("nothing", "scratch", "system"):
                continue
            elif done.program in _ON_FILES:
                self._on_files(done, here, line)
            else:
                self._command(run, done, here, alone=only_sets)
        if only_sets:
            self.again.add(one.start)
        else:
            self.build[one.start] = run

    def _command(self, run: Run, done: Done, here: str, *, alone: bool) -> None:
        """Looks at a command that installs, sets or builds something.

        `alone`: its RUN has no others, and is done again as it is.
        """
        line = self.view.line(run.instruction)
        deed = deed_of(done.values)
        if deed is None:
            other = node_commands.deed_of(done.program, done.values[1:])
            if other is None or other.kind not in ("installs", "keeps"):
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
            self.folders[here] = None
            self.whole = True
            return
        self.frozen |= deed.frozen
        if deed.kind == "gems":
            self.installed = True
            self.wanted += [Wanted(name, "") for name in deed.words]
            return
        if deed.path:
            self._path(deed.path, here)
        if deed.kind == "sets":
            if deed.user and not alone:
                self._repeat(done, line)
            return
        self.folders[here] = None
        if deed.kind == "task":
            if deed.words:
                raise UnsureError(f"it is unknown what {deed.words[0]} in line {line} leaves")
            self.whole = True
        elif deed.kind == "installs":
            self._install(run, done, here)

    def _repeat(self, done: Done, line: int) -> None:
        """Has a setting for the user made again."""
        text = " ".join([word.text for word in done.simple.words])
        if "$" in text or "`" in text or done.simple.assignments:
            raise UnsureError(f"it is unknown what line {line} sets")
        self.lines.append(f"RUN {text}")

    def _install(self, run: Run, done: Done, here: str) -> None:
        """Takes down an install of the project's gems."""
        self.installed = True
        if self.below:
            self._path(self.below, here)
        try:
            self.wanted += wants(self.view.project(run.instruction, here), done.values[1:])
        except UnsureError:
            # the same image has the same libraries
            if not self.view.image.is_slim:
                raise
            self.unknown = True

    def _path(self, path: str, here: str) -> None:
        """Takes down a folder of gems."""
        found = resolve(here, path)
        if found is None or found.strip("/") in ("", *_OF_SYSTEM):
            raise UnsureError("it is unknown where gems are installed")
        self.paths[found] = None

    def _on_files(self, done: Done, here: str, line: int) -> None:
        """Raises UnsureError for a command on files that are not carried."""
        gems = next(reversed(self.paths))
        for value in _paths(done):
            path = resolve(here, ruby_commands.filled(value, gems))
            if path is not None and any(within(path, top) for top in (*self.paths, *_SCRATCH)):
                continue
            if path is None or not any(within(path, one) for one in self.folders):
                raise UnsureError(f"what {done.program} in line {line} does may be lost")
            self.whole = True

    def _check_owners(self, build: set[int]) -> None:
        """Raises UnsureError if gems are given to a user."""
        for start, run in self.view.runs.items():
            for done in run.of_kind("files"):
                gives = done.program in ("chown", "chmod", "chgrp") and start not in build
                if gives and start < max(build):
                    for value in done.values[1:]:
                        if value[:1] == "/" and within(value, GEMS):
                            line = self.view.line(run.instruction)
                            raise UnsureError(f"line {line} gives gems to a user")

    def _lock_files(self, last: int) -> list[str]:
        """The lock file, if an install may have changed it and it is not copied again."""
        view = self.view
        found = []
        for folder in self.folders:
            path = f"{folder}/{LOCK_FILE}"
            if self.frozen or view.context is None:
                continue
            below = [
                copy_of(one, view.facts.places[one.start].base)
                for one in view.instructions
                if one.keyword in ("COPY", "ADD") and one.start > last
            ]
            if not any(copy is not None and copy.brings(path, view.context) for copy in below):
                found.append(path)
        return found

    def _check_start(self, last: int) -> None:
        """Raises UnsureError if gems are installed when the container starts, or what is run behind
        the build, or a task, may do more than it is known for."""
        view = self.view
        for start, run in view.runs.items():
            for done in run.of_kind("runs") if start > last else ():
                file = next((value for value in done.values[1:] if value[:1] != "-"), "")
                seen = any(
                    path.rpartition("/")[2] == file.rpartition("/")[2] for path in view.files
                )
                if done.program == "ruby" and not seen:
                    line = view.line(run.instruction)
                    raise UnsureError(f"it is unknown whether ruby in line {line} compiles")
        for one in view.instructions:
            if one.keyword in ("CMD", "ENTRYPOINT") and INSTALLING.search(_joined(one)):
                raise UnsureError("gems are installed when it starts")
        for path in view.files:
            text = view.read(path)
            named = path.rpartition("/")[2] in view.text
            if named and is_shell_script(path, text) and INSTALLING.search(text):
                raise UnsureError(f"{path} installs gems, and may be the start")
            if self.whole and path.endswith((".rake", "Rakefile")) and "assets:precompile" in text:
                raise UnsureError(f"{path} adds to assets:precompile")


def _sets_for_user(done: Done) -> bool:
    """True if a command sets something for the user, or may, and not only for the project."""
    deed = deed_of(done.values)
    return deed is not None and deed.kind == "sets" and deed.user


def _paths(done: Done) -> list[str]:
    """The paths that a command on files names."""
    values = done.values[1:]
    if done.program == "find":
        count = next((at for at, one in enumerate(values) if one[:1] in "-(!"), len(values))
        return values[:count] or ["."]
    plain = [value for value in values if value[:1] != "-"]
    return plain[1:] if done.program == "chmod" else plain


def _joined(one: Instruction) -> str:
    return " ".join(one.json) if one.json is not None else one.arguments


def _left() -> tuple[str, ...]:
    """Globs of what only the build leaves."""
    kept = [
        f"{folder}/**"
        for manager in every_manager()
        if manager.language in ("ruby", "node") and manager.cache
        for folder in manager.cache.folders
        if folder[0] == "/"
    ]
    return (*kept, "/root/**", "/tmp/**")
