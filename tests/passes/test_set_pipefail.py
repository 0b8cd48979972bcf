"""set-pipefail: which shells get the option, how, and when it only says something."""

from __future__ import annotations

import subprocess

import pytest

from dockfix import Safety, rewrite

BASH = 'SHELL ["/bin/bash", "-c"]\n'
PIPE = "curl a | sh"
SET = f"set -o pipefail && {PIPE}"
NEW = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'


def mended(source: str) -> str:
    return rewrite(source, select=["set-pipefail"], unsafe_fixes=True).after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"FROM a:1\n{BASH}RUN {PIPE}\n", f"FROM a:1\n{BASH}RUN {SET}\n"),
        (f"FROM alpine\nRUN set -e && {PIPE}\n", f"FROM alpine\nRUN set -eo pipefail && {PIPE}\n"),
        (f"FROM alpine\nRUN a -x; {PIPE}\n", f"FROM alpine\nRUN set -o pipefail && a -x; {PIPE}\n"),
        (f"FROM alpine:3\nONBUILD RUN {PIPE}\n", f"FROM alpine:3\nONBUILD RUN {SET}\n"),
        (f"FROM node:24\nRUN {PIPE}\n", f"FROM node:24\n{NEW}RUN {PIPE}\n"),
        (f"FROM node AS a\nFROM a\n\nRUN {PIPE}\n", f"FROM node AS a\nFROM a\n{NEW}\nRUN {PIPE}\n"),
        (f"FROM debian\r\nRUN a\r\n  RUN {PIPE}\r\n",
         f"FROM debian\r\nRUN a\r\n  {NEW[:-1]}\r\n  RUN {PIPE}\r\n"),
        (f'FROM debian\nRUN {PIPE}\nCMD ["a"]\n', f'FROM debian\n{NEW}RUN {PIPE}\nCMD ["a"]\n'),
    ],
)  # fmt: skip
def test_what_gets_it(before: str, after: str) -> None:
    assert mended(before) == after
    assert mended(after) == after
    (offered,) = [one for one in rewrite(before).offered if one.name == "set-pipefail"]
    assert offered.safety is Safety.UNSAFE


@pytest.mark.parametrize(
    "source",
    [
        "FROM a:1\nRUN curl a | sh\n",
        "FROM node:24-alpine\nRUN a | b\n",
        "FROM debian:12\nONBUILD RUN curl a | sh\n",
        "FROM debian:12\nRUN curl a | sh\nRUN a | head -1\n",
        "FROM debian:12\nRUN curl a | sh\nHEALTHCHECK CMD a\n",
        "FROM debian:12 AS a\nRUN curl a | sh\nFROM a\nCMD b\n",
        f"FROM debian:12\nRUN curl a | sh\n{BASH}RUN b\n",
        f"FROM a:1\n{BASH}RUN curl a > b\nRUN cat a | sh\n",
        f"FROM a:1\n{BASH}RUN cat a | curl -d @- b\n",
        f"FROM a:1\n{NEW}RUN curl a | sh\n",
    ],
)
def test_what_stays(source: str) -> None:
    result = rewrite(source, select=["set-pipefail"], unsafe_fixes=True)
    assert not result.changed
    assert not result.notes


@pytest.mark.parametrize("cut", ["head -1", "grep -q a", "sed 1q", "less"])
def test_a_pipe_that_is_cut_off_is_pointed_out(cut: str) -> None:
    source = f"FROM alpine:3\nRUN curl a | {cut}\nRUN curl b | {cut}\n"
    result = rewrite(source, select=["set-pipefail"], unsafe_fixes=True)
    assert not result.changed
    assert [one.line for one in result.notes] == [2]


@pytest.mark.parametrize("shell", [["bash", "-c"], ["busybox", "ash", "-c"]])
def test_shells_take_it_as_it_is_written(shell: list[str]) -> None:
    for script in ("set -o pipefail && false | true", "set -euxo pipefail; false | true; true"):
        assert subprocess.run([*shell, script], capture_output=True).returncode == 1
