"""What is to be built: a Dockerfile of the work tree, and its build context."""

from __future__ import annotations

from dockfix.config import Config
from dockfix.engine.client import Recipe
from dockfix.passes.base import Settings
from dockfix.patterns import lazy
from dockfix.records import Record

#: The line that names the frontend, among the directives at the top of a file.
_SYNTAX = lazy(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n)*?#[ \t]*syntax[ \t]*=[^\n]*\n", 0)


class Target(Record):
    """A Dockerfile, what holds for it, and the folder of its build context."""

    path: str
    source: bytes
    config: Config
    settings: Settings
    context: str

    def recipe(self, dockerfile: bytes, ignore: bytes | None = None) -> Recipe:
        """How to build a text in the place of this file, with another .dockerignore perhaps."""
        return Recipe(dockerfile, self.context, self._own_ignore() if ignore is None else ignore)

    def _own_ignore(self) -> bytes | None:
        """The .dockerignore of just this Dockerfile, which goes before that of its context."""
        try:
            with open(f"{self.path}.dockerignore", "rb") as file:
                return file.read()
        except OSError:
            return None
