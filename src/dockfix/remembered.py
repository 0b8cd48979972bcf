"""What has been found out about a file or a script, kept as long as somebody may ask again."""

from __future__ import annotations

from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Tree = TypeVar("Tree")
    Answer = TypeVar("Answer")

_MOST_ANSWERS = 16_384


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
    """`function`, whose answers are kept for some thousand trees.

    For scripts and what is in them: the reader makes one for each text, so that every step of every
    sweep has the same. Hashing one, as `lru_cache` does, costs more than most questions.
    """
    answers: dict[int, tuple[Tree, Answer]] = {}

    def ask(tree: Tree) -> Answer:
        known = answers.get(id(tree))
        if known is not None and known[0] is tree:
            return known[1]
        answer = function(tree)
        if len(answers) >= _MOST_ANSWERS:
            answers.clear()
        answers[id(tree)] = tree, answer
        return answer

    ask.__name__, ask.__doc__ = function.__name__, function.__doc__
    return ask
