"""What hadolint finds in real files, before and after dockfix: a table by rule.

    python tests/speed/findings.py FOLDER           prints the table
    python tests/speed/findings.py FOLDER --write   puts it into docs/benchmarks.md too

Takes files at random below a folder, in their build contexts, by `--seed`; those that BuildKit
refuses are passed over. Left out of the count are rules that ask for a pinned version, which no
text tells, and DL3059: dockfix merges RUNs only where it pays.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from dockfix import DockfixError, rewrite_file

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- printed by tests/speed/findings.py, from here -->"
END = "<!-- to there -->"
LEFT_OUT = frozenset(
    ("DL3059", "DL3006", "DL3007", "DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033",
     "DL3041")
)  # fmt: skip
#: Rules with fewer findings are added up in one row.
FEWEST = 15


class Texts(NamedTuple):
    """A file as it is, after a default run, and after one with unsafe fixes."""

    before: str
    safe: str
    unsafe: str


def texts_of(path: Path) -> Texts | None:
    """The three texts of a file; None if it cannot be rewritten."""
    try:
        safe, unsafe = rewrite_file(path), rewrite_file(path, unsafe_fixes=True)
    except DockfixError:
        return None
    return Texts(safe.before, safe.after, unsafe.after)


def chosen(folder: Path, amount: int, seed: int) -> list[Texts]:
    """Files at random."""
    paths = sorted(
        one
        for one in folder.rglob("*")
        if "dockerfile" in one.name.lower() and one.suffix != ".dockerignore" and one.is_file()
    )
    random.Random(seed).shuffle(paths)
    found: list[Texts] = []
    for path in paths:
        texts = texts_of(path) if len(found) < amount else None
        if texts is not None:
            found.append(texts)
    return found


def findings(texts: list[str], folder: Path) -> Counter[str]:
    """How often each rule speaks."""
    count: Counter[str] = Counter()
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.Dockerfile"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        paths.append(str(path))
    for first in range(0, len(paths), 50):
        some = paths[first : first + 50]
        command = ["hadolint", "--no-fail", "--no-color", "--format", "json", *some]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True)
        count.update(one["code"] for one in json.loads(done.stdout))
    return Counter({code: number for code, number in count.items() if code not in LEFT_OUT})


def table(files: list[Texts]) -> str:
    """The table, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        counts = [findings(list(texts), Path(folder)) for texts in zip(*files, strict=True)]
    before = counts[0]
    few = [code for code in set().union(*counts) if before[code] < FEWEST]
    rows: list[tuple[str, list[int] | list[str]]] = [
        (code, [one[code] for one in counts]) for code, _ in before.most_common()
    ]
    rows = [(code, numbers) for code, numbers in rows if code not in few]
    rows.append((f"{len(few)} others", [sum(one[code] for code in few) for one in counts]))
    totals = [sum(one.values()) for one in counts]
    rows.append(("all", totals))
    rows.append(("", [f"{100 * one // max(totals[0], 1)} %" for one in totals]))
    lines = [f"| {name} | {' | '.join(map(str, numbers))} |" for name, numbers in rows]
    return "\n".join(["| rule | before | after | with unsafe fixes |", "|---|--:|--:|--:|", *lines])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    files = chosen(options.folder, options.files, options.seed)
    text = f"{table(files)}\n\n{len(files)} files, seed {options.seed}."
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
