"""Stages on Alpine: which packages stay, which go, and on what the final stage is."""

from __future__ import annotations

import pytest

from helpers.divided import final_stage

GO = {"go.mod": "module example.org/pulse\n", "main.go": "package main\n\nfunc main() {}\n"}
RUST = {
    "Cargo.toml": '[package]\nname = "hello"\n',
    "Cargo.lock": '[[package]]\nname = "kernel32-sys"\n',
    "src/main.rs": "fn main() {}\n",
}
C = {"Makefile": "serve: serve.c\n\tcc -o serve serve.c\n", "serve.c": "int main() {}\n"}
GO_END = 'WORKDIR /app\nCOPY . .\nRUN go build -o pulse .\nCMD ["./pulse"]\n'
C_END = 'WORKDIR /app\nCOPY . .\nRUN make\nCMD ["./serve"]\n'


@pytest.mark.parametrize(
    ("image", "below"),
    [
        ("golang:1.22-alpine3.20", "alpine:3.20"),
        ("golang:alpine3.18", "alpine:3.18"),
        # musl keeps what it once had: what is built runs on later releases
        ("golang:1.22-alpine", "alpine:3"),
        ("golang:alpine", "alpine:3"),
        ("docker.io/library/golang:1.22-alpine3.20", "docker.io/library/alpine:3.20"),
    ],
)
def test_go_is_put_on_the_alpine_below(image: str, below: str) -> None:
    lines, notes = final_stage(f"FROM {image}\n{GO_END}", GO)
    assert lines[:2] == [f"FROM {below}", "RUN apk add --no-cache ca-certificates tzdata"], notes


def test_go_whose_version_is_an_argument() -> None:
    lines, notes = final_stage(f"ARG GO=1.22\nFROM golang:${{GO}}-alpine\n{GO_END}", GO)
    assert lines[:1] == ["FROM alpine:3"], notes


def test_rust_brings_its_own_libraries() -> None:
    end = GO_END.replace("go build -o pulse .", "cargo build --release")
    end = end.replace("./pulse", "target/release/hello")
    lines, notes = final_stage(f"FROM rust:1.85-alpine3.21\n{end}", RUST)
    assert lines[:2] == ["FROM alpine:3.21", "RUN apk add --no-cache ca-certificates"], notes
    openssl = {**RUST, "Cargo.lock": '[[package]]\nname = "openssl-sys"\n'}
    assert final_stage(f"FROM rust:1.85-alpine3.21\n{end}", openssl)[1] == [
        "it is unknown which libraries a program needs on Alpine"
    ]


@pytest.mark.parametrize(
    ("install", "again"),
    [
        ("apk add --no-cache gcc musl-dev make", ["RUN apk add --no-cache libgcc"]),
        ("apk add --no-cache build-base", ["RUN apk add --no-cache libgcc libstdc++"]),
        # which libraries it is for, nothing tells
        ("apk add --no-cache curl-dev make gcc", ["RUN apk add --no-cache curl-dev libgcc"]),
        ("apk add --no-cache --virtual .b gcc git && apk del .b",
         ["RUN apk add --no-cache libgcc"]),
        ("apk add --no-cache make", []),
    ],
)  # fmt: skip
def test_compilers_go_and_their_libraries_stay(install: str, again: list[str]) -> None:
    lines, notes = final_stage(f"FROM alpine:3.20\nRUN {install}\n{C_END}", C)
    assert [line for line in lines if line.startswith("RUN")] == again, notes
    assert lines[0] == "FROM alpine:3.20"


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        (f"FROM golang:1.22-alpine\nRUN apk add python2\n{GO_END}", GO,
         "it is unknown which release of Alpine golang:1.22-alpine is on, and python2 may not be in"
         " another"),
        (f"FROM golang:1.22-alpine\nRUN apk add git=2.30.2-r0\n{GO_END}", GO,
         "it is unknown which release of Alpine golang:1.22-alpine is on, and git=2.30.2-r0 may not"
         " be in another"),
        (f"FROM golang:1.22-alpine\n{GO_END.replace('./pulse', 'go')}", GO,
         "it is unknown which file the build leaves for the start"),
        (f"FROM golang:1.22-alpine\n{GO_END}",
         {**GO, "main.go": 'package main\nimport "os/exec"\nfunc main() { exec.Command("go") }\n'},
         "main.go calls go, which only the build stage would have"),
        ("FROM alpine:3.20\nRUN apk add make gcc\nCOPY . /usr/share\nWORKDIR /usr/share\n"
         'RUN make\nCMD ["./serve"]\n', C, "line 5 builds in /usr/share"),
    ],
)  # fmt: skip
def test_it_stays_with_a_reason(source: str, files: dict[str, str], reason: str) -> None:
    assert final_stage(source, files) == ([], [reason])


def test_a_script_counts_if_something_names_it() -> None:
    files = {**C, "deploy.sh": "#!/bin/sh\nmake\n"}
    source = f"FROM alpine:3.20\nRUN apk add make gcc\n{C_END}"
    assert final_stage(source, files)[0]
    started = source.replace('["./serve"]', '["sh", "deploy.sh"]')
    assert final_stage(started, files)[1] == [
        "deploy.sh calls make, which only the build stage would have"
    ]
