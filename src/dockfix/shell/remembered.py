"""Answers about files and scripts, kept as long as they may be asked for again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cache as cached_by_value
    from typing import TypeVar

    Tree = TypeVar("Tree")
    Answer = TypeVar("Answer")
else:

    def cached_by_value(function):
        """A decorator: answers of `function` are kept, for equal arguments."""
        kept = lru_cache(maxsize=MOST_ANSWERS)(function)
        _clearing.append(kept.cache_clear)
        return kept


#: Of all questions: a file with more answers than these is asked anew after each step, and not more
#: often. A bound for each question that is met amid a walk would have every walk ask all anew.
MOST_ANSWERS = 1_048_576
#: Of all questions, when another file begins: what belongs to some hundred files. They have scripts
#: in common, but answers that nobody asks for again take memory, and room in a processor's caches.
MANY_ANSWERS = 16_384

_answers: list[dict[int, tuple[object, object]]] = []
_clearing: list[Callable[[], None]] = []


def forget_others() -> None:
    """Forgets answers about files that are done, once there are many."""
    if sum(map(len, _answers)) > MANY_ANSWERS:
        forget_everything()


def forget_old() -> None:
    """Forgets answers about earlier texts of the file, once there are too many.

    So at most that many answers are kept, and those about the trees of one step.
    """
    if sum(map(len, _answers)) > MOST_ANSWERS:
        forget_everything()


def forget_everything() -> None:
    """Forgets every answer."""
    for clear in _clearing:
        clear()


def cached_by_identity(function: Callable[[Tree], Answer]) -> Callable[[Tree], Answer]:
    """A decorator: answers of `function` are kept, for the same object as argument.

    It is for scripts and their nodes. The reader makes one tree for each text, so all steps of all
    sweeps ask about the same objects. To hash a tree, as `lru_cache` does, costs more than most
    answers.
    """
    answers: dict[int, tuple[Tree, Answer]] = {}
    _answers.append(answers)  # type: ignore[arg-type]  # they are counted and cleared
    _clearing.append(answers.clear)

    def ask(tree: Tree) -> Answer:
        number = id(tree)
        # The tree is kept with its answer, so that no other object gets its id.
        if number in answers:
            return answers[number][1]
        answer = function(tree)
        answers[number] = tree, answer
        return answer

    ask.__name__, ask.__doc__ = function.__name__, function.__doc__
    return ask


__all__ = [
    "MANY_ANSWERS",
    "MOST_ANSWERS",
    "cached_by_identity",
    "cached_by_value",
    "forget_everything",
    "forget_old",
    "forget_others",
]
