"""The last of several stages: without what only builds, or as it is, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

GO = {"go.mod": "module example.org/pulse\n", "main.go": "package main\n\nfunc main() {}\n"}
RUST = {
    "Cargo.toml": '[package]\nname = "hello"\n',
    "Cargo.lock": '[[package]]\nname = "openssl-sys"\n',
    "src/main.rs": "fn main() {}\n",
}
POM = """\
<project>
  <artifactId>shop</artifactId>
  <version>1.0</version>
</project>
"""
JAVA = {"pom.xml": POM, "src/main/java/Shop.java": "class Shop {}\n"}
NATIVE = {"Makefile": "sum: sum.c\n\tcc -o sum sum.c\n", "sum.c": "int main() { return 0; }\n"}
GO_BUILD = "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /pulse .\n\n"
RUST_BUILD = "FROM rust:1.85 AS build\nWORKDIR /src\nCOPY . .\nRUN cargo build --release\n\n"
JAVA_BUILD = (
    "FROM maven:3.9-eclipse-temurin-21 AS build\nWORKDIR /src\nCOPY . .\nRUN mvn package\n\n"
)
NATIVE_BUILD = (
    "FROM debian:12-slim AS build\nRUN apt-get update && apt-get install -y gcc make\n"
    "WORKDIR /src\nCOPY Makefile sum.c ./\nRUN make\n\n"
)
INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends {}\n"
SUM = 'COPY --from=build /src/sum /usr/local/bin/\nCMD ["sum"]\n'
PULSE = 'WORKDIR /srv\nCOPY --from=build /pulse /pulse\nCMD ["/pulse"]\n'


def last(source: str, files: Mapping[str, str]) -> tuple[str, list[str]]:
    """The last stage if it has changed, and the notes. All above it stays as it is."""
    settings = Settings(context=Files(dict(files)))
    result = rewrite(source, select=["multi-stage"], settings=settings)
    again = rewrite(result.after, select=["multi-stage"], settings=settings)
    assert not again.changed
    notes = [
        note.message.removeprefix("not split into a build stage and a final stage: ")
        for note in result.notes
    ]
    if not result.changed:
        return "", notes
    above, _, stage = result.after.rpartition("\n\n")
    assert above == source.rpartition("\n\n")[0]
    return stage, notes


@pytest.mark.parametrize(
    ("packages", "left"),
    [
        ("ca-certificates gcc", "ca-certificates libgomp1"),
        ("gcc", "libgomp1"),
        ("jq libyaml-dev", "jq libyaml-0-2"),
        ("libssl-dev", "libssl3"),
        ("gfortran", "libgfortran5 libgomp1 libquadmath0"),
        ("build-essential=12.9 curl git", "ca-certificates curl git libgomp1"),
    ],
)
def test_packages_that_only_build_leave_the_list(packages: str, left: str) -> None:
    stage, notes = last(
        f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format(packages)}{SUM}", NATIVE
    )
    if "curl" in packages:
        left = left.replace("ca-certificates ", "")
    assert stage == f"FROM debian:12-slim\n{INSTALL.format(left)}{SUM}", notes


def test_an_install_of_which_nothing_is_left_goes() -> None:
    install = f"{INSTALL.format('make').strip()} && rm -rf /var/lib/apt/lists/*\n"
    stage, notes = last(f"{NATIVE_BUILD}FROM debian:12-slim\n{install}{SUM}", NATIVE)
    assert stage == f"FROM debian:12-slim\n{SUM}", notes


def test_comments_in_a_list_stay() -> None:
    install = (
        "RUN apt-get update && apt-get install -y \\\n    # for calls\n    curl \\\n    gcc \\\n"
        "    # to see\n    jq\n"
    )
    stage, notes = last(f"{NATIVE_BUILD}FROM debian:12-slim\n{install}{SUM}", NATIVE)
    assert stage == (
        "FROM debian:12-slim\nRUN apt-get update && apt-get install -y \\\n    # for calls\n"
        "    curl \\\n    # to see\n    jq \\\n    libgomp1\n" + SUM
    ), notes


@pytest.mark.parametrize(
    ("above", "begin", "stage", "files"),
    [
        (
            GO_BUILD,
            "FROM golang:1.22-bookworm\n",
            "FROM debian:bookworm-slim\nRUN apt-get update \\\n"
            "    && apt-get install -y --no-install-recommends ca-certificates tzdata \\\n"
            "    && rm -rf /var/lib/apt/lists/*\n" + PULSE,
            GO,
        ),
        (
            # the tag may move, but to no release that is newer than the stable one
            GO_BUILD,
            "FROM golang\n",
            "FROM debian:stable-slim\nRUN apt-get update \\\n"
            "    && apt-get install -y --no-install-recommends ca-certificates tzdata \\\n"
            "    && rm -rf /var/lib/apt/lists/*\n" + PULSE,
            GO,
        ),
        (
            GO_BUILD,
            "FROM golang:1.22-alpine3.20\n",
            "FROM alpine:3.20\nRUN apk add --no-cache ca-certificates tzdata\n" + PULSE,
            GO,
        ),
        (
            GO_BUILD,
            "FROM golang:1.22-alpine\n",
            "FROM alpine:3\nRUN apk add --no-cache ca-certificates tzdata\n" + PULSE,
            GO,
        ),
        (
            RUST_BUILD.replace("release", "release && mv target/release/hello /pulse"),
            "FROM rust:1.85\n",
            "FROM debian:bookworm-slim\nRUN apt-get update \\\n"
            "    && apt-get install -y --no-install-recommends ca-certificates libssl3 \\\n"
            "    && rm -rf /var/lib/apt/lists/*\n" + PULSE,
            RUST,
        ),
    ],
)
def test_a_toolchain_becomes_what_is_below_it(
    above: str, begin: str, stage: str, files: dict[str, str]
) -> None:
    found, notes = last(f"{above}{begin}{PULSE}", files)
    assert found == stage, notes


@pytest.mark.parametrize(
    ("image", "jre"),
    [
        ("maven:3.9-eclipse-temurin-21", "eclipse-temurin:21-jre-noble"),
        ("eclipse-temurin:21-jdk-alpine", "eclipse-temurin:21-jre-alpine"),
    ],
)
def test_a_jdk_becomes_the_jre(image: str, jre: str) -> None:
    end = (
        "WORKDIR /srv\nCOPY --from=build /src/target/shop-1.0.jar a.jar\n"
        'CMD ["java", "-jar", "a.jar"]\n'
    )
    found, notes = last(f"{JAVA_BUILD}FROM {image}\n{end}", JAVA)
    assert found == f"FROM {jre}\n{end}", notes


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}"
         "COPY --from=build /src/sum /bin/\n", NATIVE, "nothing says what the container starts"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}"
         'COPY --from=build /src/sum /bin/\nCMD ["bash"]\n', NATIVE,
         "CMD in line 10 starts a shell, or builds"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}RUN ./x\n{SUM}", NATIVE,
         "it is unknown what x in line 9 needs"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}"
         f"RUN apt-get purge -y gcc\n{SUM}", NATIVE, "line 9 removes packages again"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}"
         f"COPY --from=example.org/x /y /z\n{SUM}", NATIVE,
         "what line 9 copies of example.org/x cannot be seen"),
        (NATIVE_BUILD.replace("RUN make", "RUN git clone x && make")
         + f"FROM debian:12-slim\n{INSTALL.format('gcc')}{SUM}", NATIVE,
         "what line 5 fetches cannot be seen"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('libyaml-dev')}{SUM}",
         {**NATIVE, "sum.c": 'int main() { dlopen("libyaml.so", 1); }\n'},
         "sum.c opens a library by its name"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('gcc')}{SUM}",
         {**NATIVE, "Makefile": "sum: sum.c\n\tcc -o sum sum.c -latomic\n"},
         "Makefile links with a library that comes with the compiler"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n{INSTALL.format('libyaml-dev')}"
         f"RUN cp /usr/lib/x86_64-linux-gnu/libyaml.so /srv\n{SUM}", NATIVE,
         "line 9 names a folder of libraries or headers"),
        (f"{NATIVE_BUILD}FROM debian:12-slim\n# to compile with\n{INSTALL.format('cmake')}{SUM}",
         NATIVE, "nothing is left of the install in line 9, beside other things"),
        (f"{GO_BUILD}FROM golang:1.22\n" + PULSE.replace("/pulse /pulse", "/pulse $GOPATH/bin/"),
         GO, "line 8 names GOPATH, which is of the toolchain"),
        (f"{GO_BUILD}FROM golang:1.22\n" + PULSE.replace('["/pulse"]', '["go", "run", "."]'), GO,
         "CMD in line 9 starts a shell, or builds"),
        (f"{GO_BUILD}FROM golang:1.22\n" + PULSE.replace("WORKDIR /srv\n", ""), GO,
         "it works in /go, where Go's own image lets everybody write"),
        (GO_BUILD.replace("RUN", "RUN apt-get install -y libpcap-dev\nRUN")
         + f"FROM golang:1.22\n{PULSE}", GO,
         "it is unknown which libraries of libpcap-dev a program needs"),
        (f"{JAVA_BUILD}FROM maven:3.9-eclipse-temurin-21\nCOPY --from=build /src/target/a.jar /\n"
         'CMD ["java", "-jar", "/a.jar"]\n',
         {**JAVA, "src/main/java/Shop.java": "import javax.tools.ToolProvider;\n"},
         "src/main/java/Shop.java uses ToolProvider, which a JRE has not"),
        ("FROM python:3.12 AS build\nWORKDIR /src\nCOPY . .\nRUN pip install .\n\n"
         f"FROM python:3.12-slim-bookworm\n{INSTALL.format('gcc')}{SUM}", {"a.py": ""},
         "it is unknown what packages of python compile when they run"),
    ],
)  # fmt: skip
def test_it_stays_with_a_reason(source: str, files: dict[str, str], reason: str) -> None:
    assert last(source, files) == ("", [reason])
