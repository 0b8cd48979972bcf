"""The hooks, run by pre-commit itself, and their names of files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import chain, product
from pathlib import Path

import pytest
import yaml

from dockfix.cli.search import SKIPPED_ENDS, SKIPPED_ENDS_OF_LOWER_CASE, is_dockerfile
from helpers.command import CLEAN, MENDABLE, git

ROOT = Path(__file__).parents[2]
PRE_COMMIT = shutil.which("pre-commit", path=os.path.dirname(sys.executable)) or shutil.which(
    "pre-commit"
)


def hook_files() -> re.Pattern[str]:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"dockfix", "dockfix-check"}
    assert all(hook["types"] == ["text"] for hook in hooks)
    (pattern,) = {hook["files"] for hook in hooks}
    return re.compile(pattern)


def test_the_hooks_take_the_files_that_a_search_takes() -> None:
    files = hook_files()
    stems = ["dockerfile", "Dockerfile", "containerfile", "CONTAINERFILE", "x", "", "DockerFiles"]
    ends = ["dev", "~", "x~", "1", "", "J2", "dockerfile", "Dockerfile", "Containerfile", " "]
    ends += sorted(SKIPPED_ENDS | SKIPPED_ENDS_OF_LOWER_CASE)
    parts = [product(stems), product(stems, ends), product(stems, ends, ends)]
    names = set(map(".".join, chain(*parts)))
    for old, new in (("-", "-"), ("_", "_"), ("-", "."), (".", "-")):
        names |= {
            f"{stem}{old}{end}{new}{last}".strip(".")
            for stem, end, last in product(stems, ends, ["", *ends])
        }
    for name in names:
        for path in (name, f"a.b/{name}", f"Dockerfile/c/{name}"):
            assert bool(files.search(path)) == is_dockerfile(name), path


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hooks, at the state of the files and not of the last commit."""
    directory = tmp_path_factory.mktemp("hooks")
    for name in ("src", "pyproject.toml", ".pre-commit-hooks.yaml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, directory / name)
    git("init", "--quiet", cwd=directory)
    git("add", ".", cwd=directory)
    git("commit", "--quiet", "-m", "hooks", cwd=directory)
    return directory


@pytest.mark.slow
def test_pre_commit_runs_the_hooks(hooks: Path, tmp_path: Path) -> None:
    assert PRE_COMMIT is not None, "pre-commit is not installed: pip install -e '.[dev]'"
    revision = git("rev-parse", "HEAD", cwd=hooks).decode().strip()
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n"
        "  hooks:\n  - id: dockfix\n  - id: dockfix-check\n"
        "  - id: dockfix-check\n    alias: inside\n    files: compose.*\\.ya?ml$|\\.md$\n"
    )
    inline = MENDABLE.decode().replace("\n", "\n     ").rstrip()
    (tmp_path / "compose.yaml").write_text(
        f"services:\n a:\n  build:\n   dockerfile_inline: |\n     {inline}\n"
    )
    changed = ["Dockerfile", "a b/DOCKERFILE.dev", "x.dockerfile", "Containerfile", "Dockerfile-x"]
    untouched = ["Dockerfile.j2", "Dockerfile-x.j2", "Dockerfile.dockerignore", "run.sh"]
    for name in (*changed, *untouched):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(MENDABLE)
    (tmp_path / "clean.Dockerfile").write_bytes(CLEAN)
    git("init", "--quiet", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)

    def run(hook: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "SKIP")
        }
        environment["PRE_COMMIT_HOME"] = str(hooks.parent / "pre-commit")
        return subprocess.run(
            [PRE_COMMIT, "run", hook, "--all-files", "--color", "never"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    checked = run("dockfix-check")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert checked.stdout.count("merge-runs") == len(changed) + 1, checked.stdout
    assert all((tmp_path / name).read_bytes() == MENDABLE for name in changed)
    # a hook that is given other names looks inside of those files
    inside = run("inside")
    assert inside.returncode == 1
    assert "compose.yaml:6:6: DF101 merge-runs" in inside.stdout
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    rewritten = run("dockfix")
    assert rewritten.returncode == 1
    assert "files were modified by this hook" in rewritten.stdout
    assert all((tmp_path / name).read_bytes() != MENDABLE for name in changed)
    assert all((tmp_path / name).read_bytes() == MENDABLE for name in untouched)
    assert (tmp_path / "clean.Dockerfile").read_bytes() == CLEAN
    assert run("dockfix").returncode == 0
    assert run("dockfix-check").returncode == 0
