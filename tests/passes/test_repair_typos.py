"""repair-typos: what is mended could not have built, and what could have is only offered."""

from __future__ import annotations

import subprocess

import pytest

from dockfix import Safety, rewrite
from dockfix.dockerfile.arguments import KEYWORDS
from dockfix.dockerfile.nearest import distance, nearest
from dockfix.dockerfile.parser import parse
from helpers.shell_runs import SHELLS


def rewritten(source: str, *, unsafe_fixes: bool = False) -> str:
    result = rewrite(source, select=["repair-typos"], unsafe_fixes=unsafe_fixes)
    again = rewrite(result.after, select=["repair-typos"], unsafe_fixes=unsafe_fixes)
    assert not again.changed
    return result.after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # dashes and quotes, whichever a word processor likes
        ("RUN pip install —upgrade pip", "RUN pip install --upgrade pip"),
        ("RUN pip3 install ––no-cache-dir flask", "RUN pip3 install --no-cache-dir flask"),
        ("RUN apt-get install –y git", "RUN apt-get install -y git"),
        ("RUN apt-get –qq update", "RUN apt-get -qq update"),
        ("RUN apk add −−no-cache git", "RUN apk add --no-cache git"),
        ("RUN npm install –g ‘pm2’", "RUN npm install -g pm2"),
        ("RUN –-mount=type=cache,target=/x make", "RUN --mount=type=cache,target=/x make"),
        ("COPY —chown=a:b c d", "COPY --chown=a:b c d"),
        ("ADD –-checksum=sha256:0 https://example.org/a b", None),
        # verbs
        ("RUN apt-get isntall -y git", "RUN apt-get install -y git"),
        ("RUN sudo apt-get udpate && ls", "RUN sudo apt-get update && ls"),
        ("RUN yum -y intall git", "RUN yum -y install git"),
        ("RUN pip instal flask", "RUN pip install flask"),
        ("RUN npm instal flask", "RUN npm instal flask"),
        ("RUN gem instal rack", "RUN gem instal rack"),
        ("RUN apt-get indextargets", "RUN apt-get indextargets"),
        ("RUN apt-get $VERB git", "RUN apt-get $VERB git"),
        # arrays
        ("COPY ['a', 'b']", 'COPY ["a", "b"]'),
        ("COPY --from=x [“a”, “b”]", 'COPY --from=x ["a", "b"]'),
        ("COPY [a] b", "COPY [a] b"),
        # lists without an end
        ("RUN a &&", "RUN a"),
        ("RUN a && \\", "RUN a \\"),
        ("RUN a # b &&", "RUN a # b &&"),
        ("RUN echo 'a &&'", "RUN echo 'a &&'"),
        ("RUN a && \\\nCMD b", "RUN a\nCMD b"),
        ("RUN a && \\\n\n# c\n\nWORKDIR /b\nRUN d", "RUN a\n\n# c\n\nWORKDIR /b\nRUN d"),
        ("RUN a && \\\nRUN b && \\\nRUN c", "RUN a\nRUN b\nRUN c"),
        ('RUN echo "a && \\\nCMD b"', 'RUN echo "a && \\\nCMD b"'),
        ("RUN a && \\\n  CMD b", "RUN a && \\\n  CMD b"),
        ("RUN a && \\\nCMDS b", "RUN a && \\\nCMDS b"),
        # ports
        ("EXPOSE 8080:80", "EXPOSE 80"),
        ("EXPOSE 8080:80/tcp 443/TCP", "EXPOSE 80/tcp 443/tcp"),
        ("EXPOSE 80-90:80-90", "EXPOSE 80-90:80-90"),
        ("EXPOSE 127.0.0.1:80:80", "EXPOSE 127.0.0.1:80:80"),
        ("EXPOSE $A:80", "EXPOSE $A:80"),
        # text
        ("RUN echo – “a” —b", "RUN echo – “a” —b"),
        ("LABEL a=“b”", "LABEL a=“b”"),
    ],
)
def test_slips(before: str, after: str | None) -> None:
    after = before.replace("–-", "--") if after is None else after
    assert rewritten(f"FROM debian\n{before}\n") == f"FROM debian\n{after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM node:16:slim\n", "FROM node:16-slim\n"),
        ("FROM example.org:5000/node:16:slim AS a\n", "FROM example.org:5000/node:16-slim AS a\n"),
        ("FROM a\nRUN apt-get udpate; true\n", "FROM a\nRUN apt-get update; true\n"),
        ("FROM a\nRUN ! apt-get udpate\n", "FROM a\nRUN ! apt-get update\n"),
        ("FROM a\nRUN pip install –U pip | cat\n", "FROM a\nRUN pip install -U pip | cat\n"),
        ("FROM a\nRUN b || c && \\\nCMD d\n", "FROM a\nRUN b || c\nCMD d\n"),
        (
            "FROM a AS builder\nFROM b\nCOPY --from=Bulider /c /\n",
            "FROM a AS builder\nFROM b\nCOPY --from=builder /c /\n",
        ),
    ],
)
def test_what_could_have_built_is_only_offered(before: str, after: str) -> None:
    assert rewritten(before) == before
    offered = rewrite(before, select=["repair-typos"]).offered
    assert [one.safety for one in offered] == [Safety.UNSAFE]
    assert rewritten(before, unsafe_fixes=True) == after


@pytest.mark.parametrize(
    "text",
    [
        "FROM example.org:5000/node:16\n",
        "FROM example.org:5000/node@sha256:00\n",
        "FROM $A:$B:$C\n",
        "FROM a\nCOPY --from=0 b c\n",
        "FROM a AS build\nFROM b\nCOPY --from=build:1 c d\n",
        "FROM a AS build\nFROM b\nCOPY --from=nginx c d\n",
        "FROM a AS build\nFROM b\nCOPY --from=BUILD c d\n",
    ],
)
def test_names_that_may_be_right_stay(text: str) -> None:
    assert rewritten(text, unsafe_fixes=True) == text


def test_shells_stop_at_what_is_mended() -> None:
    for shell in SHELLS.values():
        for script in ("true &&", "true && CMD x", "true && RUN x"):
            done = subprocess.run([*shell.split(), script], capture_output=True, check=False)
            assert done.returncode not in (0, 1)


def test_a_stage_that_is_swallowed_is_pointed_out() -> None:
    source = "FROM debian\nRUN a && \\\n\nFROM debian\nRUN b\n"
    result = rewrite(source, select=["repair-typos"], unsafe_fixes=True)
    assert not result.changed
    assert [(one.line, one.safety) for one in result.notes] == [(4, Safety.NOTE)]


def test_windows_is_left_to_its_own_shells() -> None:
    source = "# escape=`\nFROM mcr.microsoft.com/windows/servercore\nRUN dir && `\nRUN dir\n"
    assert rewritten(source, unsafe_fixes=True) == source


def test_distances() -> None:
    assert distance("from", "form") == 1
    assert distance("install", "instal") == 1
    assert distance("", "abc") == 3
    assert distance("copy", "copy") == 0
    assert nearest("WROKDIR", KEYWORDS) == "WORKDIR"
    assert nearest("XYZ", KEYWORDS) is None
    assert nearest("a" * 10_000, KEYWORDS) is None


def test_a_keyword_that_is_swallowed_becomes_an_instruction() -> None:
    after = rewritten('FROM debian\nRUN a && \\\n\nENTRYPOINT ["b"]\n')
    assert [one.keyword for one in parse(after).instructions] == ["FROM", "RUN", "ENTRYPOINT"]
