"""The build context on disk: the files below one directory."""

from __future__ import annotations

import os
from functools import cached_property

from dockfix.context import disk
from dockfix.context.ignore_names import read_by_builders
from dockfix.context.worktree import real_folder
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    from dockfix.context.dockerfiles import Written
    from dockfix.context.ignorefile import IgnoreFile

#: A larger file is never a manifest or a list of packages.
_LARGEST = 1_000_000
#: The names in a larger directory are not needed.
_MOST_ENTRIES = 10_000
#: How many links Linux follows.
_MOST_LINKS = 40


class DirectoryContext:
    """A directory on disk. Files are read when asked for, and never outside of it.

    It never raises: what cannot be read counts as missing. Symbolic links are followed below `root`
    only, as the builder does. `ignore_files` are paths seen from `root`, by default those at the
    root. `ignore_text` replaces the text of the first one. `dockerfile` is the path of the
    Dockerfile that is built with it, "" if it is not known.
    """

    def __init__(
        self,
        root: str,
        ignore_files: tuple[str, ...] | None = None,
        ignore_text: str | None = None,
        dockerfile: str = "",
    ) -> None:
        self.root = real_folder(root)
        if ignore_files is None:
            ignore_files = read_by_builders("", self._is_file)
        self.ignore_file, *self._twins = ignore_files
        self._text = ignore_text
        self._dockerfile = dockerfile
        self._written: list[tuple[Written, ...] | None] = []
        self._commands: tuple[str, ...] | None = None
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
        found = None if real is None else disk.kind(self._full(real))
        if real is None or found is None or not self._left_out(path, real):
            return found
        return found if found == "directory" and self._keeps_some(real) else None

    def entries(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, sorted; None for none, and for one with very many."""
        # Every sweep asks again, and matching many patterns with many names takes time.
        if path not in self._listed:
            self._listed[path] = self._entries(path)
        return self._listed[path]

    def _entries(self, path: str) -> tuple[str, ...] | None:
        real = self._followed(path)
        names = None if real is None else disk.names(self._full(real), _MOST_ENTRIES)
        if real is None or names is None:
            return None
        if self._ignored is None:
            return names
        kept = tuple(name for name in names if self._keeps(_below(real, name)))
        return kept if kept or not self._left_out(path, real) else None

    def ignored(self, path: str) -> bool:
        """True if the ignore file leaves a path out."""
        return self._ignored is not None and self._ignored.ignores(path)

    def is_link(self, path: str) -> bool:
        """True if a path of the context is a symbolic link."""
        parent, _, name = path.rstrip("/").rpartition("/")
        real = self._followed(parent)
        return real is not None and disk.is_link(self._full(_below(real, name)))

    def dockerfiles(self) -> tuple[Written, ...] | None:
        """All Dockerfiles that may be built from this context."""
        if not self._written:
            from dockfix.context.dockerfiles import find_dockerfiles

            self._written.append(disk.ask(find_dockerfiles, self.root, self._dockerfile))
        return self._written[0]

    def container_commands(self) -> tuple[str, ...]:
        """What is run in containers of the project."""
        if self._commands is None:
            from dockfix.context.containers import find_commands

            self._commands = disk.ask(find_commands, self.root)
        return self._commands

    def mode(self, path: str) -> int | None:
        """The permission bits of a path of the context."""
        real = self._followed(path)
        return None if real is None else disk.mode(self._full(real))

    def changes(self, path: str) -> int | None:
        """How many of the newest commits of the repository around the context changed a path."""
        from dockfix.context.history import count_changes

        return disk.ask(count_changes, self.root, path)

    def ignore_text(self) -> str | None:
        """The text of the ignore file; None if there is none."""
        return self._ignore_text(self.ignore_file) if self._text is None else self._text

    def twins(self) -> tuple[tuple[str, str], ...]:
        """The further ignore files with the same lines, and their texts."""
        return tuple((path, self._ignore_text(path) or "") for path in self._twins)

    def agreed(self) -> bool:
        """True if all ignore files that builders read have the same lines."""
        if not self._twins:
            return True
        from dockfix.context.ignorefile import lines_of

        lines = lines_of(self.ignore_text() or "")
        return all(lines_of(text) == lines for _, text in self.twins())

    def _ignore_text(self, path: str) -> str | None:
        # It lies where the Dockerfile lies, which need not be in the context.
        data = disk.content(os.path.join(self.root, path), _LARGEST)
        return None if data is None else _decoded(data)

    def _is_file(self, path: str) -> bool:
        return disk.is_file(os.path.join(self.root, path))

    def with_ignore_text(self, text: str) -> DirectoryContext:
        """The same directory under an ignore file with another text."""
        ignore_files = (self.ignore_file, *self._twins)
        other = DirectoryContext(self.root, ignore_files, text, self._dockerfile)
        other._written = self._written
        return other

    @cached_property
    def _ignored(self) -> IgnoreFile | None:
        text = self.ignore_text()
        if not text:
            return None
        from dockfix.context.ignorefile import EVERYTHING, parse_ignore_file

        # BuildKit refuses this ignore file, so there is no build and no context.
        return parse_ignore_file(text) or EVERYTHING

    def _left_out(self, path: str, real: str) -> bool:
        return self._ignored is not None and (self.ignored(path) or self.ignored(real))

    def _keeps(self, real: str) -> bool:
        """True if a path, or anything below it, is not left out."""
        return not self.ignored(real) or self._keeps_some(real)

    def _keeps_some(self, directory: str) -> bool:
        """True if something below a directory is not left out, though the directory is.

        Only exceptions (`!`) can do that. BuildKit looks where they may lead, and so does this.
        """
        waiting = [directory]
        looked = 0
        while waiting and self._ignored is not None:
            one = waiting.pop()
            hides = self._ignored.hides(one)
            names = None if hides else disk.names(self._full(one), _MOST_ENTRIES)
            for name in names or ():
                below = _below(one, name)
                if not self.ignored(below):
                    return True
                waiting.append(below)
                looked += 1
                if looked > _MOST_ENTRIES:
                    return False
        return False

    def _bytes(self, path: str, size: int) -> bytes | None:
        real = self._followed(path)
        if real is None or self._left_out(path, real):
            return None
        return disk.content(self._full(real), size)

    def _full(self, real: str) -> str:
        return os.path.join(self.root, real) if real else self.root

    def _followed(self, path: str) -> str | None:
        """The path of the context that a path leads to.

        None if a link or `..` leads out of the context, or through something that is missing.
        """
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
                target = disk.target(self._full("/".join(real)))
                if target is None and waiting and ".." not in waiting:
                    return None
                if not target:
                    continue
                links += 1
                if target.startswith("/") or links > _MOST_LINKS:
                    return None
                real.pop()
                waiting += target.split("/")[::-1]
        return "/".join(real)


def _below(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
