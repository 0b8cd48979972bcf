"""Splits the text behind a keyword into flags and words.

All positions are those of the logical line `text`; `start` and `stop` bound what is looked at.
"""

from __future__ import annotations

import re
from functools import cache

from dockfix.dockerfile.source import BYTE_SPACE
from dockfix.records import Record
from dockfix.shell.patterns import lazy

Span = tuple[int, int]

#: White space behind a keyword, or behind the name in `ENV name value`.
SPACE = "\t\v\f\r "
#: A keyword, or the name in `ENV name value`, and the white space behind it.
FIRST_WORD = lazy(r"([^\t\v\f\r ]*+)[\t\v\f\r ]*+")
_RUNS = lazy(r"[^\t\v\f\r ]+")
#: Quotes and escape characters. Most flags have none.
_UNUSUAL_IN_FLAGS = frozenset("\"'\\`")


class SplitCharacterError(Exception):
    """BuildKit takes one byte of a character in a flag, at `position`, for white space."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def split(text: str, start: int, stop: int) -> list[Span]:
    """Words between ASCII white space; quotes mean nothing (parseStringsWhitespaceDelimited)."""
    line = text[start:stop]
    if _has_plain_spaces(line):
        return _split_plain(line, start)
    return [word.span() for word in _RUNS.finditer(text, start, stop)]


def _has_plain_spaces(text: str) -> bool:
    """True if a text has only plain spaces as white space, and no other rare character."""
    return text.isascii() and text.isprintable()


def _split_plain(line: str, position: int) -> list[Span]:
    spans: list[Span] = []
    for word in line.split(" "):
        end = position + len(word)
        if word:
            spans.append((position, end))
        position = end + 1
    return spans


@cache
def _quoted_words(escape: str) -> re.Pattern[str]:
    # A character class of WHITE_SPACE takes longer to compile than many files take to read.
    e = re.escape(escape)
    return re.compile(
        rf"""(?>(?:[^\s'"{e}]++|[\x1c-\x1f]++|{e}.|'[^']*+(?:'|\Z)|"(?>(?:[^"{e}]++|{e}.)*)(?:"|\Z|({e})\Z))+)""",
        re.DOTALL,
    )


def split_quoted(text: str, start: int, stop: int, escape: str) -> list[Span]:
    """Words between white space outside quotes (parser/line_parsers.go, parseWords).

    Quotes and escapes stay; an escape character at the very end is dropped.
    """
    line = text[start:stop]
    if escape not in line and "'" not in line and _has_plain_spaces(line):
        quotes = line.count('"')
        if not quotes:
            return _split_plain(line, start)
        if not quotes % 2:
            return _split_double_quoted(line, start)
    return [
        word.span() if word[1] is None else (word.start(), word.end() - 1)
        for word in _quoted_words(escape).finditer(text, start, stop)
    ]


def _split_double_quoted(line: str, position: int) -> list[Span]:
    """The words of a line with double quotes that are all balanced."""
    spans: list[Span] = []
    begin = -1
    for number, piece in enumerate(line.split('"')):
        if number % 2:
            begin = position if begin < 0 else begin
            position += len(piece) + 2
            continue
        for index, part in enumerate(piece.split(" ")):
            if index:
                if begin >= 0:
                    spans.append((begin, position))
                    begin = -1
                position += 1
            if part:
                begin = position if begin < 0 else begin
                position += len(part)
    if begin >= 0:
        spans.append((begin, position))
    return spans


class FlagSpan(Record):
    """The span of a flag, and its text as BuildKit reads it, without quotes and escapes."""

    start: int
    end: int
    value: str


def split_flags(text: str, start: int, stop: int, escape: str) -> tuple[list[FlagSpan], int]:
    """The flags from `start` on, and the start of what follows them (extractBuilderFlags).

    BuildKit reads byte by byte here, so that what is not ASCII is read as Latin-1.
    Raises SplitCharacterError.
    """
    flags: list[FlagSpan] = []
    while True:
        start = _skip_byte_spaces(text, start, stop)
        if not text.startswith("--", start, stop):
            return flags, start
        end = text.find(" ", start, stop)
        end = stop if end < 0 else end
        value = text[start:end]
        if not (_has_plain_spaces(value) and _UNUSUAL_IN_FLAGS.isdisjoint(value)):
            end, value = _quoted_flag(text, start, stop, escape)
        if value == "--":
            return flags, end
        flags.append(FlagSpan(start, end, value))
        start = end


def _skip_byte_spaces(text: str, start: int, stop: int) -> int:
    while start < stop and text[start] in BYTE_SPACE:
        start += 1
    return start


def _quoted_flag(text: str, start: int, stop: int, escape: str) -> tuple[int, str]:
    value: list[str] = []
    quote = ""
    position = start
    while position < stop:
        character = text[position]
        if quote and character == quote:
            quote = ""
        elif character == escape:
            position += 1
            if position < stop:
                octets = _octets(text[position])
                if not quote and _has_space(octets[1:]):
                    raise SplitCharacterError(position)
                value.append(octets)
        elif quote:
            value.append(_octets(character))
        elif character in BYTE_SPACE:
            break
        elif character in "'\"":
            quote = character
        else:
            octets = _octets(character)
            if _has_space(octets):
                raise SplitCharacterError(position)
            value.append(octets)
        position += 1
    return min(position, stop), "".join(value)


def _octets(character: str) -> str:
    """The bytes of a character, each as the Latin-1 character of its value."""
    return character.encode("utf-8", "surrogateescape").decode("latin-1")


def _has_space(octets: str) -> bool:
    return "\x85" in octets or "\xa0" in octets


def split_type(text: str, start: int, stop: int) -> tuple[int, int]:
    """The end of a HEALTHCHECK's first word and the start of the rest (parseHealthConfig)."""
    end = start
    while end < stop and text[end] not in BYTE_SPACE:
        end += 1
    return end, _skip_byte_spaces(text, end, stop)
