"""Whole files, as people write them, and what the default passes make of them, to the byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.facts import places
from dockfix.syntax.parser import parse

FOLDERS = sorted((Path(__file__).parent.parent / "fixtures" / "goldens").iterdir())
EVERY_GOLDEN = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)

#: Files that are right as they are, or not for dockfix to judge.
LEFT_ALONE = {"windows"}


@EVERY_GOLDEN
def test_golden(folder: Path) -> None:
    before = (folder / "Dockerfile").read_bytes()
    expected = (folder / "expected").read_bytes()
    result = rewrite(before)
    assert result.after.encode() == expected
    assert not rewrite(expected).changed
    assert (before == expected) == (folder.name in LEFT_ALONE)


@EVERY_GOLDEN
def test_text_is_rewritten_as_bytes_are(folder: Path) -> None:
    before = (folder / "Dockerfile").read_bytes()
    assert rewrite(before.decode()).after.encode() == (folder / "expected").read_bytes()


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_shells_can_read_every_run(shell: str) -> None:
    for folder in FOLDERS:
        tree = parse((folder / "expected").read_bytes())
        known = places(tree)
        for one in tree.instructions:
            run, place = one.child or one, known.get(one.start)
            if run.keyword != "RUN" or run.json is not None or run.heredocs or place is None:
                continue
            if place.shell.dialect is None or (place.shell.dialect == "bash" and shell != "bash"):
                continue
            command = [*shell.split(), "-n", "-c", run.arguments]
            checked = subprocess.run(command, capture_output=True, check=False)
            assert checked.returncode == 0, f"{folder.name}: {checked.stderr.decode()}"
