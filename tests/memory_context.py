"""A build context for tests."""

from __future__ import annotations

from typing import Literal


class Files:
    """A build context in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        if path in self.files:
            return "file"
        below = path + "/" if path else ""
        return "directory" if any(name.startswith(below) for name in self.files) else None
