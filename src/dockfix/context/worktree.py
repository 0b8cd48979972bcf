"""Resolves links of paths and finds Git work trees, looking at each folder once."""

from __future__ import annotations

import os

from dockfix.context import disk

#: Last parts of a path that are not the name of something in a folder.
_NO_NAMES = ("", ".", "..")


@disk.kept
def worktree_of(folder: str) -> str | None:
    """The root of the Git repository around a folder (an absolute path), or None."""
    if disk.exists(os.path.join(folder, ".git")):
        return folder
    parent = os.path.dirname(folder)
    return None if parent == folder else worktree_of(parent)


def real_path(path: str) -> str:
    """`os.path.realpath`, but each folder is looked at only once in a process."""
    folder, name = os.path.split(path)
    return real_folder(path) if name in _NO_NAMES else _real_in(real_folder(folder), name)


def real_folder(path: str) -> str:
    """The same for a folder; "" is the working directory."""
    return _real(path if path.startswith("/") else os.path.join(os.getcwd(), path))


@disk.kept
def _real(folder: str) -> str:
    parent, name = os.path.split(folder)
    return disk.real(folder) if name in _NO_NAMES else _real_in(_real(parent), name)


def _real_in(folder: str, name: str) -> str:
    whole = os.path.join(folder, name)
    return disk.real(whole) if disk.is_link(whole) else whole
