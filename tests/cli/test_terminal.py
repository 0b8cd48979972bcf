"""What is different on a terminal: colors and a progress bar."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.command import CLEAN, MENDABLE, dockfix_command, on_a_terminal


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    return tmp_path


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_colors_on_a_terminal_only(project: Path, mode: str) -> None:
    assert "\x1b[" in on_a_terminal(mode, cwd=project)
    assert b"\x1b[" not in dockfix_command(mode, cwd=project).stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_who_decides_over_colors(
    project: Path, arguments: list[str], environment: dict[str, str], colored: bool
) -> None:
    assert ("\x1b[" in on_a_terminal(*arguments, cwd=project, **environment)) == colored


def test_colors_can_be_forced(project: Path) -> None:
    done = dockfix_command("--diff", "--color", "always", cwd=project)
    assert b"\x1b[31m-RUN apt-get update\x1b[0m\n" in done.stdout


def test_the_rewritten_text_is_never_colored(project: Path) -> None:
    done = dockfix_command("-", "--color", "always", cwd=project, given=MENDABLE)
    assert b"\x1b" not in done.stdout


def test_a_progress_bar_on_a_terminal_with_many_files_only(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    for number in range(70):
        (tmp_path / f"{number}.Dockerfile").write_bytes(CLEAN)
        if number < 5:
            (tmp_path / "few" / f"{number}.Dockerfile").write_bytes(CLEAN)
    assert "75/75" in on_a_terminal("--check", cwd=tmp_path)
    assert "/5" not in on_a_terminal("--check", "few", cwd=tmp_path)
    assert "75/75" not in on_a_terminal("--check", "--quiet", cwd=tmp_path)
    assert b"75/75" not in dockfix_command("--check", cwd=tmp_path).stderr
