"""A text as one word in quotes, whose environment replacement is what it was without them.

Changes are given as edits against the text handed in, as few characters as will do.
"""

from __future__ import annotations

from dockfix.dockerfile.expansion import expand, variables
from dockfix.dockerfile.words import split_quoted
from dockfix.edit.arrays import merged
from dockfix.edit.edits import Edit, apply
from dockfix.errors import ExpansionError
from dockfix.shell.patterns import lazy

_BRACED = lazy(r"\$\{[^{}'\"\\`]*\}")


def as_word(text: str, escape: str) -> list[Edit] | None:
    """Edits that make one word of `text` for the builder, which so far took it whole.

    None if that cannot be done plainly. The word expands to the same in every environment.
    """
    spans = split_quoted(text, 0, len(text), escape)
    edits = [] if spans == [(0, len(text))] else _in_double_quotes(text, escape)
    if edits is None:
        return None
    word = apply(text, edits)
    is_one = split_quoted(word, 0, len(word), escape) == [(0, len(word))]
    return edits if is_one and expands_alike(text, word, escape) else None


def as_literal(text: str, escape: str) -> list[Edit]:
    """Edits that make `text` a word in double quotes that expands to `text` itself.

    Where quotes stand around the text already, they become those of the word.
    """
    opened = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
    start, end = (1, len(text) - 1) if opened and text[0] not in text[1:-1] else (0, len(text))
    edits = [
        Edit(0, start, '"'),
        *(_escaped(text, start, end, escape)),
        Edit(end, len(text), '"'),
    ]
    return _needed(text, edits)


def expands_alike(one: str, other: str, escape: str) -> bool:
    """True if both texts ask for the same variables and expand to the same, set or unset."""
    try:
        names = variables(one, escape)
        return names == variables(other, escape) and all(
            expand(one, environment, escape) == expand(other, environment, escape)
            for environment in ({}, dict.fromkeys(names, ""), {one: f"<{one}>" for one in names})
        )
    except ExpansionError:
        return False


def _in_double_quotes(text: str, escape: str) -> list[Edit] | None:
    edits = [Edit(0, 0, '"')]
    position = 0
    while position < len(text):
        character = text[position]
        if character in "'\"":
            end = _closing(text, position, escape)
            if end is None:
                return None
            edits.append(Edit(position, position + 1, ""))
            if character == "'":
                edits += _escaped(text, position + 1, end, escape)
            edits.append(Edit(end, end + 1, ""))
            position = end + 1
        elif character == escape:
            if text[position + 1 : position + 2] not in ('"', "$", escape):
                edits.append(Edit(position, position + 1, ""))
            position += 2
        elif text.startswith("${", position):
            braced = _BRACED.match(text, position)
            if braced is None:
                return None
            position = braced.end()
        else:
            position += 1
    edits.append(Edit(len(text), len(text), '"'))
    return _needed(text, edits)


def _closing(text: str, position: int, escape: str) -> int | None:
    """Where the quote that opens at a position closes."""
    quote = text[position]
    position += 1
    while position < len(text):
        if text[position] == quote:
            return position
        position += 2 if quote == '"' and text[position] == escape else 1
    return None


def _escaped(text: str, start: int, end: int, escape: str) -> list[Edit]:
    """What a literal text between double quotes needs in front of some characters."""
    special = f'"${escape}'
    return [Edit(at, at, escape) for at in range(start, end) if text[at] in special]


def _needed(text: str, edits: list[Edit]) -> list[Edit]:
    return [edit for edit in merged(edits) if edit.text != text[edit.start : edit.end]]
