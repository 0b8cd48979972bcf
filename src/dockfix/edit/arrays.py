"""The array of an exec form: strings written as JSON, and arrays that are almost JSON mended.

Changes are given as edits against the text handed in, as few characters as will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.edit.edits import Edit
from dockfix.records import Record
from dockfix.shell.patterns import lazy

_SPACE = lazy(r"[ \t\v\f\r\n]*")
_STRING = lazy(
    r"""(?P<json>"(?:[^"\\]|\\.)*")|'(?P<single>[^'\\]*)'|[“”„‟](?P<curly>[^“”„‟"\\]*)[“”„‟]"""
    r"""|[‘’‚‛](?P<bent>[^‘’‚‛'"\\]*)[‘’‚‛]"""
)
_UNCLOSED = lazy(r"\"([\w./:=@+-]+)\]\Z")
_OPERATOR = lazy(r"[;&|<>()$`\n]")


class Repair(Record):
    """What an array was meant to be. `never_ran` says that no shell could run it as it stood."""

    argv: tuple[str, ...]
    edits: tuple[Edit, ...]
    never_ran: bool


def escaped(value: str) -> str:
    """`value` as it stands inside the quotes of a JSON string; what can be read stays readable."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return value
    import json  # takes longer to import than most files to rewrite

    return "".join(
        json.dumps(character)[1:-1]
        if character in '"\\' or not character.isprintable()
        else character
        for character in value
    )


def quoted(text: str, value: str) -> list[Edit] | None:
    """Edits that make a shell word, `text`, the JSON string of `value`; None if only all of it can.

    They go character by character, so that a continuation in the middle of the word survives.
    """
    if text == f'"{escaped(value)}"':
        return []
    inner = text
    if text[:1] in ("'", '"') and text[-1:] == text[:1] and text[1:-1] == value:
        inner, offset = text[1:-1], 1
        edges = [Edit(0, 1, '"')], [Edit(len(text) - 1, len(text), '"')]
    elif text == value:
        offset = 0
        edges = [Edit(0, 0, '"')], [Edit(len(text), len(text), '"')]
    else:
        return None
    if escaped(inner) == inner:
        return [*edges[0], *edges[1]]
    middle = [
        Edit(position, position + 1, escaped(character))
        for position, character in enumerate(inner, offset)
        if escaped(character) != character
    ]
    return [*edges[0], *middle, *edges[1]]


def repair(text: str) -> Repair | None:
    """The array that `text` was meant to be; None if it is JSON, or if that can't be said."""
    if text[:1] != "[":
        return None
    argv: list[str] = []
    edits: list[Edit] = []
    loose = False
    position = _after_space(text, 1)
    while position < len(text) and text[position] != "]":
        found = _STRING.match(text, position)
        if found is None:
            unclosed = _UNCLOSED.match(text, position)
            if unclosed is None:
                return None
            argv.append(unclosed[1])
            edits.append(Edit(len(text) - 1, len(text) - 1, '"'))
            position = len(text) - 1
            continue
        value, inside = _read(found)
        if value is None:
            return None
        argv.append(value)
        edits += inside
        loose = loose or (
            found["json"] is None
            and found["single"] is None
            and _OPERATOR.search(value) is not None
        )
        end, position = found.end(), _after_space(text, found.end())
        if text[position : position + 1] == ",":
            comma, position = position, _after_space(text, position + 1)
            if position == len(text) or text[position] == "]":
                edits.append(Edit(comma, comma + 1, ""))
        elif text[position : position + 1] not in ("]", ""):
            if position == end or text[1:2].isspace():
                return None
            edits.append(Edit(end, end, ","))
    if position == len(text):
        edits.append(Edit(len(text), len(text), "]"))
    if text[position + 1 :] or not edits or not argv or not argv[0].strip():
        return None
    return Repair(tuple(argv), tuple(merged(edits)), not loose and _is_no_command(text))


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _read(found: re.Match[str]) -> tuple[str | None, list[Edit]]:
    if found["json"] is not None:
        import json

        try:
            return str(json.loads(found["json"])), []
        except ValueError:
            return None, []
    value = found[found.lastgroup or 0]
    start, end = found.span()
    return value, [
        Edit(start, start + 1, '"'),
        *(
            Edit(position, position + 1, escaped(character))
            for position, character in enumerate(value, start + 1)
            if escaped(character) != character
        ),
        Edit(end - 1, end, '"'),
    ]


def _is_no_command(text: str) -> bool:
    """True if a shell fails on the text: `[x` is no command, and `[ a, b ]` no test.

    `[ 'a','b' ]`, one word in brackets, is a test: that it is not empty.
    """
    if not text[1:2].isspace() or text[-1:] != "]":
        return True
    # blanks in quotes divide no words
    words = _STRING.sub("x", text[1:-1]).split()
    return len(words) > 1 and all(word.endswith(",") for word in words[:-1])


def merged(edits: list[Edit]) -> Iterator[Edit]:
    """Edits in order with those that touch made one, as applying them asks for."""
    previous: Edit | None = None
    for edit in edits:
        if previous is not None and edit.start == previous.end:
            previous = Edit(previous.start, edit.end, previous.text + edit.text)
            continue
        if previous is not None:
            yield previous
        previous = edit
    if previous is not None:
        yield previous
