"""What the first lines of a file say about it, for a search that knows its name only."""

from __future__ import annotations

from dockfix.shell.patterns import lazy

#: Characters in which the comments above the first instruction end, and the bytes that have them:
#: a character has four at most.
_HEAD = 4096
_BYTES = 4 * _HEAD
_SAYS_SO = lazy(
    r"(?i)\b(?:do not|don't) (?:edit|modify)\b|\bauto(?:matically)?[- ]?generated\b"
    r"|\bgenerated (?:by|from|via) \S*(?:\.sh|\.py|\.em|\.j2|template)"
)
_COMMENTS = lazy(r"(?>(?:[ \t]*+(?:#[^\n]*+)?\n)*)")
_FIRST_WORD = lazy(r"(?i)[ \t]*+(?:from|arg)[ \t]")


def is_generated(path: str) -> bool:
    """True if a file is made by a program, as the comments above its first instruction say.

    An edit of it is lost when it is made again: its template has to change.
    """
    head = _head(path)
    if "#" not in head:
        return False
    comments = _COMMENTS.match(head)
    return comments is not None and _SAYS_SO.search(comments[0]) is not None


def begins_a_dockerfile(path: str) -> bool:
    """True if the first instruction of a file is one with which a Dockerfile begins."""
    head = _head(path)
    comments = _COMMENTS.match(head)
    start = comments.end() if comments else 0
    return _FIRST_WORD.match(head, start) is not None


def _head(path: str) -> str:
    """The beginning of a file; "" if it cannot be read, which whoever reads it all reports."""
    try:
        with open(path, "rb", buffering=0) as file:
            text = (file.read(_BYTES) or b"").decode(errors="replace")
    except OSError:
        return ""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text[:_HEAD].removeprefix("\ufeff")
