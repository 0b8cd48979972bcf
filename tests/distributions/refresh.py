"""Writes the file of facts of dockfix.managers.distributions anew, from a mirror's lists.

    python tests/distributions/refresh.py --mirror ADDRESS [--ubuntu ADDRESS] [--keys FILE] FOLDER

apt fetches the lists into FOLDER (some 300 MB), each suite in a folder of its own. ADDRESS is a
mirror's, without the `/debian` or `/ubuntu` at its end. FILE has the keys of Ubuntu (its package
ubuntu-keyring, /usr/share/keyrings/ubuntu-archive-keyring.gpg). The names that the tables answer
for are in names.txt beside this file.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import facts_table
from apt_root import DEBIAN_KEYS, AptRoot

from dockfix.managers.distributions.table import Suite

HERE = Path(__file__).parent
FILE = HERE.parent.parent / "src/dockfix/managers/distributions/facts.bin"
DEBIAN = ("bookworm", "trixie", "bullseye")
UBUNTU = ("noble", "jammy", "focal", "bionic")


def names() -> list[str]:
    """The names in names.txt."""
    lines = (HERE / "names.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _lines(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        with gzip.open(path, "rt", errors="replace") as file:
            yield from file


def suite_table(root: AptRoot) -> facts_table.SuiteTable:
    """The table of one suite, its lists fetched anew."""
    root.update()
    archive = root.archive()
    contents = facts_table.Contents(_lines(root.contents()))
    source = "; ".join(source.partition(" ")[2] for source in root.sources())
    version = archive.packages["apt"]["Version"].partition("+")[0].partition("ubuntu")[0]
    suite = Suite(root.suite, root.date(), version, f"{source} amd64")
    return facts_table.table_of(archive, contents, names(), suite)


def main() -> None:
    """Reads the arguments, writes the file, prints its size."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--ubuntu")
    parser.add_argument("--keys", type=Path)
    given = parser.parse_args()
    roots = [AptRoot(given.folder, suite, given.mirror, DEBIAN_KEYS) for suite in DEBIAN]
    if given.ubuntu:
        roots += [AptRoot(given.folder, suite, given.ubuntu, given.keys) for suite in UBUNTU]
    with ProcessPoolExecutor(2) as pool:
        tables = list(pool.map(suite_table, roots))
    for table in tables:
        print(table.suite.name, table.suite.date, len(table.lines), "lines")
    data = facts_table.write(tables)
    FILE.write_bytes(data)
    print(FILE.name, len(data), "bytes")


if __name__ == "__main__":
    main()
