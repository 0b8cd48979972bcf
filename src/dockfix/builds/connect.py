"""Which engine to build with: the one that is asked for, or the first that is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from dockfix.builds.drivers.docker import Docker, missing
from dockfix.builds.drivers.podman import Buildah, Podman
from dockfix.builds.drivers.process import run_program
from dockfix.builds.engine import Engine
from dockfix.builds.options import BuildOptions
from dockfix.errors import EngineError


def connect(options: BuildOptions) -> Engine:
    """The engine that the options ask for. Raises EngineError, which says what is missing."""
    if options.engine != "auto":
        return _BY_NAME[options.engine](options)
    lacking: str | None = "docker is not installed"
    if shutil.which("docker") is not None and not _is_podman("docker"):
        lacking = missing()
        if lacking is None:
            return Docker(options)
    for name in ("podman", "buildah"):
        if shutil.which(name) is not None:
            return _BY_NAME[name](options)
    raise EngineError(
        f"nothing to build with: {lacking}; install docker with buildx, podman or buildah"
    )


def _is_podman(program: str) -> bool:
    """True if a program called docker is podman in disguise."""
    return run_program([program, "--version"]).output.lower().startswith(b"podman")


def _docker(options: BuildOptions) -> Engine:
    """Docker. Raises EngineError if it lacks what a build needs."""
    lacking = missing()
    if lacking is not None:
        raise EngineError(f"{lacking}; install docker with buildx")
    return Docker(options)


_BY_NAME: dict[str, Callable[[BuildOptions], Engine]] = {
    "docker": _docker,
    "podman": Podman,
    "buildah": Buildah,
}
