"""Every message that an example brings about, held to rules for all of them."""

from __future__ import annotations

import re
from functools import cache

import pytest

from dockfix import Safety, rewrite
from dockfix.core.findings import Applied
from dockfix.passes import PASSES
from dockfix.reports.examples import examples_of
from helpers.memory_context import Files

#: How the message of a change begins: with what it does to the file.
_VERBS = frozenset(
    ("add", "build", "copy", "do", "download", "end", "install", "merge", "move", "remove", "run",
     "sort", "update", "write")
)  # fmt: skip
#: Words that made readers ask what is meant.
_RIDDLES = (
    r"\b(?:rows?|groups?|settled?|forgotten|lower layer|nobody|the former|the latter|capitals"
    r"|small letters|on purpose|leaves? behind|brought along|not divided|is not told)\b"
)
#: Longest message that is read at a glance, beside the names of files and packages in it.
_LONGEST = 240


@cache
def _messages(name: str) -> frozenset[tuple[Safety, str]]:
    """What a pass says to its own examples."""
    found: list[Applied] = []
    for example in examples_of(name):
        settings = example.settings
        if example.files is not None:
            settings = settings._replace(context=Files(example.files))
        result = rewrite(
            example.before, select=[name], unsafe_fixes=example.unsafe, settings=settings
        )
        found += [*result.applied, *result.offered, *result.notes]
    return frozenset((one.safety, one.message) for one in found)


EVERY_PASS = pytest.mark.parametrize("name", [one.name for one in PASSES])


def test_there_are_messages_of_every_kind() -> None:
    """What the other tests look at is there."""
    kinds = {safety for one in PASSES for safety, _ in _messages(one.name)}
    assert kinds == set(Safety)


@EVERY_PASS
def test_a_message_is_one_plain_line(name: str) -> None:
    """No full stop, no "it" in front of what is meant, no words of dockfix's own."""
    for _, message in _messages(name):
        assert message == " ".join(message.split())
        assert message.rstrip(".;:,") == message
        assert len(message) <= _LONGEST, message
        assert not re.match(r"(?i)(?:it|its|they|there)\b", message), message
        assert not re.search(_RIDDLES, message), message


@EVERY_PASS
def test_a_change_says_what_it_does_and_why(name: str) -> None:
    """First what will change, then, behind a colon, why that is better."""
    for safety, message in _messages(name):
        if safety is not Safety.NOTE:
            what, colon, why = message.partition(": ")
            assert what.split()[0] in _VERBS, message
            assert colon, message
            assert why, message


@EVERY_PASS
def test_only_what_is_unsafe_says_why_it_is(name: str) -> None:
    """The reason comes last, and none is missing."""
    for safety, message in _messages(name):
        _, because, doubt = message.partition("; unsafe because ")
        assert (bool(because) and bool(doubt)) == (safety is Safety.UNSAFE), message
