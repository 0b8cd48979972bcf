"""What the rooms of the engine know of the terminal; `cli.py` alone has the real one."""

from __future__ import annotations

from dockfix.typed import Protocol


class Terminal(Protocol):
    """Where to speak.

    `colored`: standard output takes colors; `width`: so many characters to a line; `lively`:
    somebody is watching.
    """

    colored: bool
    width: int
    lively: bool

    def print(self, text: str) -> None:
        """To standard output: what was asked for."""

    def say(self, text: str) -> None:
        """To standard error: what is going on."""
