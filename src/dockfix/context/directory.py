"""The build context on disk: the files below one directory."""

from __future__ import annotations

import os
import stat
from functools import cached_property

from dockfix.typed import TYPE_CHECKING, Literal
from dockfix.worktree import real_folder

if TYPE_CHECKING:
    from dockfix.context.history import Place
    from dockfix.context.ignorefile import IgnoreFile

IGNORE_FILE = ".dockerignore"
#: A larger file is never a manifest or a list of packages.
_LARGEST = 1_000_000
#: Nobody asks for the names in a directory of more.
_MOST_ENTRIES = 10_000
#: As many as Linux follows.
_MOST_LINKS = 40


class DirectoryContext:
    """A directory on disk. Nothing is read before it is asked for, and nothing outside of it.

    Never raises: what cannot be had, for whatever reason, is not there. Symbolic links are followed
    below `root`, as the builder does, and nowhere else. `ignore_file` is a path seen from `root`,
    `ignore_text` what to take for its text without reading it.
    """

    def __init__(
        self, root: str, ignore_file: str = IGNORE_FILE, ignore_text: str | None = None
    ) -> None:
        self.root = real_folder(root)
        self.ignore_file = ignore_file
        self._text = ignore_text
        self._place: list[Place | None] = []
        self._listed: dict[str, tuple[str, ...] | None] = {}

    def read(self, path: str) -> str | None:
        """The text of a file by its path in the context; None for none, and for a large one."""
        data = self._bytes(path, _LARGEST + 1)
        return None if data is None or len(data) > _LARGEST else _decoded(data)

    def head(self, path: str, size: int) -> str | None:
        """The text of the first `size` bytes of a file; None for none."""
        data = self._bytes(path, size)
        return None if data is None else _decoded(data)

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What lies at a path of the context; None: nothing, or something else."""
        real = self._followed(path)
        if real is None:
            return None
        try:
            mode = os.stat(self._full(real), follow_symlinks=False).st_mode
        except (OSError, ValueError):
            return None
        if stat.S_ISREG(mode):
            return None if self._left_out(path, real) else "file"
        if not stat.S_ISDIR(mode):
            return None
        if self._left_out(path, real) and not self._keeps_some(real):
            return None
        return "directory"

    def entries(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, sorted; None for none, and for one with very many."""
        # every sweep asks again, and many patterns for many names take their time
        if path not in self._listed:
            self._listed[path] = self._entries(path)
        return self._listed[path]

    def _entries(self, path: str) -> tuple[str, ...] | None:
        real = self._followed(path)
        names = None if real is None else self._names(real)
        if real is None or names is None:
            return None
        if self._ignored is None:
            return tuple(sorted(names))
        kept = tuple(name for name in sorted(names) if self._keeps(_below(real, name)))
        return kept if kept or not self._left_out(path, real) else None

    def ignored(self, path: str) -> bool:
        """Whether the ignore file leaves a path out."""
        return self._ignored is not None and self._ignored.ignores(path)

    def is_link(self, path: str) -> bool:
        """Whether a path of the context is a symbolic link."""
        parent, _, name = path.rstrip("/").rpartition("/")
        real = self._followed(parent)
        try:
            return real is not None and os.path.islink(self._full(_below(real, name)))
        except ValueError:
            return False

    def changes(self, path: str) -> int | None:
        """How many of the newest commits of the repository around the context changed a path."""
        from dockfix.context import history

        if not self._place:
            self._place.append(history.place_of(self.root))
        place = self._place[0]
        return None if place is None else history.changes(place, path)

    def ignore_text(self) -> str | None:
        """The text of the ignore file; None if there is none."""
        if self._text is None:
            # It lies where the Dockerfile lies, which need not be in the context.
            data = _content(os.path.join(self.root, self.ignore_file), _LARGEST)
            return None if data is None else _decoded(data)
        return self._text

    def with_ignore_text(self, text: str) -> DirectoryContext:
        """The same directory under an ignore file with another text."""
        return DirectoryContext(self.root, self.ignore_file, text)

    @cached_property
    def _ignored(self) -> IgnoreFile | None:
        text = self.ignore_text()
        if not text:
            return None
        from dockfix.context.ignorefile import EVERYTHING, parse

        # with an ignore file that BuildKit refuses there is no build, and nothing to be had
        return parse(text) or EVERYTHING

    def _left_out(self, path: str, real: str) -> bool:
        return self._ignored is not None and (self.ignored(path) or self.ignored(real))

    def _keeps(self, real: str) -> bool:
        """Whether a path, or anything below it, is not left out."""
        return not self.ignored(real) or self._keeps_some(real)

    def _keeps_some(self, directory: str) -> bool:
        """Whether something below a directory is not left out, though it is itself.

        Only exceptions can bring something back, and where they might lead BuildKit looks too.
        """
        waiting = [directory]
        looked = 0
        while waiting and self._ignored is not None:
            one = waiting.pop()
            names = None if self._ignored.hides(one) else self._names(one)
            for name in names or ():
                below = _below(one, name)
                if not self.ignored(below):
                    return True
                waiting.append(below)
                looked += 1
                if looked > _MOST_ENTRIES:
                    return False
        return False

    def _names(self, real: str) -> list[str] | None:
        names: list[str] = []
        try:
            with os.scandir(self._full(real)) as found:
                for entry in found:
                    names.append(entry.name)
                    if len(names) > _MOST_ENTRIES:
                        return None
        except (OSError, ValueError):
            return None
        return names

    def _bytes(self, path: str, size: int) -> bytes | None:
        real = self._followed(path)
        if real is None or self._left_out(path, real):
            return None
        return _content(self._full(real), size)

    def _full(self, real: str) -> str:
        return os.path.join(self.root, real) if real else self.root

    def _followed(self, path: str) -> str | None:
        """The path of the context that a path leads to; None if a link or `..` leads out of it, and
        where it leads through what is not there."""
        waiting = path.split("/")[::-1]
        real: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                if not real:
                    return None
                real.pop()
            elif part not in ("", "."):
                real.append(part)
                try:
                    target = os.readlink(self._full("/".join(real)))
                except FileNotFoundError:
                    if waiting and ".." not in waiting:
                        return None
                    continue
                except (OSError, ValueError):
                    continue
                links += 1
                if target.startswith("/") or links > _MOST_LINKS:
                    return None
                real.pop()
                waiting += target.split("/")[::-1]
        return "/".join(real)


def _content(full: str, size: int) -> bytes | None:
    """The first bytes of a regular file."""
    try:
        # Not to wait for a writer if it is a named pipe.
        descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return file.read(size)
    except (OSError, ValueError):
        return None


def _below(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
