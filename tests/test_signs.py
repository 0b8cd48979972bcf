"""Signs that compare strings say the same as those that walk line by line."""

from __future__ import annotations

import random

from dockfix.errors import DockerfileSyntaxError
from dockfix.passes.signs import _goes_on_untidily, goes_on_untidily
from dockfix.syntax.parser import parse

PIECES = (
    "RUN a", "COPY b c", " && d", "  e", "\\", "`", "\n", "\r\n", "\r", " ", "\t", "\v", "\f",
    "# f", "\xa0", "\n\n", "\\\n", "\\\n\n", "\\ \n", "\\\n  # g\n", "\\\r\n",
)  # fmt: skip


def test_untidy_continuations_are_seen_at_a_glance() -> None:
    chance = random.Random(7)
    seen = {True: 0, False: 0}
    for _ in range(20_000):
        head = "# escape=`\n" if chance.random() < 0.2 else ""
        text = head + "FROM x\n" + "".join(chance.choices(PIECES, k=chance.randrange(1, 9)))
        try:
            tree = parse(text, "Dockerfile")
        except DockerfileSyntaxError:
            continue
        untidy = tree.escape in text and _goes_on_untidily(tree.source, tree.escape)
        assert goes_on_untidily(tree) == untidy, text
        seen[untidy] += 1
    assert min(seen.values()) > 500
