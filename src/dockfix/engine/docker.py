"""Docker's own command line program, with buildx: what most people build with.

With a builder of the driver `docker`, images stay in the engine and are read by `docker save`. Any
other builder (a container, Kubernetes, a remote one) hands its images over as an archive, which is
read where it lies; into the engine it is loaded only to be run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import BinaryIO

from dockfix.engine.client import (
    LABEL,
    Built,
    Hooks,
    Ran,
    Recipe,
    Stopped,
    built,
    flags_of,
    lay_out,
    run_name,
)
from dockfix.engine.containers import Containers, said
from dockfix.engine.options import BuildOptions
from dockfix.engine.process import ask, reading
from dockfix.errors import EngineError

#: Seconds that loading an image into the engine may take.
_LOADING = 3600


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


def _way_out(problem: str) -> str:
    """What to do about an engine that cannot be reached."""
    if "permission denied" in problem:
        return " (those in the group docker may, and root)"
    others = [name for name in ("podman", "buildah") if shutil.which(name) is not None]
    return f" (to build with {others[0]} instead: --engine {others[0]})" if others else ""


class Docker:
    """See `dockfix.engine.client.Engine`."""

    starts = True

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self._run = run_name()
        self._numbers = count()
        self._images: dict[str, str | None] = {}
        self._loaded: set[str] = set()
        self._root: str | None = None
        self._local = self._driver() == "docker"
        self._folder = tempfile.TemporaryDirectory(prefix="dockfix-")
        flags = ["--network", options.network] if options.network else []
        flags += ["--platform", options.platform] if options.platform else []
        self._containers = Containers("docker", self._run, flags)

    def describe(self) -> str:
        version = ask(["docker", "version", "--format", "{{.Server.Version}}"])
        engine = version.output.decode("utf-8", "replace").strip()
        buildx = ask(["docker", "buildx", "version"]).output.decode("utf-8", "replace").split()
        return f"docker {engine or '(no engine)'}, buildx {(buildx[1:2] or ['?'])[0]}"

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks | None = None) -> Built:
        number = next(self._numbers)
        name = f"{self._run}:{number}"
        folder = os.path.join(self._folder.name, str(number))
        os.mkdir(folder)
        archive = None if self._local else os.path.join(folder, "image.tar")
        self._images[name] = archive
        command = [
            "docker", "buildx", "build", "--progress", "plain", "--provenance", "false",
            "--sbom", "false", "--label", f"{LABEL}={self._run}", "--tag", name,
            "--output", f"type=docker,dest={archive}" if archive else "type=docker",
            *flags_of(self._options), "--file", lay_out(folder, recipe, "Dockerfile"),
        ]  # fmt: skip
        command += ["--no-cache"] if fresh or self._options.no_cache else []
        return built(
            [*command, "--", recipe.context], name, hooks or Hooks(), self._options.timeout
        )

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        if self._local:
            return [reading(["docker", "image", "save", *images], "docker save")]
        return [open(archive, "rb") for image in images if (archive := self._images[image])]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        self._load(image)
        return self._containers.run(image, command, timeout)

    def stop(self, image: str, grace: float) -> Stopped:
        self._load(image)
        return self._containers.stop(image, grace)

    def remove(self, images: Sequence[str]) -> None:
        for image in images:
            archive = self._images.pop(image)
            if archive is not None and os.path.exists(archive):
                os.unlink(archive)
        there = [image for image in images if self._local or image in self._loaded]
        if there:
            ask(["docker", "image", "rm", "--force", *there])

    def free(self) -> int | None:
        if self._root is None:
            done = ask(["docker", "info", "--format", "{{.DockerRootDir}}"])
            self._root = done.output.decode("utf-8", "replace").strip()
        folder = self._root if self._local else self._folder.name
        # the folder of an engine elsewhere may well exist here, too, but says nothing then
        endpoint = os.environ.get("DOCKER_HOST", "unix:")
        if not endpoint.startswith("unix:") or not os.path.isdir(folder):
            return None
        return shutil.disk_usage(folder).free

    def close(self) -> None:
        self._containers.close()
        self.remove(tuple(self._images))
        self._folder.cleanup()

    def _driver(self) -> str:
        builder = [self._options.builder] if self._options.builder else []
        done = ask(["docker", "buildx", "inspect", *builder])
        lines = done.output.decode("utf-8", "replace").split("\n")
        told = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if told.get("Driver") and not done.status:
            return told["Driver"]
        problem = (told.get("Error") or said(done)).removeprefix("ERROR: ")
        if builder:
            raise EngineError(f"--builder: {problem} (docker buildx ls lists those that there are)")
        raise EngineError(problem + _way_out(problem))

    def _load(self, image: str) -> None:
        """Sees to it that the engine itself has an image, to start it."""
        archive = self._images[image]
        if archive is not None and image not in self._loaded:
            done = ask(["docker", "image", "load", "--input", archive], timeout=_LOADING)
            if done.status:
                raise EngineError(f"docker load: {said(done)}")
            self._loaded.add(image)
