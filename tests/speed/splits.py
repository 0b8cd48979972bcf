"""Builds small projects in one stage, and what dockfix and an expert make of them.

    python tests/speed/splits.py              prints the table
    python tests/speed/splits.py --write      puts it into docs/benchmarks.md too
    python tests/speed/splits.py --only go    only the projects whose name has this in it

Each project is built by the engine that `docker` drives: as it is, as `multi-stage` divides it, and
as an expert does. Of each: the size, the layers, the time after an edited line, and whether what is
left holds (`dockfix verify`). Needs the base images debian:bookworm-slim, python:3.11, its slim
form and node:20-slim, and a way from builds to a package index and a Debian mirror.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from split_languages import PROJECTS as LANGUAGES
from split_projects import PROJECTS, Project

from dockfix.builds.connect import connect
from dockfix.builds.engine import Engine, Hooks
from dockfix.builds.measure import Measured, measure
from dockfix.builds.options import BuildOptions
from dockfix.builds.target import PassSelection, Target
from dockfix.builds.verify import Checks, verdict
from dockfix.builds.weights import WeighedImage
from dockfix.context.directory import DirectoryContext
from dockfix.dockerfile.source import encode
from dockfix.errors import DockfixError
from dockfix.passes.base import Settings
from dockfix.reports.units import seconds_of, size_of

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- printed by tests/speed/splits.py, from here -->"
END = "<!-- to there -->"
PASS = "multi-stage"


class Result(NamedTuple):
    """What came of a project: the images, None for one that there is not, and whether both hold."""

    project: Project
    before: WeighedImage
    dockfix: WeighedImage | None
    expert: WeighedImage
    said: str
    expert_said: str


def main(argv: Sequence[str] | None = None) -> int:
    """Builds, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    parser.add_argument("--only", default="", help="only projects whose name has this in it")
    parser.add_argument("--network", default="host", help="the network of the builds")
    arguments = parser.parse_args(argv)
    options = BuildOptions(network=arguments.network)
    engine = connect(options)
    results = []
    try:
        for project in (*PROJECTS, *LANGUAGES):
            if arguments.only in project.name:
                make_bases(project, arguments.network)
                with tempfile.TemporaryDirectory() as folder:
                    results.append(result(engine, options, project, Path(folder)))
                print(row(results[-1]), file=sys.stderr)
    finally:
        engine.close()
    table = "\n".join((*HEAD, *map(row, results), "", *conclusions(results)))
    print(table)
    if arguments.write:
        write(table)
    return 0


def make_bases(project: Project, network: str) -> None:
    """Makes the images that a project is built on, in their order."""
    for name, lines in project.bases.items():
        words = ["docker", "build", "-q", "--network", network, "-t", name, "-"]
        subprocess.run(words, input=lines.encode(), check=True, stdout=subprocess.DEVNULL)


def result(engine: Engine, options: BuildOptions, project: Project, folder: Path) -> Result:
    """Builds a project in all its forms. Raises DockfixError if the original does not build."""
    target = laid_out(project, folder)
    checks = Checks(run=project.run, evidence=True)
    by_expert = checks._replace(
        evidence=False, against=project.expert.encode(), declared=project.declared
    )
    own, words = None, "left alone"
    try:
        said = verdict(engine, options, target, checks, nobody_watches)
        if said.outcome != "untouched":
            words = "holds" if said.outcome in ("same", "declared") else said.outcome
            text = encode(said.result.after)
            own = measured(engine, options, target, project, text)
    except DockfixError as error:
        words = f"fails: {str(error).splitlines()[0]}"
    text = project.expert.encode()
    other = measured(engine, options, target, project, text)
    judged = verdict(engine, options, target, by_expert, nobody_watches)
    assert other.after is not None
    after = None if own is None else own.after
    return Result(project, other.before, after, other.after, words, judged.outcome)


def measured(
    engine: Engine, options: BuildOptions, target: Target, project: Project, text: bytes
) -> Measured:
    """The sizes of two images, and what an edit costs; how long builds take is not asked."""
    edited = project.edited
    return measure(engine, options, target, edited, nobody_watches, text, fresh=False)


def laid_out(project: Project, folder: Path) -> Target:
    """A project in a folder, to be rewritten by the one pass."""
    for path, text in {**project.files, "Dockerfile": project.dockerfile}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Target(
        str(folder / "Dockerfile"),
        project.dockerfile.encode(),
        PassSelection(select=(PASS,)),
        Settings("gains", DirectoryContext(str(folder))),
        str(folder),
    )


@contextmanager
def nobody_watches(what: str) -> Iterator[Hooks]:
    """A `Watch` that shows nothing."""
    yield Hooks()


HEAD = (
    "| project | as it is | dockfix | expert | layers | after an edit | all is the same |",
    "|---|--:|--:|--:|--:|--:|---|",
)


def row(found: Result) -> str:
    """The line of the table for a project."""
    images = (found.before, found.dockfix, found.expert)
    sizes = " | ".join(size_of(one.size) if one else "–" for one in images)
    layers = " → ".join(str(len(one.layers)) if one else "–" for one in images)
    edits = " → ".join(seconds_of(one.edit.seconds) if one and one.edit else "–" for one in images)
    said = found.said if found.expert_said == "declared" else f"{found.said} (expert: no)"
    return f"| {found.project.name} | {sizes} | {layers} | {edits} | {said} |"


def conclusions(results: Sequence[Result]) -> Iterator[str]:
    """Medians over what was split."""
    split = [(one.before, one.dockfix, one.expert) for one in results if one.dockfix is not None]
    if split:
        of_original = statistics.median(new.size / old.size for old, new, _ in split)
        of_expert = statistics.median(new.size / by.size for _, new, by in split)
        yield (
            f"{len(split)} of {len(results)} projects are split. In the median an image has "
            f"{of_original:.2f} of its size, and {of_expert:.2f} of the size of the expert's."
        )


def write(table: str) -> None:
    """Puts the table into the page, between its two marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
