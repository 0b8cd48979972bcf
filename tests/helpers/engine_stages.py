"""Divided stages, built and started: what they say is what they said, and they are set up alike."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dockfix import rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings
from helpers.real_engine import RealEngine

#: Fields of the configuration that must be the same; of the variables, all but PATH.
FIELDS = (
    "Cmd", "Entrypoint", "ExposedPorts", "Healthcheck", "Labels", "Shell", "StopSignal", "User",
    "Volumes", "WorkingDir",
)  # fmt: skip


class Project(NamedTuple):
    """A Dockerfile with its files, what its container says, and what the image is without.

    `bases` are images that are made before: a name, and the lines of their Dockerfile.
    """

    name: str
    needs: tuple[str, ...]
    bases: Mapping[str, str]
    files: Mapping[str, str]
    dockerfile: str
    says: str
    without: str


def docker(engine: RealEngine, *words: str, text: str | None = None) -> str:
    """What a command of the engine's program says."""
    done = subprocess.run(
        ["docker", *words],
        env={**os.environ, **engine.environment},
        input=text,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-2000:]
    return done.stdout


def configuration(engine: RealEngine, image: str) -> dict[str, object]:
    config = json.loads(docker(engine, "image", "inspect", image))[0]["Config"]
    variables = [one for one in config["Env"] if not one.startswith("PATH=")]
    return {"Env": variables, **{field: config.get(field) for field in FIELDS}}


def check_project(project: Project, engine: RealEngine, folder: Path) -> str:
    """Builds and starts a project before and after the pass. Returns what the file became."""
    engine.need(*project.needs)
    for name, lines in project.bases.items():
        docker(engine, "build", "-q", "--network", "host", "-t", name, "-", text=lines)
    for path, text in project.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    settings = Settings(context=DirectoryContext(str(folder)))
    result = rewrite(project.dockerfile, select=["multi-stage"], settings=settings)
    assert result.changed, [note.message for note in result.notes]
    said = {}
    for image, text in (("before", result.before), ("after", result.after)):
        (folder / "Dockerfile").write_text(text)
        tag = f"stages-{project.name}:{image}"
        docker(engine, "build", "-q", "--network", "host", "-t", tag, str(folder))
        said[image] = docker(engine, "run", "--rm", "--network", "none", tag)
    assert said == {"before": project.says, "after": project.says}
    tags = [f"stages-{project.name}:{image}" for image in ("before", "after")]
    assert configuration(engine, tags[0]) == configuration(engine, tags[1])
    look = ("run", "--rm", "--network", "none", "--entrypoint", "sh")
    there = f"test -e {project.without} && echo yes || echo no"
    assert [docker(engine, *look, tag, "-c", there).strip() for tag in tags] == ["yes", "no"]
    return result.after
