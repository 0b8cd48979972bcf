"""What is to be built: a Dockerfile of the work tree, and its build context."""

from __future__ import annotations

import os

from dockfix.builds.engine import Recipe
from dockfix.context.ignore_names import read_by
from dockfix.context.worktree import real_folder
from dockfix.passes.base import Settings
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockfix.context.ignore_names import Reader


class PassSelection(Record):
    """Which passes rewrite a file, as `dockfix.core.pipeline.rewrite` takes them."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe_fixes: bool = False


class Target(Record):
    """A Dockerfile, what rewrites it, and the folder of its build context.

    `unknown` says why that may be another one, "" if it may not.
    """

    path: str
    source: bytes
    passes: PassSelection
    settings: Settings
    context: str
    unknown: str = ""

    @property
    def shown_path(self) -> str:
        """The path as it is said: `./Dockerfile` is `Dockerfile`."""
        return os.path.normpath(self.path)

    def recipe(
        self, dockerfile: bytes, reader: Reader, written: Mapping[str, bytes] | None = None
    ) -> Recipe:
        """How to build a text in the place of this file, for a builder that reads these ignore
        files.

        `written` are texts of ignore files that are to stand in place of what is there, by their
        paths seen from the root of the context.
        """
        written = written or {}
        root = real_folder(self.context)
        folder, own = os.path.split(self.path)
        beside = os.path.relpath(os.path.join(real_folder(folder), own), root)

        def is_file(name: str) -> bool:
            return name in written or os.path.isfile(os.path.join(root, name))

        name = read_by(reader, beside, is_file)
        if name is None or (name in reader.root and name not in written):
            return Recipe(dockerfile, self.context)
        if name in written:
            return Recipe(dockerfile, self.context, written[name])
        with open(os.path.join(root, name), "rb") as file:
            return Recipe(dockerfile, self.context, file.read())

    def without_syntax(self, dockerfile: bytes) -> bytes:
        """A text without the line that names its frontend; the other directives stay."""
        from dockfix.dockerfile.parser import parse
        from dockfix.dockerfile.source import decode, encode

        tree = parse(decode(dockerfile), self.path)
        for directive in tree.directives:
            if directive.name == "syntax":
                behind = tree.source.find("\n", directive.end) + 1
                return encode(tree.source[: directive.start] + tree.source[behind:])
        return dockerfile
