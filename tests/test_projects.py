"""Small projects, as people have them: what becomes of their Dockerfiles with the context at hand.

Each folder of fixtures/projects is a build context. Its folder `expected` has the Dockerfile, the
.dockerignore if that changes, and in `says` what is said: a line for each finding, with what became
of it. `passes` names the passes that are tried; without it, install-before-source is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from command import dockfix_command
from dockfix import Rewrite, rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings

PROJECTS = sorted((Path(__file__).parents[1] / "fixtures" / "projects").iterdir())
EVERY_PROJECT = pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)


def rewritten(root: Path, *, unsafe: bool = False) -> Rewrite:
    """What becomes of a project."""
    named = next(one for one in PROJECTS if one.name == root.name) / "expected" / "passes"
    return rewrite(
        (root / "Dockerfile").read_bytes(),
        select=named.read_text().split() if named.exists() else ["install-before-source"],
        unsafe_fixes=unsafe,
        settings=Settings(context=DirectoryContext(str(root))),
    )


def copy_of(folder: Path, target: Path) -> Path:
    """The project without what is expected of it."""
    shutil.copytree(folder, target / folder.name, ignore=shutil.ignore_patterns("expected"))
    return target / folder.name


def said(result: Rewrite) -> str:
    """The findings, a line for each."""
    lines = [
        f"{what}: {finding.message}\n"
        for what in ("applied", "offered", "notes")
        for finding in getattr(result, what)
    ]
    return "".join(lines)


@EVERY_PROJECT
def test_a_project_becomes_what_is_expected(folder: Path, tmp_path: Path) -> None:
    root = copy_of(folder, tmp_path)
    expected = folder / "expected"
    result = rewritten(root)
    assert result.after == (expected / "Dockerfile").read_text()
    others = {other.path: other.after for other in result.others}
    ignore_file = expected / ".dockerignore"
    assert others == ({".dockerignore": ignore_file.read_text()} if ignore_file.exists() else {})
    assert said(result) == (expected / "says").read_text()


@EVERY_PROJECT
def test_a_second_run_changes_nothing(folder: Path, tmp_path: Path) -> None:
    for unsafe in (False, True):
        root = copy_of(folder, tmp_path / str(unsafe))
        result = rewritten(root, unsafe=unsafe)
        (root / "Dockerfile").write_text(result.after)
        for other in result.others:
            (root / other.path).write_text(other.after)
        assert not rewritten(root, unsafe=unsafe).changed


@EVERY_PROJECT
def test_nothing_is_divided_without_the_context(folder: Path) -> None:
    source = (folder / "Dockerfile").read_text()
    result = rewrite(source, select=["install-before-source"])
    copies = [text.count("\nCOPY ") + text.count("\nADD ") for text in (source, result.after)]
    assert copies[0] == copies[1]


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    folder = next(one for one in PROJECTS if one.name == "npm-node-modules-in-context")
    root = copy_of(folder, tmp_path)
    done = dockfix_command("--in-place", "--select", "install-before-source", cwd=root)
    assert done.returncode == 0
    assert (root / "Dockerfile").read_text() == (folder / "expected/Dockerfile").read_text()
    assert (root / ".dockerignore").read_text() == (folder / "expected/.dockerignore").read_text()
