"""merge-metadata: the environment comes to the same, whichever instruction sets a name."""

from __future__ import annotations

import random

import pytest

from dockfix import rewrite
from dockfix.dockerfile.expansion import expand
from dockfix.dockerfile.parser import parse
from helpers.amount import some


def rewritten(source: str) -> str:
    result = rewrite(source, select=["merge-metadata"])
    assert not rewrite(result.after, select=["merge-metadata"]).changed
    return result.after


def environment(source: str) -> list[dict[str, str]]:
    """What the builder has set at the end: each instruction sees what those before it set."""
    known, labels = {"PATH": "/bin", "A": "base"}, dict[str, str]()
    tree = parse(source)
    for one in tree.instructions:
        if one.keyword in ("ENV", "LABEL"):
            pairs = [word.text.partition("=")[::2] for word in one.words]
            values = [(name, expand(value, known, tree.escape)) for name, value in pairs]
            (known if one.keyword == "ENV" else labels).update(values)
    return [known, labels]


LINES = (
    "ENV A=1", "ENV B=$A C=$B", "ENV D=${A:-x} \\\n  E=2", "ENV PATH=/x:$PATH",
    "ENV F='$A' G=\"$F\"",
    "LABEL a=$A", "LABEL b=2 c=$E", "LABEL d='x y'", "# note", "", "RUN make", "EXPOSE 80",
    "EXPOSE 81 82", "ENV H=\\$A", "ARG I", "ENV $A=1",
)  # fmt: skip


def test_the_environment_comes_to_the_same() -> None:
    generator = random.Random(20261122)
    changed = 0
    for number in range(some(1500)):
        lines = generator.choices(LINES, k=generator.randint(2, 9))
        eol = "\r\n" if number % 4 == 0 else "\n"
        source = ("FROM debian\n" + "\n".join(lines) + "\n").replace("\n", eol)
        after = rewritten(source)
        assert environment(after) == environment(source), source
        assert after.count("# note") == source.count("# note")
        assert ("\r" in after) == ("\r" in source)
        changed += after != source
    assert changed > some(500)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV A=1\nENV B=2\nENV C=3\n", "ENV A=1 \\\n    B=2 \\\n    C=3\n"),
        ("ENV A=1  \nENV B=2", "ENV A=1 \\\n    B=2"),
        ("ENV A=1 \\\n  B=2\nENV C=3\n", "ENV A=1 \\\n  B=2 \\\n  C=3\n"),
        ("ENV A=1\n  # b\n# c\nENV B=2\n", "ENV A=1 \\\n    # b\n    # c\n    B=2\n"),
        ("ENV A=1\nENV B=\\$A\n", "ENV A=1 \\\n    B=\\$A\n"),
        ("ENV A=1\nENV B='$A'\n", "ENV A=1 \\\n    B='$A'\n"),
        ("ENV A=1\nENV B=$A\n", None),
        ("ENV A 1\nENV B=2\n", None),
        ("LABEL a=$A\nLABEL b=$a\n", "LABEL a=$A \\\n    b=$a\n"),
        ("EXPOSE 80\n# tls\nEXPOSE 443\n", "EXPOSE 80 \\\n    # tls\n    443\n"),
        ("EXPOSE 80\nEXPOSE $P\n", "EXPOSE 80 $P\n"),
        ("EXPOSE 80 \\\n  81\nEXPOSE 82\n", "EXPOSE 80 \\\n  81 82\n"),
    ],
)
def test_rows(before: str, after: str | None) -> None:
    source = f"FROM debian\n{before}"
    assert rewritten(source) == (source if after is None else f"FROM debian\n{after}")


def test_it_is_off_unless_selected() -> None:
    source = "FROM debian\nENV A=1\nENV B=2\n"
    assert not rewrite(source).changed
    assert rewrite(source, extend_select=["merge-metadata"]).changed
