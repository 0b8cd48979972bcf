"""The sentence that says what a run came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.reports.run import Counts
from dockfix.reports.text import summary
from helpers.command import dockfix_command

ONE = Counts(files=2, changed=1, affected=1)


@pytest.mark.parametrize(
    ("counts", "check", "diff"),
    [
        (ONE._replace(made=3), "3 findings in 1 of 2 files: 3 safe", "(3 changes)"),
        (ONE._replace(made=3, risky=1), "3 findings in 1 of 2 files: 2 safe, 1 unsafe",
         "(3 changes, 1 unsafe)"),
        (ONE._replace(made=1, risky=1), "1 finding in 1 of 2 files: 1 unsafe",
         "(1 change, unsafe)"),
        (ONE._replace(made=2, risky=2, offered=1), "3 findings in 1 of 2 files: 3 unsafe",
         "(2 changes, all unsafe; 1 more with --unsafe-fixes)"),
        (ONE._replace(made=2, offered=1), "3 findings in 1 of 2 files: 2 safe, 1 unsafe",
         "(2 changes; 1 more with --unsafe-fixes)"),
    ],
)  # fmt: skip
def test_unsafe_changes_are_called_so(counts: Counts, check: str, diff: str) -> None:
    assert summary(counts, "check") == f"Found {check}.\n"
    assert summary(counts, "diff") == f"Would rewrite 1 of 2 files {diff}.\n"


def test_an_unsafe_pass_that_is_named(tmp_path: Path) -> None:
    source = "FROM debian:12\nRUN apt-get update && apt-get install -y git\n"
    (tmp_path / "Dockerfile").write_text(source)
    done = dockfix_command("--check", "--select", "no-install-recommends", cwd=tmp_path)
    assert b"Found 1 finding in 1 of 1 file: 1 unsafe." in done.stderr + done.stdout
