"""Python in its own image, with a virtual environment that the file makes itself.

The environment is carried as it is, to the same path. Its interpreter is a link to the image's, and
both forms of an image have the same one at the same place. What its packages find is what they
found: source that an editable install points to lies where it lay, because it is copied to both
sides. So nothing is asked here of what names folders; all that is installed must be seen to go into
the environment: by its manager, by PATH, or by the path of the program.
"""

from __future__ import annotations

import re

from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.managers.manifests.toml import read_toml, table
from dockfix.shell.patterns import lazy
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script
from dockfix.stages.view import View
from dockfix.state.environment import environment
from dockfix.state.paths import copy_of, resolve, within
from dockfix.typed import Literal

_MAKING = lazy(r"python[\d.]*")
_OF_SYSTEM = ("/", "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/local", "/var")
_TOOLS = ("setuptools", "virtualenv", "wheel")
#: What has another interpreter found than the image's.
_OTHER_PYTHON = lazy(r"--(?:python|copies|always-copy)\b|\s-p\s")
_LIMIT = lazy(r"(>=|<=|==|~=|!=|<|>)\s*(\d+)\.(\d+)")
_WORD = lazy(r"[\w.-]+")


def makes_environment(view: View) -> bool:
    """True if a stage makes an environment, or has a manager that makes one."""
    for run in view.runs.values():
        above = view.above(run.instruction)
        for done in run.done or ():
            manager = done.manager
            if _made(done.values) is not None:
                return True
            if manager and manager.environment and manager.environment(_behind(done), above):
                return True
    return False


class Own:
    """The environment, and the RUNs that make and fill it.

    `build` are all RUNs that install, `again` those of them that install a tool by which the final
    stage starts its program.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.folders: dict[str, None] = {}
        self.build: list[Run] = []
        self.tools: list[Run] = []
        self.fills: list[tuple[Run, Done]] = []
        for run in view.runs.values():
            self._look_at(run)

    @property
    def folder(self) -> str:
        """Where it lies. Raises UnsureError."""
        if len(self.folders) != 1:
            raise UnsureError("it has several virtual environments")
        folder = next(iter(self.folders))
        if not folder.startswith("/") or folder in _OF_SYSTEM:
            raise UnsureError("it is unknown where the virtual environment lies")
        return folder

    @property
    def again(self) -> frozenset[int]:
        """The starts of the RUNs with tools that something in the final stage calls."""
        called = self._called()
        return frozenset(
            [
                run.instruction.start
                for run in self.tools
                if any(name in called for done in run.of_kind("language") for name in _named(done))
            ]
        )

    def check(self) -> None:
        """Raises UnsureError for what may go elsewhere, or come from elsewhere."""
        view, folder = self.view, self.folder
        for run in self.build:
            for flag in run.instruction.flags:
                target = (flag.value or "").partition("target=")[2].partition(",")[0]
                if target and within(target, folder):
                    raise UnsureError("the virtual environment is in a cache, not in the image")
        for one in view.instructions:
            copy = copy_of(one, view.facts.places[one.start].base)
            if copy is not None and copy.brings(folder, view.context):
                raise UnsureError(f"line {view.line(one)} may bring another {folder}")
            if one.keyword in ("CMD", "ENTRYPOINT"):
                self._check_start(one.json or tuple(one.arguments.split()))
        if self.build:
            self._check_project(self.build[-1])

    def wanted(self) -> list[Wanted]:
        """The packages that are installed into it. Raises UnsureError."""
        found: list[Wanted] = []
        for run, done in self.fills:
            manager = done.manager
            if manager is None or manager.wants is None:
                raise UnsureError(f"it is unknown what {done.program} installs")
            if any(one.program == "cd" for one in run.done or ()):
                line = self.view.line(run.instruction)
                raise UnsureError(f"it is unknown where line {line} installs")
            found += manager.wants(_Bound(self.view, run), _behind(done))
        return found

    def _look_at(self, run: Run) -> None:
        """Takes down what a RUN does to environments."""
        view, line = self.view, self.view.line(run.instruction)
        here = view.facts.places[run.instruction.start].base
        active = self._on_path(run)
        builds = tools = False
        for done in run.done or ():
            values = [self._filled(run, value) for value in done.values]
            made = _made(values)
            if made is not None:
                if _OTHER_PYTHON.search(" ".join(values)) or made == "":
                    raise UnsureError(f"it is unknown which environment line {line} makes")
                self._add(resolve(here, made), line)
                builds = True
            elif values[:1] in (["."], ["source"]) and values[1:] and _is_activation(values[1]):
                active = resolve(here, values[1].removesuffix("/bin/activate"))
            elif done.manager is not None and done.manager.language == "python":
                folder = self._of_manager(run, done, active)
                if folder is None:
                    if not _is_tool(done):
                        raise UnsureError(
                            f"it is unknown where {done.program} in line {line} installs"
                        )
                    tools = True
                elif folder:
                    self._add(resolve(here, folder), line)
                    builds = True
                    if done.kind == "language" or done.program not in ("python",):
                        self._fill(run, done)
            elif done.kind == "runs" and values[:1] and "/" in values[0]:
                active = active or None
        if builds or tools:
            if builds:
                self.view.only(run, "language", "system", "nothing", "scratch", "runs", "asks")
                self._check_others(run)
            self.build.append(run)
            if tools and not builds:
                self.tools.append(run)

    def _check_others(self, run: Run) -> None:
        line = self.view.line(run.instruction)
        for done in run.of_kind("runs"):
            values = [self._filled(run, value) for value in done.values]
            known = _made(values) is not None or values[:1] in (["."], ["source"])
            if not known and not (done.manager and done.manager.language == "python"):
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")

    def _fill(self, run: Run, done: Done) -> None:
        words = _behind(done)
        if "install" in words or "sync" in words:
            self.fills.append((run, done))

    def _add(self, folder: str | None, line: int) -> None:
        if folder is None:
            raise UnsureError(f"it is unknown which environment line {line} makes")
        self.folders[folder] = None

    def _of_manager(self, run: Run, done: Done, active: str | None) -> str | None:
        """The environment that a command fills; "": it installs nothing; None: no environment."""
        manager = done.manager
        if manager is None:
            return None
        above = self.view.above(run.instruction)
        words = _behind(done)
        if manager.environment is not None:
            found = manager.environment(words, above)
            if found is None and done.kind != "asks":
                return None if _is_tool(done) else self._unknown(run, done)
            if found:
                return self._filled(run, found)
        if done.kind == "asks" or (done.kind == "runs" and manager.environment is None):
            return ""
        if manager.aside is not None and (reason := manager.aside(words, above)):
            raise UnsureError(f"{done.program}: {reason}")
        program = resolve(
            self.view.facts.places[run.instruction.start].base, self._filled(run, done.values[0])
        )
        if "/" in done.values[0] and program is not None and "/bin/" in program:
            folder = program.rpartition("/bin/")[0]
            return folder if folder not in ("/usr", "/usr/local", "") else None
        return active

    def _unknown(self, run: Run, done: Done) -> str:
        line = self.view.line(run.instruction)
        raise UnsureError(f"it is unknown where {done.program} in line {line} installs")

    def _on_path(self, run: Run) -> str | None:
        """The environment that stands first in PATH at a RUN."""
        found: str | None = None
        for one in self.view.instructions:
            if one.start >= run.instruction.start:
                break
            for name, value in environment(one) if one.keyword == "ENV" else ():
                if name == "PATH":
                    first = self._filled(run, value).partition(":")[0]
                    found = first.removesuffix("/bin") if first.endswith("/bin") else found
        is_own = found not in (None, "/usr/local", "/usr", "") and not str(found).startswith(
            "/root/"
        )
        return found if is_own else None

    def _filled(self, run: Run, text: str) -> str:
        """A text with the variables that ENVs above set to plain text."""
        if "$" not in text:
            return text.strip("\"'")
        known: dict[str, str] = {}
        for one in self.view.instructions:
            if one.start >= run.instruction.start:
                break
            for name, value in environment(one) if one.keyword == "ENV" else ():
                known[name] = re.sub(
                    r"\$\{?(\w+)\}?", lambda found: known.get(found[1], found[0]), value
                )
        return re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], found[0]), text).strip(
            "\"'"
        )

    def _called(self) -> set[str]:
        """The words of what starts in the final stage."""
        view = self.view
        last = max(run.instruction.start for run in self.build)
        texts = [
            one.arguments
            for one in view.instructions
            if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")
            or (one.keyword == "RUN" and one.start > last)
        ]
        texts += [text for path in view.files if is_shell_script(path, text := view.read(path))]
        return {word for text in texts for word in _WORD.findall(text)}

    def _check_start(self, words: tuple[str, ...]) -> None:
        """Raises UnsureError if what starts the program may install something first."""
        for at, word in enumerate(words):
            manager = manager_of(word.rpartition("/")[2].strip("\"'"))
            if manager is None or manager.before_start is None:
                continue
            project = self.view.project(self.view.stage.instructions[-1])
            reason = manager.before_start(project, list(words[at + 1 :]), self.view.text)
            if reason:
                raise UnsureError(reason)

    def _check_project(self, run: Run) -> None:
        """Raises UnsureError if the project asks for another Python, or builds into its source."""
        view = self.view
        project = _Bound(view, run)
        tag = view.image.reference.tag.partition("-")[0]
        named = (project.read(".python-version") or "").strip()
        if named and named != tag and not tag.startswith(f"{named}."):
            raise UnsureError(f".python-version asks for {named}, and the image has {tag}")
        text = project.read("pyproject.toml")
        data = read_toml(text) if text is not None else {}
        wanted = str(table(data, "project").get("requires-python", ""))
        version = tuple(int(part) for part in tag.split(".")[:2] if part.isdigit())
        for sign, major, minor in _LIMIT.findall(wanted):
            limit = (int(major), int(minor))
            if len(version) < 2 or not _fits(version, sign, limit):
                raise UnsureError(f"the project asks for Python {wanted}, and the image has {tag}")


class _Bound:
    """The project as a RUN finds it, with the files that are only mounted for it."""

    def __init__(self, view: View, run: Run) -> None:
        self._project = view.project(run.instruction)
        self._context = view.context
        self._bound: dict[str, str] = {}
        for flag in run.instruction.flags:
            parts = dict(
                part.partition("=")[::2] for part in (flag.value or "").split(",") if "=" in part
            )
            source, target = parts.get("source", ""), parts.get("target", parts.get("dst", ""))
            if flag.name == "mount" and parts.get("type") == "bind" and "from" not in parts:
                self._bound[target.removeprefix("./")] = source.removeprefix("./")

    def read(self, path: str) -> str | None:
        """See `shape.Project`."""
        if path in self._bound:
            return self._context.read(self._bound[path]) if self._context else None
        return self._project.read(path)

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """See `shape.Project`."""
        if path in self._bound:
            return self._context.kind(self._bound[path]) if self._context else None
        return self._project.kind(path)

    def entries(self, path: str) -> tuple[str, ...]:
        """See `shape.Project`."""
        return self._project.entries(path)

    def above(self, name: str) -> str | None:
        """See `shape.Project`."""
        return self._project.above(name)


def _fits(version: tuple[int, ...], sign: str, limit: tuple[int, int]) -> bool:
    if sign in ("==", "~="):
        return version == limit if sign == "==" else version[0] == limit[0] and version >= limit
    if sign == "!=":
        return version != limit
    return version >= limit if sign in (">=", ">") else version < limit or (
        sign == "<=" and version == limit
    )  # fmt: skip


def _made(values: list[str]) -> str | None:
    """The folder of the environment that a command makes; "": not told; None: it makes none."""
    words = values[1:]
    if values and _MAKING.fullmatch(values[0].rpartition("/")[2]):
        if words[:2] != ["-m", "venv"] and words[:2] != ["-m", "virtualenv"]:
            return None
        words = words[2:]
    elif not values or values[0].rpartition("/")[2] != "virtualenv":
        return None
    names = [word for word in words if word[:1] != "-"]
    return names[0] if len(names) == 1 and "$" not in names[0] else ""


def _is_activation(path: str) -> bool:
    return path.endswith("/bin/activate")


def _behind(done: Done) -> list[str]:
    """The words behind the manager's name."""
    values = done.values
    at = next((at for at, one in enumerate(values)
               if manager_of(one.rpartition("/")[2]) is done.manager), 0)  # fmt: skip
    return values[at + 1 :]


def _named(done: Done) -> list[str]:
    """The names of the packages that an install names."""
    words = done.command.packages if done.command else ()
    return [re.split(r"[=<>\[~!]", word.text.strip("\"'"))[0] for word in words]


def _is_tool(done: Done) -> bool:
    """True if a command installs nothing but installers."""
    names = _named(done)
    return bool(names) and all(
        name in _TOOLS or ((found := manager_of(name)) is not None and found.language == "python")
        for name in names
    )
