"""Exec forms: JSON arrays of strings, read as Go's encoding/json reads them.

BuildKit's parseJSON (parser/line_parsers.go) unmarshals into `[]any` and then accepts only strings.
Text that is no JSON array is shell form. An array with another value is an error.
"""

from __future__ import annotations

import re

from dockfix.shell.patterns import lazy

_SPACE = r"[ \t\r\n]*+"
_STRING = r'"(?>(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
_STRINGS = lazy(_STRING)
_MORE = rf"(?>(?:,{_SPACE}{_STRING}{_SPACE})*)"
_BRACKETS = rf"\[{_SPACE}(?>(?:{_STRING}{_SPACE}{_MORE})?)\]{_SPACE}"
_ARRAY = lazy(rf"{_BRACKETS}\Z")
_ARRAY_AND_MORE = lazy(rf"{_BRACKETS}(?=\S)")

# Compiled at first use, because few files need them and start-up time counts.
_TOKEN = (
    rf"{_SPACE}(?:({_STRING})|(-?(?:0|[1-9][0-9]*+)(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?[0-9]++)?))"
    r"|(true|false|null)|([\[\]{},:]))"
)
#: How every JSON array starts; what people mean by `RUN [ -f x ]` mostly does not.
_PROMISING = rf'\[{_SPACE}(?:["\[\]{{0-9]|-[0-9]|true|false|null)'
_ESCAPES = r"((?:\\u[0-9a-fA-F]{4})+)|\\(.)"
_LONE_SURROGATE = "[\ud800-\udfff]"
_UNDECODABLE = "[\udc80-\udcff]"

_MEANING = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

#: encoding/json's maxNestingDepth.
_DEEPEST_NESTING = 10_000


class NotStringsError(Exception):
    """A JSON array with something in it that is not a string."""


def read_strings(text: str) -> tuple[str, ...] | None:
    """The strings of the JSON array `text`; None if it is no JSON array but shell form.

    Bytes that are not UTF-8 and lone surrogates become U+FFFD. Raises NotStringsError.
    """
    if text[:1] != "[":
        return None
    plain = text.split('"')
    if len(plain) % 2 and "\\" not in text and text.isprintable():
        # Without escapes, every second piece is a string, with commas between them.
        between = [piece.strip(" ") for piece in plain[::2]]
        if between == ["[", *[","] * (len(between) - 2), "]"]:
            return tuple(plain[1::2])
    if _ARRAY.match(text):
        return tuple([_decode(string) for string in _STRINGS.findall(text)])
    if re.match(_PROMISING, text) and _is_array(text):
        raise NotStringsError
    return None


def behind_array(text: str) -> int | None:
    """The start of other text behind a JSON array of strings; None if there is none.

    Since dockerfile 1.5, BuildKit gives all of it to a shell. Earlier builders, and buildah, run
    the array and drop the text behind it.
    """
    found = _ARRAY_AND_MORE.match(text) if text[:1] == "[" and '"' in text else None
    return found.end() if found else None


def _decode(string: str) -> str:
    string = string[1:-1]
    if not string.isascii():
        string = re.sub(_UNDECODABLE, "\ufffd", string)
    return re.sub(_ESCAPES, _unescape, string) if "\\" in string else string


def _unescape(found: re.Match[str]) -> str:
    if not found[1]:
        return _MEANING.get(found[2], found[2])
    units = bytes.fromhex(found[1].replace("\\u", ""))
    return re.sub(_LONE_SURROGATE, "\ufffd", units.decode("utf-16-be", "surrogatepass"))


def _is_array(text: str) -> bool:
    """True if encoding/json can unmarshal `text` into a slice."""
    tokens = re.compile(_TOKEN)
    closers: list[str] = []
    pos = 0
    expected = "value"
    while expected != "end":
        token = tokens.match(text, pos)
        if not token:
            return False
        pos = token.end()
        string, number, literal, mark = token.groups()
        if number and float(number) in (float("inf"), float("-inf")):
            return False
        if expected in ("value", "value or ]") and (string or number or literal):
            expected = "comma"
        elif expected in ("value", "value or ]") and mark in ("[", "{"):
            closers.append("]" if mark == "[" else "}")
            if len(closers) > _DEEPEST_NESTING:
                return False
            expected = "value or ]" if mark == "[" else "name or }"
        elif expected in ("name", "name or }") and string:
            expected = "colon"
        elif expected == "colon" and mark == ":":
            expected = "value"
        elif expected == "comma" and mark == ",":
            expected = "value" if closers[-1] == "]" else "name"
        elif closers and mark == closers[-1] and expected not in ("value", "name", "colon"):
            closers.pop()
            expected = "comma" if closers else "end"
        else:
            return False
    return not text[pos:].strip(" \t\r\n")


def strings_at(text: str) -> list[tuple[int, int]]:
    """The spans of the strings in a JSON array of strings, without their quotes."""
    return [(found.start() + 1, found.end() - 1) for found in _STRINGS.finditer(text)]
