"""Dockerfiles that look like those people write, made up from a seed.

Every file is an image of one of a few kinds of project, with the habits of one author: how lines
are continued, whether RUNs are chained, whether package lists are one per line, which comments
there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random


def _words(text: str) -> list[str]:
    return text.split()


_APT = _words(
    """
    bash build-essential ca-certificates cmake cron curl file ffmpeg gettext git gnupg
    imagemagick iproute2 jq less libcurl4-openssl-dev libffi-dev libjpeg-dev libpq-dev libssl-
    dev libxml2-dev libxslt1-dev locales make nano netcat-openbsd nginx openssh-client pkg-
    config postgresql-client procps python3 python3-pip rsync sudo supervisor tini tzdata unzip
    vim wget xz-utils zip zlib1g-dev
    """
)
_APK = _words(
    """
    bash build-base ca-certificates cmake curl gcc git g++ jpeg-dev libffi-dev libpq-dev
    libxml2-dev linux-headers make musl-dev nginx nodejs npm openssh-client openssl openssl-dev
    postgresql-dev python3 rsync su-exec supervisor tini tzdata zlib-dev
    """
)
_DNF = _words(
    """
    curl gcc gcc-c++ git make nginx openssl-devel python3 python3-pip tar unzip wget which
    """
)
_PIP = _words(
    """
    celery django==4.2.7 fastapi flask gunicorn numpy pandas psycopg2-binary pydantic redis
    requests scipy sqlalchemy uvicorn[standard] uwsgi
    """
)
_NPM = _words(
    """
    eslint nodemon npm-check-updates pm2 serve typescript yarn
    """
)
_NOTES = (
    "Install the packages we need",
    "system dependencies",
    "TODO: pin these",
    "Copy the application",
    "Clean up",
    "needed by the worker, see the wiki",
    "Non-root user",
    "---------------------------------",
    "Default configuration, override at runtime",
)


class _Author:
    """One author's habits, and the lines written so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.indent = random.choice(("    ", "    ", "  ", "\t", "      "))
        self.leading = random.random() < 0.6
        self.chains = random.random() < 0.55
        self.one_per_line = random.random() < 0.5
        self.sorts = random.random() < 0.3
        self.exec_form = random.random() < 0.6
        self.comments = random.choice((0.0, 0.2, 0.5))
        self.lines: list[str] = []

    def add(self, *lines: str) -> None:
        """Writes lines, with a comment or an empty line above them now and then."""
        if self.lines and self.random.random() < 0.4:
            self.lines.append("")
        if self.random.random() < self.comments:
            self.lines.append(f"# {self.random.choice(_NOTES)}")
        self.lines += lines

    def some(self, words: Sequence[str], most: int) -> list[str]:
        """A few of the words, in the order this author leaves them in."""
        found = self.random.sample(words, self.random.randint(1, min(most, len(words))))
        return sorted(found) if self.sorts else found

    def install(self, command: str, words: Sequence[str]) -> str:
        """A command with a list of packages, laid out."""
        if self.one_per_line and len(words) > 2:
            deeper = self.indent * (2 if self.leading else 1)
            return f" \\\n{deeper}".join((command, *words))
        return " ".join((command, *words))

    def run(self, *commands: str) -> None:
        """A RUN of all the commands, or one RUN for each."""
        if not self.chains:
            for command in commands:
                self.add(f"RUN {command}")
            return
        between = f" \\\n{self.indent}&& " if self.leading else f" && \\\n{self.indent}"
        self.add(f"RUN {between.join(commands)}")

    def start(self, keyword: str, *argv: str) -> None:
        """CMD or ENTRYPOINT in the form this author uses."""
        array = ", ".join(f'"{word}"' for word in argv)
        self.add(f"{keyword} [{array}]" if self.exec_form else f"{keyword} {' '.join(argv)}")


def dockerfile(random: Random) -> str:
    """One file, of some 20 to 80 lines."""
    author = _Author(random)
    if random.random() < 0.15:
        author.add("# syntax=docker/dockerfile:1")
    if random.random() < 0.2:
        author.add(f"ARG VERSION={random.randint(1, 20)}.{random.randint(0, 9)}")
    wanted = random.randint(20, 60)
    kinds: Sequence[Callable[[_Author], None]] = (_debian, _alpine, _python, _node, _go, _fedora)
    random.choice(kinds)(author)
    extras = [_labels, _environment, _user, _download, _config, _health, _locale]
    while len("\n".join(author.lines).split("\n")) < wanted:
        random.choice(extras)(author)
    _end(author)
    return "\n".join(author.lines) + "\n"


def dockerfiles(count: int, seed: int = 1) -> list[str]:
    """That many files, the same for the same seed."""
    random = Random(seed)
    return [dockerfile(random) for _ in range(count)]


def forty_lines() -> str:
    """A file of 40 lines: the first one of a seed that has as many."""
    random = Random(40)
    while True:
        text = dockerfile(random)
        if text.count("\n") == 40 and "RUN apt-get" in text:
            return text


def _apt(author: _Author) -> None:
    commands = [
        "apt-get update",
        author.install("apt-get install -y --no-install-recommends", author.some(_APT, 14)),
    ]
    if author.random.random() < 0.4:
        commands.append("rm -rf /var/lib/apt/lists/*")
    author.run(*commands)


def _debian(author: _Author) -> None:
    author.add(f"FROM {author.random.choice(('debian:12', 'ubuntu:22.04', 'debian:12-slim'))}")
    author.add("ENV DEBIAN_FRONTEND=noninteractive")
    _apt(author)
    if author.random.random() < 0.5:
        _download(author)
    author.add("COPY . /app", "WORKDIR /app")
    author.run("make", "make install PREFIX=/usr/local")


def _alpine(author: _Author) -> None:
    author.add(f"FROM alpine:3.{author.random.randint(12, 20)}")
    author.run(author.install("apk add --no-cache", author.some(_APK, 12)))
    if author.random.random() < 0.5:
        author.run(
            "apk add --no-cache --virtual .build gcc musl-dev",
            "pip3 install --no-cache-dir supervisor",
            "apk del .build",
        )
    author.add("WORKDIR /srv", "ADD src /srv/")


def _python(author: _Author) -> None:
    author.add(f"FROM python:3.{author.random.randint(9, 13)}-slim")
    _apt(author)
    author.add("WORKDIR /code", "COPY requirements.txt ./")
    author.run(
        "pip install --upgrade pip",
        author.install("pip install --no-cache-dir", author.some(_PIP, 6)),
        "pip install --no-cache-dir -r requirements.txt",
    )
    author.add("COPY . .")
    author.run("python manage.py collectstatic --noinput", "chmod +x /code/entry.sh")


def _node(author: _Author) -> None:
    version = author.random.choice((16, 18, 20, 22))
    author.add(f"FROM node:{version}-alpine AS build", "WORKDIR /app")
    author.run(author.install("npm install -g", author.some(_NPM, 4)))
    if author.random.random() < 0.5:
        author.add("COPY package.json package-lock.json ./")
        author.run("npm ci")
        author.add("COPY . .")
    else:
        author.add("COPY . .")
        author.run("npm install")
    author.run("npm run build", "npm prune --production")
    author.add("FROM nginx:1.25-alpine")
    author.add("COPY --from=build /app/dist /usr/share/nginx/html")
    _environment(author)


def _go(author: _Author) -> None:
    author.add(f"FROM golang:1.{author.random.randint(18, 23)} AS builder", "WORKDIR /src")
    author.add("COPY go.mod go.sum ./")
    author.run("go mod download")
    author.add("COPY . .", "ARG TARGETOS TARGETARCH")
    author.run("CGO_ENABLED=0 GOOS=$TARGETOS go build -trimpath -o /out/server ./cmd/server")
    author.add("FROM debian:12-slim")
    _apt(author)
    author.add("COPY --from=builder /out/server /usr/local/bin/server")


def _fedora(author: _Author) -> None:
    author.add(f"FROM {author.random.choice(('fedora:40', 'rockylinux:9'))}")
    author.run(author.install("dnf install -y", author.some(_DNF, 8)), "dnf clean all")
    author.add("COPY etc/ /etc/app/")


def _labels(author: _Author) -> None:
    author.add('LABEL maintainer="Some Team <team@example.org>" \\\n      version="1.2"')


def _environment(author: _Author) -> None:
    number = author.random.randint(1, 999)
    if author.random.random() < 0.3:
        author.add(f"ENV APP_{number} value with spaces")
    else:
        author.add(f'ENV APP_{number}=/opt/app/{number} MODE="production" \\\n    PORT={number}')


def _user(author: _Author) -> None:
    name = author.random.choice(("app", "web", "worker"))
    author.run(
        f"groupadd -r {name}", f"useradd -r -g {name} {name}", f"chown -R {name}:{name} /app"
    )


def _download(author: _Author) -> None:
    name = author.random.choice(("tool", "agent", "exporter"))
    url = f"https://example.org/releases/v1.{author.random.randint(0, 20)}/{name}.tar.gz"
    author.run(
        f"curl -fsSL {url} -o /tmp/{name}.tar.gz",
        f"tar -xzf /tmp/{name}.tar.gz -C /usr/local/bin --strip-components=1",
        f"rm /tmp/{name}.tar.gz",
    )


def _config(author: _Author) -> None:
    number = author.random.randint(1, 99)
    author.add(f"COPY config/site-{number}.conf /etc/app/conf.d/")
    author.run(
        f"sed -i 's/^#listen .*/listen {8000 + number}/' /etc/app/conf.d/site-{number}.conf",
        "mkdir -p /var/log/app /var/run/app",
        "if [ -f /etc/app/extra ]; then cat /etc/app/extra >> /etc/app/app.conf; fi",
    )


def _health(author: _Author) -> None:
    author.add("HEALTHCHECK --interval=30s CMD curl -f http://localhost/ || exit 1")


def _locale(author: _Author) -> None:
    author.run('echo "en_US.UTF-8 UTF-8" > /etc/locale.gen', "locale-gen")
    author.add("ENV LANG=en_US.UTF-8 LC_ALL=en_US.UTF-8")


def _end(author: _Author) -> None:
    author.add(f"EXPOSE {author.random.choice((80, 443, 3000, 8000, 8080))}")
    if author.random.random() < 0.3:
        author.add("VOLUME /data")
    if author.random.random() < 0.3:
        author.start("ENTRYPOINT", "tini", "--")
    author.start(
        "CMD",
        *author.random.choice(
            (
                ("nginx", "-g", "'daemon off;'") if not author.exec_form else ("nginx", "-t"),
                ("python", "app.py"),
                ("node", "server.js"),
                ("/usr/local/bin/server", "--port", "8080"),
            )
        ),
    )
