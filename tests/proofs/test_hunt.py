"""Random projects, built and started before and after: no difference that no pass declares.

A project takes the engine twenty seconds. So of its 25 seeds a usual run leaves out those whose
blocks, base image and passes are all in others. `DOCKFIX_HUNT=300` tries that many, and leaves
out none; `DOCKFIX_HUNT_SEED=7` starts with another seed. The command tests/proofs/hunt.py does the
same, and says which pass a difference is of.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from helpers import amount
from helpers.compositions import composed, shown
from helpers.real_engine import RealEngine
from proofs.hunt import covering, hunt, kinds, told

USUAL = 25
NUMBER = int(os.environ.get("DOCKFIX_HUNT", USUAL))
# of the first ten seeds three install so much that each takes minutes
SEED = int(os.environ.get("DOCKFIX_HUNT_SEED", "11"))
SEEDS: Sequence[int] = range(SEED, SEED + NUMBER)
if amount.is_all() and "DOCKFIX_HUNT" not in os.environ:
    SEEDS = covering(SEEDS)


def test_the_same_seed_is_the_same_project() -> None:
    for seed in range(SEED, SEED + 200):
        assert composed(seed) == composed(seed)


def test_seeds_are_only_left_out_if_others_have_what_is_in_them() -> None:
    seeds = range(SEED, SEED + USUAL)
    chosen = covering(seeds)
    every = frozenset[str]().union(*map(kinds, seeds))
    assert frozenset[str]().union(*map(kinds, chosen)) == every
    assert len(every) > 30
    assert set(chosen) < set(seeds)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_project_is_the_same_or_as_declared(seed: int, real_engine: RealEngine) -> None:
    real_engine.need("debian", "python", "node", "login", "archived", "javas")
    (result,) = hunt([seed], 1)
    print(told(result))
    assert not result.error
    assert not result.tried.findings, f"{told(result)}\n{shown(composed(seed))}"
