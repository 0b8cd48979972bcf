"""A large context costs little, and nothing outside of one is looked at."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.command import ENVIRONMENT, dockfix_command

DOCKERFILE = """\
FROM node:20-slim
ARG GIT_SHA
WORKDIR /app
COPY . .
COPY start.sh /usr/local/bin/
RUN npm ci
RUN apt-get update && apt-get install -y git
RUN pip install -r requirements.txt
LABEL revision=$GIT_SHA
CMD node index.js
"""
SMALL = {
    "Dockerfile": DOCKERFILE,
    "package.json": '{"dependencies": {"a": "1.0.0"}}',
    "package-lock.json": '{"packages": {"": {"dependencies": {"a": "1.0.0"}}, '
    '"node_modules/a": {"version": "1.0.0"}}}',
    "requirements.txt": "flask==3.0\n",
    "start.sh": "",
    "index.js": "",
}


def fill(root: Path) -> None:
    for path, text in SMALL.items():
        (root / path).write_text(text)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context of 200,000 files, in 50 directories."""
    root = tmp_path_factory.mktemp("large")
    fill(root)
    for number in range(50):
        folder = root / f"data{number}"
        folder.mkdir()
        first = folder / "0"
        first.write_text("")
        for name in range(1, 4000):
            # a link to a file is made sooner than a file
            os.link(first, folder / str(name))
    return root


def _in(entry: os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    return os.scandir(entry) if entry.is_dir() else iter(())


@pytest.mark.slow
@pytest.mark.parametrize("ignored", ["", "data1*\n**/9*\n!data12/9\n"])
@pytest.mark.parametrize("options", [["--diff"], ["--check", "--select", "all"]])
def test_200_000_files(large: Path, options: list[str], ignored: str) -> None:
    (large / ".dockerignore").write_text(ignored)
    # as long as looking at each file takes a few times over, on this machine and now
    started = time.process_time()
    looked_at = sum(os.stat(entry).st_size >= 0 for one in os.scandir(large) for entry in _in(one))
    limit = max(2.0, 6 * (time.process_time() - started))
    assert looked_at > 190_000
    times = []
    for _ in range(3):
        # the time of the processor, for others may be at work on the machine
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = dockfix_command(*options, cwd=large)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.returncode == 1, done.stderr
        if times[-1] < limit:
            break
    assert min(times) < limit


#: Runs the command and writes down which files and directories it opens.
WATCHED = """
import json, os, sys
seen = []
def hook(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "subprocess.Popen", "os.fork", "socket.connect"):
        path = arguments[0]
        seen.append([event, os.path.abspath(os.fsdecode(path)) if path and not isinstance(path, int) else ""])
import dockfix.cli.main
sys.addaudithook(hook)
try:
    dockfix.cli.main.main(sys.argv[2:])
finally:
    found = list(seen)
    with open(sys.argv[1], "w") as file:
        json.dump(found, file)
"""  # noqa: E501


def watched(root: Path, log: Path, *options: str) -> list[tuple[str, str]]:
    """What a run opened, Python's own files aside."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log), *options],
        cwd=root, env=ENVIRONMENT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    own = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2] / "src"), str(log))
    return [
        (event, path)
        for event, path in json.loads(log.read_text())
        if path and not path.startswith(own) and not path.startswith("/dev/")
    ]


def test_nothing_outside_the_context_is_opened(tmp_path: Path) -> None:
    secrets = tmp_path / "outside"
    secrets.mkdir()
    (secrets / "requirements.txt").write_text("-r more.txt\n")
    (secrets / "package.json").write_text("{}")
    root = tmp_path / "context"
    root.mkdir()
    fill(root)
    (root / "Dockerfile").write_text(
        DOCKERFILE + "COPY ../outside/requirements.txt /x/\nCOPY link /y\nCOPY up/../outside /z\n"
        "COPY dir/ /w/\n"
        "RUN pip install -r /x/requirements.txt\nRUN pip install -r /w/requirements.txt\n"
        "WORKDIR /w\nRUN npm install\n"
    )
    (root / "requirements.txt").write_text("-r ../outside/requirements.txt\n-r link\n")
    (root / "link").symlink_to("../outside/requirements.txt")
    (root / "up").symlink_to("..")
    (root / "dir").symlink_to(secrets)
    (root / ".env").symlink_to(secrets / "requirements.txt")
    opened = watched(root, tmp_path / "log", "--select", "all", "--context", ".", "Dockerfile")
    places = {os.path.realpath(path) for event, path in opened}
    assert str(root / "Dockerfile") in places
    # settings are looked for in the directories above
    allowed = {
        str(path / name) for path in root.parents for name in ("pyproject.toml", ".dockfix.toml")
    }
    outside = {
        path for path in places - allowed if not path.startswith(f"{root}/") and path != str(root)
    }
    assert outside == set()
    assert {event for event, _ in opened} <= {"open", "os.listdir", "os.scandir"}


def test_strange_things_in_a_context_do_no_harm(tmp_path: Path) -> None:
    fill(tmp_path)
    expected = dockfix_command("--diff", cwd=tmp_path).stdout
    assert expected
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "a").write_text("")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / ".npmrc.pipe")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "around").symlink_to(".")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / os.fsdecode(b"not utf-8 \xff")).write_text("")
    closed.chmod(0)
    try:
        for options in (["--diff"], ["--diff", "--context", "."]):
            done = dockfix_command(*options, cwd=tmp_path)
            assert (done.stdout, done.returncode) == (expected, 1), done.stderr
        done = dockfix_command("--select", "all", "--unsafe-fixes", "--diff", cwd=tmp_path)
        assert done.returncode == 1
        assert b"internal error" not in done.stderr
    finally:
        closed.chmod(0o755)
