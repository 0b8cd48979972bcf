"""The operators of `[[ … ]]`, and what is one condition of them."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.shell.patterns import lazy

#: The operators of `[[ … ]]` with one and with two operands.
UNARY = lazy(r"-[abcdefghknoprstuvwxzGLNORS]")
_BINARY_WORDS = frozenset(
    ("==", "!=", "=~", "=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef")
)


def is_condition(words: Sequence[str]) -> bool:
    """True if the words inside `[[ … ]]` are one condition: `a`, `-f a`, `a = b`, maybe negated."""
    while words and words[0] == "!":
        words = words[1:]
    if any(word in ("!", "]]", "[[") for word in words):
        return False
    if len(words) == 1:
        return not UNARY.fullmatch(words[0])
    if len(words) == 2:
        return UNARY.fullmatch(words[0]) is not None
    return len(words) == 3 and words[1] in _BINARY_WORDS and not UNARY.fullmatch(words[0])
