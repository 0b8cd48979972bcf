"""What makes old repositories quiet: ignore comments that are written, and a record of findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockfix import rewrite
from helpers.command import dockfix_command

SOURCE = """\
FROM debian
RUN apt-get update
RUN apt-get install -y git curl
  # as ever
  CMD python a.py
"""


def told(source: str) -> list[tuple[int, str]]:
    """What is said of ignore comments: lines and messages."""
    return [(one.line, one.message) for one in rewrite(source).notes if one.name == "ignore"]


def test_comments_that_do_nothing_are_pointed_out() -> None:
    assert told(
        "FROM debian:12\n"
        "# dockfix: ignore=exec-form, nothing-like-it\n"
        "RUN a\n"
        "# dockfix: ignore=exec-form\n"
        "\n"
        "# dockfix: ignore=DF301\n"
        "CMD python a.py\n"
    ) == [
        (2, "exec-form finds nothing here: the comment can go"),
        (2, "no pass is called nothing-like-it: nothing is ignored by that name"),
        (4, "no instruction follows in the next line: nothing is ignored"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "FROM debian:12\n# dockfix: ignore=all\nCMD python a.py\n",
        "FROM debian:12\n# dockfix: ignore=DL3025\n# why\nCMD python a.py\n",
        # a pass that does not run finds nothing anywhere
        "FROM debian:12\n# dockfix: ignore=use-cache-mount\nRUN a\n",
        "FROM debian:12\n# hadolint ignore=DL3025\nRUN a\n",
        "# dockfix: ignore-file\nFROM debian:12\n# dockfix: ignore=exec-form\nRUN a\n",
        # each is needed, though without both the RUNs would be one
        "FROM debian:12\n# dockfix: ignore=merge-runs\nRUN apt-get update\n"
        "# dockfix: ignore=merge-runs\nRUN apt-get install -y --no-install-recommends a\n",
        # needed, though nothing were found if the other comment did not keep the RUNs apart
        "FROM debian:12\n# dockfix: ignore=merge-runs\nRUN apt-get update\n"
        "# dockfix: ignore=update-with-install,clean-package-cache\n"
        "RUN apt-get install -y --no-install-recommends a\n",
    ],
)
def test_comments_that_are_needed_are_not(source: str) -> None:
    assert told(source) == []


def test_comments_are_written_above_what_is_found(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(SOURCE)
    done = dockfix_command("--add-ignores", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"Rewrote Dockerfile\n")
    text = path.read_text()
    assert (
        "".join(line for line in text.splitlines(True) if "dockfix: ignore=" not in line) == SOURCE
    )
    assert "  # as ever\n  # dockfix: ignore=exec-form\n  CMD python a.py\n" in text
    assert not rewrite(text).changed
    assert not rewrite(text).offered
    assert dockfix_command(cwd=tmp_path).returncode == 0
    assert told(text) == []
    again = dockfix_command("--add-ignores", cwd=tmp_path)
    assert (again.stderr, path.read_text()) == (b"", text)


def test_notes_get_theirs_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"FROM debian\r\n# dockfix: ignore=exec-form  # because\r\nRUN cd /a\r\n")
    dockfix_command("--add-ignores", "--notes", cwd=tmp_path)
    assert path.read_bytes() == (
        b"# dockfix: ignore=tag-base\r\nFROM debian\r\n"
        b"# dockfix: ignore=exec-form,find-lost-state  # because\r\nRUN cd /a\r\n"
    )


def test_what_a_baseline_records_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(SOURCE)
    record = ["--baseline=known.json", "--update-baseline"]
    recorded = dockfix_command(*record, cwd=tmp_path)
    assert recorded.returncode == 0
    known = json.loads((tmp_path / "known.json").read_text())
    found = known["files"]["Dockerfile"]
    assert {one["pass"] for one in found} >= {"merge-runs", "tag-base"}
    assert recorded.stderr.endswith(b"\nRecorded %d findings in known.json.\n" % len(found))
    quiet = dockfix_command("--baseline=known.json", cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout) == (0, b"")
    # what moved is known, what is new is told
    path.write_text("# a line more\n" + SOURCE + "RUN cd /a && export B=1\nENTRYPOINT a b\n")
    done = dockfix_command(
        "--baseline=known.json", "--output-format=json", "--fail-on=note", cwd=tmp_path
    )
    report = json.loads(done.stdout)["files"][0]
    assert {one["name"] for one in report["findings"]} == {"exec-form", "find-lost-state"}
    assert len(report["fixes"]) == len({one["fix"] for one in report["findings"]} - {None})
    assert done.returncode == 1


def test_a_patch_in_a_report_is_that_of_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(SOURCE)
    dockfix_command("--baseline=b", "--update-baseline", cwd=tmp_path)
    (tmp_path / "Dockerfile").write_text(SOURCE + "HEALTHCHECK CMD a b\n")
    done = dockfix_command("--baseline=b", "--output-format=markdown", cwd=tmp_path)
    changed = [line for line in done.stdout.decode().split("\n") if line[:1] in "+-" and line[1:]]
    assert '+HEALTHCHECK CMD ["a", "b"]' in changed
    assert not any("apt-get" in line for line in changed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--baseline=none", "none: not found; --update-baseline writes it"),
        ("--baseline=bad", "bad: not a baseline of dockfix"),
        ("--baseline=old", "old: a baseline of another version"),
        ("--update-baseline", "--update-baseline is for the file of --baseline FILE"),
        ("--baseline=bad --in-place", "--baseline is about findings, not about --in-place"),
        ("--add-ignores --diff", "--diff and --add-ignores exclude each other"),
        ("--add-ignores -", "--add-ignores writes comments into files"),
    ],
)
def test_what_does_not_go_is_said(arguments: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(SOURCE)
    (tmp_path / "bad").write_text("[]")
    (tmp_path / "old").write_text('{"version": 0, "files": {}}')
    done = dockfix_command(*arguments.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr.decode()
