"""Which here-documents a logical line opens.

BuildKit (parser/parser.go, heredocsFromLine) lexes the whole line, keyword and flags included, with
a backslash for escape character whatever the file says, and finds none if that fails anywhere.
"""

from __future__ import annotations

import re

from dockfix.dockerfile.expansion import TooDeepError, split_words
from dockfix.errors import ExpansionError
from dockfix.records import Record

_OPENING = r"\A[0-9]*<<(-?)[\t\n\f\r ]*([^<]*)\Z"


class Opening(Record):
    """A word like `<<-EOF`: its text, the line that ends the document, whether variables in it are
    expanded and whether leading tabs are removed."""

    text: str
    name: str
    expand: bool
    strip_tabs: bool


def openings(line: str) -> list[Opening]:
    """The here-documents of a logical line in order.

    Raises ExpansionError if a delimiter cannot be read or something is nested too deeply.
    """
    try:
        words = split_words(line, raw_quotes=True, raw_escapes=True)
    except TooDeepError:
        raise
    except ExpansionError:
        return []
    return [found for word in words if (found := opening(word))]


def opening(word: str) -> Opening | None:
    """The here-document that `word` opens, if it does (heredocFromMatch). Raises ExpansionError."""
    found = re.match(_OPENING, word)
    if not found or not found[2]:
        return None
    names = split_words(found[2], raw_quotes=False, raw_escapes=False)
    if len(names) != 1:
        return None
    raw = split_words(found[2], raw_quotes=True, raw_escapes=False)
    if len(raw) != 1:
        raise ExpansionError("the delimiter can be read as one word and as several")
    expand = _quotes(names[0]) == _quotes(raw[0])
    return Opening(word, names[0], expand, found[1] == "-")


def content(body: str, strip_tabs: bool) -> str:
    """What the builder makes of a body (ChompHeredocContent)."""
    return re.sub(r"^\t+", "", body, flags=re.MULTILINE) if strip_tabs else body


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
