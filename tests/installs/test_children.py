"""Images that other Dockerfiles of a project are built on keep the lists that those live on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.cli.library import rewrite_file

OWN = "FROM debian:12\nRUN apt-get update && apt-get install -y gnupg\n"
CHILD = "FROM {}\nRUN apt-get install -y vim\n"


@pytest.mark.parametrize(
    ("base", "name", "text"),
    [
        ("acme/base", "Makefile", "all:\n\tdocker build -t acme/base .\n"),
        ("acme/base:1", ".github/workflows/a.yml", "run: docker build -t acme/base:1 .\n"),
        ("base", "docker-bake.hcl", 'target "app" {\n  contexts = { base = "target:base" }\n}\n'),
        ("own", "compose.yaml", "services: {a: {build: {additional_contexts: {own: service:b}}}}"),
        ("$BASE", "skaffold.yaml", "requires: [{image: base, alias: BASE}]\n"),
        ("${BASE:-x}", "scripts/build.sh", "docker build --build-arg BASE=$TAG app\n"),
        ("debian:12", "Makefile", "all:\n\tdocker build -t debian:12 .\n"),
        ("acme/base", "Makefile", "all:\n\tdocker build -t acme/other .\n"),
    ],
)
def test_a_file_that_copies_nothing_may_be_a_base(
    tmp_path: Path, base: str, name: str, text: str
) -> None:
    (tmp_path / ".git").mkdir()
    child = f"ARG BASE\n{CHILD.format(base)}" if "$" in base else CHILD.format(base)
    for path, content in {"Dockerfile": OWN, "app/Dockerfile": child, name: text}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    cleaned = "rm -rf /var/lib/apt/lists" in rewrite_file(tmp_path / "Dockerfile").after
    assert cleaned == (base == "debian:12" or "other" in text)
