"""Which ignore file holds for a build: that which the builder reads, as it is to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.builds.target import PassSelection, Target
from dockfix.context.ignore_names import DOCKER, PODMAN, Reader
from dockfix.passes.base import Settings

BESIDE = "deploy/app.Dockerfile"


@pytest.mark.parametrize(
    ("reader", "there", "written", "expected"),
    [
        (DOCKER, [], [], None),
        (DOCKER, [".dockerignore"], [], None),
        (DOCKER, [BESIDE + ".dockerignore"], [], BESIDE + ".dockerignore"),
        (DOCKER, [BESIDE + ".containerignore"], [], None),
        (PODMAN, [BESIDE + ".containerignore"], [], BESIDE + ".containerignore"),
        (
            PODMAN,
            [BESIDE + ".containerignore", BESIDE + ".dockerignore"],
            [],
            BESIDE + ".dockerignore",
        ),
        (PODMAN, [".containerignore", BESIDE + ".dockerignore"], [], BESIDE + ".dockerignore"),
        (DOCKER, [], [".dockerignore"], ".dockerignore, written"),
        (DOCKER, [".dockerignore"], [".dockerignore"], ".dockerignore, written"),
        (DOCKER, [BESIDE + ".dockerignore"], [".dockerignore"], BESIDE + ".dockerignore"),
        (PODMAN, [".containerignore"], [".dockerignore"], None),
        (
            PODMAN,
            [".containerignore", ".dockerignore"],
            [".dockerignore", ".containerignore"],
            ".containerignore, written",
        ),
    ],
)
def test_the_ignore_file(
    reader: Reader, there: list[str], written: list[str], expected: str | None, tmp_path: Path
) -> None:
    (tmp_path / "deploy").mkdir()
    for name in there:
        (tmp_path / name).write_text(name)
    target = Target(str(tmp_path / BESIDE), b"FROM x\n", PassSelection(), Settings(), str(tmp_path))
    recipe = target.recipe(
        target.source, reader, {name: f"{name}, written".encode() for name in written}
    )
    assert recipe.ignore == (None if expected is None else expected.encode())


def test_a_folder_that_is_a_link_is_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/Dockerfile.dockerignore").write_text("beside")
    (tmp_path / "link").symlink_to("real")
    target = Target(
        str(tmp_path / "link/Dockerfile"), b"", PassSelection(), Settings(), str(tmp_path / "real")
    )
    assert target.recipe(b"", DOCKER).ignore == b"beside"
    written = target.recipe(b"", DOCKER, {"Dockerfile.dockerignore": b"written"})
    assert written.ignore == b"written"
