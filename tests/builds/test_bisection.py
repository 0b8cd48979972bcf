"""The search for the change to blame: it finds the right ones, and in few tries."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dockfix.builds.bisection import MOST_TRIES, changes_at_fault
from dockfix.core.findings import Applied
from dockfix.core.result import Rewrite
from dockfix.edit.edits import Safety


def change(number: int) -> Applied:
    return Applied("DF999", f"pass-{number}", "", number, 1, Safety.SAFE, 0, 0)


class Search:
    """A rewrite of so many changes, some of which are bad; counts the tries."""

    def __init__(self, changes: int, bad: set[int]) -> None:
        self.changes = changes
        self.wrong = bad
        self.tries = 0

    def rewritten(self, most: int | None = None, ignored: Sequence[str] = ()) -> Rewrite:
        made = [one for one in map(change, range(self.changes)) if one.name not in ignored]
        made = made if most is None else made[:most]
        return Rewrite("", "x" * len(made), tuple(made), (), ())

    def bad(self, part: Rewrite) -> bool:
        self.tries += 1
        return any(one.line in self.wrong for one in part.applied)

    def found(self) -> list[int]:
        return [one.line for one in changes_at_fault(self.rewritten, self.bad)]


@pytest.mark.parametrize(
    ("changes", "bad"),
    [(1, {0}), (2, {1}), (7, {3}), (100, {99}), (100, {0}), (256, {17}), (7, {2, 5}), (4, {0, 3})],
)
def test_the_changes_to_blame_are_found(changes: int, bad: set[int]) -> None:
    search = Search(changes, bad)
    assert set(search.found()) == bad
    assert search.tries <= MOST_TRIES


def test_what_cannot_be_halved_to_one_change_any_more_is_not_blamed() -> None:
    """After the first, there are builds left for a look at the rest, but not for one of them."""
    search = Search(40, {3, 30})
    assert search.found() == [3]
    assert search.tries <= MOST_TRIES
    # the next run, without the pass of the first, finds the second
    assert Search(39, {29}).found() == [29]


def test_it_comes_to_an_end() -> None:
    search = Search(5000, {1234})
    found = search.found()
    assert 1234 in found
    assert len(found) <= 5000 / 2**MOST_TRIES + 1
    assert search.tries == MOST_TRIES


def test_more_than_a_few_are_not_looked_for() -> None:
    search = Search(3, {0, 1, 2})
    assert search.found() == [0, 1, 2]
    assert Search(40, set(range(40))).tries <= MOST_TRIES
