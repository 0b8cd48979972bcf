"""What has been found out about a file or a script, kept as long as somebody may ask again."""

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
        """`function`, whose answers are kept for arguments that are equal."""
        kept = lru_cache(maxsize=_MOST_ANSWERS)(function)
        _clearing.append(kept.cache_clear)
        return kept


#: Of all questions: a file with more answers than these is asked anew after each step, and not more
#: often. A bound for each question that is met amid a walk would have every walk ask all anew.
_MOST_ANSWERS = 1_048_576
#: Of all questions, when another file begins: what belongs to some hundred files. They have scripts
#: in common, but answers that nobody asks for again take memory, and room in a processor's caches.
_MANY_ANSWERS = 16_384

_answers: list[dict[int, tuple[object, object]]] = []
_clearing: list[Callable[[], None]] = []


def forget_others() -> None:
    """Lets go of what was found out about files that are done, once there is much of it."""
    if sum(map(len, _answers)) > _MANY_ANSWERS:
        for clear in _clearing:
            clear()


def forget_old() -> None:
    """Lets go of what was found out about a file that has changed since, once there is too much.

    What is kept at any time is so many answers, and those about the trees of one step.
    """
    if sum(map(len, _answers)) > _MOST_ANSWERS:
        for clear in _clearing:
            clear()


def remembered(function: Callable[[Tree], Answer]) -> Callable[[Tree], Answer]:
    """`function`, whose answers for the last two trees are kept: those before and after a step.

    Trees are told apart by identity, because hashing one means walking it. Nobody may change an
    answer.
    """
    newest: tuple[Tree | None, Answer | None] = (None, None)
    before = newest

    def ask(tree: Tree) -> Answer:
        nonlocal newest, before
        known = newest
        if known[0] is not tree:
            known = before
            if known[0] is not tree:
                answer = function(tree)
                before, newest = newest, (tree, answer)
                return answer
        return known[1]  # type: ignore[return-value]  # it goes with a tree, which None is not

    ask.__name__, ask.__doc__ = function.__name__, function.__doc__
    return ask


def cached_by_identity(function: Callable[[Tree], Answer]) -> Callable[[Tree], Answer]:
    """`function`, whose answers are kept until there are too many.

    For scripts and what is in them: the reader makes one for each text, so that every step of every
    sweep has the same. Hashing one, as `lru_cache` does, costs more than most questions.
    """
    answers: dict[int, tuple[Tree, Answer]] = {}
    _answers.append(answers)  # type: ignore[arg-type]  # they are counted and cleared
    _clearing.append(answers.clear)

    def ask(tree: Tree) -> Answer:
        number = id(tree)
        # the tree is kept with its answer: as long as it is, no other one gets its number
        if number in answers:
            return answers[number][1]
        answer = function(tree)
        answers[number] = tree, answer
        return answer

    ask.__name__, ask.__doc__ = function.__name__, function.__doc__
    return ask


__all__ = ["cached_by_identity", "cached_by_value", "forget_old", "forget_others", "remembered"]
