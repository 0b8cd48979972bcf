"""Finds what lies in a build context but is of no use in an image, by kind.

No program in a container needs history, caches, files of editors or files about containers, unless
a command or manifest of the build names them. Dependencies and build outputs are of no use where
the build makes them itself. Environment files, keys and virtual environments of the developer's
machine may be in use, even if they should not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from dockfix.context import Context
from dockfix.context.code import build_texts, code_texts, embedded_in
from dockfix.context.dockerfiles import Written, is_dockerfile
from dockfix.context.globs import compiled
from dockfix.context.makefile import recipes
from dockfix.context.repository import is_asked_for
from dockfix.context.sources import is_sent, is_wild, sources, sources_of
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Dockerfile
from dockfix.errors import DockfixError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import Literal

Kind = Literal["history", "cache", "editor", "containers", "dependencies", "output", "venv", "env"]

_ROOT: dict[str, Kind] = {
    ".git": "history", ".hg": "history", ".svn": "history", ".bzr": "history",
    ".idea": "editor", ".vscode": "editor", ".vs": "editor", ".fleet": "editor",
    ".devcontainer": "containers",
    ".gradle": "cache", ".hypothesis": "cache", ".mypy_cache": "cache", ".nox": "cache",
    ".nyc_output": "cache", ".parcel-cache": "cache", ".ruff_cache": "cache", ".tox": "cache",
    ".eslintcache": "cache", ".sass-cache": "cache", ".terraform": "cache", "htmlcov": "cache",
    "target": "output",
    ".aws": "env", ".ssh": "env", ".gnupg": "env", ".netrc": "env", ".npmrc": "env",
    ".pypirc": "env", ".git-credentials": "env", "id_rsa": "env", "id_dsa": "env",
    "id_ecdsa": "env", "id_ed25519": "env", ".env": "env",
}  # fmt: skip
_ANYWHERE: dict[str, Kind] = {
    "__pycache__": "cache", ".pytest_cache": "cache", ".ipynb_checkpoints": "cache",
    ".DS_Store": "editor", "Thumbs.db": "editor", "node_modules": "dependencies",
}  # fmt: skip
_COMPOSE = lazy(r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml")
_KEY = lazy(r".+\.(?:pem|p12|pfx|kdbx|jks)|\.env\.\w+")
_SAMPLE = lazy(r"(?i:.*(?:example|sample|template|dist|default|schema).*)")
_SECRET = lazy(r"_authToken|_password|:_auth\b")
_TESTS_RUN = lazy(r"tests?\b|\btox\b|\bnox\b|rspec|phpunit|jest|mocha")
#: What a folder with the name of a cache is to a program that is called.
_WORKED_ON_BY = {".terraform": "terraform"}
_BUILDS_IMAGES = lazy(
    r"(?m)(?<![\w./-])(?:docker|podman|buildah|buildctl|skaffold)(?:-compose)?(?=[ \t\",]|$)"
)
_MAKE = lazy(r"(?m)\bg?make\b([^;&|\n]*)")
_MANIFESTS = (
    "Cargo.toml", "Gemfile", "Makefile", "build.gradle", "build.gradle.kts", "build.rs", "build.sh",
    "build.sbt", "composer.json", "go.mod", "mix.exs", "next.config.js", "package.json", "pom.xml",
    "pyproject.toml", "setup.cfg", "setup.py", "version.sh", "vite.config.js", "vite.config.ts",
    "vue.config.js", "webpack.config.js", "Rakefile", "requirements.txt",
)  # fmt: skip
#: Globs that people write for files about containers: what a name starts with and ends in, and how
#: many of them have to be there.
_GLOBS = (
    ("Dockerfile", "", 3), ("Containerfile", "", 3), ("", ".dockerfile", 2),
    ("", ".Dockerfile", 2), ("docker-compose", ".yml", 3), ("docker-compose", ".yaml", 3),
    ("compose", ".yml", 3), ("compose", ".yaml", 3),
)  # fmt: skip
#: A word of a command that may be the path of a script.
_PATHS = lazy(r"(?<![\w./-])(?:\./|/)?([\w-][\w./-]*)")
_MOST_FOLDERS = 200
_MOST_LOOKS = 2_000
_DEEPEST = 4


class Clutter(Record):
    """What one line of an ignore file would leave out: the paths that it matches."""

    line: str
    kind: Kind
    paths: tuple[str, ...]


def find_clutter(context: Context, folders: Iterable[str]) -> list[Clutter]:
    """Clutter that is sent to the builder, in folders of the context, near their tops.

    Deep folders, and those with very many files, are not searched.
    """
    found: dict[str, tuple[Kind, list[str]]] = {}
    for path, kind in _walk(context, folders):
        name = path.rpartition("/")[2]
        line = path if name not in _ANYWHERE or path == name else f"**/{name}"
        found.setdefault(line, (kind, []))[1].append(path)
    for line in [line for line in found if f"**/{line}" in found]:
        found[f"**/{line}"][1].extend(found.pop(line)[1])
    for start, end, least in _GLOBS:
        several = [line for line in found if _is_between(line, start, end)]
        if len(several) >= least and set(several) == {
            name for name in context.entries("") or () if _is_between(name, start, end)
        }:
            found[f"{start}*{end}"] = "containers", [found.pop(line)[1][0] for line in several]
    order = list(_ROOT) + list(_ANYWHERE)
    lines = [Clutter(line, kind, tuple(paths)) for line, (kind, paths) in found.items()]

    def place(one: Clutter) -> tuple[int, str]:
        name = one.line.rpartition("/")[2]
        return (order.index(name) if name in order else len(order)), one.line

    return sorted(lines, key=place)


def anywhere(lines: Iterable[str]) -> tuple[str, ...]:
    """Globs of the paths in an image that these lines leave out, wherever they were copied to."""
    names = [line.rpartition("/")[2] for line in lines]
    return tuple(glob for name in names for glob in (f"/**/{name}", f"/**/{name}/**"))


def _is_between(name: str, start: str, end: str) -> bool:
    """True for what `start*end` matches at the root of a context."""
    return "/" not in name and name.startswith(start) and name.endswith(end)


def _walk(context: Context, folders: Iterable[str]) -> Iterator[tuple[str, Kind]]:
    """The paths below some folders with their kinds, as far as they are searched."""
    waiting = [(folder, 0) for folder in folders]
    looks = 0
    for at, (folder, depth) in enumerate(waiting):
        if at == _MOST_FOLDERS:
            return
        for name in context.entries(folder) or ():
            path = f"{folder}/{name}" if folder else name
            kind = _kind(name, is_root=not folder)
            if kind is not None and (kind != "env" or _is_secret(path, name, context)):
                yield path, kind
            elif depth < _DEEPEST and "." not in name and looks < _MOST_LOOKS:
                looks += 1
                if _is_venv(path, context):
                    yield path, "venv"
                elif context.kind(path) == "directory" and not context.is_link(path):
                    waiting.append((path, depth + 1))
            elif name == ".venv" and _is_venv(path, context):
                yield path, "venv"


def _kind(name: str, *, is_root: bool) -> Kind | None:
    """The kind of clutter that a name stands for; None if it is none."""
    if name in _ANYWHERE:
        return _ANYWHERE[name]
    if name in _ROOT:
        return _ROOT[name] if is_root else None
    if is_root and (is_dockerfile(name) or _COMPOSE.fullmatch(name)):
        return "containers"
    return "env" if is_root and _KEY.fullmatch(name) and not _SAMPLE.fullmatch(name) else None


def _is_venv(path: str, context: Context) -> bool:
    """True if a folder is a virtual environment of Python."""
    return path.rpartition("/")[2] in ("venv", ".venv", "env", "virtualenv") and (
        context.kind(f"{path}/pyvenv.cfg") == "file"
    )


def _is_secret(path: str, name: str, context: Context) -> bool:
    """True if a file with the name of a secret seems to hold one."""
    if name.endswith(".pem"):
        return "PRIVATE KEY" in (context.head(path, 4_000) or "")
    if name == ".npmrc":
        return _SECRET.search(context.read(path) or "") is not None
    return True


class Surroundings:
    """What the Dockerfiles of a context, and the manifests in it, say about its files.

    `context` has the files that are not sent, too, and `commands` is the text of all Dockerfiles
    but what they copy.
    """

    def __init__(self, dockerfile: Dockerfile, context: Context) -> None:
        # Ignored files count too: their reasons to send something still hold.
        self.context = context.with_ignore_text("")
        self._sent = context
        self.dockerfiles: list[Dockerfile] = [dockerfile]
        written = context.dockerfiles()
        self.told = written is not None and all(map(self._read, written))
        self._sources = [
            source
            for one in self.dockerfiles
            for item in one.instructions
            for source in sources_of(item)
        ]
        self.told = self.told and None not in self._sources
        self.commands = "\n".join(_commands(one) for one in self.dockerfiles)

    def _read(self, one: Written) -> bool:
        """Adds a Dockerfile if it may be built from this context; False if it cannot be read."""
        if one.text is None:
            # A Compose file may name one that is made later.
            return self.context.kind(one.path) != "file"
        if one.text == self.dockerfiles[0].source:
            self.dockerfiles.append(self.dockerfiles[0]._replace(filename=one.path))
            return True
        try:
            dockerfile = parse(one.text, one.path)
        except DockfixError:
            return False
        if not self._is_built_below(dockerfile):
            self.dockerfiles.append(dockerfile)
        return True

    def _is_built_below(self, dockerfile: Dockerfile) -> bool:
        """True if all that a Dockerfile names is found in its own folder, and not at the root."""
        folder = dockerfile.filename.rpartition("/")[0]
        named = [one for one in sources(dockerfile) if one]
        return (
            bool(folder and named)
            and all(is_sent(f"{folder}/{one}", self.context) for one in named)
            and not all(is_sent(one, self.context) for one in named)
        )

    def others(self, dockerfile: Dockerfile) -> list[Dockerfile]:
        """The Dockerfiles of the context, without the one that is being rewritten.

        That is the one with its name that copies the same.
        """
        found = self.dockerfiles[1:]
        own = [
            one
            for one in found
            if f"/{dockerfile.filename}".endswith(f"/{one.filename}")
            and _copied(one) == _copied(dockerfile)
        ]
        longest = max(own, key=lambda one: len(one.filename), default=None)
        return [one for one in found if one is not longest]

    def keeps(self, one: Clutter, asks_for_history: Callable[[str], bool]) -> bool:
        """True if a Dockerfile or manifest needs one of its paths.

        `asks_for_history` is true for a text with a command whose manager reads the history.
        """
        if any(self._is_named(path) for path in one.paths):
            return True
        if one.kind == "history":
            return is_asked_for(
                (self.commands, *self._scripts()),
                (*self._manifests(), *build_texts(self._sent)),
                self._code,
                asks_for_history,
            )
        if one.kind in ("dependencies", "output"):
            return False
        texts = [self.commands]
        if one.kind in ("env", "venv"):
            texts += self._manifests()
        names = {path.rpartition("/")[2] for path in one.paths}
        if any(_mentions(text, name) for text in texts for name in names):
            return True
        if one.kind == "cache":
            users = filter(None, map(_WORKED_ON_BY.get, names))
            return any(_mentions(self.commands, user) for user in users)
        return one.kind == "containers" and (
            _BUILDS_IMAGES.search(self.commands) is not None
            or any(
                _mentions(text, name)
                for text in (*self._scripts(), *self._recipes())
                for name in names
            )
            or any(
                f"{name}{end}" in text for text in self._code for name in names for end in "'\"`"
            )
            or any(
                _mentions(embedded, name)
                for text in self._code
                for embedded in embedded_in(text)
                for name in names
            )
        )

    def _manifests(self) -> list[str]:
        names = [name for name in self.context.entries("") or () if name in _MANIFESTS]
        return [text for name in names if (text := self.context.head(name, 100_000))]

    @cached_property
    def _code(self) -> tuple[str, ...]:
        """The programs of the context that speak of Git or of containers."""
        tests = _TESTS_RUN.search(self.commands) is not None
        return tuple(
            text
            for text in code_texts(self._sent, tests=tests)
            if "git" in text or "ocker" in text or "ompose" in text or "ontainer" in text
        )

    def _recipes(self) -> Iterator[str]:
        """What `make` does in the commands of the Dockerfiles: the recipes of its targets, and of
        those that they depend on."""
        calls = _MAKE.findall(self.commands)
        text = self.context.head("Makefile", 100_000) if calls else None
        yield from recipes(text or "", [call.split() for call in calls])

    def _scripts(self) -> Iterator[str]:
        """The texts of the files that the commands of the Dockerfiles name, and of those that these
        name in turn. A path in the image may be one of the context behind any of its folders."""
        seen: set[str] = set()
        waiting = [self.commands]
        looks = 0
        for text in waiting:
            for word in dict.fromkeys(_PATHS.findall(text)):
                if word in seen or looks >= _MOST_LOOKS:
                    continue
                seen.add(word)
                for path in _ends(word):
                    looks += 1
                    if self.context.kind(path) != "file":
                        continue
                    found = self.context.head(path, 100_000)
                    if found:
                        yield found
                        waiting.append(found)
                        break

    def has_read(self, path: str | None) -> bool:
        """True if a path in the image may be that of a script of the context, which is read."""
        return path is not None and any(
            self.context.kind(one) == "file" for one in _ends(path.strip("/"))
        )

    def _is_named(self, path: str) -> bool:
        for source in self._sources:
            if not source:
                continue
            if source == path or source.startswith(path + "/"):
                return True
            pattern = compiled(source) if is_wild(source) else None
            if pattern and source.rpartition("/")[2].strip("*") and pattern.fullmatch(path):
                return True
        return False


def _ends(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders."""
    parts = path.removeprefix("./").split("/")
    return ("/".join(parts[number:]) for number in range(len(parts)))


def _copied(dockerfile: Dockerfile) -> list[str]:
    return [one.arguments for one in dockerfile.instructions if one.keyword in ("COPY", "ADD")]


def _commands(dockerfile: Dockerfile) -> str:
    """The text of a file without its COPYs, with line ends between instructions."""
    texts: list[str] = []
    for owner in dockerfile.instructions:
        one = owner.child or owner
        if one.keyword not in ("COPY", "ADD", "FROM", "LABEL"):
            texts += [one.arguments, *(body.content for body in one.heredocs)]
        texts += [flag.text for flag in one.flags if flag.name == "mount"]
    return "\n".join(texts)


def _mentions(text: str, name: str) -> bool:
    """True if a text has a name as a word or as a part of a path."""
    if name not in text:
        return False
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None
