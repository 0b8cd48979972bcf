"""Each quick check has a pass, and those that compare strings say the same as a walk by line."""

from __future__ import annotations

import inspect
import random

from dockfix.dockerfile.parser import parse
from dockfix.errors import DockerfileSyntaxError
from dockfix.passes import ENTRIES, quick_checks
from dockfix.passes.quick_checks import goes_on_untidily, tidy_continuations
from dockfix.programs.gone_programs import GONE
from dockfix.state.facts import Facts
from helpers.amount import some

PIECES = (
    "RUN a", "COPY b c", " && d", "  e", "\\", "`", "\n", "\r\n", "\r", " ", "\t", "\v", "\f",
    "# f", "\xa0", "\n\n", "\\\n", "\\\n\n", "\\ \n", "\\\n  # g\n", "\\\r\n",
)  # fmt: skip


def test_each_is_called_like_a_pass() -> None:
    """What asks about a whole file by another name would never be asked."""
    checks = {
        name
        for name, one in vars(quick_checks).items()
        if name[0] != "_"
        and inspect.isfunction(one)
        and one.__module__ == quick_checks.__name__
        and list(inspect.signature(one).parameters) == ["facts"]
    }
    assert checks == {entry.module for entry in ENTRIES if entry.quick_check}
    assert len(checks) > 15


def test_each_program_that_is_gone_is_looked_for() -> None:
    words = next(entry.words for entry in ENTRIES if entry.name == "find-program")
    assert set(words) == {one.program for one in GONE}


def test_untidy_continuations_are_seen_at_a_glance() -> None:
    chance = random.Random(7)
    seen = {True: 0, False: 0}
    for _ in range(some(20_000)):
        head = "# escape=`\n" if chance.random() < 0.2 else ""
        text = head + "FROM x\n" + "".join(chance.choices(PIECES, k=chance.randrange(1, 9)))
        try:
            tree = parse(text, "Dockerfile")
        except DockerfileSyntaxError:
            continue
        untidy = tree.escape in text and goes_on_untidily(tree.source, tree.escape)
        assert tidy_continuations(Facts(tree)) == untidy, text
        seen[untidy] += 1
    assert min(seen.values()) > some(500)
