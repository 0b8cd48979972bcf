"""The content of files, as digests: of the bytes, and of what is left of them without noise.

Two builds of one Dockerfile write the time of the build into files whose format has a place for it.
The `essence` of a file is the digest without that: compiled Python without the time of its source,
gzip without the time in its header, zip (and so jar and wheel) without the times of its members.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from dockfix.builds.images.tar import Member, Stream

#: Files are read in pieces of this size; a piece of zeros costs next to nothing.
_PIECE = 1 << 16
_ZEROS = bytes(_PIECE)
#: A larger zip is compared as it is.
_LARGEST_ZIP = 32 << 20
_MOST_MEMBERS = 100_000

_GZIP = b"\x1f\x8b\x08"
_ZIP = b"PK\x03\x04"
_CENTRAL = struct.Struct("<4s6HIII5HII")
_LOCAL = struct.Struct("<4s5HIIIHH")


def content_digests(
    member: Member, body: Stream, keep: Callable[[bytes], bool] = lambda begin: False
) -> tuple[bytes, bytes, bytes | None]:
    """The digest of a file's content, its essence, and the content itself.

    That is kept only if `keep` wants it, which is asked with the first bytes.
    """
    pieces = _pieces(member, body)
    first = next(pieces, b"")
    plain = _HoleAwareDigest()
    if isinstance(first, int):
        for piece in (first, *pieces):
            plain.update(piece)
        digest = plain.digest()
        return digest, digest, None
    kept = [first] if member.pieces is None and keep(first) else None
    if first[:4] == _ZIP and len(first) < member.size <= _LARGEST_ZIP and member.pieces is None:
        first = b"".join((first, *_full(member.size - len(first), body)))
        pieces = iter(())
    calm = None
    calmed = _without_times(member.name, first, whole=len(first) == member.size)
    if calmed is not None:
        calm = _HoleAwareDigest()
        calm.update(calmed)
    plain.update(first)
    for piece in pieces:
        plain.update(piece)
        if calm is not None:
            calm.update(piece)
        if kept is not None and isinstance(piece, bytes):
            kept.append(piece)
    digest = plain.digest()
    text = None if kept is None else b"".join(kept)
    return digest, digest if calm is None else calm.digest(), text


class _HoleAwareDigest:
    """SHA-256, but for whole pieces of zeros, of which only place and number count.

    So a file of any size that is mostly holes is read as quickly as it is stored.
    """

    def __init__(self) -> None:
        self._hash = sha256()
        self._holes = sha256(b"holes")
        self._has_holes = False
        self._at = 0
        self._zeros = 0

    def update(self, piece: bytes | int) -> None:
        """Takes the next piece; a number stands for so many pieces of zeros."""
        if isinstance(piece, int):
            self._zeros += piece
        elif len(piece) == _PIECE and piece == _ZEROS:
            self._zeros += 1
        else:
            self._end_hole()
            self._hash.update(piece)
            self._at += 1

    def digest(self) -> bytes:
        """The digest of all that came."""
        self._end_hole()
        digest = self._hash.digest()
        if not self._has_holes:
            return digest
        self._holes.update(digest)
        return self._holes.digest()

    def _end_hole(self) -> None:
        """Takes the pieces of zeros that were only counted so far."""
        if self._zeros:
            self._has_holes = True
            self._holes.update(b"%d+%d " % (self._at, self._zeros))
            self._at += self._zeros
            self._zeros = 0


def _full(size: int, body: Stream) -> Iterator[bytes]:
    """So many bytes in pieces of one size but for the last."""
    while size:
        length = min(size, _PIECE)
        yield body.take(length)
        size -= length


def _pieces(member: Member, body: Stream) -> Iterator[bytes | int]:
    """What is in a file, in pieces of one size but for the last, and numbers of those of zeros."""
    if member.pieces is None:
        yield from _full(member.size, body)
        return
    rest = bytearray()
    for data in _stored_and_holes(member, body):
        if isinstance(data, int):
            fill = min(data, -len(rest) % _PIECE)
            rest += bytes(fill)
            if len(rest) == _PIECE:
                yield bytes(rest)
                rest.clear()
            whole, end = divmod(data - fill, _PIECE)
            if whole:
                yield whole
            rest += bytes(end)
        else:
            rest += data
        while len(rest) >= _PIECE:
            yield bytes(rest[:_PIECE])
            del rest[:_PIECE]
    if rest:
        yield bytes(rest)


def _stored_and_holes(member: Member, body: Stream) -> Iterable[bytes | int]:
    """The stored bytes of a sparse file, and between them the sizes of its holes."""
    assert member.pieces is not None
    at = 0
    for offset, length in member.pieces:
        yield offset - at
        yield from body.pieces(length)
        at = offset + length
    yield member.size - at


def _without_times(name: bytes, first: bytes, *, whole: bool) -> bytes | None:
    """The beginning of a file without the time of the build; None if there is none in it."""
    if name.endswith(b".pyc") and len(first) >= 16 and first[4:8] == b"\0\0\0\0":
        return first[:8] + b"\0\0\0\0" + first[12:]
    if first[:3] == _GZIP and len(first) >= 10:
        return first[:4] + b"\0\0\0\0" + first[8:]
    if first[:4] == _ZIP and whole:
        return _zip_without_times(first)
    return None


def _zip_without_times(data: bytes) -> bytes | None:
    """Names, modes and packed contents of a zip's members; None if it is no plain zip."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(data):
        return None
    count, _, at = struct.unpack_from("<HII", data, end + 10)
    parts: list[bytes] = []
    try:
        for _ in range(min(count, _MOST_MEMBERS)):
            one = _CENTRAL.unpack_from(data, at)
            if one[0] != b"PK\x01\x02":
                return None
            method, crc, packed, size = one[4], one[7], one[8], one[9]
            name_size, extra, comment, outer, where = one[10], one[11], one[12], one[15], one[16]
            name = data[at + 46 : at + 46 + name_size]
            local = _LOCAL.unpack_from(data, where)
            if local[0] != _ZIP:
                return None
            begin = where + 30 + local[9] + local[10]
            parts.append(b"%d %d %d %d %d %d " % (method, crc, size, outer, name_size, packed))
            parts += (name, data[begin : begin + packed])
            at += 46 + name_size + extra + comment
    except struct.error:
        return None
    if count == 0 or count == 0xFFFF:
        return None
    return b"zip " + b"".join(parts)
