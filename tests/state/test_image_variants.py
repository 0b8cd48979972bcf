"""Images in the table of variants: what FROM names, with variables in it."""

from __future__ import annotations

import pytest

from dockfix.state.image_variants import image_of

VALUES = {
    "V": "3.12",
    "MAJOR": "3",
    "SUITE": "bookworm",
    "KIND": "3.12-bookworm",
    "R": "docker.io/",
}
SLIM = {
    "python:3.12": "python:3.12-slim",
    "python:$V": "python:$V-slim",
    "python:${V}": "python:${V}-slim",
    "python:${V}-bookworm": "python:${V}-slim-bookworm",
    "python:${V}-${SUITE}": "python:${V}-slim-${SUITE}",
    "python:${MAJOR}.12-bookworm": "python:${MAJOR}.12-slim-bookworm",
    "node:20-${SUITE}": "node:20-${SUITE}-slim",
    "${R}library/python:3.12": "${R}library/python:3.12-slim",
    "python:${V}-slim": "python:${V}-slim",
    "python:${KIND}": "",
    "node:${KIND}": "",
}


@pytest.mark.parametrize("image", SLIM)
def test_a_slim_form_has_the_variables_of_the_image(image: str) -> None:
    found = image_of(image, VALUES)
    assert found is not None
    assert found.slim_image() == SLIM[image]


def test_a_variable_needs_a_value() -> None:
    assert image_of("python:$V") is None
    assert image_of("python:$OTHER", VALUES) is None
    assert image_of("python:${V:-3}", VALUES) is None


def test_another_version_may_be_on_another_release() -> None:
    moving = {
        image: found.release.moving
        for image in ("python:3.6", "python:${OLD}", "python:${OLD}-buster")
        if (found := image_of(image, {"OLD": "3.6"})) and found.release
    }
    assert moving == {"python:3.6": False, "python:${OLD}": True, "python:${OLD}-buster": False}
