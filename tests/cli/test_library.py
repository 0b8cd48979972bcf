"""The library: `rewrite_file` does what the command does, and the names that are public."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dockfix
from dockfix.edit.edits import apply
from helpers.command import BROKEN, ENVIRONMENT, MENDABLE, dockfix_command

#: A Node project: its rewrite moves a COPY, and adds a line to the ignore file.
PROJECT = {
    "Dockerfile": b"FROM node:22\r\nWORKDIR /app\r\nCOPY . .\r\nRUN npm ci\r\nCMD node a.js\r\n",
    "package.json": b'{"name": "a", "version": "1.0.0"}',
    "package-lock.json": b'{"name": "a", "lockfileVersion": 3, "packages": {}}',
    "a.js": b"",
    ".dockerignore": b"dist\n",
}


def project(folder: Path) -> Path:
    for name, data in PROJECT.items():
        (folder / name).write_bytes(data)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_makes_the_patch_of_the_command(tmp_path: Path) -> None:
    project(tmp_path)
    patch = dockfix_command("--diff", "Dockerfile", cwd=tmp_path).stdout
    result = dockfix.rewrite_file(tmp_path / "Dockerfile")
    assert b".dockerignore" in patch
    assert result.diff("Dockerfile") == patch
    assert content(tmp_path) == PROJECT


def test_in_place_writes_what_the_command_writes(tmp_path: Path) -> None:
    ours, theirs = (tmp_path / name for name in ("ours", "theirs"))
    for folder in (ours, theirs):
        folder.mkdir()
        project(folder)
    result = dockfix.rewrite_file(str(ours / "Dockerfile"), in_place=True)
    assert dockfix_command("--in-place", "Dockerfile", cwd=theirs).returncode == 0
    assert content(ours) == content(theirs) != PROJECT
    assert result.to_bytes() == content(ours)["Dockerfile"]


def test_settings_hold_and_what_is_given_goes_before(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(MENDABLE)
    (tmp_path / ".dockfix.toml").write_text('select = ["sort-packages"]\n')
    assert not dockfix.rewrite_file(path).changed
    assert dockfix.rewrite_file(path, select=["merge-runs"]).changed
    other = tmp_path / "other.toml"
    other.write_text("")
    assert dockfix.rewrite_file(path, config=other).changed


def test_a_context_can_be_named(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "docker").mkdir()
    path = (tmp_path / "Dockerfile").rename(tmp_path / "docker" / "Dockerfile")
    (tmp_path / "empty").mkdir()
    assert "package.json" in dockfix.rewrite_file(path, context=tmp_path).after
    assert "package.json" not in dockfix.rewrite_file(path, context=tmp_path / "empty").after


def test_what_is_wrong_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    with pytest.raises(FileNotFoundError):
        dockfix.rewrite_file(path)
    path.write_bytes(BROKEN)
    with pytest.raises(dockfix.DockerfileSyntaxError) as error:
        dockfix.rewrite_file(path)
    assert error.value.line == 2
    with pytest.raises(dockfix.ConfigError):
        dockfix.rewrite_file(path, select=["no-such-pass"])
    with pytest.raises(dockfix.ConfigError):
        dockfix.rewrite_file(path, context=tmp_path / "nowhere")


@pytest.mark.parametrize("source", [MENDABLE, b"FROM a\n# \xff\nRUN b \\\n\n  c\nCMD d\xfe e\n"])
def test_edits_and_bytes_are_the_change(source: bytes) -> None:
    result = dockfix.rewrite(source)
    assert apply(result.before, result.edits) == result.after
    assert result.edits == sorted(result.edits)
    assert result.to_bytes() == result.after.encode("utf-8", "surrogateescape") != source


def test_only_some_groups_can_be_made() -> None:
    source = "FROM alpine:3.20\nRUN apk add a\nCMD a b\n"
    whole = dockfix.rewrite(source)
    assert len(whole.applied) == 2
    for wanted in whole.applied:
        alone = dockfix.rewrite(source, only=lambda one, wanted=wanted: one == wanted)  # type: ignore[misc]
        assert alone.applied == (wanted,)


def test_all_public_names_are_there_and_listed() -> None:
    for name in dockfix.__all__:
        assert getattr(dockfix, name) is not None
    assert set(dockfix.__all__) <= set(dir(dockfix))
    with pytest.raises(AttributeError):
        dockfix.nothing  # noqa: B018


def test_the_names_are_listed_before_they_are_used() -> None:
    code = "import sys, dockfix; print(*dir(dockfix)); assert 'dockfix.core' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, check=True
    )
    assert set(dockfix.__all__) <= set(done.stdout.decode().split())
