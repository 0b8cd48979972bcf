"""What dockfix asks of an engine, whichever it is, and how one is chosen.

The user's own command line program is what is driven, so its contexts, builders, credentials and
proxies hold; remote builders too. Nothing here touches the work tree: what is to be built lies in
a folder of its own, with the .dockerignore that holds for it beside it (BuildKit looks there
first), and the build context is only read.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from dockfix.engine.options import BuildOptions
from dockfix.engine.process import ask, follow
from dockfix.engine.progress import Progress, Step
from dockfix.errors import BuildFailed, EngineError
from dockfix.records import Record
from dockfix.typed import Protocol

#: The label of everything made; its value is the run's own.
LABEL = "dockfix.run"
#: What a Dockerfile is called that has to lie in the build context, for want of another way.
OWN_NAME = ".dockfix.Dockerfile"


class Recipe(Record):
    """What is to be built: the text of a Dockerfile, and the folder of its build context.

    `ignore` is the text of the .dockerignore that is to hold; None: the context's own.
    """

    dockerfile: bytes
    context: str
    ignore: bytes | None = None


class Built(Record):
    """An image that was built, by the name under which the engine has it."""

    image: str
    seconds: float
    steps: tuple[Step, ...]


class Ran(Record):
    """What a command did in a container. `status` is None if it took too long."""

    status: int | None
    output: bytes


class Stopped(Record):
    """How a container took its signal to stop; `by_itself`: it had ended before it came."""

    seconds: float
    status: int
    by_itself: bool = False


class Hooks(Record):
    """Whom to tell: of the step that is being built, and of every line of the engine's log."""

    on_step: Callable[[str], None] = lambda step: None
    on_line: Callable[[str], None] = lambda line: None


class Engine(Protocol):
    """An engine. Everything made with it is gone after `close`, but for the build cache."""

    #: Whether it can start containers, and not only build.
    starts: bool

    def describe(self) -> str:
        """Its name and version, for people."""

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks = ...) -> Built:
        """Builds an image; `fresh`: without cached steps. Raises BuildFailed and EngineError."""

    def save(self, images: Sequence[str]) -> Sequence[AbstractContextManager[BinaryIO]]:
        """Archives as `docker save` writes them, each to be read once, from its beginning.

        Together they hold the images: one archive holds all, or each holds the next of them.
        """

    def run(self, image: str, command: str, timeout: float) -> Ran:
        """Runs a line of shell in an image, in the place of what the image starts."""

    def stop(self, image: str, grace: float) -> Stopped:
        """Starts an image and stops it, with a kill after a grace of so many seconds."""

    def remove(self, images: Sequence[str]) -> None:
        """Removes images that are no longer needed."""

    def free(self) -> int | None:
        """The bytes left where it keeps images; None: it cannot be told."""

    def close(self) -> None:
        """Removes all that was made."""


def connect(options: BuildOptions) -> Engine:
    """The engine that the options ask for. Raises EngineError, which says what is missing."""
    wanted = options.engine
    if wanted == "auto":
        return _first(options)
    return _NAMED[wanted](options)


def _first(options: BuildOptions) -> Engine:
    lacking = "docker is not installed"
    if shutil.which("docker") is not None and not _is_podman("docker"):
        from dockfix.engine.docker import missing

        lacking = missing() or ""
        if not lacking:
            return _docker(options)
    else:
        for name in ("podman", "buildah"):
            if shutil.which(name) is not None:
                return _NAMED[name](options)
    try:
        return _api(options)
    except EngineError as error:
        raise EngineError(
            f"nothing to build with: {lacking} (nor podman, nor buildah), and the API of an "
            f"engine cannot be had either: {error}"
        ) from error


def _is_podman(program: str) -> bool:
    """Whether a program called docker is podman in disguise."""
    return ask([program, "--version"]).output.lower().startswith(b"podman")


def _docker(options: BuildOptions) -> Engine:
    from dockfix.engine.docker import Docker, missing

    lacking = missing()
    if lacking is not None:
        raise EngineError(lacking)
    return Docker(options)


def _podman(options: BuildOptions) -> Engine:
    from dockfix.engine.podman import Podman

    return Podman(options)


def _buildah(options: BuildOptions) -> Engine:
    from dockfix.engine.podman import Buildah

    return Buildah(options)


def _api(options: BuildOptions) -> Engine:
    from dockfix.engine.api import Api

    return Api(options)


_NAMED: dict[str, Callable[[BuildOptions], Engine]] = {
    "docker": _docker,
    "podman": _podman,
    "buildah": _buildah,
    "api": _api,
}


def run_name() -> str:
    """A name that no other run has, for what this one makes."""
    return f"dockfix-{os.getpid()}-{os.urandom(4).hex()}"


def lay_out(folder: str, recipe: Recipe, name: str) -> str:
    """Writes a Dockerfile into a folder, with the .dockerignore that is to hold; its path."""
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(recipe.dockerfile)
    if recipe.ignore is not None:
        with open(f"{path}.dockerignore", "wb") as file:
            file.write(recipe.ignore)
    return path


def flags_of(options: BuildOptions) -> Iterator[str]:
    """The options of a build as the command line programs take them."""
    for flag, values in (
        ("--build-arg", options.build_arg),
        ("--build-context", options.build_context),
        ("--secret", options.secret),
        ("--ssh", options.ssh),
        ("--add-host", options.add_host),
        ("--target", (options.target,)),
        ("--platform", (options.platform,)),
        ("--network", (options.network,)),
        ("--builder", (options.builder,)),
    ):
        for value in values:
            if value is not None:
                yield from (flag, value)


def built(command: Sequence[str], name: str, hooks: Hooks, timeout: int | None) -> Built:
    """Runs a command that builds an image of this name. Raises BuildFailed."""
    progress = Progress(hooks.on_step, hooks.on_line)
    start = time.monotonic()
    status = follow(command, progress.line, timeout=timeout)
    if status is None:
        raise BuildFailed(f"not built within {timeout} s (--timeout)", progress.failure())
    if status:
        log = progress.failure()
        raise BuildFailed("" if log else f"exit status {status}", log)
    return Built(name, time.monotonic() - start, progress.steps())
