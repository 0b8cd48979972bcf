"""Whole projects, built and started by a real engine: as they are, and as dockfix rewrites them.

`dockfix verify` compares the two images of one Dockerfile. A project has more to it: other
Dockerfiles that share its build context, a Compose file, a start with an argument or a variable.
Here the command itself rewrites a copy of the project, every Dockerfile of it is built before and
after, the images are compared as `verify` does it, and each is started in every way that the
project names. What remains different, and is declared by no pass, is a `Finding`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, NamedTuple

import yaml

from dockfix.builds.bisection import changes_at_fault
from dockfix.builds.compare import Comparison, compare
from dockfix.builds.connect import connect
from dockfix.builds.declared import without_declared
from dockfix.builds.drivers.process import run_program
from dockfix.builds.engine import Built, Engine, Recipe
from dockfix.builds.images.archive import Image, read_images
from dockfix.builds.images.layers import Layer
from dockfix.builds.options import BuildOptions
from dockfix.builds.target import PassSelection, Target
from dockfix.cli.config import Config
from dockfix.cli.discovery import find as find_dockerfiles
from dockfix.context.folder import find_context
from dockfix.core.pipeline import rewrite
from dockfix.core.result import Rewrite
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.errors import BuildFailed
from dockfix.passes.base import Settings

#: Every merge that is allowed is tried, not only those that pay.
_STRATEGY: Final = "all"
#: Layers that are kept read; those of the base images are in nearly every image.
_MOST_LAYERS = 400
#: Seconds between SIGTERM and SIGKILL for a container that still runs.
_GRACE = 4
#: What a shell or the engine ends with when there is no such program, or it cannot be run.
_NOT_RUN = {126, 127}
#: Files whose content may differ between any two builds, so that no build has to show it: apt's
#: caches of its lists come out in one of two ways.
_RECORDS = (
    "/var/cache/apt/pkgcache.bin",
    "/var/cache/apt/srcpkgcache.bin",
    "/var/cache/ldconfig/aux-cache",
    "/var/log/",
)
#: What apt makes of its lists, and what images of Debian have it remove behind an
#: install: it is there or not as an update or an install came last.
_COME_AND_GO = ("/var/cache/apt/pkgcache.bin", "/var/cache/apt/srcpkgcache.bin")
_NAMES_OF_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


class Start(NamedTuple):
    """One way to start an image.

    `words` stand behind the name of the image, as the arguments of `docker run` or Compose's
    `command:` do. What still runs after so many `seconds` is asked a line of shell (`asks`) and
    stopped.
    """

    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    entrypoint: str | None = None
    asks: str = ""
    network: str = "none"
    seconds: float = 2.0


class Project(NamedTuple):
    """A build context and what is done with it.

    `files` are the texts by path, the Dockerfiles among them; `modes` those of files and folders
    that are not 0644 and 0755. `starts` are of the Dockerfile at the root, those of a Compose file
    come on top. `secrets` are handed to every build by their ids. `served` are files that a server
    on loopback has while images are built: PORT in any text is its port. `history`: the project is
    a Git repository, with all of it in one commit.
    """

    files: Mapping[str, str]
    modes: Mapping[str, int] = {}
    starts: Sequence[Start] = (Start(),)
    secrets: Mapping[str, str] = {}
    served: Mapping[str, str | bytes] = {}
    history: bool = False


class Finding(NamedTuple):
    """A difference that no pass declares: of which Dockerfile, and what; for people."""

    dockerfile: str
    what: str
    text: str


class Tried(NamedTuple):
    """What came of a project.

    `passes` are those that changed something, `suspects` those whose changes bring a difference
    about. `unbuilt` says why it cannot be built as it is. `started` counts the starts that did not
    fail, `declared` the differences that passes declare.
    """

    findings: tuple[Finding, ...] = ()
    passes: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    unbuilt: str = ""
    started: int = 0
    declared: int = 0


def tried(
    project: Project,
    folder: Path,
    *,
    layers: dict[str, Layer] | None = None,
    blame: bool = False,
) -> Tried:
    """Builds, compares and starts a project, in a folder that is empty.

    `layers` are layers of earlier images, which need not be read again. With `blame`, more builds
    tell which passes a finding is of.
    """
    with _served(project, folder) as port:
        project = _with_port(project, port)
        secrets = _secrets(project, folder)
        engine = connect(BuildOptions(network="host", timeout=900, secret=secrets))
        try:
            trial = _Trial(engine, project, folder, {} if layers is None else layers)
            return trial.tried(blame)
        finally:
            engine.close()


def lay_out(project: Project, folder: Path) -> None:
    """Writes the files of a project, with their modes, whatever the umask is here."""
    for name, text in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in (folder, *folder.rglob("*")):
        name = str(path.relative_to(folder))
        path.chmod(project.modes.get(name, 0o755 if path.is_dir() else 0o644))
    if project.history:
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(folder)]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
            subprocess.run([*git, *words], check=True, capture_output=True)


class _Started(NamedTuple):
    """What a start came to; `status` is None if it still ran, and then `answer` is what it said."""

    status: int | None
    output: bytes
    answer: bytes = b""
    killed: bool = False

    def ends_alike(self, other: _Started) -> bool:
        """True if both still run, or both end with the same status, or neither can be run."""
        return self.status == other.status or {self.status, other.status} <= _NOT_RUN

    def same(self, other: _Started) -> bool:
        """True if nobody who uses the image can tell the two apart, or the other stops better."""
        if not self.ends_alike(other):
            return False
        if self.status is None:
            return self.answer == other.answer and (self.killed or not other.killed)
        return self.status in _NOT_RUN or self.output == other.output


class _Trial:
    """A project on its way through builds and starts."""

    def __init__(
        self,
        engine: Engine,
        project: Project,
        folder: Path,
        layers: dict[str, Layer],
    ) -> None:
        self.engine = engine
        self.project = project
        self.folder = folder
        self.layers = layers
        self.before = folder / "before"
        self.images: dict[str, Image] = {}
        self.originals: dict[str, Built] = {}
        self.again: dict[str, Image] = {}
        self.started = self.declared = self.copies = 0

    def tried(self, blame: bool) -> Tried:
        lay_out(self.project, self.before)
        found = find_dockerfiles((str(self.before),), lambda *_: Config()).files
        names = [os.path.relpath(path, self.before) for path in found]
        targets = {name: self._target(name) for name in names}
        results = {name: self._rewritten(target) for name, target in targets.items()}
        after = self._copy()
        self._command(after)
        passes = dict.fromkeys(one.name for result in results.values() for one in result.applied)
        try:
            findings = tuple(self._differences(after, results))
        except BuildFailed as error:
            return Tried(passes=tuple(passes), unbuilt=_why(error))
        suspects: dict[str, None] = {}
        if findings and blame:
            for name, result in results.items():
                if result.changed:
                    suspects |= dict.fromkeys(self._suspects(targets[name], name, results))
        return Tried(findings, tuple(passes), tuple(suspects), "", self.started, self.declared)

    def _command(self, folder: Path) -> None:
        """Rewrites a folder as a user does."""
        command = [sys.executable, "-m", "dockfix", "--in-place", "--quiet"]
        command += ["--merge-strategy", _STRATEGY, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr

    def _copy(self) -> Path:
        self.copies += 1
        copy = self.folder / f"after-{self.copies}"
        shutil.copytree(self.before, copy, symlinks=True)
        return copy

    def _target(self, name: str) -> Target:
        """A Dockerfile of the project; one whose context nobody can tell has the root for it."""
        path = str(self.before / name)
        source = (self.before / name).read_bytes()
        context, unknown = find_context(path, parse(decode(source), path), None)
        root = str(self.before) if context is None else context.root
        return Target(path, source, PassSelection(), Settings(_STRATEGY, context), root, unknown)

    def _rewritten(
        self, target: Target, most: int | None = None, ignore: Sequence[str] = ()
    ) -> Rewrite:
        return rewrite(
            target.source,
            filename=target.path,
            ignore=ignore,
            settings=target.settings,
            most=most,
        )

    def _differences(self, after: Path, results: Mapping[str, Rewrite]) -> Iterator[Finding]:
        """What differs between the project and another state of it. Raises BuildFailed."""
        starts = _starts(self.project, self.before)
        for name, result in results.items():
            old = self._target(name)
            new = self._recipe(old, after)
            if new == self._recipe(old, self.before):
                continue
            if name not in self.originals:
                self.originals[name] = self.engine.build(self._recipe(old, self.before))
            before = self.originals[name]
            try:
                built = self.engine.build(new)
            except BuildFailed as error:
                yield Finding(name, "build", _why(error))
                continue
            found = self._compared(old, name, built, _declaring(result, results))
            for one in (*found.settings, *found.files):
                yield Finding(name, "image", _said(one))
            for start in starts.get(name, ()):
                yield from self._start(name, start, before.image, built.image)
            self.engine.remove([built.image])

    def _recipe(self, target: Target, state: Path) -> Recipe:
        """How a Dockerfile is built with its text and its ignore file in a state of the project.

        The rest of the context stays as it is: that dockfix wrote to a Dockerfile shows in an image
        that holds it, and is no difference.
        """
        path, root = (
            state / Path(one).relative_to(self.before) for one in (target.path, target.context)
        )
        for ignore in (Path(f"{path}.dockerignore"), root / ".dockerignore"):
            if ignore.is_file():
                return Recipe(path.read_bytes(), target.context, ignore.read_bytes())
        return Recipe(path.read_bytes(), target.context)

    def _compared(self, old: Target, name: str, built: Built, result: Rewrite) -> Comparison:
        """What differs in the images, without what passes declare and what is noise."""
        before, after = self._read(self.originals[name].image, built.image)
        found, claims = without_declared(compare(before, after), result, before, after)
        files = tuple(
            one
            for one in found.files
            if not (one.aspect == "content" and one.path.startswith(_RECORDS))
            and one.path not in _COME_AND_GO
        )
        found = found._replace(files=files)
        if not found.same:
            if name not in self.again:
                again = self.engine.build(self._recipe(old, self.before), fresh=True)
                (self.again[name],) = self._read(again.image)
            found = compare(before, after, self.again[name])
            found, claims = without_declared(found, result, before, after)
        self.declared += len(claims)
        return found

    def _read(self, *names: str) -> list[Image]:
        new = [name for name in names if name not in self.images]
        if new:
            if len(self.layers) > _MOST_LAYERS:
                self.layers.clear()
            images = read_images(self.engine.save(new), new, self.layers)
            self.images.update(zip(new, images, strict=True))
        return [self.images[name] for name in names]

    def _start(self, name: str, start: Start, before: str, after: str) -> Iterator[Finding]:
        """The difference between two images that are started in one way."""
        first = _run(before, start)
        self.started += first.status in (0, None)
        second = _run(after, start)
        if first.same(second):
            return
        # what the original does otherwise when it is started again is nobody's fault
        again = _run(before, start)
        if first.same(again) or (first.ends_alike(again) and not first.ends_alike(second)):
            yield Finding(name, "start", f"{_shown(start)}: {_spoken(first)} → {_spoken(second)}")

    def _suspects(self, target: Target, name: str, results: Mapping[str, Rewrite]) -> Iterator[str]:
        """The passes whose changes of one Dockerfile bring a finding about."""

        def bad(part: Rewrite) -> bool:
            copy = self._copy()
            (copy / name).write_bytes(encode(part.after))
            for other in part.others:
                (copy / os.path.relpath(target.context, self.before) / other.path).write_bytes(
                    encode(other.after)
                )
            try:
                return any(self._differences(copy, {**results, name: part}))
            except BuildFailed:
                return True
            finally:
                shutil.rmtree(copy)

        names = dict.fromkeys(one.name for one in self._rewritten(target).applied)
        alone = sum(result.changed for result in results.values()) == 1
        if alone and len(names) == 1:
            yield from names
        elif bad(self._rewritten(target)):
            rewritten = partial(self._rewritten, target)
            yield from (one.name for one in changes_at_fault(rewritten, bad))


def _declaring(own: Rewrite, results: Mapping[str, Rewrite]) -> Rewrite:
    """A rewrite with what others declare that change the ignore file, which holds for all."""
    others = [one for result in results.values() if result.others for one in result.applied]
    return own._replace(applied=(*own.applied, *(one for one in others if one not in own.applied)))


def _starts(project: Project, folder: Path) -> dict[str, list[Start]]:
    """How the image of each Dockerfile is started: as the project says, and as Compose does."""
    found: dict[str, list[Start]] = {"Dockerfile": list(project.starts)}
    for name in _NAMES_OF_COMPOSE:
        services = (yaml.safe_load(project.files.get(name, "")) or {}).get("services", {})
        for service in services.values():
            build = service.get("build")
            if build is None:
                continue
            build = {"context": build} if isinstance(build, str) else build
            path = os.path.join(build.get("context", "."), build.get("dockerfile", "Dockerfile"))
            entrypoint = _words(service.get("entrypoint"))
            start = Start(
                (*entrypoint[1:], *_words(service.get("command"))),
                _environment(service.get("environment")),
                entrypoint[0] if entrypoint else None,
                network=service.get("network_mode", "none"),
                seconds=40 if "network_mode" in service else 2,
            )
            found.setdefault(os.path.normpath(path), []).append(start)
    return found


def _words(value: Any) -> tuple[str, ...]:
    """The words of `command:` or `entrypoint:`; Compose splits a text as a shell does."""
    if value is None:
        return ()
    return tuple(shlex.split(value) if isinstance(value, str) else map(str, value))


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        return dict(one.split("=", 1) for one in value)
    return {key: str(text) for key, text in (value or {}).items()}


def _run(image: str, start: Start) -> _Started:
    """Starts an image, waits for it to end, else asks and stops it."""
    name = f"{re.sub('[^a-z0-9]', '-', image)}-start"
    command = ["docker", "run", "--detach", "--name", name, "--network", start.network]
    for key, value in start.environment.items():
        command += ["--env", f"{key}={value}"]
    command += [] if start.entrypoint is None else ["--entrypoint", start.entrypoint]
    try:
        done = run_program([*command, image, *start.words])
        if done.status:
            return _Started(done.status, done.errors)
        try:
            status = int(run_program(["docker", "wait", name], timeout=start.seconds).output)
        except TimeoutError:
            answer = (
                run_program(["docker", "exec", name, "sh", "-c", start.asks]).output
                if start.asks
                else b""
            )
            run_program(["docker", "stop", "--time", str(_GRACE), name])
            killed = _state(name, "{{.State.ExitCode}}") == b"137"
            return _Started(None, b"", answer, killed)
        said = run_program(["docker", "logs", name])
        return _Started(status, said.output + said.errors)
    finally:
        run_program(["docker", "rm", "--force", "--volumes", name])


def _state(name: str, form: str) -> bytes:
    return run_program(["docker", "inspect", "--format", form, name]).output.strip()


def _shown(start: Start) -> str:
    words = [f"{key}={value}" for key, value in start.environment.items()]
    words += [] if start.entrypoint is None else ["--entrypoint", start.entrypoint]
    return shlex.join(["docker run", *words, *start.words])


def _spoken(started: _Started) -> str:
    if started.status is None:
        killed = ", had to be killed" if started.killed else ""
        return f"runs, and answers {started.answer[-200:].decode(errors='replace')!r}{killed}"
    return f"ends with {started.status}: {started.output[-200:].decode(errors='replace')!r}"


def _said(one: Any) -> str:
    """A difference of files or settings, in a line."""
    return " ".join(str(part) for part in tuple(one) if part not in (None, ""))


def _why(error: BuildFailed) -> str:
    """What an engine said of a build that failed: its last lines."""
    return "\n".join([error.reason, *error.log.splitlines()[-6:]]).strip()


def _secrets(project: Project, folder: Path) -> tuple[str, ...]:
    """Writes the secrets beside the project; the options that hand them to a build."""
    options = []
    for name, text in project.secrets.items():
        path = folder / f"secret-{name}"
        path.write_text(text)
        options.append(f"id={name},src={path}")
    return tuple(options)


class _Quiet(SimpleHTTPRequestHandler):
    """A server that keeps no log."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def _served(project: Project, folder: Path) -> Iterator[int]:
    """A server of a project's files to download; its port, 0 if it has none."""
    if not project.served:
        yield 0
        return
    root = folder / "served"
    root.mkdir(parents=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        port = server.server_address[1]
        for name, text in project.served.items():
            data = text.encode() if isinstance(text, str) else text
            (root / name).write_bytes(data.replace(b"PORT", str(port).encode()))
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield port
        finally:
            server.shutdown()
            thread.join()


def _with_port(project: Project, port: int) -> Project:
    if not project.served:
        return project
    files = {name: text.replace("PORT", str(port)) for name, text in project.files.items()}
    return project._replace(files=files)
