"""merge-runs against the real shells: random RUN sequences, executed before and after.

The claim: never another outcome. `DOCKFIX_SHELL_CASES=50000` runs more than the usual number, and
`DOCKFIX_SHELL_SEED` others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.run_sequences import CASES, SEED, Generator
from helpers.shell_runs import SHELLS, STRICT_SHELLS, outcomes, runs_of

BATCH = 500
#: What a merge brings does not matter here: every merge that is allowed is tried.
EVERY_MERGE = Settings("all")


def _cases(start: int, base: str) -> tuple[list[str], list[str]]:
    """Files with this base that merge-runs changes, and what it makes of them."""
    generator = Generator(SEED + start)
    before: list[str] = []
    after: list[str] = []
    while len(before) < min(BATCH, CASES - start):
        source = generator.dockerfile(base)
        result = rewrite(source, select=["merge-runs"], settings=EVERY_MERGE)
        if result.changed:
            before.append(source)
            after.append(result.after)
    return before, after


def _differences(before: list[str], after: list[str], shell: str, folder: Path) -> list[str]:
    old = outcomes([runs_of(source) for source in before], shell, folder)
    assert sum(ok for ok, _ in old) > len(old) // 20, "hardly a case succeeds: this tests nothing"
    new = outcomes([runs_of(source) for source in after], shell, folder)
    return [
        f"{shell} tells\n{source}\nfrom\n{result}"
        for source, result, one, other in zip(before, after, old, new, strict=True)
        if one != other
    ]


@pytest.mark.parametrize("start", range(0, CASES, BATCH))
def test_merging_never_changes_an_outcome(start: int, tmp_path: Path) -> None:
    before, after = _cases(start, "debian")
    for old, new in zip(before, after, strict=True):
        assert len(runs_of(new)) < len(runs_of(old))
    for shell in SHELLS.values():
        assert not _differences(before, after, shell, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, CASES // 4, BATCH))
def test_nor_under_a_base_image_whose_shell_is_strict(start: int, tmp_path: Path) -> None:
    before, after = _cases(start, "example.org/base")
    for shell in (*SHELLS.values(), *STRICT_SHELLS.values()):
        assert not _differences(before, after, shell, tmp_path)


def test_the_judge_sees_a_careless_merge(tmp_path: Path) -> None:
    before, _ = _cases(0, "debian")
    careless = ["RUN " + " && ".join(runs_of(source)) + "\n" for source in before]
    assert len(_differences(before, careless, SHELLS["dash"], tmp_path)) > len(before) // 10
