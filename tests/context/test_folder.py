"""Which folder is the build context: from what is copied, and where it lies."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dockfix.context.disk import forget
from dockfix.context.folder import find_context
from dockfix.context.named import named_by
from dockfix.context.sources import expanded, is_sent, sources
from dockfix.dockerfile.parser import parse
from helpers.command import dockfix_command
from helpers.memory_context import Files


def root_of(dockerfile: Path, source: str, named: str | None = None) -> str | None:
    """The folder that is found, or why none is."""
    context, why = find_context(str(dockerfile), parse(source), named)
    return context.root if context else why


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a Dockerfile's folder in it."""
    root = tmp_path / "project"
    for path in ("app/main.py", "package.json", "docker/start.sh", "service/go.mod"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / ".git").mkdir()
    return root


def test_the_folder_of_the_dockerfile(project: Path) -> None:
    for source in ("COPY app .", "COPY package.json app/ .", 'ADD ["app/main.py", "/"]',
                   "COPY pack*.json .", "COPY app/*.py .", "COPY . .", "COPY $X .", "COPY * .",
                   "COPY --from=a none .\nCOPY app .", "COPY /app ../package.json .",
                   "COPY <<a /a\nx\na\nCOPY app .", "ADD https://example.org/x app .",
                   "COPY target/x.jar app .", "COPY dist/ app .",
                   "RUN --mount=type=bind,source=app,target=/app true",
                   "RUN --mount=target=. true", "COPY 'app' \"package.json\" ."):  # fmt: skip
        assert root_of(project / "Dockerfile", f"FROM a\n{source}\n") == str(project), source


@pytest.mark.parametrize(
    "source",
    ["RUN x", "COPY --from=a x .", "ADD https://example.org/x .", "COPY <<x .\ntext\nx",
     "RUN --mount=type=cache,target=/x true", "RUN --mount=from=a,target=/x true",
     "ONBUILD COPY none .", "ADD git@github.com:a/b.git /b"],
)  # fmt: skip
def test_nothing_is_copied_and_nobody_cares(project: Path, source: str) -> None:
    assert root_of(project / "Dockerfile", f"FROM a\n{source}\n") == ""


def test_the_root_of_the_repository(project: Path) -> None:
    dockerfile = project / "docker" / "Dockerfile"
    assert root_of(dockerfile, "FROM a\nCOPY app .\n") == str(project)
    assert root_of(dockerfile, "FROM a\nCOPY docker/start.sh package.json .\n") == str(project)
    assert root_of(dockerfile, "FROM a\nCOPY start.sh .\n") == str(project / "docker")
    assert root_of(dockerfile, "FROM a\nCOPY package*.json .\n") == str(project)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("COPY none .", "neither this folder nor one above has none"),
        ("COPY start.sh app .", "neither this folder nor one above has app"),
        ("COPY target/x.jar .", "neither this folder nor one above has target/x.jar"),
        ("COPY n*.txt .", "neither this folder nor one above has n*.txt"),
        ("COPY . .", "it may not be docker/"),
    ],
)
def test_unknown(project: Path, source: str, why: str) -> None:
    found = root_of(project / "docker" / "Dockerfile", f"FROM a\n{source}\n")
    assert found == f"build context unknown, because {why}: set it with --context"


@pytest.mark.parametrize(
    "build",
    ["build:\n      context: ..\n      dockerfile: docker/Dockerfile",
     "build: {context: ../, dockerfile: ./docker/Dockerfile}\n    x: !reset null"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.dev.yml"])
def test_a_compose_file(project: Path, build: str, name: str) -> None:
    (project / "docker" / name).write_text(f"services:\n  one:\n    {build}\n  two: {{image: x}}\n")
    assert root_of(project / "docker" / "Dockerfile", "FROM a\nCOPY . .\n") == str(project)
    assert root_of(project / "docker" / "Dockerfile", "FROM a\nCOPY app .\n") == str(project)
    # which is not for this file
    assert root_of(project / "docker" / "Other", "FROM a\nCOPY start.sh .\n") == str(
        project / "docker"
    )


def test_a_slip_in_one_name_of_many(project: Path) -> None:
    source = "FROM a\nCOPY package.json pakage-lock.json app .\n"
    assert root_of(project / "Dockerfile", source) == str(project)
    assert "unknown" in (root_of(project / "docker" / "Dockerfile", source) or "")


def test_a_compose_file_above(project: Path) -> None:
    (project / "compose.yml").write_text("services:\n  a:\n    build: ./docker\n")
    assert root_of(project / "docker" / "Dockerfile", "FROM a\nCOPY . .\n") == str(
        project / "docker"
    )
    # what is copied must be there all the same
    assert root_of(project / "docker" / "Dockerfile", "FROM a\nCOPY app .\n") == str(project)


#: Files that say that docker/Dockerfile is built from lib/.
NAMING = {
    "docker-bake.hcl": 'target "a" {\n  context = "lib"\n'
    '  dockerfile = "../docker/Dockerfile"\n}\n',
    "docker/docker-bake.hcl": 'target "a" {\n  inherits = ["b"]\n'
    '  dockerfile = "../docker/Dockerfile"\n}\ntarget "b" {\n  context = "lib"\n}\n',
    ".devcontainer.json": '{"build": {"context": "lib", "dockerfile": "docker/Dockerfile"}}',
    "docker/devcontainer.json": '{"dockerFile": "Dockerfile", "context": "../lib"} // as of old',
}


@pytest.mark.parametrize("text", ['\\"' * 300_000, "/* " * 200_000, "{" * 500_000, ", " * 200_000])
def test_no_dev_container_takes_long(text: str, tmp_path: Path) -> None:
    (tmp_path / "devcontainer.json").write_text(f"{text} docker")
    start = time.process_time()
    assert list(named_by(str(tmp_path / "devcontainer.json"))) == []
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", NAMING)
def test_a_bake_file_or_a_dev_container_above(project: Path, name: str) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "here").touch()
    dockerfile = project / "docker" / "Dockerfile"
    dockerfile.touch()
    for source in ("FROM a\nCOPY here .\n", "FROM a\nCOPY . .\n"):
        assert "unknown" in (root_of(dockerfile, source) or "")
        (project / name).write_text(NAMING[name])
        forget()
        assert root_of(dockerfile, source) == str(project / "lib")
        # what is copied must be there all the same
        assert root_of(dockerfile, "FROM a\nCOPY app .\n") == str(project)
        (project / name).unlink()
        forget()


@pytest.mark.parametrize(
    "text",
    ["services: [build]", "build", "services: {a: {build: [x]}}", "- build\n: {", "\0build",
     "services: {a: {build: {context: '${X}'}}}", "services: {a: {build: 'https://x/y.git'}}",
     "services: {a: {build: {context: 1}}}", "services: {a: {build: {dockerfile_inline: FROM a}}}",
     "!!python/object/apply:os.system [build]", "a: &a [*a, build]", "services: &s {a: *s}"],
)  # fmt: skip
def test_odd_compose_files(project: Path, text: str) -> None:
    (project / "docker" / "compose.yml").write_text(text)
    found = root_of(project / "docker" / "Dockerfile", "FROM a\nCOPY . .\n")
    assert found is not None
    assert "unknown" in found


def test_the_ignore_file_beside_the_dockerfile_goes_first(project: Path) -> None:
    (project / ".dockerignore").write_text("app\n")
    source = "FROM a\nCOPY package.json app .\n"
    assert root_of(project / "Dockerfile", source) != str(project)
    (project / "Dockerfile.dockerignore").write_text("service\n")
    context, _ = find_context(str(project / "Dockerfile"), parse(source))
    assert context is not None
    assert context.ignore_file == "Dockerfile.dockerignore"
    assert context.ignored("service/go.mod")
    (project / "docker" / "x.Dockerfile.dockerignore").write_text("service\n")
    context, _ = find_context(str(project / "docker" / "x.Dockerfile"), parse(source))
    assert context is not None
    assert (context.root, context.ignore_file) == (
        str(project), "docker/x.Dockerfile.dockerignore",
    )  # fmt: skip
    assert context.ignored("service")


def test_what_a_file_names() -> None:
    source = (
        "FROM a\nCOPY ./a/ /b c//d/../e $X ../../f .\nADD --chown=1 g https://x/y h@x:y/z /\n"
        "RUN --mount=type=bind,src=i,target=/x --mount=type=secret,id=j true\nCOPY --from=0 k l\n"
        'COPY ["m n", "o"]\nCOPY <<E p /q\nx\nE\n'
    )
    assert sources(parse(source)) == ("a", "b", "c/e", "f", "g", "i", "m n", "p")


def test_patterns_of_sources() -> None:
    files = Files(dict.fromkeys(("a/x.py", "a/y.txt", "b/x.py", "c.py", "d/e/x.py"), ""))
    assert list(expanded("*/x.py", files)) == ["a/x.py", "b/x.py"]
    assert list(expanded("*/*/x.py", files)) == ["d/e/x.py"]
    assert list(expanded("[a-b]/?.py", files)) == ["a/x.py", "b/x.py"]
    assert list(expanded("d", files)) == ["d"]
    assert list(expanded("[", files)) == []
    assert is_sent("*.py", files)
    assert not is_sent("*.go", files)
    assert not is_sent("none", files)


MOVED = "FROM python:3.12\nWORKDIR /app\nCOPY app app\nCOPY req.txt .\nRUN pip install -r req.txt\n"


def test_the_command_is_told_the_folder(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "x" / "app").mkdir(parents=True)
    (tmp_path / "x" / "req.txt").write_text("flask==3.0\n")
    (tmp_path / "docker" / "Dockerfile").write_text(MOVED)
    done = dockfix_command("docker/Dockerfile", cwd=tmp_path)
    assert (
        b"DF001 context: build context unknown, because neither this folder nor one above has app"
        in done.stdout
    )
    done = dockfix_command("docker/Dockerfile", "--context", "x", cwd=tmp_path)
    assert b"DF001" not in done.stdout
    (tmp_path / "docker" / ".dockfix.toml").write_text('context = "../x"\n')
    assert dockfix_command("docker/Dockerfile", cwd=tmp_path).stdout == done.stdout
    done = dockfix_command("docker/Dockerfile", "--context", "none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2, b"error: --context: there is no such folder: none\n",
    )  # fmt: skip
