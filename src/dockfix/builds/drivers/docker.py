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

from dockfix.builds.drivers.command_line import (
    LABEL,
    build_flags,
    run_build,
    unique_name,
    write_recipe,
)
from dockfix.builds.drivers.containers import Containers, error_text
from dockfix.builds.drivers.process import output_of, run_program
from dockfix.builds.engine import Built, Hooks, ImageStore, Ran, Recipe, Stopped
from dockfix.builds.options import BuildOptions
from dockfix.builds.watched import Watched
from dockfix.context.ignore_names import DOCKER
from dockfix.errors import EngineError

#: Seconds that loading an image into the engine may take.
_LOADING = 3600


def missing() -> str | None:
    """What `docker` lacks for building; None: nothing."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if run_program(["docker", "buildx", "version"]).status:
        # the old builder ignores flags that it does not know, and builds stages nobody needs
        return "docker has no buildx, and its old builder is not used"
    return None


def _way_out(problem: str) -> str:
    """What to do about an engine that cannot be reached."""
    if "permission denied" in problem:
        return " (those in the group docker may, and root)"
    others = [name for name in ("podman", "buildah") if shutil.which(name) is not None]
    return f" (to build with {others[0]} instead: --engine {others[0]})" if others else ""


class Docker:
    """See `dockfix.builds.engine.Engine`."""

    starts = True
    reader = DOCKER

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self._run = unique_name()
        self._numbers = count()
        self._images: dict[str, str | None] = {}
        self._loaded: set[str] = set()
        self._root: str | None = None
        self._driver = self._driver_of_builder()
        self._local = self._driver == "docker"
        self._folder = tempfile.TemporaryDirectory(prefix="dockfix-")
        flags = ["--network", options.network] if options.network else []
        flags += ["--platform", options.platform] if options.platform else []
        self._containers = Containers("docker", self._run, flags)

    def describe(self) -> str:
        version = run_program(["docker", "version", "--format", "{{.Server.Version}}"])
        engine = version.output.decode("utf-8", "replace").strip()
        buildx = (
            run_program(["docker", "buildx", "version"]).output.decode("utf-8", "replace").split()
        )
        return f"docker {engine or '(no engine)'}, buildx {(buildx[1:2] or ['?'])[0]}"

    def image_store(self) -> ImageStore:
        if not self._local:
            return ImageStore(f"that of BuildKit ({self._driver})", lays_over=True)
        done = run_program(["docker", "info", "--format", "{{.Driver}} {{json .DriverStatus}}"])
        driver, _, status = done.output.decode("utf-8", "replace").partition(" ")
        if "io.containerd.snapshotter" in status:
            return ImageStore(f"containerd ({driver})", lays_over=True)
        return ImageStore(f"classic ({driver})", lays_over=False)

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
            *build_flags(self._options), "--file", write_recipe(folder, recipe),
        ]  # fmt: skip
        command += ["--no-cache"] if fresh or self._options.no_cache else []
        return run_build(
            [*command, "--", recipe.context], name, hooks or Hooks(), self._options.timeout
        )

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        if self._local:
            return [output_of(["docker", "image", "save", *images], "docker save")]
        return [open(archive, "rb") for image in images if (archive := self._images[image])]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        self._load(image)
        return self._containers.run(image, command, timeout)

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        self._load(image)
        return self._containers.watch(image, command, timeout)

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        self._load(image)
        return self._containers.health(image, command, timeout)

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
            run_program(["docker", "image", "rm", "--force", *there])

    def free(self) -> int | None:
        if self._root is None:
            done = run_program(["docker", "info", "--format", "{{.DockerRootDir}}"])
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

    def _driver_of_builder(self) -> str:
        """How the builder is driven: `docker`, if it is the engine's own. Raises EngineError."""
        builder = [self._options.builder] if self._options.builder else []
        done = run_program(["docker", "buildx", "inspect", *builder])
        lines = done.output.decode("utf-8", "replace").split("\n")
        told = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if told.get("Driver") and not done.status:
            return told["Driver"]
        problem = (told.get("Error") or error_text(done)).removeprefix("ERROR: ")
        if builder:
            raise EngineError(f"--builder: {problem} (docker buildx ls lists those that there are)")
        raise EngineError(problem + _way_out(problem))

    def _load(self, image: str) -> None:
        """Sees to it that the engine itself has an image, to start it."""
        archive = self._images[image]
        if archive is not None and image not in self._loaded:
            done = run_program(["docker", "image", "load", "--input", archive], timeout=_LOADING)
            if done.status:
                raise EngineError(f"docker load: {error_text(done)}")
            self._loaded.add(image)
