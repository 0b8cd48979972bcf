"""In-place writing: atomic, and faithful in all that is not the text."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dockfix.cli import files

OLD = b"FROM old\n" * 20_000
NEW = b"FROM new\n" * 30_000


def no_leftovers(directory: Path) -> bool:
    return not [path for path in directory.iterdir() if path.name.startswith(".dockfix-")]


def test_the_text_changes_and_the_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"FROM a\n")
    path.chmod(0o4751)
    files.replace(str(path), b"FROM a\n", b"FROM b\n")
    assert path.read_bytes() == b"FROM b\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o4751
    assert no_leftovers(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"a")
    os.chown(path, 12345, 54321)
    path.chmod(0o640)
    files.replace(str(path), b"a", b"b")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o640)


def test_an_owner_that_cannot_be_kept_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"a")
    status = path.stat()
    real = os.fstat

    def of_somebody_else(descriptor: int) -> os.stat_result:
        values = list(real(descriptor))
        values[stat.ST_UID] = status.st_uid + 1
        return os.stat_result(values)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fstat", of_somebody_else)
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(PermissionError, match="owner and group could not be kept"):
        files.replace(str(path), b"a", b"b")
    assert path.read_bytes() == b"a"
    assert no_leftovers(tmp_path)


def test_extended_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"a")
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    files.replace(str(path), b"a", b"b")
    assert os.getxattr(path, "user.note") == b"kept"


def test_symbolic_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "file"
    target.write_bytes(b"a")
    middle = tmp_path / "middle"
    middle.symlink_to("real/file")
    link = tmp_path / "Dockerfile"
    link.symlink_to(middle)
    files.replace(str(link), b"a", b"b")
    assert link.is_symlink()
    assert middle.is_symlink()
    assert not target.is_symlink()
    assert target.read_bytes() == b"b"


def test_read_only_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"a")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        files.replace(str(path), b"a", b"b")
    assert path.read_bytes() == b"a"


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "Dockerfile"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        files.replace(str(pipe), b"a", b"b")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"edited meanwhile")
    with pytest.raises(OSError, match="somebody else"):
        files.replace(str(path), b"a", b"b")
    assert path.read_bytes() == b"edited meanwhile"
    assert no_leftovers(tmp_path)


def test_another_run_that_came_first_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"b")
    inode = path.stat().st_ino
    files.replace(str(path), b"a", b"b")
    assert path.stat().st_ino == inode
    assert no_leftovers(tmp_path)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"a")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace(str(path), b"a", b"b")
    assert path.read_bytes() == b"a"
    assert no_leftovers(tmp_path)


def test_write_makes_a_file_with_the_usual_mode(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        files.write(str(tmp_path / "new"), b"x")
    finally:
        os.umask(previous)
    assert (tmp_path / "new").read_bytes() == b"x"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_write_replaces_a_file_and_feeds_a_device(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"y")
    files.write(str(tmp_path / "there"), b"x")
    assert (tmp_path / "there").read_bytes() == b"x"
    files.write(os.devnull, b"x")
    with pytest.raises(FileNotFoundError):
        files.write(str(tmp_path / "no" / "such"), b"x")


WRITER = """
import sys
from dockfix.cli import files
path, first, second = sys.argv[1:]
texts = [open(first, "rb").read(), open(second, "rb").read()]
print("ready", flush=True)
while True:
    for before, after in (texts, texts[::-1]):
        try:
            files.replace(path, before, after)
        except OSError as error:
            if "somebody else" not in str(error):
                raise
"""


def writer(tmp_path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER]
    arguments = [str(tmp_path / name) for name in ("Dockerfile", "old", "new")]
    process = subprocess.Popen(
        command + arguments,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(files.__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.fixture
def contested(tmp_path: Path) -> Path:
    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "new").write_bytes(NEW)
    path = tmp_path / "Dockerfile"
    path.write_bytes(OLD)
    return path


def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(contested: Path) -> None:
    seen = set()
    for attempt in range(25):
        process = writer(contested.parent)
        time.sleep(attempt * 0.0013)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        text = contested.read_bytes()
        assert text in (OLD, NEW)
        seen.add(text)
    assert seen == {OLD, NEW}


def test_concurrent_runs_never_show_half_a_file(contested: Path) -> None:
    processes = [writer(contested.parent) for _ in range(3)]
    try:
        end = time.monotonic() + 1.5
        seen = set()
        while time.monotonic() < end:
            text = contested.read_bytes()
            assert text in (OLD, NEW)
            seen.add(text)
        assert seen == {OLD, NEW}
        assert [process.poll() for process in processes] == [None, None, None]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
