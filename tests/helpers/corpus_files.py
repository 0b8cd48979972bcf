"""The corpus: every file below `DOCKFIX_CORPUS`, or else the Dockerfiles of fixtures/."""

from __future__ import annotations

import os
from pathlib import Path

from helpers.cases import ROOT


def corpus_files() -> list[Path]:
    """The files, sorted."""
    named = os.environ.get("DOCKFIX_CORPUS")
    found = sorted(path for path in Path(named or ROOT).rglob("*") if path.is_file())
    return found if named else [path for path in found if "Dockerfile" in path.name]
