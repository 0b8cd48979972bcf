"""Splits that are built: the right one holds, a wrong one is blamed, and what holds is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from split_languages import POM

from dockfix.builds import declared
from dockfix.builds.target import PassSelection
from dockfix.builds.verify import Checks
from dockfix.core import choice
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes import ENTRIES, PASSES, Entry
from dockfix.passes.base import Pass, Settings
from dockfix.passes.merge_runs import PASS as MERGE_RUNS
from dockfix.reports.verify import verdict_text
from dockfix.state.facts import Facts
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine

#: A program of its own, which is jq under another name, and what builds it.
INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends"
BUILD = f"""\
{INSTALL} jq libyaml-dev
RUN mkdir -p -m 711 /srv/shop && cp /usr/bin/jq /srv/shop/serve
"""
END = """\
HEALTHCHECK CMD ["/srv/shop/serve", "-n", "1"]
CMD ["sleep", "60"]
"""
ONE_STAGE = f"FROM debian:bookworm-slim\n{BUILD}{END}"
SPLIT = f"""\
FROM debian:bookworm-slim AS build
{BUILD}
FROM debian:bookworm-slim
{INSTALL} libjq1
RUN mkdir -m 711 /srv/shop
COPY --from=build /srv/shop /srv/shop
{END}"""


SHOP = """\
import java.nio.file.Files;
import java.nio.file.Path;

class Shop {
    public static void main(String[] arguments) throws Exception {
        System.out.println(41 + 1 + Files.readString(Path.of("config/shop.txt")));
    }
}
"""


def splitting(after: str) -> Pass:
    """A pass that writes a split in the place of the file, and is sure of it."""

    def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
        if len(facts.stages) == 1 and "libyaml-dev" in facts.source:
            edits = (Edit(0, len(facts.source), after),)
            yield Group(0, "in two stages", edits, declares=("package jq",))

    return MERGE_RUNS._replace(
        code="DF999",
        name="be-bold",
        safety=Safety.SAFE,
        adds_stages=True,
        splits=True,
        rewrite=rewrite,
        verify=lambda one, other: None,
    )


def test_a_split_is_compared_by_what_it_needs(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian")
    checks = Checks(run="/srv/shop/serve -n 41+1", against=SPLIT.encode(), declared=("package jq",))
    found = verified(tmp_path, ONE_STAGE, checks=checks)
    text = verdict_text(found)
    assert found.outcome == "declared", text
    assert found.split is not None
    assert {"headers and static libraries", "other packages"} <= {
        one.kind for one in found.split.left
    }
    assert "HEALTHCHECK: healthy → healthy" in text
    assert "--run: the same output" in text
    assert "complete: " in text


def test_a_split_without_a_library_is_blamed(
    real_engine: RealEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_engine.need("debian")
    bold = splitting(SPLIT.replace(f"{INSTALL} libjq1\n", ""))
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(bold), *ENTRIES))
    monkeypatch.setattr(declared, "PASSES", (bold, *PASSES))
    found = verified(tmp_path, ONE_STAGE)
    text = verdict_text(found)
    assert found.outcome == "different", text
    assert "/srv/shop/serve needs the library libjq.so.1, which is not found" in text
    assert "HEALTHCHECK: healthy → unhealthy" in text
    assert [one.name for one in found.suspects] == ["be-bold"]


def test_what_only_the_full_base_has_may_go(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian", "node")
    environment = {**os.environ, **real_engine.environment}
    for name, base in {
        "node:20-bookworm-slim": "FROM node:20-slim\n",
        "node:20-bookworm": f"FROM node:20-bookworm-slim\n{INSTALL} jq\nRUN echo 1 > /opt/full\n",
    }.items():
        words = ["docker", "build", "-q", "--network", "host", "-t", name, "-"]
        subprocess.run(words, env=environment, input=base.encode(), check=True, capture_output=True)
    source = 'FROM node:20-bookworm\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n'
    found = verified(
        tmp_path,
        source,
        {"server.js": "console.log(41 + 1)\n"},
        passes=PassSelection(select=("slim-base",)),
        checks=Checks(run="node server.js"),
    )
    text = verdict_text(found)
    assert "FROM node:20-bookworm-slim\n" in found.result.after
    assert found.outcome == "declared", text
    assert "--run: the same output" in text


def test_what_maven_builds_runs_on_the_jre(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian", "maven")
    source = (
        "FROM maven:3.9-eclipse-temurin-17\nWORKDIR /app\nCOPY . .\n"
        "RUN mvn -q -o -Dmaven.repo.local=/usr/share/maven-repo package\n"
        'CMD ["java", "-jar", "target/shop-1.0.jar"]\n'
    )
    found = verified(
        tmp_path,
        source,
        {"pom.xml": POM, "src/main/java/Shop.java": SHOP, "config/shop.txt": " hello\n"},
        passes=PassSelection(select=("multi-stage",)),
        checks=Checks(run="java -jar target/shop-1.0.jar"),
    )
    text = verdict_text(found)
    final = found.result.after.partition("\n\n")[2]
    assert final.splitlines()[:3] == [
        "FROM eclipse-temurin:17-jre-noble",
        "WORKDIR /app",
        "COPY --from=build /app/target/shop-1.0.jar /app/target/shop-1.0.jar",
    ]
    assert found.outcome == "declared", text
    assert "--run: the same output" in text
    assert "complete: " in text
