"""What programs, libraries and links of an image need and do not find in it.

Libraries are looked for as the loaders do: glibc's in the RPATH of a file, LD_LIBRARY_PATH, the
RUNPATH, /etc/ld.so.cache and its default folders (ld.so(8)), musl's in the same without a cache, in
the folders of /etc/ld-musl-PROCESSOR.path. A file of another processor is none for it. That a
library has the versions of symbols that are asked for counts, too: a program that was linked with a
newer C library does not start with an older one.

What is only opened by name when the program runs (dlopen, ctypes, another program) is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import LOADER_CACHE, LOADER_PATHS
from dockfix.builds.images.links import resolved
from dockfix.builds.images.overlay import Overlay, Placed
from dockfix.builds.images.programs import Binary, Script
from dockfix.builds.splits.started import started_programs
from dockfix.records import Record
from dockfix.typed import Literal

#: Where both loaders look at last; Debian's has a folder of its own for each processor as well.
_FOLDERS = (b"lib", b"usr/lib", b"lib64", b"usr/lib64")
_OF_PROCESSOR = re.compile(rb"(?:usr/)?lib/[^/]+-linux-[^/]+")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: An interpreter that has its version in its name, and a folder of modules for one.
_PYTHON = re.compile(rb"(?:.*/)?(python\d+\.\d+)")
_MODULES = re.compile(rb"(.*/)?lib/(python\d+\.\d+)/(?:site|dist)-packages")


class Lack(Record):
    """Something that a path of an image needs and that the image does not have.

    `path` and `what` are for people: the path with its slash; the library, program or target.
    """

    kind: Literal["library", "version", "interpreter", "link", "program", "python"]
    path: str
    what: str


class Closure:
    """What the files of an image need: `lacks` are those needs that nothing in it meets."""

    def __init__(self, image: Image, overlay: Overlay) -> None:
        self._paths: Mapping[bytes, Placed] = overlay.paths
        environment = dict(
            str(one).partition("=")[::2] for one in image.config.get("Env") or () if "=" in str(one)
        )
        self._path = environment.get("PATH", _PATH)
        self._wanted = _folders(environment.get("LD_LIBRARY_PATH", "").encode())
        self._default = self._default_folders()
        self._cached = _of_cache(overlay.texts.get(LOADER_CACHE, b""))
        self._musl = tuple(
            folder
            for path, text in overlay.texts.items()
            if path.startswith(LOADER_PATHS)
            for folder in _folders(text.replace(b"\n", b":"))
        )
        self._found: dict[tuple[bytes, str, tuple[bytes, ...]], bytes | None] = {}
        #: Programs and libraries that were looked at.
        self.looked = 0
        self.lacks = tuple(dict.fromkeys([*self._of_files(), *self._of_start(image.config)]))

    def program(self, name: str) -> bytes | None:
        """The path of a program that is called by its name or its path; None: there is none."""
        if "/" in name:
            return resolved(self._paths, name.encode("utf-8", "surrogateescape"))
        for folder in self._path.split(":"):
            found = resolved(self._paths, f"{folder}/{name}".encode("utf-8", "surrogateescape"))
            if found is not None and self._paths[found].entry.kind == "file":
                return found
        return None

    def _of_files(self) -> Iterator[Lack]:
        """What files, links and folders of modules lack."""
        for path, placed in self._paths.items():
            entry = placed.entry
            if entry.kind == "symlink":
                if resolved(self._paths, path) is None:
                    yield Lack("link", _text(path), _said(entry.target))
            elif isinstance(entry.program, Binary):
                self.looked += 1
                yield from self._of_binary(path, entry.program)
            elif isinstance(entry.program, Script) and entry.mode & 0o111:
                self.looked += 1
                yield from self._of_script(path, entry.program)
            elif entry.kind == "directory" and (modules := _MODULES.fullmatch(path)):
                yield from self._of_modules(path, modules[1] or b"", modules[2])

    def _of_binary(self, path: bytes, binary: Binary) -> Iterator[Lack]:
        """The loader and the libraries that a program or library does not find."""
        if binary.loader and resolved(self._paths, binary.loader) is None:
            yield Lack("interpreter", _text(path), _said(binary.loader))
        found: dict[bytes, Binary | None] = {}
        for name, place in self._places(path, binary):
            if place is None:
                yield Lack("library", _text(path), _said(name))
                continue
            program = self._paths[place].entry.program
            found[name] = program if isinstance(program, Binary) else None
        for name, version in binary.versions:
            library = found.get(name)
            # a library without versions is taken for any
            if library is not None and library.offers and version not in library.offers:
                yield Lack("version", _text(path), f"{_said(version)} of {_said(name)}")

    def libraries(self, path: bytes, binary: Binary) -> Iterator[bytes]:
        """The paths of the libraries that a file is linked with, as far as they are there."""
        return (place for _, place in self._places(path, binary) if place is not None)

    def _places(self, path: bytes, binary: Binary) -> Iterator[tuple[bytes, bytes | None]]:
        """The libraries that a file asks for, and where each is found."""
        if binary.loader and b"musl" in binary.loader:
            default = (*self._musl, b"lib", b"usr/local/lib", b"usr/lib")
        else:
            default = self._default
        origin = path.rpartition(b"/")[0]
        folders = (
            *(_below(origin, one) for one in binary.rpath),
            *self._wanted,
            *(_below(origin, one) for one in binary.runpath),
        )
        for name in binary.needed:
            yield name, self._library(name, binary.machine, folders, default)

    def _library(
        self, name: bytes, machine: str, folders: tuple[bytes, ...], default: tuple[bytes, ...]
    ) -> bytes | None:
        """The path of a library of this name for a processor."""
        if b"/" in name:
            return self._library_at(name, machine)
        key = name, machine, folders
        if key not in self._found:
            places = [
                *(folder + b"/" + name for folder in folders),
                *self._cached.get(name, ()),
                *(folder + b"/" + name for folder in default),
            ]
            found = (self._library_at(place, machine) for place in places)
            self._found[key] = next((one for one in found if one is not None), None)
        return self._found[key]

    def _library_at(self, path: bytes, machine: str) -> bytes | None:
        """Where a path leads, if that is a library for a processor."""
        found = resolved(self._paths, path)
        if found is None or found not in self._paths:
            return None
        entry = self._paths[found].entry
        if entry.kind != "file" or entry.size == 0:
            return None
        # one that was too large to be looked into is taken for the right one
        right = not isinstance(entry.program, Binary) or entry.program.machine == machine
        return found if right else None

    def _of_script(self, path: bytes, script: Script) -> Iterator[Lack]:
        """The program behind the `#!` of a script, if there is none."""
        words = script.line.decode("utf-8", "surrogateescape").split()
        if not words:
            return
        names = words[:1]
        if words[0].rpartition("/")[2] == "env":
            rest = [word for word in words[1:] if word[:1] != "-" and "=" not in word]
            names += rest[:1]
        for name in names:
            if self.program(name) is None:
                yield Lack("interpreter", _text(path), name)
                return

    def _of_modules(self, path: bytes, prefix: bytes, name: bytes) -> Iterator[Lack]:
        """The Python that a folder of modules is for, if there is none of that version."""
        called = name.decode()
        if not self._has_below(path) or self.program(called) is not None:
            return
        for other in (name, b"python3", b"python"):
            found = resolved(self._paths, prefix + b"bin/" + other)
            version = None if found is None else _PYTHON.fullmatch(found)
            if version is not None and version[1] == name:
                return
        yield Lack("python", _text(path), called)

    def _has_below(self, path: bytes) -> bool:
        """True if a folder has modules in it."""
        return any(one.startswith(path + b"/") and one.endswith(b".py") for one in self._paths)

    def _of_start(self, config: Mapping[str, Any]) -> Iterator[Lack]:
        """The programs that CMD, ENTRYPOINT and HEALTHCHECK start, if they are not there."""
        for setting, name in started_programs(config):
            folder = str(config.get("WorkingDir") or "/")
            path = f"{folder}/{name}" if "/" in name and name[:1] != "/" else name
            if self.program(path) is None:
                yield Lack("program", setting, name)

    def _default_folders(self) -> tuple[bytes, ...]:
        """The folders in which glibc's loader looks unasked."""
        own = (path for path in self._paths if _OF_PROCESSOR.fullmatch(path))
        return (*own, *_FOLDERS)


def _of_cache(text: bytes) -> dict[bytes, list[bytes]]:
    """The paths that glibc's loader has written down, by the names of libraries.

    The file is a table of numbers and then names and paths, each with a zero at its end.
    """
    found: dict[bytes, list[bytes]] = {}
    for one in text.split(b"\0"):
        if one[:1] == b"/":
            found.setdefault(one.rpartition(b"/")[2], []).append(one)
    return found


def _folders(text: bytes) -> tuple[bytes, ...]:
    """The folders of a list with colons."""
    return tuple(one.strip(b"/ ") for one in text.split(b":") if one.strip(b"/ "))


def _below(origin: bytes, folder: bytes) -> bytes:
    """A folder of an RPATH, with what stands there for the folder of the file."""
    for word in (b"${ORIGIN}", b"$ORIGIN"):
        folder = folder.replace(word, b"/" + origin)
    return folder


def _text(path: bytes) -> str:
    """A path as it is said."""
    return "/" + path.decode("utf-8", "surrogateescape")


def _said(text: bytes) -> str:
    """Bytes as they are said."""
    return text.decode("utf-8", "surrogateescape")
