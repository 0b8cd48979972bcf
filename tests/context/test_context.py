"""The build context as passes see it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockfix.context.directory import DirectoryContext


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.txt").write_bytes(b"text \xff\r\n")
    (root / "inside").symlink_to("sub/a.txt")
    (root / "around").symlink_to("./sub/../sub")
    (root / "outside-and-back").symlink_to("../context/sub")
    (root / "absolute").symlink_to(root / "sub")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "context-other").write_text("other")
    (root / "outside").symlink_to("../secret")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    (root / "large").write_bytes(b"x" * 1_000_001)
    return root


def test_files_and_directories(root: Path) -> None:
    context = DirectoryContext(str(root))
    for path in ("sub/a.txt", "/sub/a.txt", "./sub//a.txt", "inside", "around/a.txt"):
        assert context.read(path) == "text \udcff\r\n"
        assert context.kind(path) == "file"
    for path in ("sub", "sub/", "around", ".", "", "/"):
        assert context.kind(path) == "directory"
        assert context.read(path) is None
    assert context.kind("large") == "file"


@pytest.mark.parametrize(
    "path",
    ["none", "sub/a.txt/x", "outside", "outside-and-back/a.txt", "absolute/a.txt", "up",
     "up/secret", "../secret", "../context-other", "loop", "nul\0", "x" * 5000,
     "\udcff", "../context/../secret"],
)  # fmt: skip
def test_what_is_not_there_or_not_inside(root: Path, path: str) -> None:
    context = DirectoryContext(str(root))
    assert context.read(path) is None
    assert context.kind(path) is None


def test_what_is_no_text_or_too_large(root: Path) -> None:
    context = DirectoryContext(str(root))
    assert context.read("pipe") is None
    assert context.kind("pipe") is None
    assert context.read("large") is None


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    context = DirectoryContext(str(tmp_path / "none"))
    assert context.read("a") is None
    assert context.kind("") is None


def test_the_beginning_of_a_file(root: Path) -> None:
    context = DirectoryContext(str(root))
    assert context.head("large", 4) == "xxxx"
    assert context.head("sub/a.txt", 6) == "text \udcff"
    assert context.head("sub/a.txt", 100) == "text \udcff\r\n"
    for path in ("sub", "none", "outside", "pipe", "loop"):
        assert context.head(path, 4) is None


def test_the_names_in_a_directory(root: Path) -> None:
    context = DirectoryContext(str(root))
    assert context.entries("sub") == ("a.txt",)
    assert context.entries("around") == ("a.txt",)
    assert context.entries("") == tuple(sorted(path.name for path in root.iterdir()))
    for path in ("none", "sub/a.txt", "up", "pipe", "loop"):
        assert context.entries(path) is None


def test_a_directory_with_very_many_files(tmp_path: Path) -> None:
    for number in range(10_001):
        (tmp_path / str(number)).touch()
    assert DirectoryContext(str(tmp_path)).entries("") is None
    (tmp_path / "0").unlink()
    context = DirectoryContext(str(tmp_path))
    assert len(context.entries("") or ()) == 10_000
    # what was listed once is not listed again
    (tmp_path / "1").unlink()
    assert len(context.entries("") or ()) == 10_000
