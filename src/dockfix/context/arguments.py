"""Who starts a container with arguments: only an ENTRYPOINT in exec form gets them.

Compose files give them (`command:`), by a service that builds the Dockerfile, in whatever file of a
folder, or by one that has the image of such a service; a Dockerfile that is built from that image
(CMD); a manifest of Kubernetes (`args:`); and an action of GitHub (`args:` of its action.yml).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from dockfix.context.compose import documents, is_compose
from dockfix.context.dockerfiles import is_dockerfile
from dockfix.context.worktree import worktree_of
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

#: Folders with files of others, not of the project.
_FOREIGN = frozenset((".git", ".hg", ".svn", ".tox", ".venv", "node_modules", "venv"))
_MOST_FOLDERS = 5_000
_MOST_FILES = 2_000
_LARGEST = 1_000_000
_ACTIONS = ("action.yml", "action.yaml")
_FROM = lazy(r"(?im)^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)")
_CMD = lazy(r"(?im)^[ \t]*CMD[ \t\[]")
_ENTRYPOINT = lazy(r"(?im)^[ \t]*ENTRYPOINT[ \t\[]")


def find_arguments(root: str, dockerfile: str) -> bool:
    """True if a file below the root of a build context, or above the Dockerfile in its repository,
    starts a container of the Dockerfile with arguments. Never raises."""
    wanted = os.path.realpath(dockerfile)
    composing, others = _Composing(wanted), []
    for folder, names in _folders(os.path.realpath(root), os.path.dirname(wanted)):
        compose = [name for name in names if is_compose(name)]
        composing.add(folder, compose)
        for name in names:
            path = os.path.join(folder, name)
            if name in _ACTIONS:
                if _is_action_with_arguments(path, wanted):
                    return True
            elif (name.endswith((".yml", ".yaml")) and name not in compose) or is_dockerfile(name):
                others.append(path)
    images = composing.images
    return composing.gives_arguments() or any(
        _gives(path, images, wanted) for path in others[:_MOST_FILES] if path != wanted
    )


def _folders(root: str, folder: str) -> Iterator[tuple[str, list[str]]]:
    """The folders to look into, and the names of the files in each: those below the root, and those
    between the Dockerfile's and the top of the repository."""
    for seen, (path, folders, names) in enumerate(os.walk(root)):
        folders[:] = sorted(one for one in folders if one not in _FOREIGN)
        yield path, sorted(names)
        if seen == _MOST_FOLDERS:
            break
    top = worktree_of(folder) or os.getcwd()
    while folder.startswith(top):
        if not f"{folder}/".startswith(f"{root.rstrip('/')}/"):
            try:
                yield folder, sorted(os.listdir(folder))
            except OSError:
                return
        if folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)


class _Composing:
    """The services of Compose files. Those of one folder and name are one service."""

    def __init__(self, dockerfile: str) -> None:
        self._dockerfile = dockerfile
        self._services: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, folder: str, names: Iterable[str]) -> None:
        for name in names:
            for file in _documents(os.path.join(folder, name), "services"):
                services = _mapping(file, "services")
                for key, service in services.items():
                    if isinstance(service, dict):
                        base = _mapping(services, _extended(service))
                        whole = self._services.setdefault((folder, str(key)), {})
                        whole.update({**base, **{k: v for k, v in service.items() if v}})

    @property
    def images(self) -> frozenset[str]:
        """The names of the images that are built of the Dockerfile."""
        return frozenset(
            str(service["image"])
            for (folder, _), service in self._services.items()
            if service.get("image") and self._builds(folder, service)
        )

    def gives_arguments(self) -> bool:
        images = self.images
        return any(
            service.get("command")
            and not service.get("entrypoint")
            and (self._builds(folder, service) or str(service.get("image")) in images)
            for (folder, _), service in self._services.items()
        )

    def _builds(self, folder: str, service: dict[str, Any]) -> bool:
        build = service.get("build")
        if isinstance(build, str):
            build = {"context": build}
        if not isinstance(build, dict) or "dockerfile_inline" in build:
            return False
        parts = build.get("context", "."), build.get("dockerfile", "Dockerfile")
        if not all(isinstance(part, str) for part in parts):
            return False
        return os.path.realpath(os.path.join(folder, *parts)) == self._dockerfile


def _extended(service: dict[str, Any]) -> str:
    """The service of the same file that a service extends; "" if there is none."""
    extends = service.get("extends")
    if isinstance(extends, dict):
        extends = None if extends.get("file") else extends.get("service")
    return extends if isinstance(extends, str) else ""


def _is_action_with_arguments(path: str, dockerfile: str) -> bool:
    for file in _documents(path, "docker"):
        runs = _mapping(file, "runs")
        image = runs.get("image")
        if isinstance(image, str) and runs.get("args") and not runs.get("entrypoint"):
            return os.path.realpath(os.path.join(os.path.dirname(path), image)) == dockerfile
    return False


def _gives(path: str, images: frozenset[str], dockerfile: str) -> bool:
    """True if a Dockerfile or a manifest gives arguments to one of the images."""
    if is_dockerfile(os.path.basename(path)):
        text = _text(path) if images else None
        return (
            text is not None
            and not images.isdisjoint(_FROM.findall(text))
            and _CMD.search(text) is not None
            and not _ENTRYPOINT.search(text)
        )
    names = {_plain(image) for image in images} | {os.path.basename(os.path.dirname(dockerfile))}
    return any(
        _plain(str(one["image"])) in names
        for file in _documents(path, "args:", "image:")
        for one in _containers(file)
        if one.get("args") and not one.get("command")
    )


def _plain(image: str) -> str:
    """The name of an image without its registry, owner and tag."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]


def _containers(node: Any) -> Iterator[dict[str, Any]]:
    """The mappings of a document that have an `image`."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("image"), str):
                yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _mapping(node: Any, key: str) -> dict[str, Any]:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def _documents(path: str, *signs: str) -> list[Any]:
    """The documents of a YAML file with all these signs in it; none of one that cannot be read."""
    text = _text(path)
    if text is None or not all(sign in text for sign in signs):
        return []
    return documents(text)


def _text(path: str) -> str | None:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return None
