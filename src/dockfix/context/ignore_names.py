"""The names of ignore files, and which of them a builder reads. No other module spells one.

Docker: the file beside the Dockerfile, else the one at the root of the build context (BuildKit,
`frontend/dockerui/config.go`). Podman and Buildah: `ContainerIgnoreFile` in `pkg/parse/parse.go` of
Buildah 1.37; of two files beside the Dockerfile `.dockerignore` is the one that is read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from dockfix.records import Record

#: The name of a new ignore file. Every builder reads it if there is no other.
DEFAULT = ".dockerignore"


class Reader(Record):
    """A builder: the names it looks for, in this order.

    `beside` are what it adds to the path of the Dockerfile; `root` lie at the root of the build
    context.
    """

    beside: tuple[str, ...]
    root: tuple[str, ...]


DOCKER = Reader((".dockerignore",), (".dockerignore",))
#: Podman and Buildah.
PODMAN = Reader((".dockerignore", ".containerignore"), (".containerignore", ".dockerignore"))
READERS = (DOCKER, PODMAN)

#: How the names of all ignore files end.
ENDINGS = tuple(dict.fromkeys(name for one in READERS for name in (*one.beside, *one.root)))


def is_ignore_file(name: str) -> bool:
    """True for the name of an ignore file, in any case of letters."""
    return name.lower().endswith(ENDINGS)


def read_by_builders(beside: str, is_file: Callable[[str], bool]) -> tuple[str, ...]:
    """The ignore files that builders read, each once; the default name if there is none.

    Paths are seen from the root of the build context, where `is_file` looks; `beside` is that of
    the Dockerfile.
    """
    # builders have most names in common, and each look asks the disk
    looked = lru_cache(maxsize=None)(is_file)
    found = [read_by(reader, beside, looked) for reader in READERS]
    return tuple(dict.fromkeys([name for name in found if name])) or (DEFAULT,)


def read_by(reader: Reader, beside: str, is_file: Callable[[str], bool]) -> str | None:
    """The ignore file that one builder reads, None if there is none; see `read_by_builders`."""
    names = (*[beside + ending for ending in reader.beside], *reader.root)
    return next((name for name in names if is_file(name)), None)
