"""use-cache-mount: where a mount may lie, and that nothing works against it afterwards."""

from __future__ import annotations

import pytest

from dockfix import rewrite

SYNTAX = "# syntax=docker/dockerfile:1\n"
PIP = "--mount=type=cache,target=/root/.cache/pip"
APT = (
    "--mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
    "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n    "
)
CLEAN = "rm -f /etc/apt/apt.conf.d/docker-clean"


def after(source: str, *more: str) -> str:
    return rewrite(source, select=["use-cache-mount", *more]).after


@pytest.mark.parametrize(
    ("base", "script", "mounted"),
    [
        ("alpine", "apk add --no-cache a", "--mount=type=cache,target=/etc/apk/cache,sharing=locked"
         " \\\n    apk add a"),
        ("node", "npm i -g a; npm cache clean --force; x",
         "--mount=type=cache,target=/root/.npm \\\n    npm i -g a; x"),
        ("node", "yarn global add a && yarn cache clean",
         "--mount=type=cache,target=/usr/local/share/.cache/yarn \\\n    yarn global add a"),
        ("php", "composer install && composer clear-cache",
         "--mount=type=cache,target=/root/.composer/cache \\\n    composer install"),
        ("ruby", "bundle install && rm -rf /usr/local/bundle/cache",
         "--mount=type=cache,target=/usr/local/bundle/cache \\\n    bundle install"),
        ("python", "cd /x && pip install --no-cache-dir a || x",
         f"{PIP} \\\n    cd /x && pip install a || x"),
        ("debian", "apt-get update && apt-get install -y a", f"{APT}{CLEAN} && apt-get update"
         " && apt-get install -y a"),
        ("debian", "set -e; apt-get update; apt-get install -y a; rm -rf /var/lib/apt/lists/*",
         f"{APT}set -e; {CLEAN}; apt-get update; apt-get install -y a"),
        ("python", "--network=host pip install a", f"--network=host {PIP} \\\n    pip install a"),
        ("python", f"{PIP} pip install --no-cache-dir a", f"{PIP} pip install a"),
    ],
)  # fmt: skip
def test_mounted(base: str, script: str, mounted: str) -> None:
    source = f"FROM {base}\nRUN {script}\n"
    assert after(source) == f"{SYNTAX}FROM {base}\nRUN {mounted}\n"


@pytest.mark.parametrize(
    ("base", "call", "targets"),
    [
        ("golang:1.23", "go mod download", ("/go/pkg/mod", "/root/.cache/go-build")),
        ("rust:1", "cargo build --release", ("/usr/local/cargo/registry",)),
        ("maven:3", "mvn -q package", ("/root/.m2/repository",)),
        ("eclipse-temurin:21", "./gradlew build", ("/root/.gradle",)),
    ],
)
def test_stores_are_mounted_where_only_results_are_copied_out(
    base: str, call: str, targets: tuple[str, ...]
) -> None:
    source = f"{SYNTAX}FROM {base} AS build\nRUN {call}\n"
    flags = "".join(f"--mount=type=cache,target={one} \\\n    " for one in targets)
    copying = "FROM debian\nCOPY --from=build /a /a\n"
    assert after(source) == source
    assert after(source + copying) == source.replace("RUN ", f"RUN {flags}") + copying


@pytest.mark.parametrize(
    "text",
    [
        "FROM python\nUSER me\nRUN pip install a",
        "FROM me/python\nRUN pip install a",
        "ARG B\nFROM $B\nRUN pip install a",
        "FROM python\nENV PIP_CACHE_DIR=/x\nRUN pip install a",
        "FROM python\nRUN HOME=/x pip install a",
        "FROM python\nRUN pip install --cache-dir /x a",
        "FROM python\nRUN sudo pip install a",
        "FROM python\nRUN pip list",
        "FROM python\nRUN pip() { x; }; pip install a",
        "FROM python\nCOPY wheels /root/.cache/pip\nRUN pip install a",
        "FROM python\nCOPY home /root/\nRUN pip install a",
        "FROM python\nADD $X $Y\nRUN pip install a",
        'FROM python\nRUN ["pip", "install", "a"]',
        "FROM python\nRUN <<E\npip install a\nE",
        "FROM python\nONBUILD RUN pip install a",
        "# syntax=docker/dockerfile:1.1\nFROM python\nRUN pip install a",
        "FROM debian\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b",
        "FROM debian\nRUN apt-get update && apt-get install -y a\nRUN ./more.sh",
        "FROM debian\nRUN apt-get install -y a",
        "FROM debian\nRUN sudo apt-get update && sudo apt-get install -y a",
    ],
)
def test_left_alone(text: str) -> None:
    assert after(text + "\n") == text + "\n"


@pytest.mark.parametrize("order", [("clean-package-cache",), ("all",)])
def test_cleanups_and_mounts_agree(order: tuple[str, ...]) -> None:
    for source in (
        "FROM python:3.12\nRUN apt-get update && apt-get install -y a\nRUN pip install b\n",
        "FROM alpine:3\nRUN apk update && apk add a && rm -rf /var/cache/apk/*\n",
        "FROM node:22\nRUN npm ci\nUSER node\nRUN npm i a\n",
    ):
        once = after(source, *order)
        assert "--mount" in once
        assert after(once, *order) == once
        mounted = [line for line in once.split("\nRUN ") if "--mount" in line]
        assert not any("cache clean" in run or "--no-cache" in run for run in mounted)
        assert not any("/lists/*" in run for run in mounted)


def test_it_is_off_until_it_is_selected() -> None:
    source = "FROM python:3.12\nRUN pip install --no-cache-dir a\n"
    assert not rewrite(source, unsafe_fixes=True).changed
    assert rewrite(source, extend_select=["DF202"]).changed


@pytest.mark.parametrize(
    "syntax", ["docker/dockerfile:1", "docker/dockerfile:1.2", "docker/dockerfile"]
)
def test_a_syntax_that_knows_mounts_stays(syntax: str) -> None:
    result = after(f"# syntax={syntax}\nFROM python\nRUN pip install a\n")
    assert result.startswith(f"# syntax={syntax}\nFROM python\nRUN {PIP} ")


def test_the_syntax_goes_above_all_else() -> None:
    source = "\ufeff# escape=\\\r\n# about\r\nFROM python\r\nRUN pip install a\r\n"
    assert after(source) == (
        "\ufeff# syntax=docker/dockerfile:1\r\n# escape=\\\r\n# about\r\nFROM python\r\n"
        f"RUN {PIP} \\\r\n    pip install a\r\n"
    )
