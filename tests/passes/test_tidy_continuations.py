"""tidy-continuations: every logical line stays, and nothing that builders warn about does."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from dockfix import rewrite
from dockfix.dockerfile.arguments import KEYWORDS
from dockfix.dockerfile.parser import parse
from dockfix.errors import DockerfileSyntaxError
from helpers.amount import some

LINES = (
    "RUN a \\", "  b \\", "  c", "", "   ", "\t", "# d", "  # e \\", "  f \\  ", "\\", "  \\\t",
    "g \\\\", "CMD h \\", "RUN <<X \\", "X", "ENV i=j \\ ", "EXPOSE 80", "\x0b",
)  # fmt: skip


def rewritten(source: str) -> str:
    result = rewrite(source, select=["tidy-continuations"])
    assert not rewrite(result.after, select=["tidy-continuations"]).changed
    return result.after


def logical_lines(source: str) -> list[str]:
    return [one.logical.text.rstrip() for one in parse(source).instructions]


def empty_lines(source: str) -> bool:
    """Whether an empty line lies inside an instruction, but for those above a keyword."""
    for one in parse(source).instructions:
        bodies = one.heredocs
        lines = source[one.start : bodies[0].start if bodies else one.end].split("\n")
        while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        lines = [line for line in lines if not line.lstrip().startswith("#")]
        for line, following in pairwise(lines):
            if not line.strip() and following.strip() and following.split()[0] not in KEYWORDS:
                return True
    return False


def test_generated_lines() -> None:
    generator = random.Random(20261122)
    changed = read = 0
    for number in range(some(6000)):
        lines = generator.choices(LINES, k=generator.randint(1, 9))
        eol = "\r\n" if number % 3 == 0 else "\n"
        source = "FROM debian" + eol + eol.join(lines) + generator.choice(("", eol))
        try:
            before = logical_lines(source)
        except DockerfileSyntaxError:
            continue
        read += 1
        after = rewritten(source)
        assert logical_lines(after) == before, source
        assert after.count("# d") == source.count("# d")
        assert not empty_lines(after), source
        changed += after != source
    assert read > some(6000) // 6
    assert changed > read // 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a \\\n\n\n  b\n", "RUN a \\\n  b\n"),
        ("RUN a \\\n  \t\n  b\n", "RUN a \\\n  b\n"),
        ("RUN a \\\r\n\r\n  b\r\n", "RUN a \\\r\n  b\r\n"),
        ("RUN a \\ \t\n  b\n", "RUN a \\\n  b\n"),
        ("RUN a \\ \r\n  b\r\n", "RUN a \\\r\n  b\r\n"),
        ("RUN a \\", "RUN a"),
        ("RUN a \\\n\n\n", "RUN a\n\n\n"),
        ("RUN a \\\n# b\n", "RUN a\n# b\n"),
        ("RUN a \\\n\n# b\n  c\n", "RUN a \\\n# b\n  c\n"),
        ("RUN a \\\n# b \\ \n  c\n", None),
        ("RUN a \\\\ \n\nRUN b\n", None),
        ("RUN a \\\n\nRUN b\n", None),
        ("RUN a \\\n\n  RUN b\n", "RUN a \\\n  RUN b\n"),
        ("RUN a \\\n\nruns b\n", "RUN a \\\nruns b\n"),
        ("RUN <<A cat \\ \n  x\nb \\ \n\nA\n", "RUN <<A cat \\\n  x\nb \\ \n\nA\n"),
        ("ONBUILD RUN a \\\n\n  b\n", "ONBUILD RUN a \\\n  b\n"),
    ],
)
def test_lines(before: str, after: str | None) -> None:
    source = f"FROM debian\n{before}"
    assert rewritten(source) == (source if after is None else f"FROM debian\n{after}")


def test_a_backtick_continues_where_the_file_says_so() -> None:
    source = "# escape=`\nFROM a\nRUN b `\n\n  c ` \n  d\nCOPY C:\\ \\ \n"
    after = "# escape=`\nFROM a\nRUN b `\n  c `\n  d\nCOPY C:\\ \\ \n"
    assert rewritten(source) == after
