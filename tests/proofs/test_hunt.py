"""Random projects, built and started before and after: no difference that no pass declares.

`DOCKFIX_HUNT=300` tries more than the usual number, and `DOCKFIX_HUNT_SEED=7` others; the command
tests/proofs/hunt.py does the same, and says which pass a difference is of.
"""

from __future__ import annotations

import os

import pytest

from helpers.compositions import composed, shown
from helpers.real_engine import RealEngine
from proofs.hunt import hunt, told

NUMBER = int(os.environ.get("DOCKFIX_HUNT", "25"))
# of the first ten seeds three install so much that each takes minutes
SEED = int(os.environ.get("DOCKFIX_HUNT_SEED", "11"))


def test_the_same_seed_is_the_same_project() -> None:
    for seed in range(SEED, SEED + 200):
        assert composed(seed) == composed(seed)


@pytest.mark.parametrize("seed", range(SEED, SEED + NUMBER))
def test_a_project_is_the_same_or_as_declared(seed: int, real_engine: RealEngine) -> None:
    real_engine.need("debian", "python", "node", "login", "archived", "javas")
    (result,) = hunt([seed], 1)
    print(told(result))
    assert not result.error
    assert not result.tried.findings, f"{told(result)}\n{shown(composed(seed))}"
