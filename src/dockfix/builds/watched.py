"""What a program opens and starts when it runs, as the loader of glibc tells it.

With LD_DEBUG=files the loader writes down every library and every program that it is asked for
(ld.so(8)), into a file for each process. The variables are inherited, so programs that are called
are seen as well. Not seen are programs without a loader, those for musl, and those that are started
with an empty environment.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from typing import BinaryIO

from dockfix.records import Record

#: Where the loader writes in a container, and how it is told.
FOLDER, _PREFIX = "/tmp", "dockfix-loader"
VARIABLES = {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{FOLDER}/{_PREFIX}"}
_OPENED = re.compile(rb"\tcalling init: (/[^\n]+)")
_STARTED = re.compile(rb"\tinitialize program: ([^\n]+)")
#: Bytes of one file that are read.
_LARGEST = 16 << 20


class Watched(Record):
    """The libraries that were opened, by their paths, and the programs that were started, as they
    were called."""

    opened: frozenset[str]
    started: frozenset[str]


def watched(archive: BinaryIO) -> Watched:
    """What the files of a container's folder say; `archive` is a tar of it, read as a stream."""
    opened: set[str] = set()
    started: set[str] = set()
    with tarfile.open(fileobj=archive, mode="r|") as files:
        for member in files:
            ours = member.isfile() and member.name.rpartition("/")[2].startswith(_PREFIX)
            content = files.extractfile(member) if ours else None
            if content is not None:
                text = content.read(_LARGEST)
                opened.update(_texts(_OPENED.findall(text)))
                started.update(_texts(_STARTED.findall(text)))
    return Watched(frozenset(opened), frozenset(started))


def _texts(found: Iterable[bytes]) -> Iterable[str]:
    """Paths as texts."""
    return (one.strip().decode("utf-8", "surrogateescape") for one in found)
