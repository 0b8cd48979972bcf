"""Notes on a file alone: where they point, how often, and where they are silent."""

from __future__ import annotations

import pytest

from dockfix import Safety, rewrite


def lines(name: str, source: str) -> list[int]:
    """The lines that a report points at. It changes nothing."""
    result = rewrite(source, select=[name], unsafe_fixes=True)
    assert not result.changed
    assert all(one.safety is Safety.NOTE for one in result.notes)
    return [one.line for one in result.notes if one.name == name]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM debian\n", [1]),
        ("FROM debian:latest\n", [1]),
        ("FROM a:1 AS b\nFROM c\nFROM d:latest\n", [2]),
        ("FROM example.org:5000/a\n", [1]),
        ("FROM example.org:5000/a:1\n", []),
        ("FROM debian@sha256:00\n", []),
        ("FROM scratch\n", []),
        ("ARG A=b\nFROM $A\n", []),
        ("FROM a:1 AS b\nFROM b\n", []),
        ("RUN make\n", []),
    ],
)
def test_tags(source: str, found: list[int]) -> None:
    assert lines("tag-base", source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM node:20\nCOPY . .\nRUN npm ci\nCOPY . .\nRUN npm ci\n", [2]),
        ("FROM node:20\nCOPY . /app/\nRUN apt-get install -y git\n", [2]),
        ("FROM node:20\nADD ./ /app\nRUN make\nRUN cd x && npm ci\n", [2]),
        ("FROM node:20\nRUN npm ci\nCOPY . .\n", []),
        ("FROM node:20 AS a\nCOPY . .\nFROM node:20\nRUN npm ci\n", []),
        ("FROM node:20\nCOPY --from=a . .\nRUN npm ci\n", []),
        ("FROM python:3\nCOPY . .\nRUN pip install -e .\n", []),
        ("FROM python:3\nCOPY . .\nRUN pip install ./lib\n", []),
        ("FROM node:20\nONBUILD COPY . .\nRUN npm ci\n", []),
    ],
)
def test_source(source: str, found: list[int]) -> None:
    assert lines("copy-source-late", source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM a:1\nUSER root\n", [2]),
        ("FROM a:1\nUSER b\nUSER 0:0\nRUN c\n", [3]),
        ("FROM a:1\nUSER root\nUSER b\n", []),
        ("FROM a:1 AS b\nUSER root\nFROM c:1\n", []),
        ("FROM a:1\nRUN b\n", []),
        ("FROM a:1\nUSER $B\n", []),
    ],
)
def test_root(source: str, found: list[int]) -> None:
    assert lines("drop-root", source) == found


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("PASSWORD", True), ("DB_PASSWORD", True), ("npm_token", True), ("API_KEY_ID", True),
        ("AUTH", True), ("APIKEY", True), ("TOKENS", False), ("KEYBOARD", False),
        ("PUBLIC_KEY", False), ("KEY_FILE", False), ("TOKEN_VERSION", False), ("MONKEY", False),
    ],
)  # fmt: skip
def test_secrets_are_those_of_the_builder(name: str, secret: bool) -> None:
    for text in (f"ENV {name}=x", f"ENV {name} x", f"ENV A=b {name}=x", f"ARG {name}"):
        assert lines("hide-secrets", f"FROM a:1\n{text}\n") == [2] * secret


def test_many_secrets_are_one_note() -> None:
    source = "FROM a:1\nRUN b\n" + "".join(f"ARG TOKEN_{n}\n" for n in range(9))
    (note,) = rewrite(source, select=["hide-secrets"]).notes
    assert note.line == 3
    assert note.message.startswith(
        "anyone who can pull the image can read TOKEN_0, TOKEN_1, TOKEN_2, TOKEN_3, TOKEN_4, …: "
    )
    assert lines("hide-secrets", "FROM a:1\nENV TOKEN=\nENV KEY=''\n") == []
    assert lines("hide-secrets", "FROM a:1\nARG TOKEN=\n") == [2]


def test_layers_of_a_stage_and_of_those_it_is_built_from() -> None:
    many = "COPY a /b\n" * 127
    assert lines("count-layers", f"FROM a:1\n{many}") == []
    assert lines("count-layers", f"FROM a:1\n{many}COPY c /d\nCOPY e /f\n") == [129]
    assert lines("count-layers", f"FROM a:1 AS b\n{many}ENV g=h\nFROM b\nADD i /j\n") == [131]
    assert lines("count-layers", f"FROM a:1\n{many}FROM c:1\nADD i /j\n") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM a:1\nUSER root\nRUN sudo b\nRUN sudo c\n", [3]),
        ("FROM scratch\nRUN sudo b\n", [2]),
        ("FROM a:1\nRUN sudo b\n", []),
        ("FROM a:1\nUSER b\nRUN sudo c\n", []),
        ("FROM a:1\nUSER root\nRUN apk add sudo\n", []),
    ],
)
def test_sudo(source: str, found: list[int]) -> None:
    assert lines("avoid-sudo", source) == found


@pytest.mark.parametrize(
    "comment",
    ["hadolint global ignore=DL3006", "dockfix: ignore-file", "hadolint ignore=DL3006"],
)
def test_an_ignore_comment_silences_a_note(comment: str) -> None:
    assert lines("tag-base", f"# {comment}\nFROM debian\n") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM debian:10\nFROM debian:10 AS b\nFROM b\nFROM node:14\n", [1, 4]),
        ("FROM centos\n", [1]),
        ("FROM --platform=linux/amd64 openjdk:8\n", [1]),
        ("ARG V=10\nFROM debian:$V\n", []),
        ("FROM scratch\n", []),
        ("RUN make\n", []),
    ],
)
def test_ended_bases(source: str, found: list[int]) -> None:
    assert lines("renew-base", source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("FROM golang:1.26\nCMD app\n", [1]),
        ("FROM golang:1.26 AS a\nFROM a\nENTRYPOINT app\n", [2]),
        ("FROM golang:1.26 AS a\nCMD app\nFROM a\nRUN b\n", [3]),
        ("FROM golang:1.26 AS a\nRUN go build\nFROM debian:12\nCMD app\n", []),
        ("FROM eclipse-temurin:21\nCMD java -jar a.jar\n", [1]),
        ("FROM eclipse-temurin:21-jre\nCMD java -jar a.jar\n", []),
        ("FROM rust:1.90-slim\nCMD app\n", [1]),
        ("FROM buildpack-deps:curl\nCMD app\n", []),
        ("FROM debian:12\nRUN apt-get install -y gcc\nCMD app\n", [1]),
        ("FROM debian:12\nRUN apt-get install -y ccache\nCMD app\n", [1]),
        ("FROM debian:12\nRUN apt-get install -y gcc && apt-get purge -y gcc\nCMD app\n", []),
        ("FROM debian:12\nRUN apt-get install -y gcc && apt-get purge -y $X\nCMD app\n", []),
        ("FROM alpine:3\nRUN apk add -t .b gcc && make && apk del .b\nCMD app\n", []),
        ("FROM alpine:3\nRUN apk add --virtual=.b gcc && make && apk del .b\nCMD app\n", []),
        ("FROM debian:12\nRUN apt-get install -y gcc\n", []),
        ("FROM debian:12\nRUN apt-get install -y gcc\nCMD bash\n", []),
        ('FROM debian:12\nRUN apt-get install -y gcc\nCMD ["/bin/sh", "-l"]\n', []),
        ('FROM golang:1.26\nCMD ["go", "run", "."]\n', []),
        ("FROM maven:3\nCMD ./mvnw spring-boot:run\n", []),
        ("FROM golang:1.26\nCMD a\nCMD make run\n", []),
        ("FROM golang:1.26\nONBUILD COPY . .\nCMD app\n", []),
        ("RUN apt-get install -y gcc\nCMD app\n", []),
    ],
)
def test_toolchains(source: str, found: list[int]) -> None:
    assert lines("keep-toolchain-out", source) == found


def test_a_long_list_of_tools_is_told_in_short() -> None:
    packages = " ".join(f"lib{letter}-dev" for letter in "abcdef")
    result = rewrite(f"FROM debian:12\nRUN apt-get install -y {packages}\nCMD app\n")
    (note,) = [one for one in result.notes if one.name == "keep-toolchain-out"]
    assert note.message.startswith("liba-dev, libb-dev, libc-dev and 3 more packages stay in")
