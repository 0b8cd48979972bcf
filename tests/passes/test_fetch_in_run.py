"""fetch-in-run: real shells leave what they left before, without the archive."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse

URL = "http://example.com/files"
#: Stand-ins for curl and wget that take the archives from a directory.
FETCH = """#!/bin/sh
out= url=
while [ $# -gt 0 ]; do
    case $1 in
    -o | -O | -fLo | -qO) out=$2; shift ;;
    -qO-) out=- ;;
    http*) url=$1 ;;
    esac
    shift
done
case $0 in *curl) out=${out:--} ;; *) out=${out:-${url##*/}} ;; esac
[ -f "$ARCHIVES/${url##*/}" ] || exit 22
[ "$out" != - ] || exec cat "$ARCHIVES/${url##*/}"
cat "$ARCHIVES/${url##*/}" > "$out"
"""


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    (tmp_path / "made" / "app").mkdir(parents=True)
    (tmp_path / "made" / "app" / "run").write_text("run")
    folder.mkdir()
    for name, letter in (("a.tgz", "z"), ("a.tar.xz", "J"), ("a.tar.bz2", "j"), ("a.tar", "")):
        subprocess.run(
            ["tar", f"-c{letter}f", folder / name, "app"], cwd=tmp_path / "made", check=True
        )
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("curl", "wget"):
        (programs / program).write_text(FETCH)
        (programs / program).chmod(0o755)
    return folder


def build(source: str, archives: Path, root: Path, shell: str) -> tuple[bool, set[str]]:
    """Carries a stage out below `root`; whether all went well, and the files there."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    environment = os.environ | {
        "PATH": f"{archives.parent}/bin:{os.environ['PATH']}", "ARCHIVES": str(archives), "V": "a"
    }  # fmt: skip
    for instruction in parse(source).instructions[1:]:
        if instruction.keyword == "ADD":
            url, target = (word.text for word in instruction.words)
            name = url.rpartition("/")[2].replace("$V", "a")
            path = Path(target + name if target.endswith("/") else target)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(archives / name, path)
        else:
            argv = [*shell.split(), instruction.arguments]
            done = subprocess.run(argv, cwd=root, env=environment, capture_output=True, check=False)
            if done.returncode:
                return False, set()
    return True, {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


FILES = [
    f"ADD {URL}/a.tgz @/x/\nRUN tar -xzf @/x/a.tgz -C @/x",
    f"ADD {URL}/a.tgz @/x/\nRUN mkdir -p @/y && tar xvf @/x/a.tgz -C @/y && rm -f @/x/a.tgz",
    f"ADD {URL}/a.tar.xz @/a.tar.xz\nRUN tar xf @/a.tar.xz \\\n && rm @/a.tar.xz \\\n && ls app",
    f"ADD {URL}/a.tar.bz2 @/x/b.tar.bz2\nRUN tar --strip-components=1 -xf @/x/b.tar.bz2",
    f"ADD {URL}/a.tar @/x/\nRUN tar xf @/x/a.tar",
    f"ADD {URL}/$V.tgz @/x/\nRUN tar -x -f @/x/$V.tgz",
    f"RUN wget {URL}/$V.tgz && tar xzf $V.tgz && cat app/run",
    f"RUN curl -fLo @/a.tgz {URL}/a.tgz \\\n && tar -C @ -xzf @/a.tgz",
    f"RUN curl {URL}/a.tgz > a.tgz && \\\n  tar -xzf a.tgz && \\\n  cat app/run",
]


@pytest.mark.parametrize("shell", ["dash -c", "bash -c"])
def test_the_same_files_without_the_archive(shell: str, archives: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for file in FILES:
        before = f"FROM buildpack-deps\n{file}\n".replace("@", str(root))
        after = rewrite(before, select=["fetch-in-run"]).after
        assert before != after
        assert "ADD" not in after
        old = build(before, archives, root, shell)
        new = build(after, archives, root, shell)
        assert old[0]
        assert new[0], after
        assert new[1] == {
            name for name in old[1] if not name.endswith((".tgz", ".xz", ".bz2", ".tar"))
        }


@pytest.mark.parametrize("shell", ["dash -c", "bash -c"])
def test_a_download_that_fails_stops_the_build(shell: str, archives: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for file in FILES:
        before = f"FROM buildpack-deps\n{file}\n".replace("@", str(root))
        after = rewrite(before, select=["fetch-in-run"]).after
        assert "ADD" not in after
        assert not build(after.replace(f"{URL}/", f"{URL}/no"), archives, root, shell)[0]


def test_without_a_name_it_is_only_offered() -> None:
    source = f"FROM fedora\nRUN wget {URL}/a.tgz && tar xzf a.tgz\n"
    assert not rewrite(source).changed
    assert [found.name for found in rewrite(source).offered] == ["fetch-in-run"]


@pytest.mark.parametrize(
    "text",
    [
        f"RUN cd /b && wget {URL}/a.tgz && tar xf a.tgz && cd / && rm -r /b",
        f"RUN wget -O /b/a.tgz {URL}/a.tgz && tar xf /b/a.tgz && rm -r /b",
        f"RUN wget {URL}/a.tgz -P /b && tar xf a.tgz",
        f"RUN wget {URL}/a.tgz {URL}/b.tgz && tar xf a.tgz",
        f"RUN wget {URL}/a.tgz?x=y && tar xf a.tgz",
        f"RUN wget {URL}/a.tgz; tar xf a.tgz",
        f"RUN wget {URL}/a.tgz && tar tf a.tgz",
        f"RUN curl {URL}/a.tgz | tar xz",
        f"RUN wget {URL}/a.tgz && tar xf a.tgz && mv a.tgz /srv",
        f"RUN wget {URL}/a.tgz && tar xf a.tgz\nCOPY --from=x /a.tgz /",
    ],
)
def test_left_alone(text: str) -> None:
    assert not rewrite(f"FROM fedora\n{text}\n", select=["fetch-in-run"]).changed


@pytest.mark.parametrize(
    ("stage", "tool"),
    [
        ("FROM python:3.12", "curl"),
        ("FROM python:3.12-slim", None),
        ("FROM golang:$V", None),
        ("FROM alpine:3.20", "wget"),
        ("FROM debian\nRUN apt-get update && apt-get install -y ca-certificates wget", "wget"),
        ("FROM debian\nRUN apt-get update && apt-get install -y curl", None),
        ("FROM alpine AS a\nRUN apk add curl\nFROM a", "curl"),
        ("FROM example.org/python", None),
    ],
)
def test_what_an_archive_is_fetched_with(stage: str, tool: str | None) -> None:
    add = "ADD https://example.com/a.tgz /tmp/\nRUN tar xzf /tmp/a.tgz\n"
    after = rewrite(f"{stage}\n{add}", select=["fetch-in-run"]).after
    assert (f"RUN {tool} " in after) == (tool is not None)
    assert ("ADD" in after) == (tool is None)
