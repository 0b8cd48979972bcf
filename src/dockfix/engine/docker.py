"""Docker's own command line program, with buildx: what most people build with.

With a builder of the driver `docker`, images stay in the engine and are read by `docker save`. Any
other builder (a container, Kubernetes, a remote one) hands its images over as an archive, which is
read where it lies; into the engine it is loaded only to be run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import BinaryIO

from dockfix.engine.client import LABEL, Built, Hooks, Ran, Recipe, Stopped, lay_out, run_name
from dockfix.engine.options import BuildOptions
from dockfix.engine.process import Done, ask, follow, reading
from dockfix.engine.progress import Progress
from dockfix.errors import BuildFailed, EngineError

#: What a shell says when there is no such program; Docker, when the shell itself is missing.
_NOT_FOUND = 127
#: Seconds that a program gets to start before it is stopped.
_WARM_UP = 2.0


def missing() -> str | None:
    """What `docker` lacks for building; None: nothing."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if ask(["docker", "buildx", "version"]).status:
        return (
            "docker has no buildx, and the builder it has without it is not used: it ignores "
            "flags it does not know and builds stages nobody needs. Install docker-buildx"
        )
    return None


class Docker:
    """See `dockfix.engine.client.Engine`."""

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self._run = run_name()
        self._numbers = count()
        self._images: dict[str, str | None] = {}
        self._containers: list[str] = []
        self._loaded: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="dockfix-")
        self._local = self._driver() == "docker"

    def describe(self) -> str:
        version = ask(["docker", "version", "--format", "{{.Server.Version}}"])
        engine = version.output.decode("utf-8", "replace").strip()
        buildx = ask(["docker", "buildx", "version"]).output.decode("utf-8", "replace").split()
        return f"docker {engine or '(no engine)'}, buildx {(buildx[1:2] or ['?'])[0]}"

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks | None = None) -> Built:
        hooks = hooks or Hooks()
        number = next(self._numbers)
        name = f"{self._run}:{number}"
        folder = os.path.join(self._folder.name, str(number))
        os.mkdir(folder)
        archive = None if self._local else os.path.join(folder, "image.tar")
        self._images[name] = archive
        output = f"type=docker,dest={archive}" if archive else "type=docker"
        command = [
            "docker", "buildx", "build", "--progress", "plain", "--provenance", "false",
            "--sbom", "false", "--label", f"{LABEL}={self._run}", "--tag", name,
            "--output", output, *self._flags(),
            "--file", lay_out(folder, recipe, "Dockerfile"),
        ]  # fmt: skip
        command += ["--no-cache"] if fresh or self._options.no_cache else []
        progress = Progress(hooks.on_step, hooks.on_line)
        start = time.monotonic()
        timeout = self._options.timeout
        status = follow([*command, "--", recipe.context], progress.line, timeout=timeout)
        if status is None:
            raise BuildFailed(f"not built within {timeout} s (--timeout)", progress.failure())
        if status:
            raise BuildFailed(f"exit status {status}", progress.failure())
        return Built(name, time.monotonic() - start, progress.steps())

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        if self._local:
            return [reading(["docker", "image", "save", *images], "docker save")]
        return [open(archive, "rb") for image in images if (archive := self._images[image])]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        done = self._contained(image, "sh", ["-c", command], timeout)
        if done is not None and done.status == _NOT_FOUND and b'"sh"' in done.errors:
            # no shell in there: the words themselves are the command
            words = shlex.split(command)
            done = self._contained(image, words[0], words[1:], timeout)
        return Ran(None, b"") if done is None else Ran(done.status, done.output + done.errors)

    def stop(self, image: str, grace: float) -> Stopped:
        name = self._container(image)
        started = ask(["docker", "run", "--detach", *self._run_flags(name), image])
        if started.status:
            raise EngineError(f"the image does not start: {_said(started)}")
        time.sleep(_WARM_UP)
        running = self._state(name, "{{.State.Running}}") == "true"
        start = time.monotonic()
        if running:
            ask(["docker", "stop", "--time", f"{grace:g}", name], timeout=grace + 60)
        seconds = time.monotonic() - start if running else 0.0
        status = int(self._state(name, "{{.State.ExitCode}}") or -1)
        self._discard(name)
        return Stopped(seconds, status, not running)

    def remove(self, image: str) -> None:
        archive = self._images.pop(image, None)
        if archive is not None:
            os.unlink(archive)
        if self._local or image in self._loaded:
            ask(["docker", "image", "rm", "--force", image])

    def free(self) -> int | None:
        root = ask(["docker", "info", "--format", "{{.DockerRootDir}}"]).output.decode().strip()
        folder = root if self._local else self._folder.name
        # the folder of an engine elsewhere may well exist here, too, but says nothing then
        endpoint = os.environ.get("DOCKER_HOST", "unix:")
        if not endpoint.startswith("unix:") or not os.path.isdir(folder):
            return None
        return shutil.disk_usage(folder).free

    def close(self) -> None:
        for name in tuple(self._containers):
            self._discard(name)
        for image in tuple(self._images):
            try:
                self.remove(image)
            except (EngineError, OSError):
                continue
        self._folder.cleanup()

    def _driver(self) -> str:
        builder = [self._options.builder] if self._options.builder else []
        done = ask(["docker", "buildx", "inspect", *builder])
        for line in done.output.decode("utf-8", "replace").split("\n"):
            if line.startswith("Driver:"):
                return line.split(":", 1)[1].strip()
        raise EngineError(f"docker does not answer: {_said(done)}")

    def _flags(self) -> Iterator[str]:
        options = self._options
        for flag, values in (
            ("--build-arg", options.build_arg),
            ("--build-context", options.build_context),
            ("--secret", options.secret),
            ("--ssh", options.ssh),
            ("--add-host", options.add_host),
        ):
            for value in values:
                yield from (flag, value)
        for flag, one in (
            ("--builder", options.builder),
            ("--target", options.target),
            ("--platform", options.platform),
            ("--network", options.network),
        ):
            if one is not None:
                yield from (flag, one)

    def _run_flags(self, name: str) -> list[str]:
        flags = ["--name", name, "--label", f"{LABEL}={self._run}"]
        flags += ["--network", self._options.network] if self._options.network else []
        return flags + (["--platform", self._options.platform] if self._options.platform else [])

    def _container(self, image: str) -> str:
        """The name of a container to come, whose image is in the engine from now on."""
        archive = self._images[image]
        if archive is not None and image not in self._loaded:
            done = ask(["docker", "image", "load", "--input", archive], timeout=3600)
            if done.status:
                raise EngineError(f"docker load: {_said(done)}")
            self._loaded.add(image)
        name = f"{self._run}-{next(self._numbers)}"
        self._containers.append(name)
        return name

    def _contained(
        self, image: str, entrypoint: str, arguments: list[str], timeout: float
    ) -> Done | None:
        name = self._container(image)
        command = ["docker", "run", *self._run_flags(name), "--entrypoint", entrypoint, image]
        try:
            return ask([*command, *arguments], timeout=timeout)
        except EngineError:
            return None
        finally:
            self._discard(name)

    def _state(self, name: str, form: str) -> str:
        done = ask(["docker", "container", "inspect", "--format", form, name])
        return done.output.decode("utf-8", "replace").strip()

    def _discard(self, name: str) -> None:
        ask(["docker", "container", "rm", "--force", "--volumes", name])
        self._containers.remove(name)


def _said(done: Done) -> str:
    text = (done.errors or done.output).decode("utf-8", "replace").strip()
    return text or f"exit status {done.status}"
