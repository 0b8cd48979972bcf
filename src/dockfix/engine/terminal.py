"""What the rooms of the engine know of the terminal; `cli.py` alone has the real one."""

from __future__ import annotations

from dockfix.typed import Protocol


class Terminal(Protocol):
    """Where to speak. `colored`: standard output takes colors; `lively`: somebody is watching."""

    colored: bool
    lively: bool

    def print(self, text: str) -> None:
        """To standard output: what was asked for."""

    def say(self, text: str) -> None:
        """To standard error: what is going on."""
