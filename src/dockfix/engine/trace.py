"""What an engine's plain API says of a build: BuildKit's status messages, as lines of a log.

A message is a `StatusResponse` of BuildKit's `control.proto` in the wire format of protocol
buffers. The few fields that are used are read here by number; the lines are those that
`docker build --progress plain` prints, so that one reader serves both.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Fields of StatusResponse, Vertex and VertexLog.
_VERTEXES, _LOGS = 1, 3
_DIGEST, _NAME, _CACHED, _STARTED, _COMPLETED, _ERROR = 1, 3, 4, 5, 6, 7
_OF_VERTEX, _TEXT = 1, 4

Field = tuple[int, int | bytes]


class Trace:
    """Turns messages into lines."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._started: set[bytes] = set()
        self._completed: set[bytes] = set()

    def lines(self, message: bytes) -> Iterator[str]:
        """The lines for a message. Raises ValueError for one that is broken."""
        for number, value in _fields(message):
            if isinstance(value, bytes) and number == _VERTEXES:
                yield from self._vertex(dict(_fields(value)))
            elif isinstance(value, bytes) and number == _LOGS:
                yield from self._log(dict(_fields(value)))

    def _vertex(self, fields: dict[int, int | bytes]) -> Iterator[str]:
        digest = _bytes(fields.get(_DIGEST))
        number = self._numbers.setdefault(digest, len(self._numbers) + 1)
        if _STARTED in fields and digest not in self._started:
            self._started.add(digest)
            yield f"#{number} {_text(fields.get(_NAME))}"
        if _COMPLETED not in fields or digest in self._completed:
            return
        self._completed.add(digest)
        if fields.get(_ERROR):
            yield f"#{number} ERROR: {_text(fields[_ERROR])}"
        elif fields.get(_CACHED):
            yield f"#{number} CACHED"
        else:
            begun, ended = (_time(_bytes(fields.get(one))) for one in (_STARTED, _COMPLETED))
            yield f"#{number} DONE {max(ended - begun, 0):.1f}s"

    def _log(self, fields: dict[int, int | bytes]) -> Iterator[str]:
        number = self._numbers.get(_bytes(fields.get(_OF_VERTEX)), 0)
        for line in _text(fields.get(_TEXT)).splitlines():
            yield f"#{number} {line}"


def _fields(message: bytes) -> Iterator[Field]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
        elif kind == 2:
            size, at = _varint(message, at)
            if size > len(message) - at:
                raise ValueError("a field longer than its message")
            yield number, message[at : at + size]
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")


def _time(message: bytes) -> float:
    fields = dict(_fields(message))
    seconds, nanos = fields.get(1, 0), fields.get(2, 0)
    return (seconds if isinstance(seconds, int) else 0) + (
        nanos / 1e9 if isinstance(nanos, int) else 0
    )


def _bytes(value: int | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _text(value: int | bytes | None) -> str:
    return _bytes(value).decode("utf-8", "replace")
