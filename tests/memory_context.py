"""A build context for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal


class Files:
    """A build context in memory: the files by their paths."""

    def __init__(self, files: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self.files = dict(files)

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def head(self, path: str, size: int) -> str | None:
        text = self.files.get(path)
        data = None if text is None else text.encode("utf-8", "surrogateescape")[:size]
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        if path in self.files:
            return "file"
        return "directory" if self.entries(path) is not None else None

    def entries(self, path: str) -> tuple[str, ...] | None:
        below = path + "/" if path else ""
        names = {
            name[len(below) :].partition("/")[0] for name in self.files if name.startswith(below)
        }
        return tuple(sorted(names)) or None

    def ignored(self, path: str) -> bool:
        return False

    def is_link(self, path: str) -> bool:
        return False

    def changes(self, path: str) -> int | None:
        return None
