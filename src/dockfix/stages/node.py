"""Node.js in its own image: what npm, yarn or pnpm leave is carried onto the slim form.

Where nothing is built, that is `node_modules`, and the source is copied as before. Where something
is built, it is the whole folder of the project, as the build leaves it: the output wherever it is,
code that is generated inside of packages (Prisma), links between packages of a workspace, programs
of packages (`.bin`). What is listed for the build alone goes where no program can need it
(`node_pruned`). That everything lies in the folder follows from the scripts
(`node_scripts`), what packages need of the image from their names (`node_packages`).

Both forms of the image have the same Node.js, npm, yarn 1 and corepack in /usr/local and /opt
(docker-node: the same steps, on another base). What is installed beside them for the whole image,
and what corepack is told, is done again in the final stage, for `pnpm start` needs it. What
corepack has fetched lies in the home folder of root, and is carried if something may start it.
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import every_manager, manager_of
from dockfix.managers.manifests.node_commands import (
    INSTALLING,
    PROGRAMS,
    Deed,
    deed_of,
)
from dockfix.managers.manifests.node_pruning import LINE
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.shell.patterns import lazy
from dockfix.stages.folder import owner_of, work_inside
from dockfix.stages.node_calls import calls
from dockfix.stages.node_corepack import fetched_by_corepack
from dockfix.stages.node_packages import called_by_packages, check_programs
from dockfix.stages.node_pruned import prunes
from dockfix.stages.node_scripts import LIFECYCLE, Scripts, check_settings
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script, landings
from dockfix.stages.view import Cut, View
from dockfix.state.paths import UNTOLD, Copy, copy_of, resolve, within

__all__ = ["calls", "concerns", "cut"]

#: Settings that have packages lie elsewhere, or be links to elsewhere.
_MOVED = lazy(
    r"(?i)virtual-?store|modules-?dir|modules-?folder|import-?method|node-?linker|\bpnp\b"
    r"|npm_config_(?:prefix|global)|(?m:^[ \t]*prefix[ \t]*=)|config set prefix"
)
#: Users that both forms of the image have, each with a group of the same name or number.
_KNOWN_USERS = ("", "node", "1000")
_CERTIFICATES = ("/etc/ssl", "openssl-ca", "SSL_CERT", "EXTRA_CA")
_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


def concerns(view: View) -> bool:
    """True if it is Node's own image, and packages are installed."""
    return view.image.name == "node" and any(_is_of(run) for run in view.runs.values())


def cut(view: View) -> Cut:
    """The packages, or the whole project as it was built, carried."""
    return _Project(view).cut(view.slim_image)


def _is_of(run: Run) -> bool:
    return any(_is_program(done) for done in run.done or ())


def _is_program(done: Done) -> bool:
    return done.program in PROGRAMS or bool(done.manager and done.manager.language == "node")


class _Project:
    """What the RUNs of a stage do to a project."""

    def __init__(self, view: View) -> None:
        self.view = view
        #: The RUNs that build, and those that are done on both sides.
        self.build: dict[int, Run] = {}
        self.again: set[int] = set()
        #: Commands of a RUN that builds which are done again, as written.
        self.lines: list[str] = []
        self.folders: dict[str, None] = {}
        self.wanted: list[Wanted] = []
        #: The installs, each with its program and its words, and the programs of the build.
        self.installs: list[list[str]] = []
        self.programs: set[str] = set()
        self.whole = False

    def cut(self, image: str) -> Cut:
        """How the stage is divided."""
        view = self.view
        deeds = {start: self._deeds(run) for start, run in view.runs.items() if _is_of(run)}
        for start, found in deeds.items():
            self._sort(view.runs[start], found)
        folders = [one for one in self.folders if not any(
            one != other and within(one, other) for other in self.folders
        )]  # fmt: skip
        if not folders:
            raise UnsureError("no packages are installed")
        if not all(one.startswith("/") and one != "/" for one in folders):
            raise UnsureError("it is unknown which folder is that of the project, or it is /")
        last = max(self.build)
        self.whole |= len(folders) > 1 or any(self._is_whole(one, last) for one in folders)
        self._check_places(folders)
        build, again = set(self.build), set(self.again)
        for folder in folders:
            work = work_inside(view, self.build, folder, whole=self.whole)
            build |= work.build
            again |= work.again
        owner = self._owner(max(build))
        end = next(one for one in view.instructions if one.start == max(build))
        pruned = not owner and self._is_pruned(folders, end)
        called = called_by_packages(view, self.wanted)
        if any(text in view.text for text in _CERTIFICATES):
            called = [*called, "ca-certificates"]
        carried = folders if self.whole else [f"{one}/node_modules" for one in folders]
        flag = "" if self.whole or not owner else f" --chown={owner}:{owner}"
        fetched = fetched_by_corepack(view, {*self.build, *self.again}, owner)
        return Cut(
            frozenset(build),
            image,
            (
                *(f"COPY --from={{build}}{flag} {one} {one}" for one in carried),
                *(f"COPY --from={{build}} {one} {one}" for one in fetched),
                *self.lines,
            ),
            called=tuple(called),
            left=(*_left(), *(f"{one}/node_modules/**" for one in folders if pruned)),
            what="what is built" if self.whole else "the packages",
            again=frozenset(again - build),
            users=True,
            # Node.js reads `type` and `exports`, and a program may read the rest
            manifests=True,
            below=(LINE,) if pruned else (),
        )

    def _is_pruned(self, folders: list[str], last: Instruction) -> bool:
        """True if the packages for development can go when all is built."""
        if not self.whole or len(folders) > 1 or self.lines or self.again:
            return False
        return prunes(self.view, last, folders[0], self.installs, self.programs)

    def _owner(self, last: int) -> str:
        """The user that the build runs as, if it is not root. Raises UnsureError."""
        view = self.view
        if not any(one.keyword == "USER" and one.start < last for one in view.instructions):
            return ""
        owner = owner_of(view, self.build)
        if self.lines:
            raise UnsureError(
                "programs for the whole image are installed, and then there is a user"
            )
        if owner.partition(":")[0] not in _KNOWN_USERS and not self.whole:
            raise UnsureError(f"the build runs as user {owner}")
        return owner.partition(":")[0]

    def _deeds(self, run: Run) -> list[tuple[Done, Deed | None]]:
        view, line = self.view, self.view.line(run.instruction)
        if run.done is None:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        found: list[tuple[Done, Deed | None]] = []
        for done in run.done:
            deed = deed_of(done.program, done.values[1:])
            if deed is None and (done.kind in ("language", "runs", "asks")):
                verb = next((one for one in done.values[1:] if one[:1] != "-"), "")
                name = f"{done.program} {verb}".strip() if _is_program(done) else done.program
                raise UnsureError(f"it is unknown what {name} in line {line} leaves")
            if deed is not None and done.simple.redirects and deed.kind != "sets":
                raise UnsureError(f"line {line} redirects what {done.program} says")
            found.append((done, deed))
        if any(done.program == "cd" for done in run.done) and not run.chained:
            raise UnsureError(f"it is unknown where line {view.line(run.instruction)} works")
        return found

    def _sort(self, run: Run, found: list[tuple[Done, Deed | None]]) -> None:
        """Takes down what a RUN does."""
        view, one = self.view, run.instruction
        line = view.line(one)
        kinds = {deed.kind for _, deed in found if deed is not None}
        for _, deed in found:
            if deed is not None and deed.kind == "global":
                check_programs([*deed.words], line)
        others = {done.kind for done, deed in found if deed is None}
        if kinds <= {"global", "sets"} and others <= {"nothing", "scratch"}:
            self.again.add(one.start)
            return
        here = view.facts.places[one.start].base
        self.build[one.start] = run
        scripts: Scripts | None = None
        for done, deed in found:
            if done.program == "cd":
                moved = resolve(here, (done.values[1:] or ["$"])[0])
                if moved is None:
                    raise UnsureError(f"it is unknown where line {line} works")
                here = moved
            elif deed is None and done.kind == "files":
                scripts = scripts or self._scripts(here, run)
                scripts.command(done.simple, here, f"line {line}")
                if done.program in ("chown", "chgrp"):
                    raise UnsureError(
                        f"line {line} installs and does something else: {done.program}"
                    )
                self.whole = True
            elif deed is not None and deed.kind in ("global", "sets"):
                self._repeat(run, done, deed)
            elif deed is not None:
                scripts = scripts or self._scripts(here, run)
                self._project_deed(run, done, deed, here, scripts)
        for folder, program, values in scripts.installs if scripts else ():
            self._install(run, folder, program, values)
        self.programs |= scripts.programs if scripts else set()

    def _repeat(self, run: Run, done: Done, deed: Deed) -> None:
        """Has a command of a RUN that builds done again; settings are for the build alone."""
        if deed.kind == "sets" and done.program != "corepack":
            return
        text = " ".join([word.text for word in done.simple.words])
        if not run.chained or "$" in text or done.simple.assignments:
            line = self.view.line(run.instruction)
            raise UnsureError(f"line {line} installs for the whole image, and does something else")
        self.lines.append(f"RUN {text}")

    def _scripts(self, here: str, run: Run) -> Scripts:
        if not here.startswith("/") or here == "/":
            raise UnsureError("it is unknown which folder is that of the project, or it is /")
        one = run.instruction
        packages = [
            path.rpartition("/")[0]
            for path, _ in self._landings(one.start)
            if path.endswith("/package.json")
        ]
        return Scripts(self.view.project(one), here, packages, self.view.line(one))

    def _project_deed(self, run: Run, done: Done, deed: Deed, here: str, scripts: Scripts) -> None:
        """Takes down an install, or a script that is run."""
        self.folders[here] = None
        if deed.kind == "installs":
            self._install(run, here, done.program, done.values[1:])
            if "--ignore-scripts" in done.values:
                return
            found = scripts.of(here)
            for name in LIFECYCLE:
                if name in found:
                    self.whole = True
                    scripts.run(name, here, must=False)
        elif deed.kind in ("runs", "everywhere", "calls"):
            self.whole = True
            scripts.call(done.values, here, f"line {self.view.line(run.instruction)}")

    def _install(self, run: Run, folder: str, program: str, values: list[str]) -> None:
        manager = manager_of(program)
        self.installs.append([program, *values])
        if manager is None or manager.wants is None:
            raise UnsureError(f"it is unknown what {program} installs")
        project = self.view.project(run.instruction, folder)
        if project.kind("binding.gyp"):
            raise UnsureError("it is unknown what binding.gyp builds may be linked with")
        for name in (".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", "package.json"):
            text = (project.read(name) or "").replace("nodeLinker: node-modules", "")
            if found := _MOVED.search(text.replace("node-linker=hoisted", "")):
                raise UnsureError(f"{name} says where packages lie: {found[0].strip()}")
        self.whole |= project.kind(".yarnrc.yml") is not None
        if "fetch" not in values:
            self.wanted += manager.wants(project, values)

    def _is_whole(self, folder: str, last: int) -> bool:
        """True if more than one folder of packages belongs to a project, or its own source does."""
        import json

        view = self.view
        run = self.build[last]
        project = view.project(run.instruction, folder)
        kinds = ("dependencies", "devDependencies", "optionalDependencies")
        try:
            data = json.loads(project.read("package.json") or "")
            versions = [str(one) for kind in kinds for one in (data.get(kind) or {}).values()]
        except (ValueError, AttributeError) as error:
            raise UnsureError("the project's manifest cannot be read") from error
        for version in versions:
            if version.startswith(("file:", "link:", "portal:", ".", "/", "~/")):
                if ".." in version or ":/" in version or version[0] in "/~":
                    raise UnsureError(f"`{version}` in package.json may be out of {folder}")
                return True
        if "workspaces" in data or project.kind("pnpm-workspace.yaml"):
            return True
        # what is copied above the install would stay beside what it leaves
        modules = f"{folder}/node_modules"
        return any(
            copy is None
            or any(
                one == UNTOLD or not _is_ignored(view, one) for one in copy.brings(modules, None)
            )
            for copy in self._copies(last)
        )

    def _landings(self, last: int) -> list[tuple[str, str]]:
        """The files that are copied above the end of the build: where each lands, and its path in
        the context."""
        context = self.view.context
        copies = self._copies(last) if context is not None else []
        return [
            pair
            for copy in copies
            if copy is not None and copy.origin is None and context is not None
            for pair in landings(copy, context)
        ]

    def _copies(self, last: int) -> list[Copy | None]:
        """The copies above the end of the build."""
        return [
            copy_of(one, self.view.facts.places[one.start].base)
            for one in self.view.instructions
            if one.keyword in ("COPY", "ADD") and one.start < last
        ]

    def _check_places(self, folders: list[str]) -> None:
        """Raises UnsureError if packages or the output may lie elsewhere than in the folders."""
        view = self.view
        if found := _MOVED.search(view.text):
            raise UnsureError(f"packages may lie elsewhere: {found[0].strip()}")
        for run in self.build.values():
            for flag in run.instruction.flags:
                target = (flag.value or "").partition("target=")[2].partition(",")[0]
                if any(within(target, f"{one}/node_modules") for one in folders):
                    raise UnsureError("packages are in a cache, and not in the image")
        self._check_start()
        if not self.whole or view.context is None:
            return
        files = self._landings(max(self.build))
        for folder in folders:
            check_settings(view.context, files, folder)

    def _check_start(self) -> None:
        """Raises UnsureError if packages are installed when the container starts."""
        import json

        view = self.view
        starts = [one.arguments for one in view.instructions if one.keyword in _STARTS]
        if any(INSTALLING.search(text) for text in starts):
            raise UnsureError("packages are installed when it starts")
        named = {word for text in starts for word in _WORD.findall(text)}
        for path in view.files:
            text, name = view.read(path), path.rpartition("/")[2]
            if name in view.text and is_shell_script(path, text) and INSTALLING.search(text):
                raise UnsureError(f"{path} installs packages, and may be the start")
            if name == "package.json" and '"scripts"' in text:
                try:
                    scripts = [*json.loads(text).get("scripts", {}).items()]
                except (ValueError, AttributeError):
                    continue
                for script, words in scripts:
                    plain = script.removeprefix("pre").removeprefix("post")
                    if (plain in named or plain == "start") and INSTALLING.search(str(words)):
                        raise UnsureError(f"the script {script} of {path} installs packages")


def _is_ignored(view: View, path: str) -> bool:
    return view.context is not None and view.context.ignored(path)


_WORD = lazy(r"[\w-]+")


def _left() -> tuple[str, ...]:
    """Globs of what only the build leaves: what managers keep, and what lies at root's home."""
    kept = [
        f"{folder}/**"
        for manager in every_manager()
        if manager.language == "node" and manager.cache
        for folder in manager.cache.folders
        if folder[0] == "/"
    ]
    return (*kept, "/root/**", "/tmp/**")
