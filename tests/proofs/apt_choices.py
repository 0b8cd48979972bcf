"""Holds the tables and their answers against apt: wherever they say that two ways to install bring
the same packages, apt is asked for both.

    python tests/proofs/apt_choices.py --mirror ADDRESS [--keys FILE] [--seed N] [--count N]
        [--corpus FOLDER] FOLDER SUITE...

FOLDER is one that tests/distributions/refresh.py has fetched lists into, or an empty one. Lists are
random ones of the names that the tables know, and those of the Dockerfiles below a corpus. Most
are tried in one process, by apt's own library (which needs python3-apt); every 20th by `apt-get -s`
itself. The machine's apt is asked: its version has to look at lists as the suite's does.
Prints the seed and the counts; exits with 1 if apt differs once where the tables say "same".
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "distributions"))
from apt_root import DEBIAN_KEYS, AptRoot

from dockfix.dockerfile.parser import parse
from dockfix.errors import DockfixError
from dockfix.managers.distributions.bases import Base
from dockfix.managers.distributions.questions import join_changes, order_matters, table_of
from dockfix.programs.command import install_of, installs_in
from dockfix.records import Record
from dockfix.state.facts import Facts

WORKER = Path(__file__).parent / "apt_worker.py"
#: Debian's Python, which has python3-apt.
PYTHON = "/usr/bin/python3"
#: What apt says of installs: names and versions, or None if it refuses.
Outcome = frozenset[str] | None


class Case(Record):
    """Installs, one after the other, and other ways to bring the same."""

    installs: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]
    recommends: bool


class Worker:
    """apt's library, in a process of its own."""

    def __init__(self, root: AptRoot, *, recommends: bool) -> None:
        self._process = subprocess.Popen(
            [PYTHON, str(WORKER), str(recommends).lower()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "APT_CONFIG": str(root.configuration), "PYTHONPATH": ""},
        )

    def ask(self, installs: tuple[tuple[str, ...], ...]) -> Outcome:
        """What is there after some installs besides the base."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(installs) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return None if answer is None else frozenset(answer)

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def cases(
    suite: str, lists: Iterator[tuple[list[str], ...]], chance: random.Random
) -> Iterator[Case]:
    """The rewrites that the tables call safe, of endless lists and pairs of them."""
    base = Base((suite,), exact=True)
    table = table_of(suite)
    assert table is not None, f"there is no table of {suite}"
    ordered = table.suite.mode == "ordered"
    for names in lists:
        recommends = chance.random() < 0.6
        if len(names) == 1:
            if not ordered:  # the machine's apt goes by the order, the suite's does not
                continue
            one = tuple(names[0])
            other = tuple(sorted(one))
            if one == other:
                other = tuple(chance.sample(one, len(one)))
            if order_matters(base, one, recommends=recommends).verdict == "same":
                yield Case((one,), (other,), recommends)
            continue
        first, second = map(tuple, names)
        if join_changes(base, first, second, recommends=recommends).verdict == "same":
            joined = (*first, *second)
            if not ordered:
                joined = tuple(chance.sample(joined, len(joined)))
            yield Case((first, second), (joined,), recommends)


def random_lists(suite: str, chance: random.Random) -> Iterator[tuple[list[str], ...]]:
    """Lists of two to eight names, and pairs of such lists, without end.

    Every second list leans towards names that can matter to a choice: most others cannot go wrong.
    """
    table = table_of(suite)
    assert table is not None
    known = [name for name in table.names() if "n" in table.package(name).letters]
    choosing = [name for name in known if "c" in table.package(name).letters]
    while True:
        pool = choosing if chance.random() < 0.5 else known
        names = chance.sample(pool, chance.randint(2, 8))
        if chance.random() < 0.5:
            yield (names,)
        else:
            cut = chance.randint(1, len(names) - 1)
            yield names[:cut], names[cut:]


def real_lists(corpus: Path) -> list[tuple[list[str], ...]]:
    """The lists of the Dockerfiles below a folder, and those of installs next to each other."""
    found: list[tuple[list[str], ...]] = []
    for path in sorted(corpus.rglob("*")):
        if not path.is_file():
            continue
        try:
            dockerfile = parse(path.read_bytes(), str(path))
        except DockfixError:
            continue
        for _, script in Facts(dockerfile).scripts:
            before: list[str] = []
            for simple, _ in installs_in(script):
                command = install_of(simple)
                if command is None or command.manager.name != "apt":
                    before = []
                    continue
                names = [word.text for word in command.packages]
                if len(names) > 1:
                    found.append((names,))
                if before and names:
                    found.append((before, names))
                before = names
    return found


def compare(
    root: AptRoot, lists: Iterator[tuple[list[str], ...]], count: int, chance: random.Random
) -> Counter[str]:
    """Asks apt about `count` rewrites that the tables call safe; prints each that it does not."""
    workers = {which: Worker(root, recommends=which) for which in (True, False)}
    counts: Counter[str] = Counter()
    for number, case in enumerate(cases(root.suite, lists, chance)):
        if number >= count:
            break
        ask = workers[case.recommends].ask
        if number % 20 == 0 and len(case.installs) == 1:
            before, after = (
                root.simulate(*installs[0], recommends=case.recommends)
                for installs in (case.installs, case.other)
            )
            counts["by apt-get"] += 1
        else:
            before, after = ask(case.installs), ask(case.other)  # type: ignore[assignment]
        counts["compared"] += 1
        counts["refused by apt"] += before is None and after is None
        counts["joined" if len(case.installs) > 1 else "sorted"] += 1
        if before != after:
            counts["DIFFERENT"] += 1
            change = (before or frozenset()) ^ (after or frozenset())
            print("DIFFERENT", root.suite, case, sorted(change)[:6], flush=True)
    for worker in workers.values():
        worker.close()
    return counts


def main() -> int:
    """Reads the arguments, compares, prints the counts of each suite."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--keys", type=Path, default=DEBIAN_KEYS)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args()
    print("seed", given.seed)
    different = 0
    for suite in given.suites:
        chance = random.Random(f"{given.seed} {suite}")
        root = AptRoot(given.folder, suite, given.mirror, given.keys)
        root.prepare()
        everything: list[tuple[str, Iterator[tuple[list[str], ...]], int]] = [
            ("random", random_lists(suite, chance), given.count)
        ]
        if given.corpus:
            lists = real_lists(given.corpus)
            chance.shuffle(lists)
            everything.append(("real", iter(lists), given.count))
        for kind, lists_of_kind, count in everything:
            counts = compare(root, lists_of_kind, count, chance)
            different += counts["DIFFERENT"]
            print(suite, kind, dict(counts), flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
