"""The hunt: random projects, built and started by a real engine, before and after dockfix.

    PYTHONPATH=src:tests python tests/proofs/hunt.py 300 --seed 1 --workers 2
    PYTHONPATH=src:tests python tests/proofs/hunt.py --only 17 --show

Each seed is a project of helpers/compositions.py. Its images before and after a default run are
compared and started; a difference that no pass declares is printed with its seed and its pass,
with --show the project, too. The engine is the one that `docker` drives; it needs the stand-ins of
helpers/engine/bases.sh: busybox, debian, python, node, login, archived, javas. Exit status: 1 if
there was a difference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dockfix.builds.images.layers import Layer
from dockfix.core.pipeline import rewrite
from dockfix.errors import DockfixError
from dockfix.passes.base import Settings
from helpers.compositions import blocks_and_base, composed, shown
from helpers.engine_projects import Tried, tried
from helpers.memory_context import Files

#: Layers read by this process.
_LAYERS: dict[str, Layer] = {}


class Result(NamedTuple):
    """What came of a seed; `error` is what the engine could not do."""

    seed: int
    tried: Tried
    seconds: float
    error: str = ""


def kinds(seed: int) -> frozenset[str]:
    """What the project of a seed tries: its blocks, its base, and the passes that change it."""
    files = composed(seed).files
    result = rewrite(files["Dockerfile"], settings=Settings("all", Files(files)))
    return blocks_and_base(seed) | {one.name for one in result.applied}


def covering(seeds: Sequence[int]) -> list[int]:
    """Of these seeds nearly the fewest whose projects try every kind that all of theirs try."""
    of_seed = {seed: kinds(seed) for seed in seeds}
    missing = set().union(*of_seed.values())
    chosen: list[int] = []
    while missing:
        best = max(of_seed, key=lambda seed: len(of_seed[seed] & missing))
        missing -= of_seed[best]
        chosen.append(best)
    return sorted(chosen)


def hunt(seeds: Sequence[int], workers: int, *, blame: bool = True) -> Iterator[Result]:
    """Tries the projects of these seeds, and hands on each as soon as it is done."""
    one = partial(_hunted, blame=blame)
    if workers == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(one, seed) for seed in seeds]):
            yield done.result()


def _hunted(seed: int, *, blame: bool) -> Result:
    start = time.monotonic()
    found, error = Tried(), ""
    with tempfile.TemporaryDirectory(prefix="hunt-") as folder:
        try:
            found = tried(composed(seed), Path(folder), layers=_LAYERS, blame=blame)
        except (DockfixError, TimeoutError) as problem:
            error = f"{type(problem).__name__}: {problem}"
    return Result(seed, found, time.monotonic() - start, error)


def told(result: Result) -> str:
    """What came of a seed, for people; the first line of it is short."""
    found = result.tried
    if result.error:
        outcome = f"not tried: {result.error}"
    elif found.unbuilt:
        outcome = f"does not build as it is: {' '.join(found.unbuilt.split())[-200:]}"
    elif found.findings:
        outcome = f"DIFFERENT, by {', '.join(found.suspects) or 'unknown'}"
    else:
        outcome = "the same" if found.passes else "left alone"
    lines = [f"seed {result.seed}: {outcome} ({result.seconds:.0f} s; {', '.join(found.passes)})"]
    for one in found.findings:
        text = one.text.replace("\n", "\n      ")
        lines.append(f"    {one.dockerfile}, {one.what}: {text}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("number", type=int, nargs="?", default=300, help="how many projects")
    parser.add_argument("--seed", type=int, default=1, help="that of the first project")
    parser.add_argument("--only", type=int, nargs="*", help="just these seeds")
    parser.add_argument("--workers", type=int, default=1, help="projects at a time")
    parser.add_argument("--show", action="store_true", help="print every project that differs")
    parser.add_argument("--no-blame", action="store_true", help="do not look for the pass")
    given = parser.parse_args()
    seeds = given.only or range(given.seed, given.seed + given.number)
    outcomes: Counter[str] = Counter()
    suspects: Counter[str] = Counter()
    for result in hunt(seeds, given.workers, blame=not given.no_blame):
        text = told(result)
        outcomes[text.split(": ", 1)[1].split(" (")[0].split(":")[0].split(",")[0]] += 1
        suspects.update(result.tried.suspects)
        print(text, flush=True)
        if given.show and result.tried.findings:
            print(shown(composed(result.seed)), flush=True)
    print(", ".join(f"{number} {name}" for name, number in outcomes.most_common()))
    for name, number in suspects.most_common():
        print(f"  {number} by {name}")
    return int(outcomes["DIFFERENT"] > 0)


if __name__ == "__main__":
    sys.exit(main())
