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


NPM = "FROM node:20\nWORKDIR /app\nRUN npm install -g ms\n"
COMPOSE = "services: {base: {build: ., image: us/base}, app: {build: app}}\n"


def _is_kept(folder: Path, own: str, child: str, around: str = COMPOSE) -> bool:
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "app").mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(own)
    (folder / "app" / "Dockerfile").write_text(child)
    (folder / "compose.yaml").write_text(around)
    return rewrite_file(folder / "Dockerfile", select=["clean-package-cache"]).after == own


@pytest.mark.parametrize(
    ("own", "child"),
    [
        (NPM, "FROM us/base\nRUN npm install --offline ms\n"),
        (NPM, "FROM us/base\nRUN npm install \\\n  --offline ms\n"),
        (NPM, "FROM us/base\nENV NPM_CONFIG_OFFLINE=true\nRUN npm install ms\n"),
        (NPM, "FROM us/base AS a\nFROM a\nCMD npx --offline serve\n"),
        (NPM, "FROM node:20\nCOPY --from=us/base /root/.npm /root/.npm\nRUN npm install ms\n"),
        (NPM, "FROM node:20\nCOPY --from=us/base /root /root\nRUN npm ci --offline\n"),
        (NPM, "FROM busybox\nRUN --mount=from=us/base,source=/root/.npm,target=/x cp -r /x /y\n"),
        ("FROM python\nRUN pip install six\n",
         "FROM busybox\nCOPY --from=us/base /root/.cache/pip/wheels /w\n"),
        ("FROM python\nRUN pip install six\n",
         "FROM busybox\nCOPY --from=us/base /root/.cache /c\n"),
        (OWN, "FROM debian:12\nCOPY --from=us/base /var/lib/apt/lists /l\n"),
    ],
)  # fmt: skip
def test_caches_stay_for_images_that_are_made_of_this_one(
    tmp_path: Path, own: str, child: str
) -> None:
    assert _is_kept(tmp_path, own, child)
    assert not _is_kept(tmp_path, own, child, COMPOSE.replace("us/base", "us/other"))


@pytest.mark.parametrize(
    "child",
    [
        "FROM us/base\nRUN npm install ms\n",
        "FROM node:20\nRUN npm ci --offline\n",
        "FROM us/base\nRUN rm -rf /root/.npm && npm install ms\n",
        "FROM node:20\nCOPY --from=us/base /usr/local/lib/node_modules /m\n",
        "FROM us/base\nFROM node:20\nRUN npm install --offline ms\n",
    ],
)
def test_caches_go_if_nobody_comes_for_them(tmp_path: Path, child: str) -> None:
    assert not _is_kept(tmp_path, NPM, child)
