"""Unsafe passes, built: what they change on purpose is declared, what they doubt is compared."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from dockfix.builds import declared
from dockfix.builds.options import BuildOptions
from dockfix.builds.target import PassSelection
from dockfix.builds.verify import Verdict
from dockfix.core import choice
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes import ENTRIES, PASSES, Entry
from dockfix.passes.base import Pass, Settings
from dockfix.reports.verify import verdict_text
from dockfix.state.facts import Facts
from helpers.engine_pairs import APP
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine


class Unsafe(NamedTuple):
    """A Dockerfile, and words of what is said of its rewrite; empty: the images are the same."""

    name: str
    dockerfile: str
    said: str
    files: Mapping[str, str] = {}
    base: str = ""


JAR = {"target/shop.jar": "PK", "src/Main.java": "class Main {}", "Dockerfile": "x"}
LOCKED = {
    "package.json": '{"name": "x", "version": "1.0.0", "dependencies": {"ms": "^2.0.0"}}\n',
    "package-lock.json": '{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": '
    '{"": {"name": "x", "version": "1.0.0", "dependencies": {"ms": "^2.0.0"}}, '
    '"node_modules/ms": {"version": "2.1.2"}}}\n',
}
CASES = (
    Unsafe(
        "no-install-recommends",
        "FROM debian:bookworm-slim\n"
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        "no-install-recommends leaves out 6 packages (ca-certificates, ",
        base="debian",
    ),
    Unsafe(
        "use-cache-mount",
        "FROM debian:bookworm-slim\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends less"
        " && rm -rf /var/lib/apt/lists/*\n",
        "use-cache-mount removes /etc/apt/apt.conf.d/docker-clean",
        base="debian",
    ),
    Unsafe(
        "fetch-in-run",
        "FROM alpine:3.20\nADD http://127.0.0.1:PORT/app.tar.gz /tmp/\n"
        "RUN tar -xzf /tmp/app.tar.gz -C /usr\n",
        "fetch-in-run removes /tmp/app.tar.gz",
        base="fakes",
    ),
    Unsafe(
        "narrow-copy",
        'FROM busybox\nCOPY . /app\nENTRYPOINT ["java", "-jar", "/app/target/shop.jar"]\n',
        "narrow-copy removes /app/Dockerfile and /app/src\n",
        JAR,
    ),
    Unsafe(
        "locked-install",
        "FROM node:20-slim\nWORKDIR /app\nCOPY package*.json ./\n"
        "RUN npm install && npm cache clean --force\n",
        "locked-install changes what is kept in ",
        LOCKED,
        base="node",
    ),
    Unsafe(
        "dockerignore",
        "FROM busybox\nCOPY . /app\n",
        "dockerignore removes /app/.env\n",
        {**APP, ".env": "KEY=1\n", ".dockerignore": "*.log\nDockerfile\n"},
    ),
    Unsafe(
        "exec-form",
        'FROM busybox\nENTRYPOINT httpd -f\nCMD ["-v"]\n',
        'exec-form writes it in another form: Entrypoint: ["/bin/sh", "-c", "httpd -f"] → ["httpd"',
    ),
    Unsafe(
        "use-workdir",
        "FROM busybox\nRUN mkdir -p /srv/app && cd /srv/app && touch x\n",
        "use-workdir changes it: WorkingDir: / → /srv/app",
    ),
    # doubts, which a build settles
    Unsafe(
        "copy-with-owner",
        "FROM busybox\nCOPY README.md /usr/bin/\nRUN chmod +x /usr/bin/README.md\n",
        "",
        APP,
    ),
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server that has an archive."""
    served = tmp_path / "served"
    served.mkdir()
    with tarfile.open(served / "app.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("app/run")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"run"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def unsafely(folder: Path, case: Unsafe, port: int) -> Verdict:
    folder = folder / "project"
    folder.mkdir()
    # the line that names a frontend would need a registry
    build = BuildOptions(network="host", timeout=300, strip_syntax=True)
    passes = PassSelection(select=(case.name,), unsafe_fixes=True)
    text = case.dockerfile.replace("PORT", str(port))
    return verified(folder, text, case.files, passes=passes, build=build)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_unsafe_passes_change_is_declared(
    case: Unsafe, port: int, real_engine: RealEngine, tmp_path: Path
) -> None:
    if case.base:
        real_engine.need("debian", case.base) if case.base != "fakes" else real_engine.need("fakes")
    found = unsafely(tmp_path, case, port)
    assert case.name in [one.name for one in found.result.applied]
    assert found.outcome == ("declared" if case.said else "same"), verdict_text(found)
    assert case.said in verdict_text(found)


def worse(name: str, before: str, after: str) -> Pass:
    """A pass that replaces another text than it says."""

    def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
        at = facts.source.find(before)
        if at >= 0:
            edits = (Edit(at, at + len(before), after),)
            yield Group(at, "worse", edits, Safety.UNSAFE, declares=declares)

    declares: tuple[str, ...] = ("/app/src/**", "!/app/target/shop.jar")
    (found,) = (one for one in PASSES if one.name == name)
    return found._replace(rewrite=rewrite, verify=lambda old, new: None)


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("no-install-recommends", "curl && ", "less && ", "/usr/bin/curl: missing"),
        ("use-cache-mount", "less", "file", "/usr/bin/less: missing"),
        ("narrow-copy", "COPY . /app", "COPY src /app/src", "/app/target: missing"),
        ("narrow-copy", "COPY . /app", "COPY target/shop.jar /app/", "/app/shop.jar: new"),
        ("exec-form", "httpd -f", '["httpd", "-v"]', "Entrypoint: "),
        ("copy-with-owner", "COPY README.md", "COPY --chmod=600 README.md", "mode: 07"),
        (
            "use-workdir",
            "RUN mkdir -p /srv/app && cd",
            "WORKDIR /srv\nRUN mkdir app && cd",
            "WorkingDir: / →",
        ),
    ],
    ids=lambda one: one[:24].replace("/", " "),
)
def test_wrong_changes_of_unsafe_passes_are_different(
    name: str,
    before: str,
    after: str,
    said: str,
    real_engine: RealEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (case,) = (one for one in CASES if one.name == name)
    if case.base:
        real_engine.need("debian", case.base)
    wrong = worse(name, before, after)
    entries = [Entry.of(wrong) if one.name == name else one for one in ENTRIES]
    monkeypatch.setattr(choice, "ENTRIES", tuple(entries))
    monkeypatch.setattr(declared, "PASSES", (wrong,))
    found = unsafely(tmp_path, case, 0)
    assert found.outcome == "different", verdict_text(found)
    assert said in verdict_text(found)
    assert {one.name for one in found.suspects} == {name}
