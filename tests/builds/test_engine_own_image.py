"""The image of dockfix itself, built from its wheel and run on a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from helpers.command import MENDABLE, dockfix_command
from helpers.real_engine import RealEngine

ROOT = Path(__file__).parents[2]


def test_the_image_rewrites_a_folder(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian", "python")
    wheels, work = tmp_path / "wheels", tmp_path / "work"
    work.mkdir()
    (work / "Dockerfile").write_bytes(MENDABLE)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", wheels, ROOT],
        check=True,
        capture_output=True,
    )

    def docker(*arguments: str, status: int = 0) -> bytes:
        done = subprocess.run(
            ["docker", *arguments], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == status, done.stderr.decode()
        return done.stdout

    file = str(ROOT / ".ci" / "Containerfile")
    try:
        docker("build", "--network", "none", "-f", file, "--build-arg", "BASE=python:3.11-slim",
               "-t", "dockfix-of-tests", "wheels")  # fmt: skip
        mount = f"{work}:/work"
        patch = docker("run", "--rm", "-v", mount, "dockfix-of-tests", "--diff", status=1)
        assert patch == dockfix_command("--diff", cwd=work).stdout
        assert (work / "Dockerfile").read_bytes() == MENDABLE
        user = f"{os.getuid()}:{os.getgid()}"
        docker("run", "--rm", "--user", user, "-v", mount, "dockfix-of-tests", "--in-place")
        assert (work / "Dockerfile").read_bytes() != MENDABLE
    finally:
        subprocess.run(["docker", "image", "rm", "-f", "dockfix-of-tests"], capture_output=True)


def test_dockfix_has_nothing_to_say_about_its_own_containerfile(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_bytes((ROOT / ".ci" / "Containerfile").read_bytes())
    done = dockfix_command("--check", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
