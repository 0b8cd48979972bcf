"""A short way to the modules of dockfix, for the command, which imports a hundred of them.

Python asks each of its finders for each module, lists folders, and puts together paths and checks
for every kind of bytecode there is. Here a module beside others is looked for at its one place, and
read from bytecode that belongs to its source by date and size. Whatever is otherwise is left to
Python: packages, archives, bytecode that is missing, out of date or checked in another way.
"""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, cache_from_source
from _imp import _fix_co_filename  # type: ignore[attr-defined]  # what Python itself calls here
from marshal import loads
from os import stat, stat_result
from types import CodeType

from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = "dockfix."
#: How bytecode begins that belongs to a source of a date and a size, which follow (PEP 552).
_BY_DATE = MAGIC_NUMBER + bytes(4)
_LENGTH = len(_BY_DATE) + 8

#: For each folder, what stands before and behind a module's name in the path of its bytecode.
_around: dict[str, tuple[str, str]] = {}


class _Loader(SourceFileLoader):
    """Loads a module from the bytecode of its source, if that is as it was at `found`."""

    def __init__(self, fullname: str, path: str, bytecode: str, found: stat_result) -> None:
        super().__init__(fullname, path)
        self._bytecode, self._found = bytecode, found

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module."""
        source = (int(self._found.st_mtime), self._found.st_size)
        stamp = b"".join([(one & 0xFFFFFFFF).to_bytes(4, "little") for one in source])
        try:
            with open(self._bytecode, "rb", 0) as file:
                data = file.read()
        except OSError:
            data = b""
        if data[:_LENGTH] == _BY_DATE + stamp:
            code = loads(memoryview(data)[_LENGTH:])
            if isinstance(code, CodeType):
                _fix_co_filename(code, self.path)
                return code
        return super().get_code(fullname)


class Finder:
    """Finds modules of dockfix that are files in the folder of their package."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        """The module, if it is one file; None for all that others have to look for."""
        if not path or not fullname.startswith(_OWN):
            return None
        folder, name = path[0], fullname.rpartition(".")[2]
        place = f"{folder}/{name}.py"
        try:
            found = stat(place)
        except OSError:
            return None
        if folder not in _around:
            before, _, behind = cache_from_source(place).rpartition(name)
            _around[folder] = before, behind
        before, behind = _around[folder]
        bytecode = f"{before}{name}{behind}"
        spec = ModuleSpec(fullname, _Loader(fullname, place, bytecode, found), origin=place)
        spec.has_location, spec.cached = True, bytecode
        return spec


def shorten() -> None:
    """Has this process find and load modules of dockfix this way from now on."""
    sys.meta_path.insert(0, Finder)
