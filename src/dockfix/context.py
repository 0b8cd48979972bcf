"""The build context as passes see it: the files below one directory."""

from __future__ import annotations

import os
import stat

from dockfix.typed import Literal

#: A larger file is never a manifest or a list of packages.
_LARGEST = 1_000_000


class DirectoryContext:
    """A directory on disk. Nothing is read before it is asked for, and nothing outside of it.

    Never raises: what cannot be had, for whatever reason, is not there.
    """

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)

    def read(self, path: str) -> str | None:
        """The text of a file by its path in the context; None for none, and for a large one."""
        full = self._inside(path)
        if full is None:
            return None
        try:
            # Not to wait for a writer if it is a named pipe.
            descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return None
                data = file.read(_LARGEST + 1)
        except OSError:
            return None
        return data.decode("utf-8", "surrogateescape") if len(data) <= _LARGEST else None

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What lies at a path of the context; None: nothing, or something else."""
        full = self._inside(path)
        if full is None:
            return None
        try:
            mode = os.stat(full).st_mode
        except OSError:
            return None
        if stat.S_ISREG(mode):
            return "file"
        return "directory" if stat.S_ISDIR(mode) else None

    def _inside(self, path: str) -> str | None:
        """Where a path of the context lies; None if a link or `..` leads out of the context."""
        try:
            full = os.path.realpath(os.path.join(self._root, path.lstrip("/")))
        except (OSError, ValueError):
            return None
        root = self._root.rstrip("/") + "/"
        return full if full == self._root or full.startswith(root) else None
