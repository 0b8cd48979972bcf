"""Where a shell text is in quotes, for those who only change blanks outside of them."""

from __future__ import annotations

from collections.abc import Iterator


def quoted_spans(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """The spans in quotes from a position outside of quotes on, quotes included, in order.

    What is not plain counts as quoted up to the end: a substitution inside double quotes, `$'…'`.
    """
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        if character not in "'\"":
            position += 1
            continue
        end = _closing(text, position)
        if end is None or text[position - 1 : position] == "$":
            yield position, len(text)
            return
        yield position, end
        position = end


def _closing(text: str, position: int) -> int | None:
    """Where the quote that opens at a position has ended; None if that is not plain."""
    quote = text[position]
    position += 1
    while position < len(text):
        character = text[position]
        if character == quote:
            return position + 1
        if quote == '"' and (character == "`" or text.startswith("$(", position)):
            return None
        position += 2 if quote == '"' and character == "\\" else 1
    return None


def single_spaced(text: str) -> str:
    """A text with one space for all blanks that stand together outside of quotes."""
    if "  " not in text and "\t" not in text:
        return text
    parts: list[str] = []
    done = 0
    for start, end in quoted_spans(text):
        parts += _joined(text[done:start]), text[start:end]
        done = end
    return "".join((*parts, _joined(text[done:])))


def _joined(text: str) -> str:
    words = text.replace("\t", " ").split(" ")
    inner = [word for word in words[1:-1] if word]
    return " ".join((words[0], *inner, *words[-1:])) if len(words) > 1 else text
