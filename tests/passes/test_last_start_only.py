"""last-start-only: an image starts as before, by the builder's own bookkeeping."""

from __future__ import annotations

import random

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from dockfix.state.facts import Facts
from helpers.amount import some

State = dict[str, tuple[str, object] | None]


def configurations(source: str) -> list[State]:
    """CMD, ENTRYPOINT and HEALTHCHECK at the end of each stage, as the builder keeps them.

    An ENTRYPOINT resets the CMD unless the same stage has set one before it (convert.go).
    """
    tree = parse(source)
    known = Facts(tree).places
    found: list[State] = []
    for stage in tree.stages:
        state: State = {"CMD": ("base", 0), "ENTRYPOINT": ("base", 0), "HEALTHCHECK": None}
        if stage.base_stage is not None:
            state = dict(found[stage.base_stage])
        commanded = False
        for one in stage.instructions:
            if one.keyword in state:
                state[one.keyword] = (one.arguments, known[one.start].shell)
                commanded = commanded or one.keyword == "CMD"
                if one.keyword == "ENTRYPOINT" and not commanded:
                    state["CMD"] = None
        found.append(state)
    return found


def rewritten(source: str) -> str:
    result = rewrite(source, select=["last-start-only"])
    assert not rewrite(result.after, select=["last-start-only"]).changed
    return result.after


LINES = (
    "CMD a", 'CMD ["b"]', "CMD []", "ENTRYPOINT c", 'ENTRYPOINT ["d"]', "ENTRYPOINT []",
    "HEALTHCHECK NONE", "HEALTHCHECK CMD e", 'SHELL ["/bin/bash", "-c"]', "RUN f", "# note",
    "CMD g \\\n  # inside\n  h", "", "FROM x AS x{}", "FROM base", "ONBUILD CMD i",
)  # fmt: skip


def test_every_stage_starts_as_before() -> None:
    generator = random.Random(20261122)
    changed = 0
    for _ in range(some(1500)):
        lines = [
            line.format(number)
            for number, line in enumerate(generator.choices(LINES, k=generator.randint(2, 14)))
        ]
        source = "FROM debian AS base\n" + "".join(line + "\n" for line in lines)
        after = rewritten(source)
        assert configurations(after) == configurations(source), source
        assert after.count("note") == source.count("note")
        assert after.count("# inside") == source.count("# inside")
        changed += after != source
    assert changed > some(500)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # one empty line of a paragraph goes with it
        ("RUN x\n\nCMD a\n\nCMD b\n", "RUN x\n\nCMD b\n"),
        ("RUN x\nCMD a\n\nCMD b\n", "RUN x\n\nCMD b\n"),
        ("# why\nCMD a\n\nCMD b\n", "# why\n\nCMD b\n"),
        ("CMD a \\\n  # why\n  b\nCMD c", "# why\nCMD c"),
        ("CMD a\r\nCMD b\r\n", "CMD b\r\n"),
        ("CMD a\nCMD b\nCMD c\n", "CMD c\n"),
        # ignore comments belong to what is below them
        ("# dockfix: ignore=exec-form\nCMD a\nRUN x\nCMD b\n", None),
        ("# hadolint ignore=DL3025\n# why\nCMD a\nRUN x\nCMD b\n", None),
    ],
)
def test_lines(before: str, after: str | None) -> None:
    source = f"FROM debian\n{before}"
    assert rewritten(source) == (source if after is None else f"FROM debian\n{after}")


def test_a_snippet_keeps_its_first_line() -> None:
    for source in ("CMD a\n# escape=`\nCMD b\n", "CMD a\nCMD b\n"):
        assert rewritten(source) == source
