"""The build context: the files that the builder can COPY, and what passes may ask of it."""

from __future__ import annotations

from dockfix.typed import Literal, Protocol


class Context(Protocol):
    """The build context, handed in: who asks does no I/O of his own.

    Paths are those of the context (`a/b.txt`; empty text: its root). What its ignore file leaves
    out does not exist for the builder, and so not for `read`, `head`, `kind` and `entries` either.
    `ignore_file` is that file's path (`.dockerignore`, or one beside the Dockerfile).
    """

    ignore_file: str

    def read(self, path: str) -> str | None:
        """The text of a file; None if it can't be had, or is larger than any manifest."""

    def head(self, path: str, size: int) -> str | None:
        """The text of the first `size` bytes of a file, however large; None if it can't be had."""

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What lies at a path; None: nothing, or it cannot be told."""

    def entries(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, sorted; None if there is none, or too much in it."""

    def ignored(self, path: str) -> bool:
        """Whether the ignore file leaves a path out, whatever may lie there."""

    def is_link(self, path: str) -> bool:
        """Whether a path is a symbolic link, wherever it leads: what is copied is the link."""

    def changes(self, path: str) -> int | None:
        """How many of the newest commits changed a file, or something in a directory.

        None: nobody knows, because there is no repository, or it does not have the path.
        """

    def ignore_text(self) -> str | None:
        """The text of the ignore file; None if there is none."""

    def with_ignore_text(self, text: str) -> Context:
        """The same files under an ignore file with another text, which is nowhere written yet."""
