"""Podman and Buildah, for machines that have no Docker.

Both build with Buildah, which reads Dockerfiles much as BuildKit does. Images are made in Docker's
own format, not in that of the OCI: in the latter HEALTHCHECK gets lost, and SHELL is overlooked, so
that other shells run the commands than with Docker (seen with Buildah 1.28). They are kept from one
step to the next (`--layers`), or nothing would ever be cached. Buildah alone has nothing to start a
container with: it can compare images, and --run and --stop are Podman's.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
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
from dockfix.builds.drivers.process import run_program
from dockfix.builds.engine import Built, Hooks, ImageStore, Ran, Recipe, Stopped
from dockfix.builds.options import BuildOptions
from dockfix.builds.watched import Watched
from dockfix.context.ignore_names import DEFAULT, PODMAN
from dockfix.errors import EngineError

#: Seconds that writing an image out may take.
_WRITING = 3600


class Buildah:
    """See `dockfix.builds.engine.Engine`."""

    program = "buildah"
    starts = False
    reader = PODMAN
    _root = "{{.store.GraphRoot}}"
    _storage = "{{.store.GraphDriverName}}"

    def __init__(self, options: BuildOptions) -> None:
        if shutil.which(self.program) is None:
            raise EngineError(f"{self.program} is not installed")
        if options.builder is not None:
            raise EngineError(f"--builder is docker's; {self.program} has no builders")
        self._options = options
        self._run = unique_name()
        self._numbers = count()
        self._images: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="dockfix-")
        # nobody is asked for an image that is written out, but the usual file might be missing
        self._accounts = os.path.join(self._folder.name, "auth.json")
        with open(self._accounts, "w", encoding="ascii") as file:
            file.write("{}")

    def describe(self) -> str:
        return run_program([self.program, "--version"]).output.decode("utf-8", "replace").strip()

    def image_store(self) -> ImageStore:
        done = run_program([self.program, "info", "--format", self._storage])
        driver = done.output.decode("utf-8", "replace").strip()
        return ImageStore(f"containers/storage ({driver})", lays_over=False)

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks | None = None) -> Built:
        number = next(self._numbers)
        name = f"localhost/{self._run}:{number}"
        folder = os.path.join(self._folder.name, str(number))
        os.mkdir(folder)
        path = write_recipe(folder, recipe)
        self._images.append(name)
        command = [
            self.program, "build", "--layers", "--format", "docker",
            "--label", f"{LABEL}={self._run}", "--tag", name,
            *build_flags(self._options), "--file", path,
        ]  # fmt: skip
        if recipe.ignore is not None:
            command += ["--ignorefile", path + DEFAULT]
        command += ["--no-cache"] if fresh or self._options.no_cache else []
        return run_build(
            [*command, "--", recipe.context], name, hooks or Hooks(), self._options.timeout
        )

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        return [self._archive(image) for image in images]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        raise EngineError("buildah starts no containers")

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        raise EngineError("buildah starts no containers")

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        raise EngineError("buildah starts no containers")

    def stop(self, image: str, grace: float) -> Stopped:
        raise EngineError("buildah starts no containers")

    def remove(self, images: Sequence[str]) -> None:
        for image in images:
            self._images.remove(image)
        if images:
            run_program([self.program, "rmi", "--force", *images])

    def free(self) -> int | None:
        done = run_program([self.program, "info", "--format", self._root])
        folder = done.output.decode("utf-8", "surrogateescape").strip()
        return shutil.disk_usage(folder).free if os.path.isdir(folder) else None

    def close(self) -> None:
        self.remove(tuple(self._images))
        # stages that are not the last, and what a build made that failed, have the label, too
        label = f"label={LABEL}={self._run}"
        left = run_program(
            [self.program, "images", "--all", "--quiet", "--filter", label]
        ).output.split()
        if left:
            run_program(
                [self.program, "rmi", "--force", *dict.fromkeys(one.decode() for one in left)]
            )
        self._folder.cleanup()

    @contextmanager
    def _archive(self, image: str) -> Iterator[BinaryIO]:
        """Writes an image into a file, which is gone afterwards."""
        path = os.path.join(self._folder.name, f"{next(self._numbers)}.tar")
        target = f"docker-archive:{path}:{image}"
        command = [self.program, "push", "--authfile", self._accounts, image, target]
        done = run_program(command, timeout=_WRITING)
        if done.status:
            raise EngineError(f"{self.program} push: {error_text(done)}")
        with open(path, "rb") as file:
            yield file
        os.unlink(path)


class Podman(Buildah):
    """Builds as Buildah does, and can start what it built."""

    program = "podman"
    starts = True
    _root = "{{.Store.GraphRoot}}"
    _storage = "{{.Store.GraphDriverName}}"

    def __init__(self, options: BuildOptions) -> None:
        super().__init__(options)
        flags = ["--network", options.network] if options.network else []
        self._containers = Containers("podman", self._run, flags)

    def run(self, image: str, command: str, timeout: float) -> Ran:
        return self._containers.run(image, command, timeout)

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        return self._containers.watch(image, command, timeout)

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        return self._containers.health(image, command, timeout)

    def stop(self, image: str, grace: float) -> Stopped:
        return self._containers.stop(image, grace)

    def close(self) -> None:
        self._containers.close()
        super().close()
