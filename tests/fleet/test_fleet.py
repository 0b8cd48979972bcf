"""`dockfix fleet`: what it reads and writes, with a scheduler and workers of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

import dockfix
from helpers.command import BROKEN, CLEAN, ENVIRONMENT, MENDABLE, dockfix_command, git

MANY = 240


def source(number: int) -> str:
    return f"FROM debian:12\n# {number}\n" + MENDABLE.decode().partition("\n")[2]


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(folder / table).to_pylist()
    return found


def write_table(path: Path, count: int) -> None:
    with open(path, "w") as file:
        for number in range(count):
            row = {"repository": f"o/r{number % 7}", "path": f"{number}/Dockerfile"}
            file.write(json.dumps({**row, "content": source(number)}) + "\n")


@contextmanager
def program(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def fleet(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """`dockfix fleet`, which takes its time on a busy machine."""
    return subprocess.run(
        [sys.executable, "-m", "dockfix", "fleet", *arguments],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=300,
    )


def waited_for(path: Path) -> Path:
    for _ in range(600):
        if path.exists() and (path.is_file() or any(path.iterdir())):
            return path
        time.sleep(0.1)
    raise AssertionError(f"{path} did not come")


@pytest.mark.slow
def test_a_worker_is_killed_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    write_table(tmp_path / "all.jsonl", MANY)
    out = tmp_path / "out"
    with ExitStack() as stack:
        place = tmp_path / "scheduler.json"
        scheduler = ["distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
        worker = ["distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        at = ["--scheduler-file", str(place)]
        stack.enter_context(program(*scheduler, *at, cwd=tmp_path))
        waited_for(place)
        victim, _ = [stack.enter_context(program(*worker, *at, cwd=tmp_path)) for _ in range(2)]
        address = json.loads(place.read_text())["address"]
        run = stack.enter_context(
            program("dockfix", "fleet", "all.jsonl", "--output-dir", "out", "--scheduler", address,
                    cwd=tmp_path)
        )  # fmt: skip
        waited_for(out / "files")
        victim.send_signal(signal.SIGKILL)
        assert run.wait(timeout=240) == 0
        # it was killed with work to do
        assert victim.wait() == -signal.SIGKILL
    files = rows(out, "files")
    assert sorted(int(row["path"].partition("/")[0]) for row in files) == list(range(MANY))
    assert all(row["changed"] and row["error"] is None for row in files)
    found = rows(out, "findings")
    expected = dockfix.rewrite(source(0))
    assert len(found) == MANY * (
        len(expected.applied) + len(expected.offered) + len(expected.notes)
    )
    for row in files[:5]:
        number = int(row["path"].partition("/")[0])
        assert row["patch"] == dockfix.rewrite(source(number)).diff(row["path"])
        assert (row["layers_before"], row["layers_after"]) == (2, 1)


@pytest.mark.slow
def test_a_run_goes_on_and_its_results_apply(tmp_path: Path) -> None:
    repositories = tmp_path / "all"
    texts = {"o/one": MENDABLE, "o/two": CLEAN, "three": BROKEN}
    for name, text in texts.items():
        folder = repositories / name
        folder.mkdir(parents=True)
        git("init", "-q", cwd=folder)
        (folder / "Dockerfile").write_bytes(text)
    node = repositories / "o" / "one"
    for name in ("a", "b"):
        (node / f"{name}.Dockerfile").write_text(
            "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node a.js\n"
        )
    (node / "package.json").write_text('{"name": "a"}')
    (node / "package-lock.json").write_text('{"name": "a", "lockfileVersion": 3}')
    (node / ".dockerignore").write_text("dist\n")
    command = ["all", "--output-dir", "out", "-j", "1"]
    out = tmp_path / "out"

    def stamps() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (out / "files").iterdir()}

    done = fleet(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"5 Dockerfiles in 3 repositories: 3 would change" in done.stdout
    by_path = {(row["repository"], row["path"]): row for row in rows(out, "files")}
    assert len(by_path) == 5
    assert "BOGUS" in by_path["three", "Dockerfile"]["error"]
    assert (out / "repos.txt").read_text() == "o/one\n"
    # the patch is what the command makes, ignore file included, and the script applies it
    before = stamps()
    git("add", ".", cwd=node)
    git("commit", "-q", "-m", "as it is", cwd=node)
    subprocess.run(
        [out / "apply.sh"], cwd=node, env={**ENVIRONMENT, "REPOSITORY": "o/one"}, check=True
    )
    patched = git("diff", cwd=node)
    assert b".dockerignore" in patched
    git("checkout", "-q", ".", cwd=node)
    assert dockfix_command("--in-place", cwd=node).returncode == 0
    assert git("diff", cwd=node) == patched
    git("checkout", "-q", ".", cwd=node)
    # nothing is done again, and what was ended in between is
    assert fleet(*command, cwd=tmp_path).returncode == 0
    assert stamps() == before
    (out / "files" / next(iter(before))).unlink()
    assert fleet(*command, cwd=tmp_path).returncode == 0
    assert stamps().keys() == before.keys()
    assert stamps() != before
    assert len(rows(out, "findings")) == len({json.dumps(row) for row in rows(out, "findings")})
    # a file that changed is done again, other settings want another folder
    (repositories / "o" / "two" / "Dockerfile").write_bytes(MENDABLE)
    again = fleet(*command, cwd=tmp_path)
    assert b"5 Dockerfiles in 3 repositories: 4 would change" in again.stdout
    other = fleet(*command, "--unsafe-fixes", cwd=tmp_path)
    assert other.returncode == 2
    assert b"other settings" in other.stderr
    page = (out / "page.html").read_text()
    assert "o/one: a.Dockerfile" in page
    assert "clean-package-cache (DF201)" in page


@pytest.mark.slow
def test_ten_times_the_files_take_ten_times_the_processor_time(tmp_path: Path) -> None:
    """Of the processes that do the work and of the one that gives it to them."""
    taken = []
    for count in (60, 600):
        write_table(tmp_path / f"{count}.jsonl", count)
        before = os.times()
        done = fleet(f"{count}.jsonl", "--output-dir", str(count), "-j", "2", cwd=tmp_path)
        after = os.times()
        assert done.returncode == 0, done.stderr
        assert f"{count} Dockerfiles in 7 repositories: {count} would".encode() in done.stdout
        assert len(rows(tmp_path / str(count), "files")) == count
        own = after.children_user + after.children_system
        taken.append(own - before.children_user - before.children_system)
    print(f"60 files: {taken[0]:.1f} s, 600 files: {taken[1]:.1f} s of processor time")
    assert taken[1] < 11 * taken[0]


@pytest.mark.slow
def test_a_single_file_is_one(tmp_path: Path) -> None:
    write_table(tmp_path / "a.jsonl", 1)
    done = fleet("a.jsonl", "--output-dir", "out", "-j", "1", cwd=tmp_path)
    assert b"1 Dockerfile in 1 repository: 1 would change, 1 of 2 layers fewer" in done.stdout


def test_tables_of_both_kinds_are_read(tmp_path: Path) -> None:
    from dockfix.fleet.sources import items

    write_table(tmp_path / "a.jsonl", 3)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    parquet.write_table(pyarrow.Table.from_pylist(lines), tmp_path / "a.parquet")
    for line in lines:
        line["content"] = line["content"].encode()
    parquet.write_table(pyarrow.Table.from_pylist(lines), tmp_path / "b.parquet")
    found = [
        list(items(str(tmp_path / name), lambda folder: []))
        for name in ("a.jsonl", "a.parquet", "b.parquet")
    ]
    assert found[0] == found[1] == found[2]
    assert found[0][2].content == source(2).encode()
    assert found[0][2].folder is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", "{", "a.jsonl:1: not JSON"),
        ("a.jsonl", "\n[]\n", "a.jsonl:2: repository and path must be strings"),
        ("a.jsonl", '{"repository": "a", "path": "b"}', "content must be the text"),
        ("a.parquet", "none", "a.parquet: "),
        ("list", "# a comment\n\nnowhere\n", "there is no such folder: nowhere"),
        ("list", "\udcff", "not UTF-8"),
        ("folder/x", "", "no checkouts"),
    ],
)
def test_what_is_no_list_is_refused(name: str, text: str, said: str, tmp_path: Path) -> None:
    from dockfix.fleet.sources import items

    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(dockfix.ConfigError, match=said):
        list(items(str(path.parent if "/" in name else path), lambda folder: []))


def test_a_wrong_command_line_is_said(tmp_path: Path) -> None:
    assert b"takes one folder" in dockfix_command("fleet", cwd=tmp_path).stderr
    missing = dockfix_command("fleet", "nowhere.jsonl", cwd=tmp_path)
    assert missing.returncode == 2
    assert b"nowhere.jsonl: No such file" in missing.stderr
    assert b"--scheduler" in dockfix_command("fleet", "--help", cwd=tmp_path).stdout
