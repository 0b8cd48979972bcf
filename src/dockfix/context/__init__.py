"""The build context: the files that the builder can COPY, and what passes may ask of it."""

from __future__ import annotations

from dockfix.typed import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from dockfix.context.dockerfiles import Written


class Context(Protocol):
    """The build context. It is handed to the passes, which read no files themselves.

    Paths are relative to its root (`a/b.txt`; "" is the root). What its ignore file leaves out does
    not exist for the builder, and so not for `read`, `head`, `kind` and `entries` either.
    `ignore_file` is that file's path (`.dockerignore`, or another that builders read instead).
    """

    ignore_file: str

    def read(self, path: str) -> str | None:
        """The text of a file; None if it can't be had, or is larger than any manifest."""

    def head(self, path: str, size: int) -> str | None:
        """The text of the first `size` bytes of a file, however large; None if it can't be had."""

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What lies at a path; None if it is nothing, or unknown."""

    def entries(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, sorted; None if there is none, or too much in it."""

    def ignored(self, path: str) -> bool:
        """True if the ignore file leaves a path out, whatever may lie there."""

    def is_link(self, path: str) -> bool:
        """True if a path is a symbolic link. COPY copies the link itself."""

    def dockerfiles(self) -> tuple[Written, ...] | None:
        """All Dockerfiles that may be built from this context, ignored ones too.

        None if there are too many files to look through, or if some Dockerfile is not known.
        """

    def container_commands(self) -> tuple[str, ...]:
        """What files around the Dockerfile run in containers (`containers`), ignored ones too."""

    def mode(self, path: str) -> int | None:
        """The permission bits of a file or directory, setuid and setgid among them.

        They are those of this copy of the context: Git only keeps whether a file is executable.
        None if they are not known.
        """

    def changes(self, path: str) -> int | None:
        """How many of the newest commits changed a file, or something in a directory.

        None if there is no repository, or it does not have the path.
        """

    def ignore_text(self) -> str | None:
        """The text of the ignore file; None if there is none."""

    def twins(self) -> tuple[tuple[str, str], ...]:
        """Paths and texts of further ignore files, which other builders read instead.

        They have the same lines, and get the same new lines.
        """

    def with_ignore_text(self, text: str) -> Context:
        """The same files under an ignore file with another text. Nothing is written."""
