"""How often files changed: what is read from a repository's files, and what Git itself says."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from dockfix.context import history
from dockfix.context.directory import DirectoryContext
from helpers.command import git

PATHS = (
    "a.txt",
    "src/main.py",
    "src/lib/x.py",
    "src/lib/y.py",
    "é ü/z",
    "src.txt",
    "very/deep/d/e",
)


def commit(root: Path, message: str) -> None:
    git("add", "--all", cwd=root)
    git("commit", "--quiet", "--allow-empty", "-m", message, cwd=root)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def made(root: Path, *options: str, commits: int = 40, seed: int = 7) -> Path:
    """A repository with a history of branches, merges and files that come and go."""
    root.mkdir()
    git("init", "--quiet", "--initial-branch=main", *options, cwd=root)
    choose = random.Random(seed)
    write(root, "a.txt", "0\n" * 300)
    commit(root, "first")
    for number in range(commits):
        if number % 9 == 4:
            git("checkout", "--quiet", "-b", f"side{number}", cwd=root)
        for path in choose.sample(PATHS, choose.choice((0, 1, 1, 2))):
            if choose.random() < 0.15:
                (root / path).unlink(missing_ok=True)
            else:
                write(root, path, f"{number}\n" + "line\n" * choose.randrange(400))
        commit(root, f"{number} " + "words " * choose.randrange(40))
        if number % 9 == 6:
            git("checkout", "--quiet", "main", cwd=root)
            git("merge", "--quiet", "--no-ff", "-m", "m", f"side{number - 2}", cwd=root)
    git("checkout", "--quiet", "main", cwd=root)
    return root


def said_by_git(root: Path, path: str) -> int | None:
    if not git("ls-tree", "HEAD", path, cwd=root):
        return None
    return int(git("rev-list", "--count", "--first-parent", "HEAD", "--", path, cwd=root))


def counts(root: Path) -> dict[str, int | None]:
    context = DirectoryContext(str(root))
    return {path: context.changes(path) for path in (*PATHS, "src", "src/lib", "none", "a.txt/x")}


def as_git_says(root: Path) -> None:
    found = counts(root)
    assert found == {path: said_by_git(root, path) for path in found}
    assert sum(number or 0 for number in found.values()) > 20


def test_loose_objects(tmp_path: Path) -> None:
    as_git_says(made(tmp_path / "r"))


def test_packed_objects_with_long_chains_of_deltas(tmp_path: Path) -> None:
    root = made(tmp_path / "r", commits=80)
    git("repack", "-a", "-d", "-f", "--depth=200", "--window=200", cwd=root)
    git("pack-refs", "--all", cwd=root)
    assert not list((root / ".git/objects").glob("[0-9a-f][0-9a-f]"))
    as_git_says(root)


def test_packed_and_loose_objects(tmp_path: Path) -> None:
    root = made(tmp_path / "r")
    git("gc", "--quiet", cwd=root)
    write(root, "a.txt", "new")
    commit(root, "loose")
    as_git_says(root)


def test_names_by_sha256(tmp_path: Path) -> None:
    root = made(tmp_path / "r", "--object-format=sha256", commits=20)
    as_git_says(root)
    git("gc", "--quiet", cwd=root)
    as_git_says(root)


def test_worktrees_and_detached_heads(tmp_path: Path) -> None:
    root = made(tmp_path / "r")
    git("worktree", "add", "--quiet", str(tmp_path / "w"), "HEAD~3", cwd=root)
    as_git_says(tmp_path / "w")
    git("checkout", "--quiet", "-b", "side", cwd=tmp_path / "w")
    write(tmp_path / "w", "a.txt", "other")
    commit(tmp_path / "w", "side")
    as_git_says(tmp_path / "w")


def test_a_directory_of_a_repository(tmp_path: Path) -> None:
    root = made(tmp_path / "r")
    context = DirectoryContext(str(root / "src"))
    assert context.changes("lib") == said_by_git(root, "src/lib")
    assert context.changes("") == said_by_git(root, "src")


@pytest.mark.slow
def test_old_commits_and_many_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "r"
    root.mkdir()
    git("init", "--quiet", cwd=root)
    years = ("2019", "2020", "2023", "2024", "2024")
    for number, year in enumerate(years):
        write(root, "a.txt", str(number))
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{year}-06-{10 + number} 12:00:00 +0000")
        commit(root, year)
    assert counts(root)["a.txt"] == 2
    for number in range(history.MOST_COMMITS + 5):
        write(root, "a.txt", f"again {number}")
        commit(root, "again")
    assert counts(root)["a.txt"] == history.MOST_COMMITS


def test_a_shallow_clone_counts_what_it_has(tmp_path: Path) -> None:
    root = made(tmp_path / "r")
    git("clone", "--quiet", "--depth=6", f"file://{root}", str(tmp_path / "s"), cwd=tmp_path)
    whole, part = counts(root), counts(tmp_path / "s")
    assert part.keys() == whole.keys()
    for path, number in part.items():
        assert (number is None) == (whole[path] is None)
        assert (number or 0) <= min(whole[path] or 0, 6)
    assert any(part.values())


@pytest.mark.parametrize("damage", ["HEAD", "objects", "refs", "config"])
def test_a_damaged_repository_says_nothing(damage: str, tmp_path: Path) -> None:
    root = made(tmp_path / "r", commits=12)
    git("gc", "--quiet", cwd=root)
    choose = random.Random(1)
    folder = root / ".git"
    files = [folder / damage] if (folder / damage).is_file() else [
        path for path in (folder / damage).rglob("*") if path.is_file()
    ]  # fmt: skip
    for path in files:
        data = path.read_bytes()
        path.chmod(0o644)
        for _ in range(12):
            at = choose.randrange(len(data) + 1)
            path.write_bytes(data[:at] + choose.randbytes(choose.randrange(30)) + data[at + 9 :])
            for number in counts(root).values():
                assert number is None or 0 <= number < 20
        path.write_bytes(b"")
        counts(root)
        path.unlink()
        counts(root)
        path.write_bytes(data)


def test_no_repository_and_none_with_commits(tmp_path: Path) -> None:
    assert set(counts(tmp_path).values()) == {None}
    git("init", "--quiet", cwd=tmp_path)
    write(tmp_path, "a.txt", "")
    assert set(counts(tmp_path).values()) == {None}


def test_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = made(tmp_path / "r", commits=5)
    expected = said_by_git(root, "a.txt")

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a process was to be started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "fork", refuse)
    monkeypatch.setattr(os, "posix_spawn", refuse)
    assert DirectoryContext(str(root)).changes("a.txt") == expected
