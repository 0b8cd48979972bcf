"""Reads from Compose files which folder is the build context of which Dockerfile."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dockfix.context import disk
from dockfix.context.worktree import real_path, worktree_of
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_LARGEST = 1_000_000
_MOST_NAMES = 1_000_000
_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


class Build(Record):
    """A service that is built: its context and its Dockerfile, as real paths."""

    context: str
    dockerfile: str


def declared(dockerfile: str) -> Iterator[Build]:
    """The builds of a Dockerfile in the Compose files of folders above it, the nearest first."""
    wanted = real_path(dockerfile)
    folder = os.path.dirname(wanted)
    top = worktree_of(folder) or os.getcwd()
    while True:
        if names := _compose_files(folder):
            yield from (one for one in builds(folder, names) if one.dockerfile == wanted)
        if folder == top or not folder.startswith(top.rstrip("/") + "/"):
            return
        folder = os.path.dirname(folder)


@disk.kept
def _compose_files(folder: str) -> tuple[str, ...]:
    """The names of the Compose files in a folder, sorted."""
    return tuple(filter(is_compose, disk.names(folder, _MOST_NAMES) or ()))


def is_compose(name: str) -> bool:
    """True for the names that Compose files have."""
    stem, dot, end = name.rpartition(".")
    return name in _NAMES or (
        bool(dot) and end in ("yml", "yaml") and stem.startswith(("docker-compose", "compose."))
    )


@disk.kept
def builds(folder: str, names: tuple[str, ...]) -> tuple[Build, ...]:
    """The builds that the Compose files of a folder declare.

    Those that cannot be read, or have a variable, are left out.
    """
    found = dict.fromkeys(
        build for name in names for build in _builds(folder, load(os.path.join(folder, name)))
    )
    return tuple(found)


def load(path: str) -> Any:
    """The document of a Compose file that builds something; None if it cannot be read."""
    text = disk.content(path, _LARGEST + 1)
    if text is None or len(text) > _LARGEST or b"build" not in text:
        return None
    found = documents(text)
    return found[0] if len(found) == 1 else None


def documents(text: str | bytes) -> list[Any]:
    """The documents of a YAML file; none of one that cannot be read.

    Tags of Compose (`!reset`, `!override`) and of other programs stand for nothing.
    """
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """The safe loader, which also accepts other tags."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    try:
        return list(yaml.load_all(text, Loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return []


def builds_of(file: Any) -> Iterator[dict[str, Any]]:
    """What the services of a document say under `build`, where that is a mapping or a folder."""
    services = file.get("services") if isinstance(file, dict) else None
    for service in services.values() if isinstance(services, dict) else ():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            build = {"context": build}
        if isinstance(build, dict):
            yield build


def _builds(folder: str, file: Any) -> Iterator[Build]:
    for build in builds_of(file):
        if "dockerfile_inline" in build:
            continue
        context, dockerfile = build.get("context", "."), build.get("dockerfile", "Dockerfile")
        if not isinstance(context, str) or not isinstance(dockerfile, str):
            continue
        if "$" in context + dockerfile or "://" in context or context.startswith("git@"):
            continue
        root = disk.real(os.path.join(folder, context))
        yield Build(root, disk.real(os.path.join(root, dockerfile)))
