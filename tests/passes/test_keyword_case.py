"""keyword-case: the builder's own rules of casing hold afterwards, and nothing else changed."""

from __future__ import annotations

import random

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse


def rewritten(source: str) -> str:
    result = rewrite(source, select=["keyword-case"])
    assert not rewrite(result.after, select=["keyword-case"]).changed
    return result.after


def complaints(source: str) -> list[str]:
    """What BuildKit warns of (dockerfile2llb/validations.go, instructions/parse.go)."""
    words = [
        source[one.keyword_offset : one.keyword_offset + len(one.keyword)]
        for one in parse(source).instructions
    ]
    lower = sum(word.islower() for word in words)
    small = lower > sum(word.isupper() for word in words)
    found = [word for word in words if word != (word.lower() if small else word.upper())]
    for one in parse(source).instructions:
        if one.keyword == "FROM" and len(one.words) == 3:
            upper = source[one.keyword_offset].isupper()
            between = one.words[1].text
            found += [between] if between != ("AS" if upper else "as") else []
    return found


LINES = ("FROM a AS b{}", "run make", "COPY a b", "ENV run=from", "user Run", "EXPOSE 80", "Cmd x")


def test_the_builder_has_nothing_to_complain_about() -> None:
    generator = random.Random(20261122)
    for _ in range(500):
        lines = [
            line.format(number)
            for number, line in enumerate(generator.choices(LINES, k=generator.randint(1, 9)))
        ]
        lines = [generator.choice((line, line[0].swapcase() + line[1:])) for line in lines]
        source = "\n".join(["FROM Debian as X", *lines, ""])
        after = rewritten(source)
        assert complaints(after) == []
        assert after.lower() == source.lower()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a as b\n", "FROM a AS b\n"),
        ("from a AS b\n", "from a as b\n"),
        ("From a As b\n", "FROM a AS b\n"),
        ("FROM a\nrun b\n", "FROM a\nRUN b\n"),
        ("from a\nrun b\nCMD c\n", "from a\nrun b\ncmd c\n"),
        ("FROM as AS as\n", None),
        ("FROM a \\\n  as \\\n  b\n", "FROM a \\\n  AS \\\n  b\n"),
        ("FROM a a\\\ns b\n", None),
        ("FROM a\nru\\\nn b\n", None),
        ("FROM a\nONBUILD copy a b\n", "FROM a\nONBUILD COPY a b\n"),
        ("FROM a\nHEALTHCHECK none\n", "FROM a\nHEALTHCHECK NONE\n"),
        ("FROM a\nONBUILD healthcheck cmd b\n", "FROM a\nONBUILD HEALTHCHECK CMD b\n"),
        ("FROM a\nCOPY <<run /b\nrun c\nrun\n", None),
        ("FROM a\nRUN \\\n# run d\n  run\n", None),
    ],
)
def test_keywords(before: str, after: str | None) -> None:
    assert rewritten(before) == (before if after is None else after)
