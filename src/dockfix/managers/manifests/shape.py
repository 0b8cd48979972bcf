"""The words in which package managers say what they read of a project."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.records import Record
from dockfix.typed import Literal, Protocol


class UnsureError(Exception):
    """What a command reads cannot be told, or is the source itself; the text says why."""


class Reads(Record):
    """One command, its paths as written: relative to `directory`, where a `cd` went before.

    `manifests` must be there, `optional` are read if they are. `writes` are trees it changes beyond
    those of the system, `updates` files of its input that it may bring up to date.
    `scripts`: it runs what packages and the manifest bring along. `shadowed`: modules in the
    current directory get in its way. `system`: a package manager of the system, which `refreshes`
    its lists of what can be had. `installs` is False for what only helps (a cleanup, a setting).
    `words` are those behind the program. `source` says why the command reads the source itself.
    """

    manager: str
    manifests: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    scripts: bool = False
    shadowed: bool = False
    system: bool = False
    refreshes: bool = False
    installs: bool = True
    directory: str = ""
    words: tuple[str, ...] = ()
    source: str = ""


class Needs(Record):
    """What a command reads and writes of a project whose files can be seen.

    `files` are files and directories (then all of it), relative to the command's directory;
    `writes` trees and `updates` files beyond those of `Reads`. `settled` are files that `Reads`
    says may be brought up to date, and are seen to be; `cleared` are trees that are emptied first,
    whatever was there. `doubt` is a reason to take it on trust.
    """

    files: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    doubt: str = ""


class Wanted(Record):
    """A package of a language that is asked for, with what its version has to be, as written.

    `runs_code`: its install runs code that it brings along, as far as the lock file says.
    """

    name: str
    version: str
    runs_code: bool = False


class Archive(Record):
    """What a build leaves of a part of a project, as paths seen from where it runs.

    `folder` holds all of it. `path` is the archive that is started; `*` in it is any name. `alone`:
    it needs no other file of the folder. An empty path: nothing is known of one.
    """

    folder: str
    path: str = ""
    alone: bool = False


class Project(Protocol):
    """The files of the build context around a command, by their paths in the image.

    Every method raises UnsureError where several COPYs could be meant, or one that is not
    understood.
    """

    def read(self, path: str) -> str | None:
        """The text of a file; None if the context brings none there."""

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What the context brings to a path."""

    def entries(self, path: str) -> tuple[str, ...]:
        """The names that the context brings into a directory."""

    def above(self, name: str) -> str | None:
        """The text of the nearest file of a name in the directories above; None: there is none."""


def verb_of(values: list[str]) -> tuple[str, list[str]]:
    """The subcommand and the rest; "" if the first word is an option, or there is none."""
    if values and values[0][:1] != "-":
        return values[0], values[1:]
    return "", values


def joined(values: list[str], valued: tuple[str, ...]) -> Iterator[str]:
    """The words, an option that wants a value joined with it by a space."""
    rest = iter(values)
    for value in rest:
        yield f"{value} {next(rest, '')}" if value in valued else value


def present(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that the context brings."""
    return tuple(name for name in names if project.kind(name) is not None)


def text_of(project: Project, path: str) -> str:
    """The text of a file that must be there."""
    text = project.read(path)
    if text is None:
        raise UnsureError(f"{path} cannot be read")
    return text


def beside(path: str, name: str) -> str:
    """A path as seen from the directory of a file: `name` beside `path`."""
    whole = name if name[:1] == "/" else f"{path.rpartition('/')[0]}/{name}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if (name if name[:1] == "/" else path)[:1] == "/" else "") + "/".join(parts)
