"""Asks the disk again what an earlier run asked."""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.context import disk


class Answers:
    """What the disk answers now. Each question is asked once: many files share theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}

    def are_same(self, asked: Iterable[tuple[tuple[str, ...], str]]) -> bool:
        """True if each question still has the answer with this digest. Never raises."""
        known = self._known
        for question, before in asked:
            now = known.get(question)
            if now is None:
                now = known[question] = _answer(question)
            if now != before:
                return False
        return True


def _answer(question: tuple[str, ...]) -> str:
    name, path, more = question
    ask = disk.QUESTIONS.get(name)
    if name == "count_changes":
        from dockfix.context.history import count_changes as ask
    elif name == "find_dockerfiles":
        from dockfix.context.dockerfiles import find_dockerfiles as ask
    # a question of another version has no answer
    return "" if ask is None else disk.digest(ask(path, more))
