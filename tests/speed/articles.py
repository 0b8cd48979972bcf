"""Builds what articles on small, quick images start from, and what dockfix makes of it.

    python tests/speed/articles.py            prints the table
    python tests/speed/articles.py --write    puts it into docs/benchmarks.md too
    python tests/speed/articles.py --only 002 only the cases whose name has this in it

Each case is a project written here, built by the engine that `docker` drives, measured by
`dockfix measure --json`. Needs the base images python:3.11-slim and debian:bookworm-slim, and a
way from builds to a package index and a Debian mirror (`--network host`, unless another is named).
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from dockfix.reports.units import relative_change, seconds_of, size_of

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- printed by tests/speed/articles.py, from here -->"
END = "<!-- to there -->"


class Case(NamedTuple):
    """A project: its Dockerfile, the file that is edited, and large files to be copied."""

    name: str
    what: str
    dockerfile: str
    edited: str
    files: tuple[tuple[str, str], ...]
    large: tuple[tuple[str, int], ...] = ()
    options: tuple[str, ...] = ()


CASES = (
    Case(
        "004",
        "source copied before `pip install` (numpy, pandas, scikit-learn)",
        "FROM python:3.11-slim\n"
        "ENV PYTHONUNBUFFERED=1\n"
        "COPY requirements.txt /app/model/\n"
        "COPY model/ /app/model/\n"
        "RUN pip install -r \\\n"
        "    /app/model/requirements.txt\n"
        'CMD ["python", "/app/model/train.py"]\n',
        "model/train.py",
        (
            ("requirements.txt", "numpy==1.26.4\npandas==2.2.2\nscikit-learn==1.4.2\n"),
            ("model/train.py", "import sklearn\n"),
        ),
    ),
    Case(
        "000",
        "gcc beside uwsgi, in one stage (with `--select multi-stage`)",
        "FROM python:3.11-slim\n"
        "RUN apt-get update && apt-get install -y gcc\n"
        "WORKDIR /srv\n"
        "COPY requirements.txt .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n"
        "COPY shop.py .\n"
        'CMD ["uwsgi", "--http", ":8000", "--wsgi-file", "shop.py"]\n',
        "shop.py",
        (
            ("requirements.txt", "uwsgi==2.0.26\n"),
            (
                "shop.py",
                "def application(environ, start):\n    start('200 OK', [])\n    return []\n",
            ),
        ),
        options=("--select", "multi-stage"),
    ),
    Case(
        "002 apt",
        "apt in three RUNs below the source",
        "FROM debian:bookworm-slim\n"
        "COPY app /app\n"
        "RUN apt-get update\n"
        "RUN apt-get install -y curl\n"
        "RUN apt-get install -y git\n"
        'CMD ["sh", "/app/run.sh"]\n',
        "app/run.sh",
        (("app/run.sh", "git --version\n"),),
    ),
    Case(
        "002 delete",
        "30 MB copied and deleted by the next RUN",
        "FROM debian:bookworm-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN rm -rf docs\n"
        'CMD ["sh", "run.sh"]\n',
        "run.sh",
        (("run.sh", "echo hello\n"),),
        (("docs/manual.pdf", 30_000_000),),
    ),
    Case(
        "002 download",
        "download, extract and delete in three RUNs (20 MB)",
        "FROM python:3.11-slim\n"
        "COPY app /app\n"
        "RUN python3 -c \"import urllib.request as u; u.urlretrieve('@URL@/data.tar', '/d.tar')\"\n"
        "RUN tar -xf /d.tar -C /opt\n"
        "RUN rm /d.tar\n"
        'CMD ["sh", "/app/run.sh"]\n',
        "app/run.sh",
        (("app/run.sh", "ls /opt\n"),),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Builds, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    parser.add_argument("--only", default="", help="only cases whose name has this in it")
    parser.add_argument("--network", default="host", help="the network of the builds")
    arguments = parser.parse_args(argv)
    cases = [one for one in CASES if arguments.only in one.name]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "served") as url:
        rows = [row(one, measured(one, Path(folder), url, arguments.network)) for one in cases]
    table = "\n".join((*HEAD, *rows))
    print(table)
    if arguments.write:
        write(table)
    return 0


HEAD = (
    "| case | | before | after | |",
    "|---|---|--:|--:|--:|",
)


def row(case: Case, found: dict[str, Any]) -> str:
    """The lines of the table for a case."""
    before = found["before"]
    after = found["after"] or before
    lines = []
    title = f"{case.name}: {case.what}"
    for what, said, old, new in (
        ("image", size_of, before["size"], after["size"]),
        ("new layers after an edit", size_of, before["edit"]["size"], after["edit"]["size"]),
        ("as pushed", size_of, before["edit"]["packed"], after["edit"]["packed"]),
        ("time after an edit", seconds_of, before["edit"]["seconds"], after["edit"]["seconds"]),
    ):
        lines.append(
            f"| {title} | {what} | {said(old)} | {said(new)} | {relative_change(old, new)} |"
        )
        title = ""
    return "\n".join(lines)


def measured(case: Case, folder: Path, url: str, network: str) -> dict[str, Any]:
    """What `dockfix measure` says of a case."""
    project = folder / case.name.replace(" ", "-")
    for path, text in (("Dockerfile", case.dockerfile.replace("@URL@", url)), *case.files):
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for path, size in case.large:
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(random.Random(path).randbytes(size))
    program = Path(sys.executable).with_name("dockfix")
    command = [str(program), "measure", "--json", "--quiet", "--network", network]
    command += ["--edit", case.edited, *case.options, str(project)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=project)
    found: dict[str, Any] = json.loads(done.stdout)["images"][0]
    shutil.rmtree(project)
    return found


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of files on this machine, with one archive."""
    folder.mkdir()
    data = random.Random(2).randbytes(20_000_000)
    with tarfile.open(folder / "data.tar", "w") as archive:
        header = tarfile.TarInfo("data/blob")
        header.size = len(data)
        archive.addfile(header, io.BytesIO(data))
    handler = functools.partial(_Quiet, directory=os.fspath(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody wants to read it."""


def write(table: str) -> None:
    """Puts the table into the page, between its two marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
