"""A random project while it is being written, and what its pieces are picked from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from helpers.engine_projects import Start

#: Packages of Debian that are quickly installed: the program of each, and programs that come with
#: it only because it recommends their packages.
PACKAGES = {
    "bzip2": ("bzip2", ""),
    "curl": ("curl", ""),
    "file": ("file", ""),
    "gettext": ("msgfmt", "curl"),
    "git": ("git", "less"),
    "jq": ("jq", ""),
    "less": ("less", ""),
    "make": ("make", ""),
    "netcat-openbsd": ("", ""),
    "patch": ("patch", ""),
    "php": ("php", ""),
    "php-cgi": ("", ""),
    "procps": ("ps", ""),
    "tree": ("tree", ""),
    "wget": ("wget", ""),
    "zip": ("zip", ""),
}
#: Packages of Python's index, small ones; some limit the versions of others.
PYTHON = (
    "astroid", "docutils", "flake8", "idna", "pycodestyle", "pylint", "six", "sphinx-rtd-theme",
    "wheel",
)  # fmt: skip
NODE = ("is-number", "is-odd", "left-pad", "ms")
#: Packages of stand-ins, of which several will do for a third.
RIVALS = ("openjdk-8-jdk", "ant", "maven", "ca-certificates-java")
BASES = {
    "debian:bookworm-slim": ("apt", 6),
    "python:3.11-slim": ("apt pip python", 3),
    "node:20-slim": ("apt npm node", 2),
    "registry.example.com/team/base:1": ("apt tool profile", 2),
    "registry.example.com/team/java:1": ("rivals", 2),
    "python:3.7-buster": ("archived git curl python", 1),
}
LISTS = "/var/lib/apt/lists"
FOLDERS = ("bin", "scripts", "tools")


class Scene:
    """A project that is being written, and what holds at its end."""

    def __init__(self, random: Random, base: str) -> None:
        self.random = random
        self.lines = [f"FROM {base}"]
        self.files: dict[str, str] = {
            "README.md": "read me\n",
            "docs/index.html": "<h1>docs</h1>\n",
        }
        self.modes: dict[str, int] = {}
        self.secrets: dict[str, str] = {}
        self.served: dict[str, str] = {}
        self.services: dict[str, str] = {}
        self.starts: list[Start] = []
        self.base = base
        self.has = set(BASES[base][0].split())
        self.folder = "/"
        self.scripts = self.pick(*FOLDERS)
        self.history = False
        self.blocks: list[str] = []
        self._number = 0

    def name(self, word: str) -> str:
        """A name that nothing else has."""
        self._number += 1
        return f"{word}{self._number}"

    def port(self) -> int:
        """A port that hardly anybody else on this machine listens at."""
        return self.random.randrange(20_000, 30_000)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def some(self, choices: Sequence[str], low: int, high: int) -> list[str]:
        return self.random.sample(choices, min(self.random.randint(low, high), len(choices)))

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def run(self, *commands: str) -> None:
        """Writes commands as one RUN, or as one each."""
        if len(commands) > 1 and self.chance(40):
            for command in commands:
                self.run(command)
            return
        between = self.pick(" && \\\n    ", " \\\n    && ", " && ")
        self.lines.append("RUN " + between.join(commands))

    def script(self, *commands: str, shebang: bool = True) -> str:
        """A script of the context that does the commands; its path there."""
        path = f"{self.scripts}/{self.name(self.pick('setup', 'build', 'step'))}"
        head = "#!/bin/sh\nset -e\n" if shebang else ""
        self.files[path] = head + "\n".join(commands) + "\n"
        self.modes[path] = 0o755
        return path

    def act(self, *commands: str) -> None:
        """Has commands done: by RUN, by a script of the context, or by one that is downloaded."""
        place = self.pick("run", "run", "script", "script", "net")
        if place == "net" and "curl" in self.has:
            name = self.name("install") + ".sh"
            self.served[name] = "#!/bin/sh\nset -e\n" + "\n".join(commands) + "\n"
            self.run(f"curl -sSL http://localhost:PORT/{name} | sh")
        elif place == "run":
            self.run(*commands)
        else:
            path = self.script(*commands)
            if self.chance(50):
                self.lines.append(
                    self.pick(f"COPY {self.scripts} /opt/{self.scripts}", "COPY . /opt")
                )
                self.run(f"/opt/{path}")
            else:
                self.lines.append(f"COPY {path} /usr/local/bin/")
                self.run(path.rpartition("/")[2])

    def enter(self, folder: str) -> None:
        self.lines.append(f"WORKDIR {folder}")
        self.folder = folder


class Block(NamedTuple):
    """A piece of a Dockerfile: a name, what it needs, and how it is written."""

    name: str
    needs: str
    write: Callable[[Scene], None]
    weight: int = 2
