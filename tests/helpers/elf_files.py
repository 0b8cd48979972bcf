"""Programs and libraries in ELF, as small as can be: only what a loader looks at first."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _STRSZ, _RPATH, _RUNPATH = 1, 5, 10, 15, 29
_STRINGS, _VERDEF, _VERNEED = 3, 0x6FFFFFFD, 0x6FFFFFFE


class _Names:
    """A table of strings."""

    def __init__(self) -> None:
        self.data = b"\0"

    def at(self, name: str) -> int:
        place = len(self.data)
        self.data += name.encode() + b"\0"
        return place


def elf(
    *needed: str,
    loader: str = "",
    rpath: str = "",
    runpath: str = "",
    machine: int = 62,
    versions: Sequence[tuple[str, str]] = (),
    offers: Sequence[str] = (),
) -> bytes:
    """A 64-bit file (62 is x86-64): a library, or with a loader a program.

    `versions` are pairs of a library and a version that is asked for, `offers` those that it has.
    """
    names = _Names()
    tags = [(_NEEDED, names.at(one)) for one in needed]
    tags += [(_RPATH, names.at(rpath))] * bool(rpath) + [(_RUNPATH, names.at(runpath))] * bool(
        runpath
    )
    needs = b"".join(
        struct.pack("<HHIII", 1, 1, names.at(library), 16, 0 if last else 32)
        + struct.pack("<IHHII", 0, 0, 2, names.at(version), 0)
        for library, version, last in (
            (*one, place == len(versions) - 1) for place, one in enumerate(versions)
        )
    )
    has = b"".join(
        struct.pack("<HHHHIII", 1, 0, place + 1, 1, 0, 20, 0 if place == len(offers) - 1 else 28)
        + struct.pack("<II", names.at(version), 0)
        for place, version in enumerate(offers)
    )
    titles = _Names()
    interp = loader.encode() + b"\0"
    parts = [b"", interp, names.data, needs, has]
    kinds = [0, 1, _STRINGS, _VERNEED, _VERDEF]
    labels = [
        titles.at(one) for one in ("", ".interp", ".dynstr", ".gnu.version_r", ".gnu.version_d")
    ]
    shstrtab = titles.at(".shstrtab")
    parts.append(titles.data)
    kinds.append(_STRINGS)
    labels.append(shstrtab)
    start = _HEADER.size + 3 * _SEGMENT.size
    places = []
    at = start
    for part in parts:
        places.append(at)
        at += len(part)
    tags += [(_STRTAB, places[2]), (_STRSZ, len(names.data)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    dynamic_at, sections_at = at, at + len(dynamic)
    whole = sections_at + len(parts) * _SECTION.size
    segments = [
        (_INTERP if loader else 0, 4, places[1], places[1], places[1], len(interp), len(interp), 1),
        (_LOAD, 4, 0, 0, 0, whole, whole, 4096),
        (_DYNAMIC, 4, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8),
    ]
    counts = [0, 0, 0, len(versions), len(offers), 0]
    sections = [
        (
            label,
            kind,
            0,
            place,
            place,
            len(part),
            2 if kind in (_VERNEED, _VERDEF) else 0,
            number,
            1,
            0,
        )
        for label, kind, place, part, number in zip(
            labels, kinds, places, parts, counts, strict=True
        )
    ]
    header = _HEADER.pack(
        b"\x7fELF\x02\x01\x01" + bytes(9), 3, machine, 1, 0, _HEADER.size, sections_at, 0,
        _HEADER.size, _SEGMENT.size, 3, _SECTION.size, len(parts), 5,
    )  # fmt: skip
    body = b"".join(_SEGMENT.pack(*one) for one in segments) + b"".join(parts) + dynamic
    return header + body + b"".join(_SECTION.pack(*one) for one in sections)
