"""The slim form of a base: what is seen to need the full one, and what is installed."""

from __future__ import annotations

import json

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

LOCK = {"packages": {"": {}, "node_modules/a": {"resolved": "https://example.org/a.tgz"}}}
SCRIPTED = {"packages": {"node_modules/b": {"hasInstallScript": True}}}
INSTALL = (
    "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends {} \\\n"
    "    && rm -rf /var/lib/apt/lists/*\n"
)
LISTED = (
    "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n{}"
    "    && rm -rf /var/lib/apt/lists/*\n"
)


def slimmed(source: str, files: dict[str, str] | None = None) -> tuple[str, list[str]]:
    """What becomes of a file, and the notes."""
    settings = Settings(context=Files(files or {}))
    result = rewrite(source, select=["slim-base"], settings=settings)
    again = rewrite(result.after, select=["slim-base"], settings=settings)
    assert not again.changed
    return result.after, [note.message for note in result.notes]


@pytest.mark.parametrize(
    ("source", "files", "after"),
    [
        ("FROM debian:12\nCMD app\n", {}, "FROM debian:12-slim\nCMD app\n"),
        ("FROM debian\nRUN make\n", {}, "FROM debian:stable-slim\nRUN make\n"),
        (
            "FROM node:20 AS a\nRUN make\nFROM node:22-bookworm\nCOPY s.js .\nCMD node s.js\n",
            {"s.js": "console.log(1)"},
            "FROM node:20 AS a\nRUN make\nFROM node:22-bookworm-slim\nCOPY s.js .\nCMD node s.js\n",
        ),
        (
            "FROM node:22-bookworm\nCOPY package*.json .\nRUN npm ci\nCMD node s.js\n",
            {"package.json": "{}", "package-lock.json": json.dumps(LOCK)},
            "FROM node:22-bookworm-slim\nCOPY package*.json .\nRUN npm ci\nCMD node s.js\n",
        ),
        (
            "FROM python:3.12-bookworm\nCOPY a.py .\nCMD python a.py\n",
            {"a.py": "import subprocess\nsubprocess.run(['git', 'log'])\n"},
            "FROM python:3.12-slim-bookworm\n" + INSTALL.format("git")
            + "COPY a.py .\nCMD python a.py\n",
        ),
        (
            "FROM python:3.12-bookworm\nRUN apt-get install -y git\nRUN git clone x\nCMD app\n",
            {},
            "FROM python:3.12-slim-bookworm\nRUN apt-get install -y git\nRUN git clone x\n"
            "CMD app\n",
        ),
        (
            "FROM python:3.12-bookworm\nRUN git clone x\nRUN apt-get install -y git\nCMD app\n",
            {},
            "FROM python:3.12-slim-bookworm\n" + INSTALL.format("git")
            + "RUN git clone x\nRUN apt-get install -y git\nCMD app\n",
        ),
        (
            "FROM node:22-bookworm\nHEALTHCHECK CMD curl -f localhost && ps\nCMD node s.js\n",
            {},
            "FROM node:22-bookworm-slim\n"
            + LISTED.format("".join(f"        {one} \\\n" for one in
                                    ("ca-certificates", "curl", "procps")))
            + "HEALTHCHECK CMD curl -f localhost && ps\nCMD node s.js\n",
        ),
    ],
)  # fmt: skip
def test_a_base_becomes_slim(source: str, files: dict[str, str], after: str) -> None:
    assert slimmed(source, files)[0] == after


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        ("FROM python:3.12\nRUN make\n", {}, "line 2 calls make"),
        ("FROM python:3.12\nRUN gcc a.c\n", {}, "line 2 calls gcc"),
        ("FROM python:3.12\nCOPY r.txt .\nRUN pip install -r r.txt\n", {"r.txt": "psycopg2\n"},
         "psycopg2 may be built"),
        ("FROM python:3.12\nCOPY r.txt .\nRUN pip install -r r.txt\n", {"r.txt": "nobodys\n"},
         "nobodys may be built"),
        ("FROM node:22\nCOPY package*.json .\nRUN npm ci\n",
         {"package.json": "{}", "package-lock.json": json.dumps(SCRIPTED)}, "b is built"),
        ("FROM node:22\nCOPY package.json .\nRUN npm install\n", {"package.json": "{}"},
         "no package-lock.json says"),
        ("FROM node:22\nCOPY a.js .\n",
         {"a.js": "const {exec} = require('child_process'); exec(x)"}, "what a.js calls"),
        ("FROM ruby:3.4\nRUN bundle install\n", {}, "compiles"),
        ("FROM python:3.12\nCOPY run.sh .\nCMD ./run.sh\n", {"run.sh": "#!/bin/sh\nmake x\n"},
         "run.sh calls make"),
        ("FROM node:22 AS b\nFROM node:22\nCOPY --from=b /a /a\n", {}, "line 3 brings may need"),
        ("FROM node:22\nONBUILD COPY . .\n", {}, "built on this image"),
        ("FROM debian:11\nRUN apt-get install -y openjdk-11-jre-headless\n", {},
         "openjdk-11-jre-headless is not installed"),
        ("FROM python:3.12\nRUN ./configure.sh\n", {}, "cannot be seen"),
        ("FROM debian:stretch\nRUN ping x\n", {}, "images on stretch"),
        ("FROM python:3.12\nRUN cargo install x\n", {}, "what cargo in line 2 compiles"),
        ("FROM node:22\nRUN mystery\n", {}, "it is unknown what mystery in line 2 does"),
        ("FROM node:22\nRUN npx mystery\n", {}, "npx in line 2"),
    ],
)  # fmt: skip
def test_a_base_stays_and_says_why(source: str, files: dict[str, str], reason: str) -> None:
    after, notes = slimmed(source, files)
    assert after == source
    assert len(notes) == 1
    assert reason in notes[0]


@pytest.mark.parametrize(
    "source",
    [
        "FROM python:3.12-slim\nRUN make\n",
        "FROM python:3.12-alpine\n",
        "FROM golang:1.26\n",
        "FROM ubuntu:24.04\n",
        "FROM python:${V}\n",
        "FROM python:3.12 AS a\nFROM a\n",
        "FROM scratch\n",
    ],
)
def test_nothing_is_said_where_there_is_no_slim_form(source: str) -> None:
    assert slimmed(source) == (source, [])


@pytest.mark.parametrize(
    ("command", "package"),
    [("tar xJf a.tar -C /opt", "xz-utils"), ("tar -xf a.tbz2", "bzip2"), ("tar xf a.tar", "")],
)
def test_what_tar_unpacks_by_is_installed(command: str, package: str) -> None:
    source = f"FROM python:3.12-bookworm\nRUN {command}\n"
    after = rewrite(source, select=["slim-base"]).after
    assert "slim-bookworm" in after
    assert package in after
    assert package or "apt-get" not in after
