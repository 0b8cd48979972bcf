"""What the command lines of docker, podman and buildah have in common."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

from dockfix.builds.drivers.build_log import BuildLog
from dockfix.builds.drivers.process import follow_program
from dockfix.builds.engine import Built, Hooks, Recipe
from dockfix.builds.options import BuildOptions
from dockfix.context.ignore_names import DEFAULT
from dockfix.errors import BuildFailed

#: The label of everything made; its value is the run's own.
LABEL = "dockfix.run"


def unique_name() -> str:
    """A name that no other run has, for what this one makes."""
    return f"dockfix-{os.getpid()}-{os.urandom(4).hex()}"


def write_recipe(folder: str, recipe: Recipe) -> str:
    """Writes a Dockerfile into a folder, with the ignore file that is to hold; its path."""
    path = os.path.join(folder, "Dockerfile")
    with open(path, "wb") as file:
        file.write(recipe.dockerfile)
    if recipe.ignore is not None:
        with open(path + DEFAULT, "wb") as file:
            file.write(recipe.ignore)
    return path


def build_flags(options: BuildOptions) -> Iterator[str]:
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


def run_build(command: Sequence[str], name: str, hooks: Hooks, timeout: int | None) -> Built:
    """Runs a command that builds an image of this name. Raises BuildFailed."""
    log = BuildLog(hooks.on_step, hooks.on_line)
    start = time.monotonic()
    status = follow_program(command, log.read_line, timeout=timeout)
    if status is None:
        raise BuildFailed(f"not built within {timeout} s (--timeout)", log.failure())
    if status:
        said = log.failure()
        raise BuildFailed("" if said else f"exit status {status}", said)
    return Built(name, time.monotonic() - start, log.steps())
