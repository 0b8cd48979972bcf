"""Dockerfiles of any name that scripts and pipelines of a project build."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.context.dockerfiles import find_dockerfiles

FILE = "# syntax=docker/dockerfile:1\nARG TAG=12\n\nFROM debian:${TAG}\nCOPY dist /d\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "image:\n\tdocker build \\\n\t  -f ops/image.build .\n"),
        ("build.sh", "podman build --file=ops/image.build .\n"),
        (".github/workflows/a.yml", "with:\n  context: .\n  file: ./ops/image.build\n"),
        ("cloudbuild.yaml", "args: [build, -f, ops/image.build, .]\n# docker\n"),
        ("skaffold.yaml", "docker:\n  dockerfile: ops/image.build\n"),
        ("package.json", '{"scripts": {"image": "docker build -f ops/image.build ."}}'),
        ("kaniko.yaml", "args: [--dockerfile=ops/image.build, --context=/w]\n"),
        ("ops/build.sh", "docker buildx build -f image.build ..\n"),
    ],
)
def test_what_a_script_builds_is_a_dockerfile(tmp_path: Path, name: str, text: str) -> None:
    for path, content in {
        "ops/image.build": FILE,
        "ops/notes": "FROM me to you\n",
        name: text,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    found = find_dockerfiles(str(tmp_path))
    assert found is not None
    assert [(one.path, one.text) for one in found] == [("ops/image.build", FILE)]


def test_pipelines_of_the_repository_around_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "api" / "ops").mkdir(parents=True)
    (tmp_path / "api" / "ops" / "image.build").write_text(FILE)
    (tmp_path / "ci.yml").write_text("script: docker build -f api/ops/image.build api\n")
    found = find_dockerfiles(str(tmp_path / "api"))
    assert found is not None
    assert [one.path for one in found] == ["ops/image.build"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "e2e:\n\techo 'FROM x' | docker build -t x -f - .\n"),
        ("build.sh", "docker buildx build --file - . <<EOF\nFROM x\nEOF\n"),
        ("Tiltfile", "docker_build('b', '.', dockerfile_contents='FROM x')\n"),
    ],
)
def test_one_that_is_written_on_the_way_is_not_known(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert find_dockerfiles(str(tmp_path)) is None


@pytest.mark.parametrize(
    "text",
    [
        "docker run -f other.txt x\n",
        "tar -f ops/image.build\n",
        "docker build - < ops/image.build\n",
        "docker build -f missing .\n",
    ],
)
def test_other_files_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.txt").write_text("text\n")
    (tmp_path / "build.sh").write_text(text)
    assert find_dockerfiles(str(tmp_path)) == ()
