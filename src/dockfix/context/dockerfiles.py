"""The Dockerfiles of a build context: all that may be built from it, in any folder.

A line of an ignore file has to be right for all of them. They are found by their names, anywhere
below the root, and in the Compose, Bake and `devcontainer.json` files there, inline ones too, and
by what scripts and pipelines build (`build_calls`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dockfix.context import disk
from dockfix.context.build_calls import built_by, may_build
from dockfix.context.ignore_names import ENDINGS
from dockfix.context.named import named_by, names_dockerfiles
from dockfix.records import Record

#: Folders with files of others, not of the project.
_FOREIGN = frozenset(
    (".git", ".hg", ".svn", ".tox", ".venv", "node_modules", "venv", disk.CACHE_FOLDER)
)
#: Limits of folders and of names in all. Beyond them, the Dockerfiles count as not known.
_MOST_FOLDERS = 5_000
_MOST_NAMES = 300_000
_LARGEST = 1_000_000
#: Endings of files about Dockerfiles.
_OTHERS = (*ENDINGS, ".md", ".txt", ".py", ".go", ".js", ".sh")


class Written(Record):
    """A Dockerfile: its path seen from the root of the context, and its text.

    The text is None if it cannot be read. An inline Dockerfile has the path of the file around it.
    `own` says that it is the one that is being rewritten.
    """

    path: str
    text: str | None
    own: bool = False


def find_dockerfiles(root: str, own: str = "") -> tuple[Written, ...] | None:
    """The Dockerfiles that may be built from a folder; None if they are not all known.

    `own` is the path of the one that is being rewritten.
    """
    if own:
        own = os.path.relpath(os.path.realpath(own), os.path.realpath(root))
    found: dict[str, Written] = {}
    scripts: list[str] = []
    folders = [""]
    names = 0
    for at, folder in enumerate(folders):
        if at == _MOST_FOLDERS or names > _MOST_NAMES:
            return None
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    names += 1
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _FOREIGN:
                            folders.append(path)
                        continue
                    if may_build(path):
                        scripts.append(path)
                    if is_dockerfile(entry.name):
                        found[path] = Written(path, _text(root, path), path == own)
                    elif names_dockerfiles(entry.name):
                        for one in _named_by(root, path):
                            if one.text is None and not one.path:
                                return None
                            found.setdefault(f"{one.path}\n{one.text}", one)
        except OSError:
            continue
    for built in built_by(root, tuple(sorted(scripts))):
        if built is None:
            return None
        found.setdefault(built[0], Written(*built, built[0] == own))
    return tuple({(one.path, one.text): one for one in found.values()}.values())


def is_dockerfile(name: str) -> bool:
    """True if a file may be a Dockerfile by its name: with a dot, a dash or an underscore."""
    lower = name.lower()
    if "erfile" not in lower or lower.endswith(_OTHERS):
        return False
    return any(
        lower == word
        or (lower.startswith(word) and lower[len(word)] in ".-_")
        or (lower.endswith(word) and lower[-len(word) - 1] in ".-_")
        for word in ("dockerfile", "containerfile")
    )


def _named_by(root: str, path: str) -> Iterator[Written]:
    """The Dockerfiles that another file names; unknown ones have no path and no text."""
    for one in named_by(os.path.join(root, path)):
        if one.inline is not None:
            yield Written(path, one.inline)
        elif one.path is None:
            yield Written("", None)
        else:
            inside = os.path.relpath(one.path, root)
            yield Written(inside, _text(root, inside))


def _text(root: str, path: str) -> str | None:
    full = os.path.join(root, path)
    try:
        if not os.path.isfile(full):
            return None
        with open(full, "rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError):
        return None
    return None if len(data) > _LARGEST else data.decode("utf-8", "surrogateescape")
