"""What a program or library needs to be started, read from its first line or its ELF headers.

pyelftools reads ELF (System V ABI, chapters 4 and 5), and is imported only where a file of that
kind is met. The input may be hostile: what it cannot read is left out, and what is read has limits.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

ELF, SCRIPT = b"\x7fELF", b"#!"
#: A larger file is not looked into, because all of it is in memory meanwhile.
LARGEST = 1 << 29
#: A script of which all is kept while it is read, to compare what stands below its first line.
_LARGEST_SCRIPT = 1 << 16
#: Entries of a table that are read.
_MOST = 10_000


class Script(Record):
    """A file that begins with `#!`. `line` is what stands behind that; `rest`, the digest of all

    lines below, empty for a long file.
    """

    line: bytes
    rest: bytes = b""


class Binary(Record):
    """A program or library in ELF.

    `machine` are its class and processor. `loader` is the path of what starts it, empty for a
    library. `needed` are the names of the libraries that it asks for; `rpath` and `runpath` are
    where it wants them looked for. `versions` are pairs of a library and a version of its symbols
    that is asked for, `offers` are those that a library has itself.
    """

    machine: str
    loader: bytes = b""
    needed: tuple[bytes, ...] = ()
    rpath: tuple[bytes, ...] = ()
    runpath: tuple[bytes, ...] = ()
    versions: tuple[tuple[bytes, bytes], ...] = ()
    offers: tuple[bytes, ...] = ()


Program = Script | Binary


def is_wanted(begin: bytes, size: int) -> bool:
    """True if the content of a file has to be kept for `program_of`, by its first bytes."""
    if begin[:4] == ELF:
        return size <= LARGEST
    return begin[:2] == SCRIPT and size <= _LARGEST_SCRIPT


def program_of(begin: bytes, content: bytes | None) -> Program | None:
    """What a file needs to be started: from its first bytes and, if it was wanted, all of them."""
    if begin[:2] == SCRIPT:
        line = begin[2:].partition(b"\n")[0]
        rest = b"" if content is None else sha256(content.partition(b"\n")[2]).digest()
        return Script(line.strip()[:4096], rest)
    if begin[:4] == ELF and content is not None:
        return _binary(content)
    return None


def _binary(content: bytes) -> Binary | None:
    """What an ELF file says; None if it makes no sense, or is neither program nor library."""
    from elftools.elf.elffile import ELFFile

    try:
        file = ELFFile(io.BytesIO(content))
        if file.header["e_type"] not in ("ET_EXEC", "ET_DYN"):
            return None
        return _read(file)
    # a damaged file may make it stumble over anything
    except Exception:
        return None


def _read(file: ELFFile) -> Binary:
    """What the headers of an ELF file say."""
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.segments import InterpSegment

    loader = b""
    tags: dict[str, list[bytes]] = {}
    for segment in islice(file.iter_segments(), _MOST):
        if isinstance(segment, InterpSegment):
            loader = _bytes(segment.get_interp_name())
        elif isinstance(segment, DynamicSegment):
            for tag in islice(segment.iter_tags(), _MOST):
                for name in ("needed", "rpath", "runpath"):
                    if hasattr(tag, name):
                        tags.setdefault(name, []).append(_bytes(getattr(tag, name)))
    needs = [
        (_bytes(library.name), _bytes(version.name))
        for library, versions in _versions(file, ".gnu.version_r")
        for version in versions
        # a weak version may be missing
        if not version["vna_flags"] & 2
    ]
    offers = [
        _bytes(version.name)
        for _, versions in _versions(file, ".gnu.version_d")
        for version in islice(versions, 1)
    ]
    rpath, runpath = (
        tuple(one for text in tags.get(name, ()) for one in text.split(b":") if one)
        for name in ("rpath", "runpath")
    )
    return Binary(
        f"{file.elfclass}-bit {file.header['e_machine']}",
        loader,
        tuple(tags.get("needed", ())),
        # the one is not looked at where there is the other
        () if runpath else rpath,
        runpath,
        tuple(needs),
        tuple(offers),
    )


def _versions(file: ELFFile, name: str) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The entries of a table of symbol versions, and what belongs to each."""
    from elftools.elf.gnuversions import GNUVersionSection

    section = file.get_section_by_name(name)
    if isinstance(section, GNUVersionSection):
        for entry, parts in islice(section.iter_versions(), _MOST):
            yield entry, islice(parts, _MOST)


def _bytes(name: str) -> bytes:
    """A name as it lies in the file."""
    return name.encode("utf-8", "surrogateescape")
