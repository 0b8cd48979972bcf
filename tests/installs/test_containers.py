"""What containers run lives on caches and lists that an image then keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.cli.library import rewrite_file
from dockfix.passes.base import Settings
from helpers.memory_context import Files

APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
APK = "FROM alpine:3.19\nRUN apk update && apk add bash\n"
NPM = "FROM node:20\nCOPY package.json package-lock.json ./\nRUN npm ci\n"
UV = "FROM python:3.12\nCOPY --from=uv /uv /bin/uv\nCOPY pyproject.toml ./\nRUN uv sync\n"
DNF = "FROM fedora:40\nRUN dnf -y install git\n"
PACMAN = "FROM archlinux\nRUN pacman -Syu --noconfirm git\n"
CONDA = "FROM continuumio/miniconda3\nRUN conda install -y numpy\n"
START = 'COPY start.sh /start.sh\nCMD ["/start.sh"]\n'
SERVICE = "services:\n  web:\n    build: .\n"


def _is_kept(dockerfile: str, files: dict[str, str]) -> bool:
    """True if what the image keeps without these files is kept with them alone."""
    select = ["clean-package-cache"]
    assert rewrite(dockerfile, select=select).after != dockerfile
    files = {"start.sh": "#!/bin/sh\nexec true\n", "package.json": "{}", **files}
    settings = Settings(context=Files(files))
    return rewrite(dockerfile, select=select, settings=settings).after == dockerfile


@pytest.mark.parametrize(
    ("dockerfile", "name", "text"),
    [
        (APT, "compose.yaml", SERVICE + '    command: sh -c "apt-get install -y jq && jq"\n'),
        (APT, "compose.yaml", SERVICE + "    entrypoint: [sh, -c, apt-get install -y jq]\n"),
        (APT, "docker/compose.yml", SERVICE + "    post_start: [{command: apt install -y jq}]\n"),
        (
            APT,
            "compose.yaml",
            SERVICE + "    image: us/x\n  job: {image: us/x, command: apt install x}\n",
        ),
        (APT, "compose.yaml", SERVICE + "    command: apt-cache policy curl\n"),
        (APT, "compose.yaml", SERVICE + "    command: [sh, -c, apt list --upgradable]\n"),
        (
            APT,
            "compose.yaml",
            SERVICE + "configs: {setup: {content: 'apt-get install -y jq'}}\n",
        ),
        (
            NPM,
            "compose.yaml",
            SERVICE + "    develop: {watch: [{exec: {command: npm ci --offline}}]}\n",
        ),
        (NPM + 'CMD ["npx", "serve"]\n', "compose.yaml", SERVICE + "    network_mode: none\n"),
        (NPM, "compose.yaml", SERVICE + "    network_mode: none\n    command: npm run x\n"),
        (NPM + "CMD npx x\n", "Makefile", "run:\n\tdocker run --rm --network=none $(IMAGE)\n"),
        (NPM + "CMD npx x\n", "Makefile", "run:\n\tdocker run --net none $(IMAGE)\n"),
        (APT, ".devcontainer/devcontainer.json", '{"postCreateCommand": "sudo apt install -y jq"}'),
        (APT, "Tiltfile", "docker_build('x', '.', live_update=[run('apt-get install -y jq')])"),
        (APT, "Jenkinsfile", "agent { dockerfile true }\nsh 'apt-get install -y rpm'\n"),
        (APT, "Makefile", "deb:\n\tdocker run --rm $(IMG) \\\n\t  apt-get build-dep -y .\n"),
        (APT, ".github/workflows/a.yml", "run: docker run x bash -c 'apt-get install -y gdb'\n"),
        (APK, "compose.yaml", SERVICE + '    command: ["sh", "-c", "apk add curl && curl x"]\n'),
        (APK + START, "start.sh", "#!/bin/sh\napk add --no-network $EXTRA\n"),
        (APK + START, "start.sh", '#!/bin/sh\n[ -z "$EXTRA" ] || apk add $EXTRA\n'),
        (NPM, "compose.yaml", SERVICE + "    command: npm ci --offline\n"),
        (NPM, "compose.yaml", SERVICE + "    environment: {NPM_CONFIG_OFFLINE: true}\n"),
        (NPM + START, "start.sh", "#!/bin/sh\ncd /work && npm ci --offline\n"),
        (NPM + START, "start.sh", "#!/bin/sh\nexec npx --offline serve\n"),
        (UV, "compose.yaml", SERVICE + "    environment: [UV_OFFLINE=1]\n"),
        (DNF + START, "start.sh", "#!/bin/sh\ndnf -C -y install jq\n"),
        (PACMAN + START, "start.sh", "#!/bin/sh\npacman -U /var/cache/pacman/pkg/git-*.zst\n"),
        (CONDA + START, "start.sh", "#!/bin/bash\nconda create -y --offline -n job numpy\n"),
    ],
)
def test_what_a_container_lives_on_is_kept(dockerfile: str, name: str, text: str) -> None:
    assert _is_kept(dockerfile, {name: text})


@pytest.mark.parametrize(
    ("dockerfile", "name", "text"),
    [
        (APT, "compose.yaml", SERVICE + '    command: sh -c "apt-get update && apt install jq"\n'),
        (APT, "compose.yaml", "services: {db: {image: debian, command: apt-get install -y x}}\n"),
        (APT, "compose.yaml", SERVICE + "    command: apt-get install -y ./own.deb\n"),
        (APT, "compose.yaml", SERVICE + "    command: apt list --installed\n"),
        (APT, "compose.yaml", SERVICE + "    network_mode: none\n"),
        (NPM, "compose.yaml", SERVICE + "    network_mode: none\n    command: node a.js\n"),
        (NPM + "CMD npx x\n", "compose.yaml", SERVICE + "    network_mode: host\n"),
        (APT, ".devcontainer/devcontainer.json", '{"initializeCommand": "apt-get install -y jq"}'),
        (APT, "Jenkinsfile", "agent any\nsh 'apt-get install -y rpm'\n"),
        (APT, ".github/workflows/a.yml", "run: sudo apt-get install -y docker-compose\n"),
        (APK + START, "start.sh", "#!/bin/sh\napk add --no-cache $EXTRA\n"),
        (APK + START, "start.sh", "#!/bin/sh\napk update; apk add $EXTRA\n"),
        (NPM, "compose.yaml", SERVICE + "    command: npm start\n    environment: [A=offline]\n"),
        (NPM + START, "start.sh", "#!/bin/sh\nexec npx serve\n"),
        (PACMAN + START, "start.sh", "#!/bin/sh\nrm -rf /var/cache/pacman/pkg\n"),
    ],
)
def test_the_rest_is_cleaned(dockerfile: str, name: str, text: str) -> None:
    assert not _is_kept(dockerfile, {name: text})


@pytest.mark.parametrize("ignore", ["", "compose.yaml\ndev\n"])
def test_files_around_an_image_that_copies_nothing_are_read(tmp_path: Path, ignore: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockerignore").write_text(ignore)
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "Dockerfile").write_text(APT)
    assert rewrite(APT, select=["clean-package-cache"]).changed
    mounted = (
        "    build: image\n    volumes: [./dev:/dev-scripts]\n    entrypoint: /dev-scripts/a.sh\n"
    )
    (tmp_path / "compose.yaml").write_text(f"services:\n  web:\n{mounted}")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "a.sh").write_text("#!/bin/sh\napt-get install -y strace\n")
    assert not rewrite_file(folder / "Dockerfile").changed


@pytest.mark.parametrize(
    ("dockerfile", "compose", "name", "text"),
    [
        # what another Compose file says, wherever it lies
        (APT, "include: [ops/more.yml]\n", "ops/more.yml",
         "services: {web: {build: .., command: apt-get install -y jq}}\n"),
        (APT, "include:\n  - path: [ops/a/more.yml]\n", "ops/a/more.yml",
         "services: {web: {build: ../.., command: apt-get install -y jq}}\n"),
        (APT, "services: {web: {extends: {file: ops/base.yml, service: b}}}\n", "ops/base.yml",
         "services: {b: {build: .., command: apt-get install -y jq}}\n"),
        (APT, SERVICE + "    extends: {file: ops/base.yml, service: b}\n", "ops/base.yml",
         "services: {b: {command: apt-get install -y jq}}\n"),
        # variables of a file
        (NPM, SERVICE + "    env_file: ops/dev.env\n", "ops/dev.env", "npm_config_offline=true\n"),
        (UV, SERVICE + "    env_file: [ops/dev.env]\n", "ops/dev.env", "UV_OFFLINE=1\n"),
        (UV, SERVICE + "    env_file: [{path: ops/dev.env}]\n", "ops/dev.env", "UV_OFFLINE=1\n"),
    ],
)  # fmt: skip
def test_what_a_compose_file_takes_from_another_file_counts(
    dockerfile: str, compose: str, name: str, text: str
) -> None:
    assert _is_kept(dockerfile, {"compose.yaml": compose, name: text})
    assert not _is_kept(dockerfile, {"compose.yaml": compose, name: ""})


def test_files_that_include_each_other_are_read_once() -> None:
    files = dict.fromkeys(
        ("a.yml", "b.yml"), "include: [a.yml, b.yml]\nservices: {x: {build: .}}\n"
    )
    assert not _is_kept(APT, {"compose.yaml": SERVICE + "include: [a.yml]\n", **files})
