"""Where reports go, and what of them decides over the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockfix.cli.options import TABLE
from helpers.command import BROKEN, MENDABLE, dockfix_command, git

#: A note, and nothing else.
NOTED = b"FROM debian:12\nUSER root\n"
#: A warning that is a note: nothing is changed.
SECRET = b"FROM debian:12\nENV API_TOKEN=abc\n"
#: An error, and a change.
MISSPELT = b"FROM debian:12\nRUN apt-get instal -y --no-install-recommends git\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "fail_on", "status", "in_place"),
    [
        (NOTED, "", 0, 0),
        (NOTED, "error", 0, 0),
        (NOTED, "warning", 0, 0),
        (NOTED, "note", 1, 1),
        (SECRET, "", 0, 0),
        (SECRET, "error", 0, 0),
        (SECRET, "warning", 1, 1),
        (MENDABLE, "", 1, 0),
        (MENDABLE, "error", 0, 0),
        (MENDABLE, "warning", 1, 0),
        (MENDABLE, "note", 1, 0),
        (MISSPELT, "error", 1, 0),
        (BROKEN, "error", 2, 2),
    ],
)
def test_severity_decides_over_the_exit_status(
    source: bytes, fail_on: str, status: int, in_place: int, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_bytes(source)
    arguments = [f"--fail-on={fail_on}"] if fail_on else []
    # the same whatever the form
    for kind in ("text", "json"):
        done = dockfix_command("--check", f"--output-format={kind}", *arguments, cwd=tmp_path)
        assert done.returncode == status, done.stdout
    assert dockfix_command("--check", "--exit-zero", *arguments, cwd=tmp_path).returncode in (0, 2)
    assert dockfix_command("--in-place", *arguments, cwd=tmp_path).returncode == in_place


def test_notes_are_listed_and_counted_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE + b"USER root\n")
    done = dockfix_command("--diff", "--notes", cwd=tmp_path)
    assert b"Dockerfile:4:1: DF524 drop-root" in done.stderr
    assert b"DF101" not in done.stderr
    assert done.stderr.endswith(b"; 1 note.\n")
    git("apply", "--check", cwd=tmp_path, given=done.stdout)
    assert b"DF524" not in dockfix_command("--in-place", cwd=tmp_path).stderr
    done = dockfix_command("--in-place", "--notes", cwd=tmp_path)
    assert b"DF524 drop-root" in done.stderr
    assert done.stderr.endswith(b"Nothing to do in 1 file; 1 note.\n")


def test_a_report_goes_to_its_file(project: Path) -> None:
    done = dockfix_command("--output-format=json", "--output-file=r.json", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    assert json.loads((project / "r.json").read_text())["counts"]["made"] > 0
    done = dockfix_command("--diff", "--output-format=sarif", "--output-file=r", cwd=project)
    git("apply", "--check", cwd=project, given=done.stdout)
    assert json.loads((project / "r").read_text())["version"] == "2.1.0"
    done = dockfix_command("--output-file=lines", "--color=auto", cwd=project)
    assert (project / "lines").read_text().startswith("Dockerfile:2:1: DF101")
    done = dockfix_command(
        "-", "--output-format=json", "--output-file=r.json", cwd=project, given=MENDABLE
    )
    assert done.stdout.startswith(b"FROM debian:12\nRUN apt-get update \\\n")
    assert json.loads((project / "r.json").read_text())["files"][0]["path"] == "<stdin>"
    done = dockfix_command("--output-file=no/such/place", cwd=project)
    assert done.returncode == 2
    assert b"no/such/place" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--diff --output-format json", "the patch goes to standard output"),
        ("- --output-format json", "the rewritten text goes to standard output"),
        ("--diff --output-format sarif --output -", "the patch goes to standard output"),
        ("--statistics --output-format json", "--statistics is for --output-format text only"),
        ("--diff --output x --output-file x", "must not be the same file"),
        ("--output-format yaml", "--output-format takes text or json or"),
        ("--fail-on all", "--fail-on takes error or warning or note"),
    ],
)
def test_what_cannot_be_is_said(arguments: str, said: str, project: Path) -> None:
    done = dockfix_command(*arguments.split(), cwd=project)
    assert done.returncode == 2
    assert said in done.stderr.decode()


def test_every_format_has_a_row_in_its_document() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text()
    (row,) = [row for row in TABLE if row.name == "output_format"]
    assert len(row.choices) > 6
    assert all(f"\n| `{name}` |" in text for name in row.choices)
