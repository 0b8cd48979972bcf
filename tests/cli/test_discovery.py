"""Which files a search finds."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockfix.cli.config import Config
from dockfix.cli.discovery import find
from dockfix.cli.search import is_dockerfile
from dockfix.errors import ConfigError
from helpers.command import dockfix_command, git

TAKEN = [
    "Dockerfile",
    "dockerfile",
    "DOCKERFILE",
    "DockerFile",
    "Dockerfile.dev",
    "dockerfile.prod",
    "DOCKERFILE.DEV",
    "Dockerfile.a.b",
    "Dockerfile.go",
    "Dockerfile.1.2",
    "Containerfile",
    "containerfile",
    "CONTAINERFILE.x",
    "app.Dockerfile",
    "app.dockerfile",
    "APP.DOCKERFILE",
    ".x.dockerfile",
    "a b.Dockerfile",
    "j2.Dockerfile",
    "app.containerfile",
    "Dockerfile-dev",
    "Dockerfile_dev",
    "dockerfile-3.12-slim",
    "Containerfile-go",
    "dev-Dockerfile",
    "dev_dockerfile",
    "a.b-Containerfile",
]

NOT_TAKEN = [
    "Dockerfile.j2",
    "Dockerfile.m4",
    "Dockerfile.dev.j2",
    "Dockerfile.JINJA2",
    "Dockerfile.tmpl",
    "Dockerfile.tpl",
    "Dockerfile.template",
    "Dockerfile.erb",
    "Dockerfile.mustache",
    "Dockerfile.in",
    "Dockerfile.dockerignore",
    "app.Dockerfile.dockerignore",
    "Dockerfile.Dockerignore",
    ".dockerignore",
    "Dockerfile~",
    "Dockerfile.dev~",
    "Dockerfile.bak",
    "Dockerfile.orig",
    "Dockerfile.rej",
    ".Dockerfile.swp",
    "Dockerfile.swp",
    "Dockerfile.",
    "Dockerfile.md",
    "dockerfile.go",
    "dockerfile.py",
    ".dockerfile",
    "Dockerfiles",
    "MyDockerfile",
    "Dockerfile-",
    "-Dockerfile",
    "Dockerfile-dev~",
    "Dockerfile-dev.j2",
    "Dockerfile-template",
    "Dockerfile_dev-tmpl",
    "Dockerfile_test.go",
    "Dockerfile-lint.py",
    "Dockerfile-notes.md",
    "docker-file",
    ".containerfile",
    "docker-compose.yml",
    ".dockfix-1-2.tmp",
    "",
]


def nothing(directory: str, names: Sequence[str]) -> Config:
    return Config()


def tree(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM scratch\n")


def found(*paths: str) -> list[str]:
    return list(find(paths, nothing).files)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_not_taken(name: str) -> None:
    assert not is_dockerfile(name)


def test_a_directory_is_searched_in_the_order_of_names(tmp_path: Path) -> None:
    tree(tmp_path, "b/Dockerfile", "a/x/Dockerfile", "Dockerfile", "a/Dockerfile.dev", "a/a.txt")
    expected = ["Dockerfile", "a/Dockerfile.dev", "a/x/Dockerfile", "b/Dockerfile"]
    assert found(".") == expected
    assert found("a") == ["a/Dockerfile.dev", "a/x/Dockerfile"]
    assert found("a/") == ["a/Dockerfile.dev", "a/x/Dockerfile"]
    assert found(str(tmp_path)) == [str(tmp_path / path) for path in expected]
    assert found("b/..") == [f"b/../{path}" for path in expected]


def test_a_name_with_a_dash_counts_if_the_file_begins_as_a_dockerfile(tmp_path: Path) -> None:
    texts = {
        "Dockerfile-dev": "# syntax=docker/dockerfile:1\n\n# base\nARG TAG=1\nFROM a:$TAG\n",
        "dockerfile-lint": "#!/bin/sh\nexec hadolint\n",
        "Dockerfile_notes": "",
        "old-dockerfile": "\ufefffrom debian\n",
        "our-dockerfile": "Where to find the Dockerfile\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert found(".") == ["Dockerfile-dev", "old-dockerfile"]
    # whoever names a file means it
    assert found("dockerfile-lint") == ["dockerfile-lint"]


#: Files that name `image/recipe`, which nothing finds by its name.
NAMING = {
    "compose.yaml": "services: {a: {build: {context: image, dockerfile: recipe}}}\n",
    "docker-compose.dev.yml": "services: {a: {build: {context: ., dockerfile: image/recipe}}}\n",
    "deploy/compose.yml": "services: {a: {build: {context: .., dockerfile: image/recipe}}}\n",
    "docker-bake.hcl": 'target "a" {\n  context = "image"\n  dockerfile = "recipe"\n}\n',
    "docker-bake.override.hcl": """
variable "TAG" { default = "x" }
group "default" { targets = ["a"] }
target "base" {
  context    = "image"  # where it lies
  args       = { V = "${TAG == "x" ? "}" : ""}", W = "a\\"{" }
  /* } */
}
target "a" {
  inherits = ["base"]
  dockerfile = "recipe"
}
""",
    "docker-bake.json": '{"target": {"a": {"context": "./image", "dockerfile": "recipe"}}}\n',
    # called from the root of the repository
    "ci/docker-bake.hcl": 'target "a" {\n  dockerfile = "image/recipe"\n}\n',
    ".devcontainer.json": '{"dockerFile": "image/recipe"}\n',
    ".devcontainer/devcontainer.json": """{
  // where it lies
  "name": "a // b", /* and
  this */
  "build": {"dockerfile": "../image/recipe", "context": ".."},
}
""",
    ".devcontainer/api/devcontainer.json": '{"dockerComposeFile": ["../../stack.yaml"]}\n',
}
STACK = "services: {a: {build: {context: image, dockerfile: recipe}}}\n"


@pytest.mark.parametrize("name", NAMING)
def test_what_another_file_names_is_found(name: str, tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    tree(tmp_path, "Dockerfile", "image/recipe", "image/other", "z/Dockerfile", name)
    (tmp_path / "stack.yaml").write_text(STACK)
    assert found(".") == ["Dockerfile", "z/Dockerfile"]
    (tmp_path / name).write_text(NAMING[name])
    assert found(".") == ["Dockerfile", "image/recipe", "z/Dockerfile"]
    # in folders that are searched, and where nothing says otherwise
    assert found("z") == ["z/Dockerfile"]
    assert find(["."], nothing, ["image/"]).files == ("Dockerfile", "z/Dockerfile")
    (tmp_path / ".gitignore").write_text("recipe\n")
    assert found(".") == ["Dockerfile", "z/Dockerfile"]
    (tmp_path / ".gitignore").write_text("")
    (tmp_path / "image" / "recipe").write_text("# DO NOT EDIT\nFROM scratch\n")
    assert find(["."], nothing).generated == ("image/recipe",)
    (tmp_path / "image" / "recipe").unlink()
    assert found(".") == ["Dockerfile", "z/Dockerfile"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yaml", "services: {a: {build: {dockerfile: $NAME}}}"),
        ("compose.yaml", "services: {a: {build: {context: 'https://a', dockerfile: recipe}}}"),
        ("compose.yaml", "services: [dockerfile"),
        ("docker-bake.hcl", 'target "a" {\n  dockerfile = "${X}recipe"\n}\n'),
        ("docker-bake.hcl", 'target "a" {\n  dockerfile = X\n  context = "https://a"\n'),
        ("docker-bake.hcl", '# target "a" {\n#  dockerfile = "recipe"\n#}\n'),
        ("docker-bake.json", '{"target": {"a": {"dockerfile": 1}}'),
        ("docker-bake.json", '[{"dockerfile": "recipe"}]'),
        (".devcontainer.json", '["dockerfile"]'),
        (".devcontainer.json", '{"dockerFile": "${localEnv:X}"}'),
        (".devcontainer.json", '{"dockerFile": '),
    ],
)
def test_what_is_computed_elsewhere_or_broken_names_nothing(
    name: str, text: str, tmp_path: Path
) -> None:
    tree(tmp_path, "Dockerfile", "recipe", "$NAME")
    (tmp_path / name).write_text(text)
    result = find(["."], nothing)
    assert (result.files, result.errors) == (("Dockerfile",), ())


def test_a_file_is_found_once(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile")
    (tmp_path / "a" / "x.dockerfile").symlink_to("Dockerfile")
    assert found("a/Dockerfile", "a", ".", "./a/Dockerfile") == ["a/Dockerfile"]


def test_other_peoples_directories_are_skipped(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{name}/Dockerfile" for name in ("node_modules", ".git", ".venv", "own")))
    assert found(".") == ["own/Dockerfile"]
    assert found("node_modules") == ["node_modules/Dockerfile"]


@pytest.mark.parametrize("mark", ["modules.txt", "autoload.php"])
def test_a_vendor_folder_is_skipped_if_a_package_manager_wrote_it(
    mark: str, tmp_path: Path
) -> None:
    tree(tmp_path, "vendor/github.com/a/Dockerfile", "own/vendor/Dockerfile")
    assert found(".") == ["own/vendor/Dockerfile", "vendor/github.com/a/Dockerfile"]
    (tmp_path / "vendor" / mark).write_text("")
    assert found(".") == ["own/vendor/Dockerfile"]


def test_links_to_directories_are_not_followed_and_dead_links_not_taken(tmp_path: Path) -> None:
    tree(tmp_path, "real/Dockerfile")
    (tmp_path / "real" / "loop").symlink_to("..")
    (tmp_path / "Dockerfile").symlink_to("nowhere")
    os.mkfifo(tmp_path / "Dockerfile.pipe")
    assert found(".") == ["real/Dockerfile"]


def test_named_files_are_always_taken(tmp_path: Path) -> None:
    tree(tmp_path, "build.txt", "Dockerfile.j2", ".git/x")
    (tmp_path / ".gitignore").write_text("*\n")
    assert found("build.txt", "Dockerfile.j2") == ["build.txt", "Dockerfile.j2"]


def test_what_is_not_there_is_an_error_and_the_rest_is_found(tmp_path: Path) -> None:
    tree(tmp_path, "Dockerfile")
    result = find(["no/such", "Dockerfile"], nothing)
    assert result.files == ("Dockerfile",)
    assert result.errors == ("no/such: No such file or directory",)


def test_what_is_no_file_is_an_error_and_never_waited_for(tmp_path: Path) -> None:
    tree(tmp_path, "Dockerfile")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        result = find(["pipe", "link", "socket", "/dev/zero", "Dockerfile"], nothing)
    assert result.files == ("Dockerfile",)
    assert result.errors == (
        "pipe: a named pipe, not a file; `dockfix -` reads standard input",
        "link: a named pipe, not a file; `dockfix -` reads standard input",
        "socket: a socket, not a file",
        "/dev/zero: a device, not a file",
    )
    # within seconds, and with the other files done
    for command in ([], ["--diff"], ["--in-place"], ["verify"]):
        done = dockfix_command(*command, "pipe", cwd=tmp_path, PATH=str(tmp_path))
        said = b"error: pipe: a named pipe, not a file; `dockfix -` reads standard input\n"
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(said)


@pytest.mark.parametrize("repository", [True, False])
def test_gitignore_files_hold_with_and_without_a_repository(
    tmp_path: Path, repository: bool
) -> None:
    if repository:
        git("init", "--quiet", cwd=tmp_path)
    tree(
        tmp_path,
        "Dockerfile.local",
        "build/Dockerfile",
        "sub/out/Dockerfile",
        "sub/Dockerfile.local",
        "sub/Dockerfile.keep",
        "sub/deep/secret.Dockerfile",
        "sub/Dockerfile",
    )
    (tmp_path / ".gitignore").write_text("*.local\n/build/\nDockerfile.keep\n")
    (tmp_path / "sub" / ".gitignore").write_text("out/\n!Dockerfile.keep\ndeep/secret.*\n")
    assert found(".") == ["sub/Dockerfile", "sub/Dockerfile.keep"]
    if repository:
        listed = git(
            "ls-files", "--others", "--exclude-standard", "*Dockerfile*", cwd=tmp_path
        ).decode().split()  # fmt: skip
        assert listed == found(".")


def test_gitignore_files_above_hold_within_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, "r/sub/Dockerfile", "r/sub/Dockerfile.local", "r/sub/x/Dockerfile")
    (tmp_path / ".gitignore").write_text("Dockerfile\n")
    git("init", "--quiet", cwd=tmp_path / "r")
    (tmp_path / "r" / ".gitignore").write_text("*.local\n")
    (tmp_path / "r" / ".git" / "info" / "exclude").write_text("x/\n")
    assert found("r/sub") == ["r/sub/Dockerfile"]


def test_a_named_directory_is_searched_though_git_ignores_it(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    tree(tmp_path, "build/Dockerfile")
    (tmp_path / ".gitignore").write_text("build/\n")
    assert found(".") == []
    assert found("build") == ["build/Dockerfile"]


def test_a_broken_line_in_gitignore_spoils_nothing(tmp_path: Path) -> None:
    tree(tmp_path, "Dockerfile", "Dockerfile.local")
    (tmp_path / ".gitignore").write_bytes(b"!\n\xff\n*.local\n")
    assert found(".") == ["Dockerfile"]


def test_exclude_of_the_command_line_and_of_the_configuration(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile", "b/Dockerfile", "c/d/Dockerfile", "c/Dockerfile")

    def configured(directory: str, names: Sequence[str]) -> Config:
        inside = Path(directory).is_relative_to(tmp_path / "c")
        return Config(exclude=("/d",), origin="c.toml", root=str(tmp_path / "c" if inside else "/"))

    assert find(["."], configured, ["a/"]).files == ("b/Dockerfile", "c/Dockerfile")
    with pytest.raises(ConfigError, match="--exclude"):
        find(["."], nothing, ["!"])


def test_a_closed_directory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        monkeypatch.chdir(root)
        tree(root, "a/Dockerfile", "b/Dockerfile")
        (root / "a").chmod(0)
        try:
            if user == 0:
                os.seteuid(65534)  # root may search every directory
            result = find(["."], nothing)
        finally:
            os.seteuid(user)
            (root / "a").chmod(0o755)
            monkeypatch.undo()
    assert result.files == ("b/Dockerfile",)
    assert "cannot be searched: Permission denied" in result.errors[0]


@pytest.mark.parametrize(
    ("head", "taken"),
    [
        ("# DO NOT EDIT: created by update.sh from Dockerfile.template\n", False),
        ("# syntax=docker/dockerfile:1\n\n#\n# PLEASE DO NOT EDIT IT DIRECTLY.\n", False),
        ("# This is an auto generated Dockerfile for ros\n", False),
        ("# generated from docker_images/create.Dockerfile.em\n", False),
        ("# The list below was generated by hand\n", True),
        ("# hello\r\n# automatically generated\r\n", False),
        ("# hello\r# automatically generated\r", False),
        # only so many characters are looked at, whatever their bytes
        (f"# {'é' * 4000}\n# automatically generated\n", False),
        (f"# {'é' * 4096}\n# automatically generated\n", True),
        ("FROM debian\n# do not edit below\n", True),
        ("", True),
    ],
)
def test_a_generated_file_is_left_alone_unless_it_is_named(
    tmp_path: Path, head: str, taken: bool
) -> None:
    """An edit of it is lost when it is made again."""
    (tmp_path / "Dockerfile").write_text(f"{head}FROM debian\nMAINTAINER me\n")
    done = dockfix_command("--diff", cwd=tmp_path)
    assert bool(done.stdout) == taken
    assert (b"Left alone, because generated: Dockerfile" in done.stderr) != taken
    assert dockfix_command("--diff", "Dockerfile", cwd=tmp_path).stdout
