"""A build context for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from dockfix.context.containers import commands_in
from dockfix.context.dockerfiles import Written, is_dockerfile
from dockfix.context.ignorefile import EVERYTHING, parse_ignore_file


class Files:
    """A build context in memory: the files by their paths, a .dockerignore among them."""

    ignore_file = ".dockerignore"

    def __init__(self, files: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self.files = dict(files)
        self.rules = parse_ignore_file(self.files.get(self.ignore_file, "")) or EVERYTHING
        self.seen = {path for path in self.files if not self.rules.ignores(path)}

    def read(self, path: str) -> str | None:
        return self.files[path] if path in self.seen else None

    def head(self, path: str, size: int) -> str | None:
        text = self.read(path)
        data = None if text is None else text.encode("utf-8", "surrogateescape")[:size]
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        if path in self.seen:
            return "file"
        return "directory" if self.entries(path) is not None else None

    def entries(self, path: str) -> tuple[str, ...] | None:
        below = path + "/" if path else ""
        names = {one[len(below) :].partition("/")[0] for one in self.seen if one.startswith(below)}
        return tuple(sorted(names)) or None

    def ignored(self, path: str) -> bool:
        return self.rules.ignores(path)

    def is_link(self, path: str) -> bool:
        return False

    def dockerfiles(self) -> tuple[Written, ...] | None:
        return tuple(
            Written(path, text)
            for path, text in self.files.items()
            if is_dockerfile(path.rpartition("/")[2])
        )

    def container_commands(self) -> tuple[str, ...]:
        return commands_in("", self._names, self.files.get)

    def _names(self, folder: str) -> list[str]:
        below = folder + "/" if folder else ""
        names = [one[len(below) :].partition("/")[0] for one in self.files if one.startswith(below)]
        return sorted(set(names))

    def mode(self, path: str) -> int | None:
        return {"file": 0o644, "directory": 0o755, None: None}[self.kind(path)]

    def changes(self, path: str) -> int | None:
        return None

    def ignore_text(self) -> str | None:
        return self.files.get(self.ignore_file)

    def twins(self) -> tuple[tuple[str, str], ...]:
        return ()

    def with_ignore_text(self, text: str) -> Files:
        return Files({**self.files, self.ignore_file: text})
