"""Who gives arguments to a container, as far as the files of a project show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockfix.context.arguments import find_arguments
from dockfix.context.directory import DirectoryContext

BUILDS = "services:\n  web:\n    build: .\n    image: acme/web:1\n"
POD = "kind: Pod\nspec:\n  containers:\n  - name: a\n    image: registry.example.com/web\n    {}\n"


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": BUILDS + "    command: --x\n"},
        {"deploy/docker-compose.yml": "services:\n  a:\n    build: ..\n    command: [--x]\n"},
        {".devcontainer/docker-compose.yml":
            "services:\n  a:\n    build:\n      context: ..\n    command: sleep infinity\n"},
        {"compose.yml": BUILDS, "compose.override.yml": "services:\n  web:\n    command: --x\n"},
        {"compose.yml": BUILDS + "  worker:\n    image: acme/web:1\n    command: work\n"},
        {"compose.yml": BUILDS, "ops/compose.yml":
            "services:\n  worker:\n    image: acme/web:1\n    command: work\n"},
        {"compose.yml": "services:\n  base:\n    build: .\n    command: --x\n"
            "  web:\n    extends:\n      service: base\n"},
        {"compose.yml": "x-a: &a\n  command: --x\nservices:\n  web:\n    <<: *a\n    build: .\n"},
        {"compose.yml": BUILDS, "worker/Dockerfile": "FROM acme/web:1\nCMD [\"work\"]\n"},
        {"compose.yml": BUILDS, "k8s/pod.yaml": POD.format('args: ["--x"]')},
        {"compose.yml": BUILDS, "k8s/all.yaml": "a: 1\n---\n" + POD.format('args: ["--x"]')},
        {"action.yml": "runs:\n  using: docker\n  image: Dockerfile\n  args: [a]\n"},
        {"act/action.yaml": "runs:\n  using: docker\n  image: ../Dockerfile\n  args: [a]\n"},
    ],
)  # fmt: skip
def test_arguments_are_found(files: dict[str, str], tmp_path: Path) -> None:
    assert _found(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"compose.yaml": BUILDS},
        {"compose.yaml": BUILDS + "    entrypoint: /x\n    command: --x\n"},
        {"compose.yaml": BUILDS + "  redis:\n    image: redis\n    command: --x\n"},
        {"compose.yaml": "services:\n  a:\n    build: other\n    command: --x\n"},
        {"node_modules/a/compose.yaml": "services:\n  a:\n    build: ../..\n    command: --x\n"},
        {"compose.yml": BUILDS, "worker/Dockerfile": "FROM acme/web:1\nENTRYPOINT x\nCMD a\n"},
        {"compose.yml": BUILDS, "worker/Dockerfile": "FROM acme/web:2\nCMD a\n"},
        {"compose.yml": BUILDS, "pod.yaml": POD.format('args: ["--x"]\n    command: [sh]')},
        {"compose.yml": BUILDS, "pod.yaml": POD.format('args: ["--x"]').replace("/web", "/db")},
        {"action.yml": "runs:\n  using: docker\n  image: Dockerfile\n"},
        {"action.yml": "runs:\n  using: docker\n  image: other/Dockerfile\n  args: [a]\n"},
        {"compose.yml": "services: [\n", "a.yaml": "args: {{ x }}\nimage: web\n"},
    ],
)
def test_other_files_give_none(files: dict[str, str], tmp_path: Path) -> None:
    assert not _found(tmp_path, files)


def _found(root: Path, files: dict[str, str]) -> bool:
    for name, text in {"Dockerfile": "FROM a\nENTRYPOINT app\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    path = str(root / "Dockerfile")
    found = find_arguments(str(root), path)
    assert DirectoryContext(str(root), dockerfile=path).gets_arguments() is found
    return found


def test_a_compose_file_above_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Dockerfile").write_text("FROM a\n")
    (tmp_path / "compose.yml").write_text("services:\n  a:\n    build: app\n    command: x\n")
    root = os.path.realpath(tmp_path / "app")
    assert not find_arguments(root, f"{root}/Dockerfile")
    monkeypatch.chdir(tmp_path)
    assert find_arguments(root, f"{root}/Dockerfile")
