"""Asks the disk again what an earlier run asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dockfix.context import disk


class Answers:
    """What the disk answers now. Each question is asked once: many files share theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], str] = {}

    def are_same(self, asked: Iterable[tuple[str, str, str, str]]) -> bool:
        """True if each question (its three parts) still has the answer with the digest behind it.

        Never raises.
        """
        known = self._known
        for name, path, more, before in asked:
            question = name, path, more
            now = known.get(question)
            if now is None:
                now = known[question] = _answer(name, path, more)
            if now != before:
                return False
        return True


def _answer(name: str, path: str, more: str) -> str:
    ask = disk.QUESTIONS.get(name) or _asked_elsewhere(name)
    # a question of another version has no answer
    return "" if ask is None else disk.digest(ask(path, more))


def _asked_elsewhere(name: str) -> Callable[[str, str], object] | None:
    """The questions of other modules, by their names."""
    if name == "count_changes":
        from dockfix.context.history import count_changes

        return count_changes
    if name == "find_commands":
        from dockfix.context.containers import find_commands

        return find_commands
    if name == "find_dockerfiles":
        from dockfix.context.dockerfiles import find_dockerfiles

        return find_dockerfiles
    return None
