"""Projects that once broke, or could: they are built and start as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.builds.images.layers import Layer
from helpers.engine_breaks import CASES, Case
from helpers.engine_projects import tried
from helpers.real_engine import RealEngine


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    """The layers that were read, which most images share."""
    return {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_project_is_the_same_or_as_declared(
    case: Case, layers: dict[str, Layer], real_engine: RealEngine, tmp_path: Path
) -> None:
    real_engine.need(*case.bases.split())
    found = tried(case.project, tmp_path, layers=layers)
    assert not found.unbuilt
    told = "\n".join(f"{one.dockerfile}, {one.what}: {one.text}" for one in found.findings)
    assert not found.findings, told
