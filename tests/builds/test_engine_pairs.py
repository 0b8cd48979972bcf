"""Real builds of what dockfix makes: the images are the same, or differ as passes declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.edit.edits import Safety
from dockfix.passes import PASSES
from dockfix.reports.verify import verdict_text
from helpers.engine_pairs import PAIRS, Pair
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine

#: The image that a stand-in is made from, or needs beside itself.
BASES = {"busybox": (), "fakes": ("fakes",), "debian": ("debian",)}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_images_are_the_same_or_as_declared(
    pair: Pair, real_engine: RealEngine, tmp_path: Path
) -> None:
    real_engine.need(*BASES.get(pair.base, ("debian", pair.base)))
    found = verified(tmp_path, pair.dockerfile, pair.files)
    assert found.outcome == ("declared" if pair.declared else "same"), verdict_text(found)
    assert {one.name for one in found.result.applied} >= set(pair.passes.split())


def test_every_pass_that_is_on_by_default_is_built() -> None:
    built = {name for pair in PAIRS for name in pair.passes.split()}
    safe = (one for one in PASSES if one.safety is Safety.SAFE)
    assert built >= {one.name for one in safe if one.by_default == "on"}
    assert len(PAIRS) >= 60
