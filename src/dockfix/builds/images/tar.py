"""Tar archives read as a stream: one member after another, nothing kept, nothing extracted.

The dialects that engines and image builders write: ustar, GNU (long names, numbers beyond octal,
sparse files) and PAX (names, sizes, extended attributes, sparse files of all three versions). The
input may be hostile: whatever is read into memory has a limit, and what makes no sense is an error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from dockfix.errors import ImageError
from dockfix.records import Record

BLOCK = 512
#: Bytes of a header that extends another one: names, attributes.
_LONGEST_EXTENSION = 1 << 20
#: Pieces of a sparse file.
_MOST_PIECES = 200_000
#: Bytes asked for at once.
_PIECE = 1 << 18

_OLD_SPARSE_PIECE = 24
_LONG_NAME, _LONG_LINK, _PAX, _GLOBAL_PAX, _SPARSE = b"L", b"K", b"x", b"g", b"S"
_XATTR = b"SCHILY.xattr."
_FIELDS = struct.Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x")


class Member(Record):
    """The header of a member. `size` is that of the file; `stored`, what of it is in the archive.

    `pieces`, of a sparse file, are offset and length of what is stored; between them are zeros.
    """

    name: bytes
    kind: bytes
    mode: int
    uid: int
    gid: int
    size: int
    stored: int
    target: bytes
    device: tuple[int, int]
    xattrs: tuple[tuple[bytes, bytes], ...]
    pieces: tuple[tuple[int, int], ...] | None


class Stream:
    """Bytes that come in order, and not one of them twice. `what` names them in errors."""

    def __init__(
        self,
        read: Callable[[int], bytes],
        what: str,
        tell: Callable[[bytes], object] | None = None,
    ) -> None:
        self._read = read
        self.what = what
        self._tell = tell
        self._buffer = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Exactly so many bytes. Raises ImageError if there are fewer."""
        end = self._at + size
        if end > len(self._buffer):
            pieces = list(self.pieces(size))
            return b"".join(pieces)
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """Exactly so many bytes, in pieces of the size in which they come."""
        while size:
            data = self._some(size)
            if not data:
                raise self.error("ends in the middle")
            size -= len(data)
            yield data

    def skip(self, size: int) -> None:
        """Goes over so many bytes."""
        for _ in self.pieces(size):
            pass

    def drain(self) -> None:
        """Goes over all that is left."""
        while self._some(_PIECE):
            pass

    def ended(self) -> bool:
        """True if nothing is left."""
        if self._at == len(self._buffer):
            self._fill()
        return self._at == len(self._buffer)

    def error(self, reason: str) -> ImageError:
        """An error about these bytes."""
        return ImageError(f"{self.what}: {reason}")

    def some(self, size: int) -> bytes:
        """At most so many bytes; none at the end only."""
        return self._some(size)

    def _some(self, size: int) -> bytes:
        """At most so many bytes of what is buffered."""
        if self._at == len(self._buffer):
            self._fill()
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        return data

    def _fill(self) -> None:
        """Reads the next bytes into the buffer."""
        self._buffer = self._read(_PIECE)
        self._at = 0
        if self._tell is not None and self._buffer:
            self._tell(self._buffer)


def members(stream: Stream) -> Iterator[tuple[Member, Stream]]:
    """The members of an archive; each one's stored bytes are to be read before the next."""
    extended: dict[bytes, bytes] = {}
    old_pieces: list[tuple[bytes, bytes]] = []
    while not stream.ended():
        header = stream.take(BLOCK)
        if header == bytes(BLOCK):
            stream.drain()
            return
        member = _header(header, stream)
        if member.kind in (_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK):
            if member.size > _LONGEST_EXTENSION:
                raise stream.error(f"a header of {member.size} bytes")
            data = stream.take(member.size)
            stream.skip(-member.size % BLOCK)
            if member.kind == _PAX:
                extended, old_pieces = _pax(data, stream)
            elif member.kind != _GLOBAL_PAX:  # engines pass over what is meant for all members
                key = b"path" if member.kind == _LONG_NAME else b"linkpath"
                extended[key] = data.rstrip(b"\0")
            continue
        if member.kind == _SPARSE:
            member = _with_old_pieces(member, header, stream)
        if extended:
            member = _extend(member, extended, old_pieces, stream)
        extended, old_pieces = {}, []
        body = _Body(stream, member.stored)
        yield member, Stream(body.read, stream.what)
        stream.skip(body.left)
        stream.skip(-member.stored % BLOCK)


class _Body:
    """The stored bytes of a member, and how many of them are `left` to be read."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, size: int) -> bytes:
        """At most so many of the stored bytes. Raises ImageError at an early end."""
        data = self._stream.some(min(size, self.left)) if self.left else b""
        if self.left and not data:
            raise self._stream.error("ends in the middle")
        self.left -= len(data)
        return data


def _header(header: bytes, stream: Stream) -> Member:
    """A member as its header of 512 bytes describes it. Raises ImageError."""
    (name, mode, uid, gid, size, _, checksum, kind, target, magic, _, _, major, minor, prefix) = (
        _FIELDS.unpack(header)
    )
    counted = sum(header) - sum(checksum) + 256
    if counted != _number(checksum, stream):
        raise stream.error("not a tar archive, or a damaged one")
    name = name.partition(b"\0")[0]
    if magic == b"ustar\x0000" and prefix[0]:
        name = prefix.partition(b"\0")[0] + b"/" + name
    length = _number(size, stream)
    # what has no content has a size all the same, in some archives
    if kind in b"123456":
        length = 0
    device = (_number(major, stream), _number(minor, stream)) if kind in b"34" else (0, 0)
    return Member(
        name,
        b"0" if kind == b"\0" else kind,
        _number(mode, stream) & 0o7777,
        _number(uid, stream),
        _number(gid, stream),
        length,
        length,
        target.partition(b"\0")[0],
        device,
        (),
        None,
    )


def _number(field: bytes, stream: Stream) -> int:
    """Octal digits, or, if the first bit is set, the number itself."""
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise stream.error("a number below zero")
        return int.from_bytes(bytes((field[0] & 0x3F, *field[1:])))
    digits = field.partition(b"\0")[0].strip(b" ")
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise stream.error("a number that is none") from None


def _decimal(digits: bytes, stream: Stream) -> int:
    """A decimal number of an extended header. Raises ImageError."""
    if not digits.isdigit() or len(digits) > 19:
        raise stream.error("a number that is none")
    return int(digits)


def _pax(data: bytes, stream: Stream) -> tuple[dict[bytes, bytes], list[tuple[bytes, bytes]]]:
    """The records of an extended header; those that may be repeated, by themselves."""
    records: dict[bytes, bytes] = {}
    repeated: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        if space < 0:
            if data[at:].strip(b"\0") == b"":
                break
            raise stream.error("an extended header that makes no sense")
        end = at + _decimal(data[at:space], stream)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end > len(data) or end <= space + 2 or not equals or data[end - 1 : end] != b"\n":
            raise stream.error("an extended header that makes no sense")
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            repeated.append((key, value))
        else:
            records[key] = value
        at = end
    return records, repeated


def _extend(
    member: Member,
    extended: dict[bytes, bytes],
    repeated: list[tuple[bytes, bytes]],
    stream: Stream,
) -> Member:
    """A member as its extended header says it is."""
    if b"size" in extended and member.kind not in b"123456":
        size = _decimal(extended[b"size"], stream)
        stored = size if member.pieces is None else member.stored
        member = member._replace(size=size, stored=stored)
    xattrs = sorted(
        (key[len(_XATTR) :], value) for key, value in extended.items() if key.startswith(_XATTR)
    )
    member = member._replace(
        name=extended.get(b"GNU.sparse.name", extended.get(b"path", member.name)),
        target=extended.get(b"linkpath", member.target),
        uid=_decimal(extended[b"uid"], stream) if b"uid" in extended else member.uid,
        gid=_decimal(extended[b"gid"], stream) if b"gid" in extended else member.gid,
        xattrs=tuple(xattrs),
    )
    if extended.get(b"GNU.sparse.major") == b"1":
        return _with_new_pieces(member, extended, stream)
    if b"GNU.sparse.map" in extended:
        numbers = [_decimal(one, stream) for one in extended[b"GNU.sparse.map"].split(b",")]
    elif repeated:
        numbers = [_decimal(value, stream) for _, value in repeated]
    else:
        return member
    size = _decimal(extended.get(b"GNU.sparse.size", b""), stream)
    return _sparse(member, size, numbers, stream)


def _with_new_pieces(member: Member, extended: dict[bytes, bytes], stream: Stream) -> Member:
    """A sparse file whose pieces are listed at the beginning of what is stored."""
    read = 0
    text = b""

    def number() -> int:
        """The next number of the list."""
        nonlocal read, text
        while b"\n" not in text:
            if len(text) > 20 or read + BLOCK > member.stored:
                raise stream.error("a sparse file that makes no sense")
            text += stream.take(BLOCK)
            read += BLOCK
        digits, _, text = text.partition(b"\n")
        return _decimal(digits, stream)

    count = number()
    if count > _MOST_PIECES:
        raise stream.error(f"a sparse file in {count} pieces")
    numbers = [number() for _ in range(2 * count)]
    size = _decimal(extended.get(b"GNU.sparse.realsize", b""), stream)
    return _sparse(member._replace(stored=member.stored - read), size, numbers, stream)


def _with_old_pieces(member: Member, header: bytes, stream: Stream) -> Member:
    """A sparse file whose pieces are listed in its header, and in blocks behind it."""
    numbers: list[int] = []
    block, at, count, more = header, 386, 4, header[482]
    while True:
        for place in range(at, at + count * _OLD_SPARSE_PIECE, _OLD_SPARSE_PIECE):
            if block[place] == 0:
                break
            numbers.append(_number(block[place : place + 12], stream))
            numbers.append(_number(block[place + 12 : place + 24], stream))
        if not more:
            break
        if len(numbers) > 2 * _MOST_PIECES:
            raise stream.error("a sparse file in too many pieces")
        block, at, count = stream.take(BLOCK), 0, 21
        more = block[504]
    return _sparse(member, _number(header[483:495], stream), numbers, stream)


def _sparse(member: Member, size: int, numbers: list[int], stream: Stream) -> Member:
    """A member as a sparse file: offsets and lengths in turns. Raises ImageError."""
    pieces = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    end = 0
    for offset, length in pieces:
        if offset < end:
            raise stream.error("a sparse file that makes no sense")
        end = offset + length
    if len(numbers) % 2 or end > size or sum(one[1] for one in pieces) != member.stored:
        raise stream.error("a sparse file that makes no sense")
    return member._replace(kind=b"0", size=size, pieces=pieces)
