"""What Compose files say about builds: which folder is the context of which Dockerfile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache

from dockfix.typed import Any

_LARGEST = 1_000_000


@lru_cache(maxsize=256)
def builds(folder: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The contexts and Dockerfiles that the Compose files of a folder name, as real paths.

    What cannot be read, or has a variable in it, is passed over.
    """
    found = dict.fromkeys(
        build for name in names for build in _builds(folder, _load(os.path.join(folder, name)))
    )
    return tuple(found)


def _load(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError:
        return None
    if len(text) > _LARGEST or b"build" not in text:
        return None
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Safe, and not at a loss for Compose's own tags (`!reset`, `!override`)."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _builds(folder: str, file: Any) -> Iterator[tuple[str, str]]:
    services = file.get("services") if isinstance(file, dict) else None
    for service in services.values() if isinstance(services, dict) else ():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            build = {"context": build}
        if not isinstance(build, dict) or "dockerfile_inline" in build:
            continue
        context, dockerfile = build.get("context", "."), build.get("dockerfile", "Dockerfile")
        if not isinstance(context, str) or not isinstance(dockerfile, str):
            continue
        if "$" in context + dockerfile or "://" in context or context.startswith("git@"):
            continue
        root = os.path.realpath(os.path.join(folder, context))
        yield root, os.path.realpath(os.path.join(root, dockerfile))
