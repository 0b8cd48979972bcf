"""What the README shows is what dockfix does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

from dockfix import rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_diff_is_the_one_that_dockfix_makes() -> None:
    folder = ROOT / "fixtures" / "readme"
    result = rewrite(
        (folder / "Dockerfile").read_bytes(),
        settings=Settings(context=DirectoryContext(str(folder))),
    )
    assert result.diff("Dockerfile").decode() == _block("diff")


def test_the_library_example_runs(tmp_path: Path) -> None:
    copytree(ROOT / "fixtures/readme", tmp_path, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _block("python")], cwd=tmp_path, capture_output=True, check=True
    )
    assert b"merge-runs merge 3 consecutive RUNs" in done.stdout
    assert _block("diff").encode() in done.stdout
    assert b'CMD ["python", "-m", "shop"]' in (tmp_path / "Dockerfile").read_bytes()


def test_the_ignore_comments_hold() -> None:
    source = "FROM debian\nRUN a\n" + _block("dockerfile").replace("ignore-file", "")
    assert not rewrite(source).changed
    assert rewrite(source.replace("# dockfix", "# x").replace("# hadolint", "# y")).changed
