"""Variables that ENV and ARG set, and words of a WORKDIR with their values in place."""

from __future__ import annotations

from collections.abc import Mapping

from dockfix.dockerfile.tree import Instruction
from dockfix.errors import ExpansionError

_EXPANDED = frozenset("$\\`")


def environment(instruction: Instruction) -> list[tuple[str, str]]:
    """Names and values of an ENV or ARG as written, quotes dropped; an ARG without one has ""."""
    words = [word.text for word in instruction.words]
    if instruction.keyword == "ENV" and len(words) > 1 and "=" not in words[0]:
        return [(words[0], _plain(" ".join(words[1:])))]
    pairs = (word.partition("=") for word in words)
    return [(name, _plain(value)) for name, _, value in pairs]


def _plain(value: str) -> str:
    return value.replace('"', "").replace("'", "")


class Values:
    """What variables are set to at one place of a file after the other.

    Only a value that an ENV sets to plain text is known: an ARG may get another from outside.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.known = dict(known or {})

    def add(self, instruction: Instruction) -> None:
        """Goes on behind an ENV."""
        text = instruction.arguments
        unclear = not _EXPANDED.isdisjoint(text) or ("'" in text and '"' in text)
        for name, value in environment(instruction):
            if unclear:
                self.known.pop(name, None)
            else:
                self.known[name] = value

    def expanded(self, text: str, escape: str) -> str | None:
        """A text as the builder expands it; None if that is not known."""
        from dockfix.dockerfile.expansion import expand, variables

        try:
            if variables(text, escape) <= self.known.keys():
                return expand(text, self.known, escape)
        except ExpansionError:
            pass
        return None
