"""What is released and what runs it elsewhere: packages, site, and the shell of CI recipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import dockfix
from dockfix.cli.settings import page
from helpers.command import CLEAN, ENVIRONMENT, MENDABLE, git

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.mark.slow
def test_the_packages_hold_what_they_should(packages: Path, tmp_path: Path) -> None:
    (wheel,) = packages.glob("*.whl")
    (source,) = packages.glob("*.tar.gz")
    assert wheel.name == f"dockfix-{dockfix.__version__}-py3-none-any.whl"
    # the version of the newest release, or of the one to come
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## (?:Unreleased|\[?{re.escape(dockfix.__version__)})", changes, re.M)
    package = ROOT / "src" / "dockfix"
    expected = {
        f"dockfix/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert {name for name in names if name.startswith("dockfix/")} == expected
        assert all(name.startswith(("dockfix/", "dockfix-")) for name in names)
        archive.extractall(tmp_path)
    with tarfile.open(source) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml"} <= inside
    assert {"action.yml", ".ci/run", ".ci/Containerfile", ".pre-commit-hooks.yaml"} <= inside
    assert {"src/dockfix/__init__.py", "tests/house/test_release.py"} <= inside
    assert not [name for name in inside if "__pycache__" in name or name.startswith(".git/")]
    # and the wheel alone does its work
    done = subprocess.run(
        [sys.executable, "-m", "dockfix", "--explain", "all"],
        cwd=tmp_path, env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}, capture_output=True,
        check=True,
    )  # fmt: skip
    assert b"\nbecomes\n" in done.stdout


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", ".ci/mkdocs.yml",
         "--site-dir", tmp_path],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    # no link leads to a file that is left out of the site
    assert b"excluded" not in done.stderr
    passes = {path.stem for path in (ROOT / "docs" / "passes").glob("*.md")} - {"README"}
    assert all((tmp_path / "passes" / name / "index.html").exists() for name in passes)
    first = (tmp_path / "index.html").read_text()
    assert 'href="safety/"' in first
    assert 'href="https://github.com/dockfix/dockfix/blob/main/CONTRIBUTING.md"' in first
    # a page asks nobody else for anything
    assert not re.search(r'(?:src|stylesheet" href)="https?:', first)


def test_the_page_of_the_settings_is_the_one_that_is_made() -> None:
    """If not: python -m dockfix.cli.settings docs/settings.md"""
    assert (ROOT / "docs" / "settings.md").read_text() == page()


def shell(step: dict[str, Any], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the shell of a step as GitHub runs it."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=cwd, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def program(folder: Path) -> Path:
    """A folder with a program `dockfix`, as if it had been installed."""
    folder.mkdir(parents=True)
    path = folder / "dockfix"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m dockfix "$@"\n')
    path.chmod(0o755)
    return folder


def test_the_action_does_what_it_says(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = {step["name"]: step for step in action["runs"]["steps"]}
    # what a step is given comes from inputs that there are
    used = set(re.findall(r"inputs\.(\w+)", (ROOT / "action.yml").read_text()))
    assert used == set(action["inputs"])
    for step in steps.values():
        assert "${{" not in step.get("run", ""), "an input would become a part of the script"
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    program(temporary / "dockfix" / "bin")
    work.mkdir()
    given = {
        "RUNNER_TEMP": str(temporary),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "LOOK_AT": ".",
        "OPTIONS": "--ignore sort-packages",
        "SARIF": "true",
    }
    (work / "Dockerfile").write_bytes(MENDABLE)
    done = shell(steps["Look at the Dockerfiles"], work, **given)
    assert done.returncode == 0, done.stderr
    assert "::warning file=Dockerfile,line=2" in done.stdout
    assert done.stderr.count("Found ") == 1
    assert "merge-runs" in (tmp_path / "summary").read_text()
    assert '"2.1.0"' in (temporary / "dockfix.sarif").read_text()
    assert (tmp_path / "output").read_text() == "status=1\n"
    assert shell(steps["Result"], work, STATUS="1").returncode == 1
    assert shell(steps["Rewrite for suggestions"], work, **given).returncode == 0
    assert (work / "Dockerfile").read_bytes() != MENDABLE
    (work / "Dockerfile").write_bytes(CLEAN)
    assert shell(steps["Look at the Dockerfiles"], work, **given).returncode == 0
    assert (tmp_path / "output").read_text() == "status=1\nstatus=0\n"


def test_the_template_for_gitlab_runs(tmp_path: Path) -> None:
    job = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab.yml").read_text())["dockfix"]
    path = f"{program(tmp_path / 'bin')}:{os.environ['PATH']}"
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    # all but the installation
    assert "pip install" in job["script"][0]
    lines = {"run": "\n".join(job["script"][1:])}
    done = shell(lines, tmp_path, PATH=path, DOCKFIX_OPTIONS="")
    assert done.returncode == 1
    report = job["artifacts"]["reports"]["codequality"]
    assert "merge-runs" in (tmp_path / report).read_text()


def test_the_lines_of_plain_shell_run(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text()
    found = re.search(r"plain shell\n+```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    path = f"{program(tmp_path / 'bin')}:{os.environ['PATH']}"
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    check, *rest = found[1].splitlines()
    assert shell({"run": check}, tmp_path, PATH=path).returncode == 1
    assert shell({"run": "\n".join(rest)}, tmp_path, PATH=path).returncode == 0
    git("init", "-q", cwd=tmp_path)
    git("apply", "--check", "dockfix.patch", cwd=tmp_path)
    assert "<testsuite" in (tmp_path / "dockfix.xml").read_text()


@pytest.mark.parametrize(("tag", "status"), [(f"v{dockfix.__version__}", 0), ("v9.9", 1)])
def test_a_tag_that_is_not_the_version_makes_no_release(tag: str, status: int) -> None:
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    (step,) = [
        s for s in release["jobs"]["build"]["steps"] if s.get("name", "").startswith("The tag")
    ]
    assert shell(step, ROOT, TAG=tag).returncode == status
    assert all("build" in job.get("needs", "build") for job in release["jobs"].values())
