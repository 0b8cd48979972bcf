"""What is kept of files and scripts: as long as it is of use, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import corpus
import pytest

import dockfix
import dockfix.shell.remembered
from dockfix.shell.remembered import cached_by_identity, cached_by_value
from dockfix.state.facts import fact
from helpers.command import MENDABLE
from helpers.facts import facts_of


def test_an_answer_is_kept_with_the_facts_of_a_file() -> None:
    asked: Iterator[int] = count(1)
    ask = fact(lambda _: next(asked))
    first, second = facts_of("FROM a\n"), facts_of("FROM a\n")
    assert [ask(one) for one in (first, second, first, second)] == [1, 2, 1, 2]


def test_attributes_are_computed_once() -> None:
    facts = facts_of("FROM a\nUSER u\nRUN b\n")
    assert facts.places is facts.places
    assert facts.places[facts.instructions[2].start].user == "u"


def test_answers_are_kept_by_identity_or_by_value() -> None:
    asked: Iterator[int] = count(1)
    by_identity = cached_by_identity(lambda _: next(asked))
    one, same = ("a", "b"), tuple("ab")
    assert [by_identity(one), by_identity(same), by_identity(one)] == [1, 2, 1]
    by_value = cached_by_value(lambda _: next(asked))
    assert [by_value(one), by_value(same)] == [3, 3]


def test_much_is_let_go_of_when_another_file_begins() -> None:
    asked: Iterator[int] = count(1)
    by_identity = cached_by_identity(lambda _: next(asked))
    by_value = cached_by_value(lambda _: next(asked))
    dockfix.shell.remembered.forget_everything()  # what other tests left behind is much
    tree = object()
    answers = by_identity(tree), by_value("text")
    first = dockfix.rewrite(MENDABLE)
    assert (by_identity(tree), by_value("text")) == answers, "little is kept"
    trees = [object() for _ in range(dockfix.shell.remembered.MANY_ANSWERS // 2 + 1)]
    another = cached_by_identity(lambda _: next(asked))
    for one in trees:
        by_identity(one)
        another(one)
    assert dockfix.rewrite(MENDABLE) == first
    assert by_identity(tree) > len(trees)
    assert by_value("text") > len(trees)


def test_what_is_kept_of_a_large_file_goes_between_steps_and_no_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dockfix.shell.remembered, "MOST_ANSWERS", 10)
    asked: Iterator[int] = count(1)
    by_identity = cached_by_identity(lambda _: next(asked))
    by_value = cached_by_value(lambda _: next(asked))
    trees = [object() for _ in range(20)]
    answers = [by_identity(one) for one in trees], by_value("text")
    assert ([by_identity(one) for one in trees], by_value("text")) == answers
    dockfix.shell.remembered.forget_old()
    assert by_identity(trees[0]) > len(trees)
    assert by_value("text") > len(trees)
    kept = by_identity(trees[0])
    dockfix.shell.remembered.forget_old()
    assert by_identity(trees[0]) == kept, "little is kept"


def test_a_file_comes_out_the_same_if_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus.forty_lines()
    before = dockfix.rewrite(text)
    monkeypatch.setattr(dockfix.shell.remembered, "MOST_ANSWERS", 0)
    assert before.changed
    assert dockfix.rewrite(text) == before
