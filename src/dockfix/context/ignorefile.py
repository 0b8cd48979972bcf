"""What `.dockerignore` leaves out of the build context, as BuildKit reads it.

This differs from Git's `.gitignore`: a pattern is always relative to the root of the context, and
one that matches a directory matches all below it. The rules, odd ones too, are those of
moby/patternmatcher (`ignorefile` and `patternmatcher.go`) and of the walk in tonistiigi/fsutil
(`filter.go`) that uses them. A pattern that BuildKit refuses makes the whole file refused.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable

from dockfix.context.globs import clean, compiled
from dockfix.records import Record
from dockfix.shell.patterns import lazy

#: White space, by Go's unicode.IsSpace.
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
#: The longest line that BuildKit reads.
_LONGEST = 65_535
#: A pattern with more stars could keep a backtracking matcher busy for long.
_MOST_STARS = 6
#: With one of these in an exception, BuildKit does not see where it leads.
_GLOB = frozenset("*[]?^\\")
_BROKEN = lazy("[\udc80-\udcff]")

_UNCLEAN = lazy(r"(?:^|/)\.{0,2}(?:/|$)")


class Pattern(Record):
    """One line. `exception` is one with `!`; `text` is the cleaned pattern without it."""

    text: str
    exception: bool
    matches: Callable[[str], bool]


class IgnoreFile:
    """The patterns of an ignore file, in order, and which paths they leave out."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        exceptions = [one for one in self.patterns if one.exception]
        self._exceptions = [_without_trailing_glob(one.text) + "/" for one in exceptions]
        self._told = not any(_GLOB & set(text) for text in self._exceptions)
        # For each directory: which patterns match it, and whether all below is left out.
        self._seen: dict[str, tuple[tuple[bool, ...], bool, bool]] = {}

    def ignores(self, path: str) -> bool:
        """True if a path is left out. Something below a directory may still be sent."""
        if not path or _UNCLEAN.search(path):
            path = clean(path.strip("/"))
        return path != "." and self._of(path)[1]

    def hides(self, directory: str) -> bool:
        """True if everything below a directory is left out too."""
        directory = clean(directory.strip("/"))
        return directory != "." and self._of(directory)[2]

    def _of(self, path: str) -> tuple[tuple[bool, ...], bool, bool]:
        """Which patterns match, whether the path is left out, and all below it.

        A pattern that matched the directory above matches here too. BuildKit does the same on its
        way down, and asks exceptions only about what is left out so far.
        """
        if path in self._seen:
            return self._seen[path]
        parent = path.rpartition("/")[0]
        above: tuple[bool, ...] = ()
        if parent:
            above, _, hidden = self._of(parent)
            if hidden:
                self._seen[path] = above, True, True
                return self._seen[path]
        matched: list[bool] = []
        out = False
        for index, pattern in enumerate(self.patterns):
            match = bool(above) and above[index]
            if not match and pattern.exception == out:
                match = pattern.matches(path)
            matched.append(match)
            if match:
                out = not pattern.exception
        hidden = (
            out and self._told and not any(one.startswith(path + "/") for one in self._exceptions)
        )
        self._seen[path] = tuple(matched), out, hidden
        return self._seen[path]


EVERYTHING = IgnoreFile([Pattern("**", exception=False, matches=lambda path: True)])


def parse_ignore_file(text: str) -> IgnoreFile | None:
    """The patterns of an ignore file; None for one that BuildKit refuses."""
    patterns: list[Pattern] = []
    for line in lines_of(text):
        exception = line[:1] == "!"
        pattern = line[1:] if exception else line
        matches = _matcher(pattern) if pattern and compiled(pattern) else None
        if matches is None:
            return None
        patterns.append(Pattern(pattern, exception, matches))
    if any(len(line) > _LONGEST for line in text.split("\n")):
        return None
    return IgnoreFile(patterns)


def lines_of(text: str) -> list[str]:
    """The patterns of an ignore file as BuildKit cleans them, comments and empty lines dropped."""
    found: list[str] = []
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern = "" if line[:1] == "#" else line.strip(_SPACE)
        if not pattern:
            continue
        mark = "!" if pattern[0] == "!" else ""
        pattern = pattern[1:].strip(_SPACE) if mark else pattern
        if pattern:
            pattern = clean(pattern)
            pattern = pattern[1:] if len(pattern) > 1 and pattern[0] == "/" else pattern
        found.append(mark + pattern)
    return found


def extended(text: str | None, lines: Iterable[str]) -> str:
    """The text of an ignore file with further lines, in its own style.

    `text` is None for a new file. The lines go to its end, or to their places if the lines of the
    file are in alphabetical order. A line that is there already is not added again, unless an
    exception behind it undoes it.
    """
    text = text or ""
    there = lines_of(text)
    last_exception = max((at for at, one in enumerate(there) if one[0] == "!"), default=-1)
    known = set(there[last_exception + 1 :])
    ending = "\r\n" if text.endswith("\r\n") or ("\r\n" in text and text[-1:] != "\n") else "\n"
    for line in lines:
        cleaned = lines_of(line)
        if cleaned and cleaned[0] in known:
            continue
        known.update(cleaned)
        if text and text[-1] != "\n":
            text += ending
        at = _place(text, line)
        text = text[:at] + line + ending + text[at:]
    return text


def _place(text: str, line: str) -> int:
    """The position for a new line: the end of the text, if its lines are in no order."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3 or any(one.strip() == "" or one[0] in "#!" for one in lines):
        return len(text)
    for key in (str, str.casefold):
        keys = [key(one) for one in lines]
        if keys == sorted(keys):
            return sum(len(one) for one in lines[: bisect_left(keys, key(line))])
    return len(text)


def _matcher(pattern: str) -> Callable[[str], bool] | None:
    """A function that is true for the paths that a pattern matches; None for a bad pattern.

    Plain patterns, and those with `**` at one end and nothing else, are compared as text.
    """
    kind, expression = _expression(pattern)
    if kind == "exact":
        return pattern.__eq__
    if kind == "prefix":
        start = pattern[:-2]
        return lambda path: path.startswith(start)
    if kind == "suffix":
        end = pattern[2:]
        bare = end[1:] if end[:1] == "/" else None
        return lambda path: path.endswith(end) or path == bare
    translated = _translated(expression)
    if translated is None:
        return None
    search = re.compile(translated, re.ASCII).search
    return lambda path: search(_as_go_reads(path)) is not None


def _as_go_reads(text: str) -> str:
    """A path with bytes that are not UTF-8 replaced, as Go's regular expressions see them."""
    return text if text.isascii() else _BROKEN.sub("\ufffd", text)


def _expression(pattern: str) -> tuple[str, str]:
    """How a pattern is matched, and the regular expression that Go makes of it.

    Go replaces a star in brackets too: only the regular expression knows brackets.
    """
    expression, kind = "^", "exact"
    pattern = _as_go_reads(pattern)
    at = 0
    while at < len(pattern):
        start, character = at, pattern[at]
        at += 1
        if character == "*" and pattern[at : at + 1] == "*":
            at += 1 + (pattern[at + 1 : at + 2] == "/")
            if at < len(pattern):
                expression += "(.*/)?"
                kind = "expression"
            elif kind == "exact":
                kind = "prefix"
            else:
                expression += ".*"
                kind = "expression"
            if start == 0:
                kind = "suffix"
        elif character in "*?":
            expression += "[^/]*" if character == "*" else "[^/]"
            kind = "expression"
        elif character in ".+()$":
            expression += "\\" + character
        elif character == "\\":
            expression += "\\" + pattern[at : at + 1]
            kind = "expression" if at < len(pattern) else kind
            at += 1
        else:
            expression += character
            kind = "expression" if character in "[]" else kind
    return kind, expression + "$"


_ESCAPES = {
    **{letter: "\\" + letter for letter in "bBdDwWfnrtv"},
    "a": "\\x07",
    "s": "[\\t\\n\\f\\r ]",
    "S": "[^\\t\\n\\f\\r ]",
    "A": "\\A",
    "z": "\\Z",
}
_REPEAT = lazy(r"\{[0-9]+(?:,[0-9]*)?\}")


def _translated(expression: str) -> str | None:
    """A regular expression of Go in Python's syntax; None if it is wrong, or too unusual."""
    for double in ("(.*/)?", "[^/]*", ".*"):
        while double * 2 in expression:
            expression = expression.replace(double * 2, double)
    pieces: list[str] = []
    at = stars = 0
    while at < len(expression):
        character = expression[at]
        at += 1
        if character == "\\":
            escaped = expression[at : at + 1]
            at += 1
            if not escaped or (escaped.isalnum() and escaped not in _ESCAPES):
                return None
            if not escaped.isascii():
                return None
            pieces.append(_ESCAPES.get(escaped) or re.escape(escaped))
        elif character == "[":
            found = _class(expression, at)
            if found is None:
                return None
            piece, at = found
            pieces.append(piece)
        elif character == "$":
            pieces.append("\\Z")
        elif character == "{" and _REPEAT.match(expression, at - 1):
            return None
        elif character in "^(.*)?|":
            stars += character == "*"
            pieces.append(character)
        else:
            pieces.append(re.escape(character))
    return "".join(pieces) if stars <= _MOST_STARS else None


def _class(expression: str, at: int) -> tuple[str, int] | None:
    """A class in Python's syntax and its end, read from behind its `[`; None for a bad one."""
    negated = expression[at : at + 1] == "^"
    at += negated
    first = at
    members: list[str] = []
    while at == first or expression[at : at + 1] != "]":
        if at >= len(expression) or expression.startswith("[:", at):
            return None
        low, at = _member(expression, at)
        high = low
        if expression[at : at + 1] == "-" and expression[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(expression, at + 1)
        if not low or not high or low > high:
            return None
        members.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' if negated else ''}{''.join(members)}]", at + 1


def _member(expression: str, at: int) -> tuple[str, int]:
    """A character of a class and the start of the next; "" for an escape with a meaning."""
    character = expression[at : at + 1]
    if character != "\\":
        return character, at + 1
    escaped = expression[at + 1 : at + 2]
    return ("" if escaped.isalnum() or not escaped.isascii() else escaped), at + 2


def _without_trailing_glob(text: str) -> str:
    return text.removesuffix("/**").removesuffix("/*")
