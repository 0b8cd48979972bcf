"""The build context on disk: the files below one directory."""

from __future__ import annotations

import os
import stat

from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.context.history import Place

#: A larger file is never a manifest or a list of packages.
_LARGEST = 1_000_000
#: Nobody asks for the names in a directory of more.
_MOST_ENTRIES = 10_000


class DirectoryContext:
    """A directory on disk. Nothing is read before it is asked for, and nothing outside of it.

    Never raises: what cannot be had, for whatever reason, is not there.
    """

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._place: list[Place | None] = []

    def read(self, path: str) -> str | None:
        """The text of a file by its path in the context; None for none, and for a large one."""
        data = self._bytes(path, _LARGEST + 1)
        return None if data is None or len(data) > _LARGEST else _text(data)

    def head(self, path: str, size: int) -> str | None:
        """The text of the first `size` bytes of a file; None for none."""
        data = self._bytes(path, size)
        return None if data is None else _text(data)

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

    def entries(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, sorted; None for none, and for one with very many."""
        full = self._inside(path)
        if full is None:
            return None
        names: list[str] = []
        try:
            with os.scandir(full) as found:
                for entry in found:
                    names.append(entry.name)
                    if len(names) > _MOST_ENTRIES:
                        return None
        except OSError:
            return None
        return tuple(sorted(names))

    def ignored(self, path: str) -> bool:
        """Whether the ignore file leaves a path out."""
        return False

    def is_link(self, path: str) -> bool:
        """Whether a path of the context is a symbolic link."""
        parent, _, name = path.rstrip("/").rpartition("/")
        full = self._inside(parent)
        try:
            return full is not None and os.path.islink(os.path.join(full, name))
        except ValueError:
            return False

    def changes(self, path: str) -> int | None:
        """How many of the newest commits of the repository around the context changed a path."""
        from dockfix.context import history

        if not self._place:
            self._place.append(history.place_of(self._root))
        place = self._place[0]
        return None if place is None else history.changes(place, path)

    def _bytes(self, path: str, size: int) -> bytes | None:
        full = self._inside(path)
        if full is None:
            return None
        try:
            # Not to wait for a writer if it is a named pipe.
            descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return None
                return file.read(size)
        except OSError:
            return None

    def _inside(self, path: str) -> str | None:
        """Where a path of the context lies; None if a link or `..` leads out of the context."""
        try:
            full = os.path.realpath(os.path.join(self._root, path.lstrip("/")))
        except (OSError, ValueError):
            return None
        root = self._root.rstrip("/") + "/"
        return full if full == self._root or full.startswith(root) else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
