"""Patches, judged by `git apply` and `patch`."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dockfix.core.diff import changes, unified

NAMES = [
    b"Dockerfile",
    b"a b/Docker file",
    b"trailing space ",
    " Dockerfile-한글".encode(),
    "ünï/Dockerfile".encode(),
    b"Dockerfile.\xff\xfe",
    b'quo"te\\Dockerfile',
    b"tab\tand\nline feed\x7f",
    b"-Dockerfile",
    b"b/a/Dockerfile",
]

PAIRS = [
    (b"", b"FROM a\n"),
    (b"FROM a\n", b""),
    (b"", b"FROM a"),
    (b"FROM a", b""),
    (b"FROM a", b"FROM b"),
    (b"FROM a\n", b"FROM a"),
    (b"FROM a", b"FROM a\n"),
    (b"FROM a\nRUN x", b"FROM b\nRUN x"),
    (b"FROM a\nRUN x", b"FROM a\nRUN x\nRUN y"),
    (b"FROM a\r\nRUN x\r\n", b"FROM a\r\nRUN y\r\n"),
    (b"FROM a\r\nRUN x\r\n", b"FROM a\nRUN x\n"),
    (b"FROM a\r\nRUN x\r", b"FROM a\r\nRUN y\r"),
    (b"FROM a\rRUN x\rRUN y\n", b"FROM a\rRUN x\n"),
    (b"FROM a\n\x0cRUN x\n", b"FROM a\n\x0cRUN y\n"),
    (b"FROM a\n\x0b\x1c\x1d\x1e\x85RUN\n", b"FROM a\n\x0bRUN \x1c\xe2\x80\xa8\n"),
    (b"RUN \xff\xfe\nRUN \xc3\n", b"RUN \xff\xfe\nRUN \xc3\x28\n"),
    (b"\xef\xbb\xbfFROM a\n", b"FROM a\n"),
    (b"-- a\n++ b\n", b"-- b\n++ a\n"),
    (b"- a\n@@ -1 +1 @@\n\\ No\n", b"--- a\n@@ -1 +1 @@\n"),
    (b"RUN x \n\n\n\nRUN\t\n", b"RUN x\n\n\n\n RUN\t\n"),
    (b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", b"a\nB\nc\nd\ne\nf\ng\nh\nI\nj\n"),
    (b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n", b"A\nb\nc\nd\ne\nf\ng\nh\ni\nj\nK\n"),
    (b"same\n" * 20, b"same\n" * 9 + b"other\n" + b"same\n" * 11),
    (b"diff --git a/x b/x\n", b"diff --git a/y b/y\n"),
]


def git(directory: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, cwd=directory, input=given, capture_output=True, check=False)


def file_of(directory: Path, name: bytes) -> Path:
    import os

    path = directory / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def assert_applies(directory: Path, name: bytes, before: bytes, after: bytes) -> None:
    path = file_of(directory, name)
    path.write_bytes(before)
    patch = unified(before, after, name)
    check = git(directory, "apply", "--check", given=patch)
    assert check.returncode == 0, (check.stderr, patch)
    applied = git(directory, "apply", given=patch)
    assert applied.returncode == 0, (applied.stderr, patch)
    assert path.read_bytes() == after, patch
    back = git(directory, "apply", "-R", given=patch)
    assert back.returncode == 0, (back.stderr, patch)
    assert path.read_bytes() == before, patch


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("repository")
    assert git(directory, "init", "--quiet").returncode == 0
    return directory


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_git_apply_makes_exactly_the_new_text(
    repository: Path, before: bytes, after: bytes
) -> None:
    assert_applies(repository, b"Dockerfile", before, after)


@pytest.mark.parametrize("name", NAMES)
def test_git_apply_finds_every_name(repository: Path, name: bytes) -> None:
    assert_applies(repository, name, b"FROM a\nRUN x", b"FROM a\nRUN y\n")


@pytest.mark.parametrize("name", NAMES)
def test_git_apply_outside_of_a_repository(tmp_path: Path, name: bytes) -> None:
    assert_applies(tmp_path, name, b"FROM a\nRUN x", b"FROM a\nRUN y\n")


PIECES = st.sampled_from(
    [b"RUN a\n", b"RUN b\n", b"\n", b"\r\n", b"a\r\n", b"a\rb\n", b"\x0c\n", b"\xff\n", b" \n"]
)
TEXTS = st.builds(
    lambda lines, last: b"".join(lines) + last,
    st.lists(PIECES, max_size=30),
    st.sampled_from([b"", b"", b"RUN a", b"\r", b"\xff"]),
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=TEXTS | st.binary(max_size=40), after=TEXTS | st.binary(max_size=40))
@example(before=b"", after=b"\r")
def test_git_apply_for_any_two_texts(repository: Path, before: bytes, after: bytes) -> None:
    patch = unified(before, after, "Dockerfile")
    if before == after:
        assert patch == b""
        return
    if b"\0" in before + after:
        return
    path = repository / "Dockerfile"
    path.write_bytes(before)
    applied = git(repository, "apply", given=patch)
    assert applied.returncode == 0, (applied.stderr, patch)
    assert path.read_bytes() == after, patch


def test_a_patch_of_several_files_applies_from_any_directory_of_the_repository(
    repository: Path,
) -> None:
    names = [b"several/one/Dockerfile", b"several/t wo/Dockerfile"]
    for name in names:
        file_of(repository, name).write_bytes(b"FROM a\n")
    patch = b"".join(unified(b"FROM a\n", b"FROM b\n", name) for name in names)
    assert git(repository / "several", "apply", given=patch).returncode == 0
    assert {file_of(repository, name).read_bytes() for name in names} == {b"FROM b\n"}


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@pytest.mark.parametrize("name", [b"Dockerfile", b"sp ace/Dockerfile", "ü/Dockerfile".encode()])
def test_patch_takes_it_too(tmp_path: Path, name: bytes) -> None:
    path = file_of(tmp_path, name)
    path.write_bytes(b"FROM a\nRUN x")
    subprocess.run(
        ["patch", "-p1", "--binary"],
        cwd=tmp_path,
        input=unified(b"FROM a\nRUN x", b"FROM a\nRUN y\n", name),
        check=True,
        capture_output=True,
    )
    assert path.read_bytes() == b"FROM a\nRUN y\n"


def test_hunks_hold_three_lines_of_context_and_close_ones_are_one() -> None:
    before = b"".join(b"%d\n" % number for number in range(1, 31))
    after = before.replace(b"\n5\n", b"\nfive\n").replace(b"\n12\n", b"\ntwelve\n")
    assert unified(before, after, "f").count(b"@@ -") == 1
    apart = before.replace(b"\n5\n", b"\nfive\n").replace(b"\n13\n", b"\n")
    assert unified(before, apart, "f") == (
        b"diff --git a/f b/f\n--- a/f\n+++ b/f\n"
        b"@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        b"@@ -10,7 +10,6 @@\n 10\n 11\n 12\n-13\n 14\n 15\n 16\n"
    )


def test_ranges_without_lines_are_those_of_git() -> None:
    assert b"@@ -0,0 +1 @@\n" in unified(b"", b"a\n", "f")
    assert b"@@ -1,2 +0,0 @@\n" in unified(b"a\nb\n", b"", "f")
    assert b"@@ -1,0 +2 @@\n" in unified(b"a\nb\n", b"a\nc\nb\n", "f", context=0)


@given(
    old=st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=9),
    new=st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=9),
)
def test_no_diff_has_fewer_lines(old: list[bytes], new: list[bytes]) -> None:
    common = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(old):
        for j, right in enumerate(new):
            common[i + 1][j + 1] = (
                common[i][j] + 1 if left == right else max(common[i][j + 1], common[i + 1][j])
            )
    least = len(old) + len(new) - 2 * common[-1][-1]
    found = changes(old, new)
    assert least == sum(c.end - c.start + c.other_end - c.other_start for c in found)
    assert rebuilt(old, new) == new


def rebuilt(old: list[bytes], new: list[bytes]) -> list[bytes]:
    built: list[bytes] = []
    at = 0
    for change in changes(old, new):
        assert at <= change.start
        built += old[at : change.start]
        assert len(built) == change.other_start
        built += new[change.other_start : change.other_end]
        at = change.end
    return built + old[at:]


@pytest.mark.parametrize("kinds", [2, 50, 10**9])
def test_many_lines_take_no_long_time(kinds: int) -> None:
    numbers = random.Random(1)
    old = [b"%d" % numbers.randrange(kinds) for _ in range(100_000)]
    new = [line if at % 1000 else b"new" for at, line in enumerate(old)]
    other = [b"%d" % numbers.randrange(kinds) for _ in range(100_000)]
    start = time.process_time()
    assert rebuilt(old, new) == new
    assert sum(c.end - c.start for c in changes(old, new)) <= 100
    assert rebuilt(old, other) == other
    assert time.process_time() - start < 10
