"""Which ignore files builders read, and that lines go into those and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.context.ignore_names import is_ignore_file, read_by_builders
from helpers.command import dockfix_command

SOURCE = 'FROM node:20-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "index.js"]\n'
LOCK = '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {}}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "node_modules" / "a").mkdir(parents=True)
    (folder / "node_modules" / "a" / "index.js").write_text("1\n")
    (folder / "Containerfile").write_text(SOURCE)
    (folder / "package.json").write_text('{"name": "a", "version": "1.0.0"}')
    (folder / "package-lock.json").write_text(LOCK)
    (folder / "index.js").write_text("console.log(1)\n")
    return folder


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ("", ".dockerignore"),
        (".dockerignore", ".dockerignore"),
        (".containerignore", ".containerignore"),
        (".containerignore .dockerignore", ".dockerignore .containerignore"),
        ("a/F.dockerignore .containerignore .dockerignore", "a/F.dockerignore"),
        ("a/F.containerignore", "a/F.containerignore"),
        ("a/F.containerignore .dockerignore", ".dockerignore a/F.containerignore"),
        ("a/F.containerignore a/F.dockerignore", "a/F.dockerignore"),
        ("other/F.dockerignore F.dockerignore", ".dockerignore"),
    ],
)
def test_what_builders_read(there: str, read: str) -> None:
    assert read_by_builders("a/F", there.split().__contains__) == tuple(read.split())


def test_names_are_known_by_their_ends() -> None:
    assert is_ignore_file(".dockerignore")
    assert is_ignore_file("Web.Containerignore")
    assert not is_ignore_file(".gitignore")


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        [".dockerignore"],
        [".containerignore"],
        [".containerignore", ".dockerignore"],
        ["Containerfile.dockerignore"],
        ["Containerfile.containerignore"],
        ["Containerfile.containerignore", ".dockerignore"],
    ],
)
def test_lines_go_into_all_files_that_are_read(project: Path, names: list[str]) -> None:
    for name in names:
        (project / name).write_text(f"# {name}\n*.log\n")
    assert dockfix_command("-i", cwd=project).returncode == 0
    assert "COPY package.json package-lock.json ./\n" in (project / "Containerfile").read_text()
    for name in names:
        text = (project / name).read_text()
        assert text.startswith(f"# {name}\n*.log\n")
        assert "\nnode_modules\n" in text
    found = {path.name for path in project.iterdir() if is_ignore_file(path.name)}
    assert found == set(names)
    assert dockfix_command("--diff", cwd=project).stdout == b""


def test_files_that_nobody_reads_stay_as_they_are(project: Path) -> None:
    (project / "Containerfile.dockerignore").write_text("*.log\n")
    for name in (".dockerignore", ".containerignore", "Containerfile.containerignore"):
        (project / name).write_text("nothing\n")
    dockfix_command("-i", cwd=project)
    assert "node_modules" in (project / "Containerfile.dockerignore").read_text()
    for name in (".dockerignore", ".containerignore", "Containerfile.containerignore"):
        assert (project / name).read_text() == "nothing\n"


def test_where_builders_would_see_different_files_nothing_is_done(project: Path) -> None:
    (project / ".dockerignore").write_text("*.log\n")
    (project / ".containerignore").write_text("*.log\nnode_modules\n")
    done = dockfix_command("--select", "install-before-source,dockerignore", cwd=project)
    assert done.returncode == 0
    said = ".dockerignore and .containerignore differ"
    assert said in done.stdout.decode()
    # the same in other words is the same
    (project / ".dockerignore").write_text("# for Docker\n/*.log\n\nnode_modules/\n")
    assert dockfix_command(cwd=project).returncode == 1


def test_a_patch_names_the_file(project: Path) -> None:
    (project / ".containerignore").write_text("*.log\n")
    patch = dockfix_command("--diff", cwd=project).stdout
    assert b"+++ b/.containerignore\n" in patch
    assert b".dockerignore" not in patch
