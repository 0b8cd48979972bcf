"""Error messages for what BuildKit refuses: where it is, and what was probably meant."""

from __future__ import annotations

from dockfix.dockerfile.arguments import READERS, Refusal
from dockfix.dockerfile.nearest import nearest
from dockfix.dockerfile.source import BOM, LINE_LIMIT, WHITE_SPACE
from dockfix.errors import DockerfileSyntaxError

_LACKING = "if it belongs to the line above, that line has to end with a continuation"


def located(refusal: Refusal, source: str, filename: str) -> DockerfileSyntaxError:
    """The error with its place in the file."""
    offset, reason = refusal.offset, refusal.reason
    if reason.endswith(_LACKING):
        reason = reason.replace("the line above", _line_above(source, offset))
    return DockerfileSyntaxError(
        reason,
        offset=offset,
        line=source.count("\n", 0, offset) + 1,
        column=offset - source.rfind("\n", 0, offset),
        filename=filename,
    )


def unknown(keyword: str) -> str:
    """The reason for refusing a keyword, with the one that was probably meant."""
    if not keyword:
        return "an instruction that is nothing but a continuation: remove the line"
    reason = f"unknown instruction '{keyword[:40]}'"
    capitals = keyword.upper()
    for known in READERS:
        if capitals.startswith(known) and not capitals[len(known)].isalpha():
            return f"{reason}: put a space after {known}"
    if keyword.startswith("//"):
        return f"{reason}: a comment starts with '#'"
    meant = nearest(capitals, READERS) if len(keyword) <= 14 else None
    if meant:
        return f"{reason}: did you mean {meant}?"
    return f"{reason}: {_LACKING}"


def _line_above(source: str, offset: int) -> str:
    """The nearest line above that could lack a continuation: no comment and not empty."""
    lines = source[: source.rfind("\n", 0, offset) + 1].split("\n")[:-1]
    for number in range(len(lines), 0, -1):
        body = lines[number - 1].strip(WHITE_SPACE)
        if body and body[0] != "#":
            return f"line {number}"
    return "the line above"


def refuse_long(source: str, pos: int, end: int) -> None:
    """Raise Refusal if the line between two offsets is too long for BuildKit."""
    # A character has up to four bytes, and the mark at the start counts although it is skipped.
    start = 0 if pos == 1 and source[:1] == BOM else pos
    size = len(source[start:end].removesuffix("\n").encode("utf-8", "replace"))
    if size > LINE_LIMIT:
        raise Refusal(
            start,
            f"this line has {size} bytes, and the builder takes no more than {LINE_LIMIT}: "
            "break it with continuations, or copy the data from a file",
        )
