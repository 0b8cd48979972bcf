"""Whether a file is made by a program, as the comments above its first instruction say.

An edit of such a file is lost when it is made again: its template has to change.
"""

from __future__ import annotations

from dockfix.shell.patterns import lazy

#: Bytes in which such a comment stands.
_HEAD = 4096
_SAYS_SO = lazy(
    r"(?i)\b(?:do not|don't) (?:edit|modify)\b|\bauto(?:matically)?[- ]?generated\b"
    r"|\bgenerated (?:by|from|via) \S*(?:\.sh|\.py|\.em|\.j2|template)"
)
_COMMENTS = lazy(r"(?>(?:[ \t]*+(?:#[^\n]*+)?\n)*)")


def is_generated(path: str) -> bool:
    """True if a file says of itself that it is generated; whoever reads it reports what fails."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if "#" not in head:
        return False
    comments = _COMMENTS.match(head)
    return comments is not None and _SAYS_SO.search(comments[0]) is not None
