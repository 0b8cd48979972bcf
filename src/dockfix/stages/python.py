"""Python in Python's own image: a virtual environment is made by the build, and carried.

The environment lies at `/opt/venv` in both stages, made by the interpreter of the same version, so
that scripts and compiled modules find what they name. The install commands stay as they are: PATH
has the environment first. Left alone is whatever would not land there, or would not look there. An
environment that the file makes itself is carried as it is (`python_own`).
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages.python_behind import check_behind
from dockfix.stages.python_calls import calls_of
from dockfix.stages.python_own import Own, makes_environment
from dockfix.stages.python_packages import calls as packages_called
from dockfix.stages.python_packages import is_known, linked_with, normal
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import called_by_script, interpreter_of, is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.paths import copy_of, within

_VENV = "/opt/venv"
_PATH = f"PATH={_VENV}/bin:$PATH"
#: Where programs and packages lie without an environment: who names it does not look into one.
_FIXED = lazy(
    r"/usr/local/(?:bin(?:/[\w.-]+)?|(?:lib/python|share|etc)\b)|site-packages|dist-packages"
)
#: What says that the file makes an environment itself.
_ENVIRONMENT = lazy(r"\bvenv\b|\bvirtualenv\b|\bVIRTUAL_ENV\b")
#: Programs that start others with a PATH of their own.
_OWN_PATH = lazy(r"(?<![\w/.-])(?:crond?|sudo|su|runuser|supervisord?)(?![\w.-])")
#: Programs that both forms of the image have in /usr/local/bin, as some package of Debian has them.
_OF_IMAGE = frozenset(("2to3", "idle3", "pydoc3", "python", "python3"))
#: A shell that reads /etc/profile, where Debian sets PATH anew.
_LOGIN = lazy(
    r"(?<![\w.-])(?:ba|da|z|k)?sh[\"']?[\s,\"']+(?:-\w+[\s,\"']+)*(?:-[a-km-z]*l\w*|--login)\b"
)
#: Debian's own Python, which is in the full image because of other packages.
_OF_DEBIAN = lazy(r"/usr/bin/python[\d.]*")
_READ = (".py", ".sh", ".cfg", ".conf", ".ini", ".toml", ".yaml", ".yml", ".service")


def concerns(view: View) -> bool:
    """True if it is Python's own image, and packages are installed."""
    return view.image.name == "python" and any(
        done.manager and done.manager.language == "python" and done.kind in ("language", "runs")
        for run in view.runs.values()
        for done in run.done or ()
    )


def cut(view: View) -> Cut:
    """The install into an environment, and the environment carried."""
    image = view.slim_image
    if view.image.reference.tag.startswith("2"):
        raise UnsureError("Python 2 makes no virtual environments")
    if makes_environment(view):
        return _cut_own(view, Own(view), image)
    _looks_into_an_environment(view)
    _check_interpreter(view)
    installs = [run for run in view.runs.values() if run.of_kind("language")]
    tools = [run for run in installs if _only_tools(run)]
    first = next((run for run in installs if run not in tools), None)
    if first is None:
        raise UnsureError("nothing is installed but installers")
    outside = [run for run in tools if run.instruction.start < first.instruction.start]
    enters = False
    wanted: list[Wanted] = []
    is_unknown = False
    for run in installs:
        view.only(run, "language", "system", "nothing", "scratch")
        for done in run.of_kind("language"):
            if done.action == "other":
                continue
            enters |= _is_aside(view, run, done)
            if run in outside:
                continue
            try:
                wanted += wanted_by(view, run, done)
            except UnsureError:
                # the same image has the same libraries
                if not view.image.is_slim:
                    raise
                is_unknown = True
    needs = _needs(view, wanted, is_unknown=is_unknown)
    check_behind(view, max(run.instruction.start for run in installs))
    told = _interpreters(view, installs)
    others = enters and outside and not told
    variables = " ".join([f"VIRTUAL_ENV={_VENV}"] * bool(others) + [*told, _PATH])
    return Cut(
        frozenset([run.instruction.start for run in installs]),
        image,
        (f"COPY --from={{build}} {_VENV} {_VENV}", f"ENV {_PATH}"),
        ((_above_copies(view, first), (f"RUN python -m venv {_VENV}", f"ENV {variables}")),),
        needs.linked,
        needs.called,
        unknown=needs.unknown,
        left=("Env PATH", "/usr/local/bin/**", "/usr/local/lib/python3*/**"),
        gains=bool(outside),
        what="the packages",
        lost=_programs_of(outside),
        there=_OF_IMAGE,
    )


def _interpreters(view: View, installs: list[Run]) -> list[str]:
    """The variables that tell installers the Python of the environment. Raises UnsureError."""
    found = {
        done.manager.name: f"{done.manager.interpreter}={_VENV}/bin/python"
        for run in installs
        for done in run.of_kind("language")
        if done.manager is not None and done.manager.interpreter
    }
    for one in view.instructions:
        words = one.json or one.arguments.split()
        if one.keyword in ("CMD", "ENTRYPOINT") and found.keys() & set(words):
            raise UnsureError(f"{min(found)} may install something when it starts")
    return sorted(found.values())


def _programs_of(tools: list[Run]) -> frozenset[str]:
    """The programs of installers, which are not carried."""
    found = [
        manager_of(word.text.strip("\"'").partition("=")[0])
        for run in tools
        for done in run.of_kind("language")
        for word in (done.command.packages if done.command else ())
    ]
    return frozenset(
        program for manager in found if manager is not None for program in manager.programs
    )


def _check_interpreter(view: View) -> None:
    """Raises UnsureError for what is run by Debian's Python, which only the full image has."""
    if view.image.is_slim:
        return
    if found := _OF_DEBIAN.search(view.text):
        raise UnsureError(f"{found[0]} is named, which only the full image has")
    for path in view.files:
        text = view.read(path)
        found = _OF_DEBIAN.match(text, 2) if text.startswith("#!") else None
        if found and path.rpartition("/")[2] in view.text:
            raise UnsureError(f"{path} is run by {found[0]}, which only the full image has")


class _Needs(Record):
    """What packages need of the final stage: packages of Debian whose libraries they are linked
    with, and whose programs they call. `unknown`: they may be linked with a compiler's libraries.
    """

    linked: tuple[str, ...]
    called: tuple[str, ...]
    unknown: bool


def _needs(view: View, wanted: list[Wanted], *, is_unknown: bool) -> _Needs:
    """What packages need. Raises UnsureError."""
    unknown = [one.name for one in wanted if not is_known(normal(one.name))]
    if unknown and not view.image.is_slim:
        raise UnsureError(f"it is unknown which libraries of {view.stage.base} {unknown[0]} needs")
    names = [(normal(one.name), one.version) for one in wanted]
    linked = [
        library for name, version in names for library in linked_with(name, version, minor(view))
    ]
    return _Needs(
        () if view.image.is_slim else tuple(dict.fromkeys(linked)),
        tuple(dict.fromkeys(one for name, _ in names for one in packages_called(name))),
        is_unknown or bool(unknown),
    )


def _cut_own(view: View, own: Own, image: str) -> Cut:
    """The environment that the file makes, carried."""
    own.check()
    check_behind(view, max((run.instruction.start for run in own.build), default=0))
    if "setcap" in view.text:
        raise UnsureError("capabilities are set on a program")
    _check_interpreter(view)
    is_unknown, wanted = False, list[Wanted]()
    try:
        wanted = own.wanted()
    except UnsureError:
        # the same image has the same libraries
        if not view.image.is_slim:
            raise
        is_unknown = True
    needs = _needs(view, wanted, is_unknown=is_unknown)
    again = own.again
    return Cut(
        frozenset([run.instruction.start for run in own.build]) - again,
        image,
        (f"COPY --from={{build}} {own.folder} {own.folder}",),
        (),
        needs.linked,
        needs.called,
        unknown=needs.unknown,
        left=("/usr/local/bin/**", "/usr/local/lib/python3*/**", "/root/**"),
        gains=len(again) < len(own.tools),
        what="the packages",
        again=again,
        there=_OF_IMAGE,
    )


def _above_copies(view: View, first: Run) -> Instruction:
    """The first of the copies right above an install, or the install: an edit of a manifest is to
    make no environment anew."""
    found = first.instruction
    for one in reversed(view.instructions):
        if one.start < first.instruction.start:
            if one.keyword not in ("COPY", "ADD"):
                break
            found = one
    return found


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if path.endswith((".py", ".pyw")) or interpreter_of(text).startswith("python"):
        if path.rpartition("/")[2] in ("setup.py", "conftest.py", "noxfile.py"):
            return frozenset()
        found = calls_of(path, text)
        for library in found.libraries:
            if library.endswith(".so") or "/" in library:
                raise UnsureError(f"{path} opens {library}, which a -dev package may bring")
        return found.programs
    return called_by_script(path, text) if is_shell_script(path, text) else frozenset()


def minor(view: View) -> int | None:
    """The minor version of Python 3 in the image; None if it is not told."""
    parts = view.image.reference.tag.partition("-")[0].split(".")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "3" and parts[1].isdigit() else None


def _looks_into_an_environment(view: View) -> None:
    """Raises UnsureError if something would not look for packages where PATH says."""
    lines = view.text.split("\n")
    body = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    own = _own_programs(view)
    if fixed := _fixed_place(body, own):
        raise UnsureError(f"{fixed} is named, and an environment lies elsewhere")
    if _ENVIRONMENT.search(body):
        raise UnsureError("it has a virtual environment of its own")
    for one in view.instructions:
        if one.keyword == "ENV" and "PATH=" in one.arguments.replace("PYTHONPATH=", ""):
            value = one.arguments.partition("PATH=")[2]
            if "$PATH" not in value and "${PATH" not in value and "PYTHONPATH" not in value:
                raise UnsureError("PATH is set without what it was before")
        if one.keyword == "USER":
            break
    if found := _OWN_PATH.search(body):
        raise UnsureError(f"{found[0]} may start programs with a PATH of its own")
    if _LOGIN.search(body):
        raise UnsureError("a login shell sets PATH anew")
    if "PYTHONHOME" in body:
        raise UnsureError("PYTHONHOME says where packages are")
    if "setcap" in body:
        raise UnsureError("capabilities are set on a program")
    for path in view.files:
        if path.endswith(_READ) or "." not in path.rpartition("/")[2]:
            text = view.read(path)
            if fixed := _fixed_place(text, own):
                raise UnsureError(f"{path} names {fixed}, and an environment lies elsewhere")
            if is_shell_script(path, text) and (found := _OWN_PATH.search(text)):
                raise UnsureError(f"{path}: {found[0]} may start programs with a PATH of its own")
            if is_shell_script(path, text) and _LOGIN.search(text):
                raise UnsureError(f"{path}: a login shell sets PATH anew")


def _own_programs(view: View) -> frozenset[str]:
    """The paths in /usr/local/bin that the stage copies to, and that folder itself as such."""
    found = set()
    for one in view.instructions:
        copy = copy_of(one, view.facts.places[one.start].base)
        if copy is not None and within(copy.target, "/usr/local/bin"):
            names = [source.rpartition("/")[2] for source in copy.sources]
            found.update([copy.target, *(f"/usr/local/bin/{name}" for name in names)])
    return frozenset(found)


def _fixed_place(text: str, own: frozenset[str]) -> str:
    """The first place named in a text where packages lie without an environment; "": none."""
    places = (found[0].rstrip(".") for found in _FIXED.finditer(text))
    return next((place for place in places if place not in own), "")


def _only_tools(run: Run) -> bool:
    """True if a RUN installs nothing but installers, which enter an environment by themselves."""
    return all(
        done.command is not None
        and done.command.packages
        and all(_is_tool(word.text.strip("\"'")) for word in done.command.packages)
        for done in run.of_kind("language")
    )


def _is_tool(word: str) -> bool:
    name = word.partition("=")[0].partition("[")[0].partition("<")[0].partition(">")[0]
    manager = manager_of(name)
    return manager is not None and manager.name == name and manager.enters_environment


def _is_aside(view: View, run: Run, done: Done) -> bool:
    """True if the installer enters an environment by itself. Raises UnsureError if what it brings
    does not land in the environment."""
    manager = done.manager
    name = done.program
    if manager is None or manager.language != "python" or manager.aside is None:
        raise UnsureError(f"it is unknown where {name} puts what it installs")
    if done.simple.words[0].value not in (name, "python", "python3"):
        raise UnsureError(f"{done.simple.words[0].text} may not be that of the environment")
    reason = manager.aside(_values(done), view.above(run.instruction))
    if reason:
        raise UnsureError(f"{name}: {reason}")
    return manager.enters_environment


def _values(done: Done) -> list[str]:
    """The words behind the program."""
    values = done.values
    at = next((at for at, value in enumerate(values) if manager_of(value) is done.manager), 0)
    return values[at + 1 :]


def wanted_by(view: View, run: Run, done: Done) -> list[Wanted]:
    """The packages that an install asks for. Raises UnsureError."""
    manager = done.manager
    if manager is None or manager.wants is None:
        raise UnsureError(f"it is unknown what {done.program} installs")
    if any(one.program == "cd" for one in run.done or ()):
        raise UnsureError(f"it is unknown where line {view.line(run.instruction)} installs")
    return list(manager.wants(view.project(run.instruction), _values(done)))
