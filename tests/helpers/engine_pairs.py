"""Dockerfiles that real engines build before and after: every pass, alone and beside the others.

Each is rewritten by all passes that are on by default. `passes` must have had a hand in it; the
images must be the same, or differ as those passes declare (`declared`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Pair(NamedTuple):
    """A Dockerfile, the files beside it, and what is known of the outcome."""

    name: str
    passes: str
    dockerfile: str
    files: Mapping[str, str] = {}
    declared: bool = False
    base: str = "busybox"
    unsafe: bool = False


APP = {"app/main.py": "print('hello')\n", "app/util.py": "x = 1\n", "README.md": "read\n"}
PYTHON = {**APP, "requirements.txt": "flask\nrequests\n"}
NODE = {
    "package.json": '{"name": "x", "version": "1.0.0", "dependencies": {}}\n',
    "package-lock.json": '{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": '
    '{"": {"name": "x", "version": "1.0.0"}}}\n',
    "index.js": "console.log(1)\n",
}
START = {"start.sh": "#!/bin/sh\nexec httpd -f\n"}

PAIRS = (
    # merge-runs
    Pair(
        "files",
        "merge-runs",
        """FROM busybox
RUN echo a > /a
RUN echo b > /b
RUN cp /a /c
""",
    ),
    Pair(
        "modes",
        "merge-runs",
        """FROM busybox
RUN touch /a && chmod 600 /a
RUN umask 077; mkdir /d
RUN touch /e
""",
    ),
    Pair(
        "umask leaks not",
        "merge-runs",
        """FROM busybox
RUN umask 077 && touch /a
RUN touch /b
""",
    ),
    Pair(
        "directories",
        "merge-runs",
        """FROM busybox
WORKDIR /w
RUN mkdir d && cd d && touch a
RUN touch b
RUN cd /tmp; touch c
RUN touch d2
""",
    ),
    Pair(
        "variables",
        "merge-runs",
        """FROM busybox
RUN v=1 && echo $v > /a
RUN echo "${v:-none}" > /b
""",
    ),
    Pair(
        "exports",
        "merge-runs",
        """FROM busybox
ENV v=env
RUN export v=1; echo $v > /a
RUN echo $v > /b
""",
    ),
    Pair(
        "alternatives",
        "merge-runs",
        """FROM busybox
RUN test -e /nope || touch /a
RUN test -e /a && touch /b || touch /c
""",
    ),
    Pair(
        "errexit",
        "merge-runs",
        """FROM busybox
RUN set -e; touch /a; touch /b
RUN set -e; touch /c
""",
    ),
    Pair(
        "comments",
        "merge-runs",
        """FROM busybox
RUN touch /a # first
# between
RUN touch /b
""",
    ),
    Pair(
        "links and devices",
        "merge-runs",
        """FROM busybox
RUN touch /a && ln /a /b && ln -s a /c
RUN mkfifo /p && mknod /n c 1 3
""",
    ),
    Pair(
        "owners",
        "merge-runs",
        """FROM busybox
RUN touch /a && chown 5:6 /a
RUN chown 7:8 /tmp
""",
    ),
    Pair(
        "users",
        "merge-runs",
        """FROM busybox
RUN mkdir -m 777 /w
USER 1000:1000
RUN touch /w/a
RUN id -u > /w/b
USER root
RUN touch /r
""",
    ),
    Pair(
        "removal",
        "merge-runs",
        """FROM busybox
RUN mkdir -p /x/y && touch /x/y/z
RUN rm -rf /x/y
RUN mkdir /x/y
""",
    ),
    Pair(
        "mounts",
        "merge-runs",
        """FROM busybox
RUN --mount=type=cache,target=/c touch /c/a /a
RUN --mount=type=cache,target=/c touch /b
""",
    ),
    Pair(
        "stages",
        "merge-runs",
        """FROM busybox AS build
RUN mkdir /out
RUN echo built > /out/x
FROM busybox
COPY --from=build /out /out
RUN touch /a
RUN touch /b
""",
    ),
    Pair(
        "arguments",
        "merge-runs",
        """FROM busybox
ARG V=3
RUN echo $V > /v
RUN echo ${V}x > /w
""",
    ),
    Pair(
        "loops",
        "merge-runs",
        """FROM busybox
RUN for i in 1 2; do touch /f$i; done
RUN if [ -e /f1 ]; then touch /yes; fi
""",
    ),
    Pair(
        "subshells",
        "merge-runs",
        """FROM busybox
RUN (cd /tmp && touch a)
RUN { touch /b; cd /; }
RUN touch c
""",
    ),
    Pair(
        "onbuild",
        "merge-runs",
        """FROM busybox
ONBUILD RUN touch /a
ONBUILD RUN touch /b
""",
        declared=True,
    ),
    Pair(
        "big file",
        "merge-runs",
        """FROM busybox
RUN dd if=/dev/zero of=/big bs=1M count=8
RUN truncate -s 100M /sparse
""",
    ),
    # exec-form
    Pair(
        "command",
        "exec-form",
        """FROM busybox
CMD httpd -f -p 80
""",
        declared=True,
    ),
    Pair(
        "entrypoint",
        "exec-form",
        """FROM busybox
ENTRYPOINT httpd -f
""",
        declared=True,
    ),
    Pair(
        "exec",
        "exec-form",
        """FROM busybox
CMD exec httpd -f
""",
        declared=True,
    ),
    Pair(
        "quotes",
        "exec-form",
        """FROM busybox
CMD httpd -c 'a b' "c\\"d" e\\ f
""",
        declared=True,
    ),
    Pair(
        "script",
        "exec-form",
        """FROM busybox
COPY --chmod=755 start.sh /
CMD /start.sh
""",
        START,
        declared=True,
    ),
    Pair(
        "broken array",
        "exec-form",
        """FROM busybox
CMD ['httpd', '-f']
""",
        declared=True,
    ),
    Pair(
        "typographic array",
        "exec-form",
        """FROM busybox
CMD [“httpd”, “-f”]
""",
        declared=True,
    ),
    Pair(
        "variables of a command",
        "exec-form",
        """FROM busybox
ENV O=-f
CMD httpd $O
""",
        declared=True,
    ),
    Pair(
        "health",
        "exec-form",
        """FROM busybox
HEALTHCHECK --interval=5s CMD wget -q localhost
""",
        declared=True,
    ),
    # key-value-form, keyword-case, last-start-only, tidy-continuations, copy-not-add
    Pair(
        "environment",
        "key-value-form",
        """FROM busybox
ENV a b c
ENV d  e
RUN echo "$a$d" > /x
""",
    ),
    Pair(
        "labels",
        "key-value-form",
        """FROM busybox
LABEL k some value
LABEL two words of it
""",
    ),
    Pair(
        "maintainer",
        "key-value-form",
        """FROM busybox
MAINTAINER me <me@example.org>
""",
        declared=True,
    ),
    Pair(
        "case",
        "keyword-case",
        """FROM busybox
run touch /a
COPY README.md /
ENV A=1
""",
        APP,
    ),
    Pair(
        "platform",
        "drop-target-platform",
        """FROM --platform=$TARGETPLATFORM busybox
RUN touch /a
""",
    ),
    Pair(
        "case of stages",
        "keyword-case",
        """FROM busybox as one
RUN touch /a
FROM one
RUN touch /b
""",
    ),
    Pair(
        "last command",
        "last-start-only",
        """FROM busybox
CMD ["a"]
RUN touch /a
CMD ["b"]
""",
    ),
    Pair(
        "last entry point",
        "last-start-only",
        """FROM busybox
ENTRYPOINT ["a"]
CMD ["x"]
ENTRYPOINT ["b"]
CMD ["y"]
""",
    ),
    Pair(
        "continuations",
        "tidy-continuations",
        """FROM busybox
RUN touch /a \\

    && touch /b \\\x20
    && touch /c
""",
    ),
    Pair(
        "copies",
        "copy-not-add",
        """FROM busybox
ADD README.md /docs/
ADD app /app
""",
        APP,
    ),
    Pair(
        "copies with owners",
        "copy-not-add",
        """FROM busybox
ADD --chown=7:8 --chmod=640 README.md /r
""",
        APP,
    ),
    Pair(
        "an owner given by the COPY",
        "copy-with-owner",
        """FROM busybox
COPY README.md /usr/bin/
RUN chown 7:8 /usr/bin/README.md
CMD ["cat", "/usr/bin/README.md"]
""",
        APP,
    ),
    Pair(
        "made folders",
        "use-workdir",
        """FROM busybox
RUN mkdir -p /srv/app
WORKDIR /srv/app
RUN touch x
""",
    ),
    Pair(
        "entered folders",
        "use-workdir",
        """FROM busybox
RUN mkdir -p /src \\
    && cd /src \\
    && touch a
WORKDIR /app
""",
    ),
    Pair(
        "deleted later",
        "no-late-delete",
        """FROM busybox
WORKDIR /app
COPY . .
RUN rm -rf docs
""",
        {**APP, "docs/a.md": "a", "docs/b.md": "b"},
        declared=True,
    ),
    Pair(
        "history of the source",
        "dockerignore",
        """FROM busybox
COPY . /app
""",
        {
            **APP,
            ".git/HEAD": "ref: refs/heads/main\\n",
            ".idea/x.xml": "1",
            ".dockerignore": "*.log\n",
        },
        declared=True,
    ),
    # packages of stand-ins
    Pair(
        "apk",
        "clean-package-cache",
        """FROM alpine:3.20
RUN apk update && apk add git curl
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "apk in three",
        "merge-runs clean-package-cache",
        """FROM alpine:3.20
RUN apk add gcc
RUN touch /built
RUN apk del gcc
""",
        base="fakes",
    ),
    Pair(
        "apk lists",
        "sort-packages",
        """FROM alpine:3.20
RUN apk add --no-cache z b && apk add --no-cache y a
""",
        base="fakes",
    ),
    Pair(
        "dnf",
        "clean-package-cache",
        """FROM fedora:41
RUN dnf -y install git
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "gem",
        "clean-package-cache",
        """FROM alpine:3.20
RUN gem install rack puma
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "gem options",
        "modern-flags",
        """FROM ruby:3.3
RUN gem install rack --no-ri --no-rdoc
""",
        base="fakes",
    ),
    Pair(
        "pip of a stand-in",
        "clean-package-cache",
        """FROM python:3.12
RUN pip install flask
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "npm options",
        "modern-flags",
        """FROM node:22
WORKDIR /app
COPY package*.json ./
RUN npm ci --only=production && npm cache clean --force
""",
        NODE,
        base="fakes",
    ),
    Pair(
        "no answer at hand",
        "assume-yes",
        """FROM ubuntu:24.04
RUN apt-get update && apt-get install --no-install-recommends git
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "an old list",
        "update-with-install",
        """FROM ubuntu:24.04
RUN set -eux; apt-get install -y --no-install-recommends git; touch /x
""",
        declared=True,
        base="fakes",
    ),
    Pair(
        "dashes",
        "repair-typos",
        """FROM python:3.12
RUN pip install –-upgrade pip
""",
        declared=True,
        base="fakes",
    ),
    # the build context
    Pair(
        "plain source",
        "install-before-source",
        """FROM python:3.12
WORKDIR /app
COPY requirements.txt ./
COPY app ./app
RUN pip install --no-cache-dir -r requirements.txt
""",
        PYTHON,
        base="fakes",
    ),
    Pair(
        "everything",
        "install-before-source",
        """FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
""",
        PYTHON,
        base="fakes",
    ),
    Pair(
        "everything, ignored in part",
        "install-before-source",
        """FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
""",
        {**PYTHON, ".dockerignore": "*.md\nDockerfile\n"},
        base="fakes",
    ),
    Pair(
        "an ignore file of its own",
        "install-before-source",
        """FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
""",
        {**PYTHON, "Dockerfile.dockerignore": "README.md\nDockerfile\n"},
        base="fakes",
    ),
    Pair(
        "a lock file",
        "install-before-source",
        """FROM node:22
WORKDIR /app
COPY . .
RUN npm ci && npm cache clean --force
""",
        NODE,
        declared=True,
        base="fakes",
    ),
    Pair(
        "source of a system",
        "install-before-source",
        """FROM alpine:3.20
COPY app /app
RUN apk add --no-cache git
""",
        APP,
        base="fakes",
    ),
    Pair(
        "stable parts",
        "stable-first",
        """FROM alpine:3.20
ARG GIT_SHA=none
LABEL revision="$GIT_SHA"
RUN apk add --no-cache git
COPY . /app
""",
        APP,
        base="fakes",
    ),
    Pair(
        "volatile copies",
        "stable-first",
        """FROM busybox
COPY . /srv/app
COPY words.txt /usr/local/share/
""",
        {**APP, "words.txt": "word\n" * 20_000},
    ),
    # real packages
    Pair(
        "apt",
        "merge-runs merge-installs clean-package-cache sort-packages",
        """FROM debian:bookworm-slim
RUN apt-get update
RUN apt-get install -y --no-install-recommends less
RUN apt-get install -y --no-install-recommends file
""",
        declared=True,
        base="debian",
    ),
    Pair(
        "apt cleaned later",
        "merge-runs",
        """FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends zip bzip2
RUN rm -rf /var/lib/apt/lists/*
""",
        base="debian",
    ),
    Pair(
        "apt and accounts",
        "merge-installs",
        """FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends uuid-runtime \\
    && apt-get install -y --no-install-recommends cron \\
    && rm -rf /var/lib/apt/lists/*
""",
        declared=True,
        base="debian",
    ),
    Pair(
        "apt, then source",
        "install-before-source clean-package-cache exec-form",
        """FROM debian:bookworm-slim
COPY app /app
RUN apt-get update && apt-get install -y --no-install-recommends less
CMD less /app/main.py
""",
        APP,
        declared=True,
        base="debian",
    ),
    Pair(
        "pip",
        "install-before-source exec-form clean-package-cache",
        """FROM python:3.11-slim
WORKDIR /app
COPY . .
RUN pip install wheel
RUN pip install -r requirements.txt
CMD python -m app.main
""",
        {**APP, "requirements.txt": "six\nidna\n"},
        declared=True,
        base="python",
    ),
    Pair(
        "npm",
        "install-before-source modern-flags",
        """FROM node:20-slim
WORKDIR /app
COPY . .
RUN npm ci --only=production && npm cache clean --force
CMD ["node", "index.js"]
""",
        NODE,
        declared=True,
        base="node",
    ),
)
