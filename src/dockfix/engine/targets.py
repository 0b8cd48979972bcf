"""What is to be built: a Dockerfile of the work tree, and its build context."""

from __future__ import annotations

from dockfix.config import Config
from dockfix.engine.client import Recipe
from dockfix.passes.base import Settings
from dockfix.records import Record


class Target(Record):
    """A Dockerfile, what holds for it, and the folder of its build context.

    `unknown` says why that may be another one, "" if it may not.
    """

    path: str
    source: bytes
    config: Config
    settings: Settings
    context: str
    unknown: str = ""

    def recipe(self, dockerfile: bytes, ignore: bytes | None = None) -> Recipe:
        """How to build a text in the place of this file, with another .dockerignore perhaps."""
        return Recipe(dockerfile, self.context, self._own_ignore() if ignore is None else ignore)

    def without_syntax(self, dockfile: bytes) -> bytes:
        """A text without the line that names its frontend; the other directives stay."""
        from dockfix.syntax.parser import parse
        from dockfix.syntax.source import decode, encode

        tree = parse(decode(dockfile), self.path)
        for directive in tree.directives:
            if directive.name == "syntax":
                behind = tree.source.find("\n", directive.end) + 1
                return encode(tree.source[: directive.start] + tree.source[behind:])
        return dockfile

    def _own_ignore(self) -> bytes | None:
        """The .dockerignore of just this Dockerfile, which goes before that of its context."""
        try:
            with open(f"{self.path}.dockerignore", "rb") as file:
                return file.read()
        except OSError:
            return None
