"""Whether the last stage can be built on the slim form of its image, and what it needs there.

The slim form is the same version on the same release, without what `image_variants` lists. So it
will do if nothing in the stage calls a program of those packages, links with their libraries, or
builds with their compilers. Whatever cannot be seen is unknown, and the base stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.effects import deeds
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages import python
from dockfix.stages.find import Left
from dockfix.stages.installs import base_name, in_image, new_install
from dockfix.stages.java_slim import check_jre
from dockfix.stages.packages import programs_of
from dockfix.stages.programs import INSTALLED, started, unpackers
from dockfix.stages.programs import OTHERWISE as NO_CALLS
from dockfix.stages.python_packages import calls, is_known, linked_with, normal
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import brings_elsewhere, called_by
from dockfix.stages.view import View
from dockfix.state.base_images import is_windows
from dockfix.state.facts import Facts
from dockfix.state.image_variants import image_of
from dockfix.state.java_images import OTHERWISE

#: Programs that look for certificates of the system, which a slim image may be without.
_OF_TLS = ("curl", "wget", "git", "openssl")
#: Releases whose full images had more packages, ping and ip among them.
_OLD = ("wheezy", "jessie", "stretch")
#: Packages whose scripts fail without /usr/share/man, which slim images of Debian do not have.
_NEED_MANUALS = lazy(r"(?:openjdk-\d+|default)-(?:jre|jdk).*|postgresql(?:-client)?(?:-\d+)?")
_SCRIPT_FILES = (".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx")
#: What starts programs in JavaScript, and one that is named by a literal.
_HINTS = ("child_process", "execa", "shelljs", "zx")
_CALL = lazy(r"\b(?:exec|spawn|fork|execa)\w*\s*\(")
_LITERAL = lazy(r"\b(?:exec|spawn|fork|execa)\w*\s*\(\s*([\"'`])([\w.+-]+)[\"'`\s]")
#: Programs that fetch a package to run it.
_FETCHING = ("bunx", "npx", "pipx", "pnpx", "uvx")
#: Scripts of a package.json that an image may run.
_RUN_SCRIPTS = ("prestart", "start", "poststart", "serve", "build", "postinstall", "prepare")


class Slim(Record):
    """The slim form of an image, and the text of a RUN with what it needs ("" if nothing).

    `differs` is what a group declares of it.
    """

    image: str
    install: str
    packages: tuple[str, ...]
    differs: tuple[str, ...] = ()


def find_slim(facts: Facts, context: Context | None) -> Slim | Left | None:
    """The slim base of the last stage, or why it stays; None if there is none to be had."""
    stage = facts.stages[-1]
    if stage.base is None or stage.base_stage is not None or is_windows(facts.dockerfile, stage):
        return None
    image = image_of(stage.base)
    slim = "" if image is None or image.is_slim else image.slim_image()
    if image is None or not slim:
        return None
    if image.suite in _OLD:
        return Left(f"it is unknown what images on {image.suite} have beside their slim forms")
    view = View(facts, image, context)
    if image.has_jdk:
        try:
            check_jre(view, slim)
        except UnsureError as error:
            return Left(str(error))
        return Slim(slim, "", (), OTHERWISE)
    try:
        packages = tuple(_Needs(view, slim).packages())
        install = new_install(view, packages) if packages else ""
    except UnsureError as error:
        return Left(str(error))
    return Slim(slim, install, packages)


class _Needs:
    """What the stage needs that the slim image has not, from the first instruction to the last."""

    def __init__(self, view: View, slim: str) -> None:
        self.view, self.slim = view, slim
        self.lost = programs_of(view.base, view.image.full) if view.image.full else frozenset()
        #: Packages that the file has installed so far, and their programs.
        self.installed: set[str] = set(in_image(view.image))
        self.there: frozenset[str] = frozenset()
        self.needed: dict[str, None] = {}
        self.tls = False

    def packages(self) -> list[str]:
        """The packages that have to be installed first, sorted. Raises UnsureError."""
        for one in self.view.instructions:
            self.look_at(one)
        if self.view.image.full:
            for path in self.view.files:
                text = self.view.read(path)
                for name in _calls_of(path, text):
                    if name not in NO_CALLS:
                        self.need(name, path)
                named = path.rpartition("/")[2] in self.view.text
                if named and text.startswith("#!/usr/bin/python"):
                    raise UnsureError(f"{path} is run by a Python that {self.slim} has not")
        certificates = "ca-certificates"
        if self.tls and self.view.image.full and certificates not in self.installed:
            self.needed[certificates] = None
        return sorted(self.needed)

    def look_at(self, one: Instruction) -> None:
        """Looks at an instruction."""
        where = f"line {self.view.line(one)}"
        if one.keyword == "ONBUILD":
            raise UnsureError("it is unknown what is built on this image")
        if one.keyword in ("COPY", "ADD") and self.view.image.full:
            if any(flag.name == "from" for flag in one.flags) or brings_elsewhere(one):
                raise UnsureError(f"what {where} brings may need what the full image has")
        elif one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for name in started(self.view, one):
                self.need(name, where)
        elif one.keyword == "RUN":
            run = self.view.runs[one.start]
            if run.done is None:
                raise UnsureError(f"what the RUN of {where} does is not understood")
            for done in run.done:
                self.look_at_command(run, done, where)

    def look_at_command(self, run: Run, done: Done, where: str) -> None:
        """Looks at a command of a RUN."""
        if done.kind == "system":
            if done.action != "install":
                return
            if done.command is None:
                raise UnsureError(f"what {where} installs is not understood")
            names = [base_name(word.text) for word in done.command.packages]
            manual = next((name for name in names if _NEED_MANUALS.fullmatch(name)), None)
            if manual:
                raise UnsureError(f"{manual} is not installed without the folders of manuals")
            self.installed.update(names)
            self.there |= programs_of(self.view.base, names) | frozenset(names)
        elif _installs(done):
            if self.view.image.full:
                self.look_at_install(run, done, where)
        elif self.view.image.full:
            if done.kind == "runs":
                self.look_at_program(run, done, where)
            for name in (done.program, *unpackers(done)):
                self.need(name, where)

    def look_at_install(self, run: Run, done: Done, where: str) -> None:
        """Looks at what an install of a language compiles, and is linked with."""
        manager = done.manager
        if manager is not None and manager.wants is not None and self.view.image.name == "python":
            for one in python.wanted_by(self.view, run, done):
                name = normal(one.name)
                libraries = linked_with(name, one.version, python.minor(self.view))
                if not is_known(name) or libraries:
                    raise UnsureError(f"{one.name} may be built with what the full image has")
                self.needed |= dict.fromkeys(set(calls(name)) - self.installed)
        elif manager is not None and manager.compiles is not None:
            found = manager.compiles(self.view.project(run.instruction))
            if found:
                raise UnsureError(f"{found} is built, or fetched by Git, when it is installed")
        else:
            raise UnsureError(f"it is unknown what {done.program} in {where} compiles")

    def look_at_program(self, run: Run, done: Done, where: str) -> None:
        """Looks at a program that is neither of a package manager nor one that only moves files."""
        name = done.program
        if "/" in done.values[0]:
            self.look_into(done.values[0], where)
        elif name in self.lost or name in self.there:
            return  # it is asked for by its name
        elif name in _FETCHING or (done.manager is None and manager_of(name) is not None):
            raise UnsureError(f"it is unknown what {name} in {where} compiles")
        elif run.script is not None and any(
            deed.program == name and deed.unknown for deed in deeds(run.script)
        ):
            raise UnsureError(f"it is unknown what {name} in {where} does")

    def look_into(self, path: str, where: str) -> None:
        """Looks at a file that a RUN runs by its path."""
        name = path.rpartition("/")[2]
        if not any(one.rpartition("/")[2] == name for one in self.view.files):
            raise UnsureError(f"what {path} in {where} does cannot be seen")

    def need(self, name: str, where: str) -> None:
        """Notes what a program needs that something calls."""
        self.tls |= name in _OF_TLS
        if name not in self.lost or name in self.there:
            return
        package = INSTALLED.get(name)
        if package is None:
            raise UnsureError(f"{where} calls {name}, which {self.slim} has not")
        if package not in self.installed:
            self.needed[package] = None


def _installs(done: Done) -> bool:
    """True if a package manager of a language may install something."""
    manager = done.manager
    if manager is None or manager.system:
        return False
    locked = manager.lock.verb if manager.lock is not None else ""
    return done.action in ("install", "upgrade", "reads") or bool(locked and locked in done.values)


def _calls_of(path: str, text: str) -> frozenset[str]:
    """The programs that a file of the context may call. Raises UnsureError if it is not told."""
    if path.endswith(_SCRIPT_FILES):
        return frozenset(_in_javascript(path, text))
    if path.rpartition("/")[2] == "package.json":
        return frozenset(_in_package_json(text))
    if path.endswith((".rb", ".pl", ".php")) and re.search(r"`|\bsystem\b|\bexec\b|popen", text):
        raise UnsureError(f"it is unknown what {path} calls")
    if path.rpartition("/")[2] in ("Makefile", "Rakefile"):
        return frozenset()  # whoever runs it calls make, which is asked for by itself
    return python.calls(path, text)


def _in_javascript(path: str, text: str) -> Iterator[str]:
    if not any(hint in text for hint in _HINTS):
        return
    literals = [found[2] for found in _LITERAL.finditer(text)]
    if len(literals) < len(_CALL.findall(text)):
        raise UnsureError(f"it is unknown what {path} calls")
    yield from literals


def _in_package_json(text: str) -> Iterator[str]:
    """The programs that its scripts call which an image may run."""
    for name in _RUN_SCRIPTS:
        found = re.search(rf'"{name}"\s*:\s*"((?:[^"\\]|\\.)*)"', text)
        script = read_script(found[1].replace('\\"', '"'), "sh") if found else None
        if isinstance(script, Script):
            yield from called_by(script)
