"""Where paths lead, and where the work tree of a Git repository begins: looked up once a folder."""

from __future__ import annotations

import os
from functools import lru_cache

#: What a path may end in that is not the name of something in a folder.
_NO_NAMES = ("", ".", "..")


@lru_cache(maxsize=4096)
def worktree_of(folder: str) -> str | None:
    """The root of the Git repository around a folder (an absolute path), or None."""
    if os.path.lexists(os.path.join(folder, ".git")):
        return folder
    parent = os.path.dirname(folder)
    return None if parent == folder else worktree_of(parent)


def real_path(path: str) -> str:
    """`os.path.realpath`, but each folder is looked at only once in a process."""
    folder, name = os.path.split(path)
    return real_folder(path) if name in _NO_NAMES else _real_in(real_folder(folder), name)


def real_folder(path: str) -> str:
    """The same of a folder; an empty path is the working directory."""
    return _real(path if path.startswith("/") else os.path.join(os.getcwd(), path))


@lru_cache(maxsize=4096)
def _real(folder: str) -> str:
    parent, name = os.path.split(folder)
    return os.path.realpath(folder) if name in _NO_NAMES else _real_in(_real(parent), name)


def _real_in(folder: str, name: str) -> str:
    whole = os.path.join(folder, name)
    return os.path.realpath(whole) if os.path.islink(whole) else whole
