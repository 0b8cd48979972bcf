"""What lies in a build context and is of no use in an image: found, and told apart by kind.

History, caches, what editors leave, files about containers: no program in a container asks for
them, unless one of the build's own commands or manifests does. Dependencies and build outputs are
of no use where the build makes them anew. Environments, keys and virtual environments of the
developer's machine may be in use, whether or not they should be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dockfix.context import Context
from dockfix.context.globs import compiled
from dockfix.context.sources import is_wild, sources_of
from dockfix.errors import DockfixError
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.syntax.parser import parse
from dockfix.syntax.tree import Dockerfile
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
_ASKS_GIT = lazy(
    r"\bgit[ \t\"',]+(?:-C\b|describe|rev-parse|log|show|ls-files|status|tag|config|branch|diff"
    r"|rev-list|submodule|checkout|fetch|pull|clean|lfs|archive|init|add|commit|apply|remote)"
    r"|\bgo[ \t]+(?:build|install|run|test|generate|get|list)\b|\bcargo[ \t]+install\b"
    r"|(?:^|[\s\"'/])\.git(?![\w.-])"
)
_SCM = lazy(
    r"setuptools[_-]scm|setuptools[_-]git|hatch-vcs|versioneer|\bpbr\b|flit[_-]scm|versioningit"
    r"|dynamic-versioning|dunamai|git-?(?:commit-id|revision|version|describe|info|last|hash|sha)"
    r"|vergen|shadow-rs|grgit|jgit|nerdbank|minver|axion-release|reckon|\bhusky\b|lerna|changesets"
    r"|semantic-release|simple-git|isomorphic-git|GitPython|pygit2|dulwich|git2"
)
_MANIFESTS = (
    "Cargo.toml", "Gemfile", "Makefile", "build.gradle", "build.gradle.kts", "build.rs", "build.sh",
    "build.sbt", "composer.json", "go.mod", "mix.exs", "next.config.js", "package.json", "pom.xml",
    "pyproject.toml", "setup.cfg", "setup.py", "version.sh", "vite.config.js", "vite.config.ts",
    "vue.config.js", "webpack.config.js", "Rakefile", "requirements.txt",
)  # fmt: skip
_INSTALLS_NODE = lazy(
    r"\b(?:npm[ \t]+(?:ci|i|install)|pnpm[ \t]+(?:i|install)|bun[ \t]+(?:i|install)"
    r"|yarn(?:[ \t]+install)?)[ \t]*+(?>(?:-[\w=-]++[ \t]*+)*)(?:$|[&;|\n\\])"
)
_LESS = lazy(r"--prod|--only|--omit|--no-dev|NODE_ENV[= ]+production|install[ \t].*-g\b")
_MAKES = {
    "Cargo.toml": lazy(r"\bcargo[ \t]+(?:build|install|chef)\b"),
    "pom.xml": lazy(r"\b(?:mvn|mvnw)\b[^\n]*\b(?:package|install|verify|deploy)\b"),
}
_CONTAINER_FOLDERS = (".docker", "build", "ci", "deploy", "docker", "dockerfiles")
_MOST_FOLDERS = 200
_MOST_LOOKS = 2_000
_DEEPEST = 4


class Clutter(Record):
    """What one line of an ignore file would leave out: the paths that it matches."""

    line: str
    kind: Kind
    paths: tuple[str, ...]


def find(context: Context, folders: Iterable[str]) -> list[Clutter]:
    """Clutter in folders of the context that is sent to the builder, most of it at their tops.

    Far down, and where very much lies around, nobody looks.
    """
    found: dict[str, tuple[Kind, list[str]]] = {}
    for path, kind in _walk(context, folders):
        name = path.rpartition("/")[2]
        line = path if name not in _ANYWHERE or path == name else f"**/{name}"
        found.setdefault(line, (kind, []))[1].append(path)
    for line in [line for line in found if f"**/{line}" in found]:
        found[f"**/{line}"][1].extend(found.pop(line)[1])
    several = [line for line in found if line.startswith("Dockerfile")]
    if len(several) > 2 and all(is_dockerfile(name) for name in _called_dockerfile(context)):
        found["Dockerfile*"] = "containers", [found.pop(line)[1][0] for line in several]
    order = list(_ROOT) + list(_ANYWHERE)
    lines = [Clutter(line, kind, tuple(paths)) for line, (kind, paths) in found.items()]

    def place(one: Clutter) -> tuple[int, str]:
        name = one.line.rpartition("/")[2]
        return (order.index(name) if name in order else len(order)), one.line

    return sorted(lines, key=place)


def anywhere(lines: Iterable[str]) -> tuple[str, ...]:
    """Globs of what an image is without that these lines leave out, wherever it was copied to."""
    names = [line.rpartition("/")[2] for line in lines]
    return tuple(glob for name in names for glob in (f"/**/{name}", f"/**/{name}/**"))


def _called_dockerfile(context: Context) -> list[str]:
    return [name for name in context.entries("") or () if name.startswith("Dockerfile")]


def _walk(context: Context, folders: Iterable[str]) -> Iterator[tuple[str, Kind]]:
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
    if name in _ANYWHERE:
        return _ANYWHERE[name]
    if name in _ROOT:
        return _ROOT[name] if is_root else None
    if is_root and (is_dockerfile(name) or _COMPOSE.fullmatch(name)):
        return "containers"
    return "env" if is_root and _KEY.fullmatch(name) and not _SAMPLE.fullmatch(name) else None


def _is_venv(path: str, context: Context) -> bool:
    return path.rpartition("/")[2] in ("venv", ".venv", "env", "virtualenv") and (
        context.kind(f"{path}/pyvenv.cfg") == "file"
    )


def _is_secret(path: str, name: str, context: Context) -> bool:
    """Whether a file with a secret's name holds one, as far as can be seen."""
    if name.endswith(".pem"):
        return "PRIVATE KEY" in (context.head(path, 4_000) or "")
    if name == ".npmrc":
        return _SECRET.search(context.read(path) or "") is not None
    return True


def is_dockerfile(name: str) -> bool:
    """Whether a file is a Dockerfile by its name."""
    lower = name.lower()
    return not lower.endswith((".dockerignore", ".md", ".txt", ".py", ".go", ".js", ".sh")) and (
        lower.startswith(("dockerfile.", "containerfile."))
        or lower in ("dockerfile", "containerfile")
        or lower.endswith(".dockerfile")
    )


class Surroundings:
    """What the Dockerfiles of a context, and the manifests in it, say about its files."""

    def __init__(self, dockerfile: Dockerfile, context: Context) -> None:
        # also what is not sent: the reasons to send something do not go away with it
        self._all = context.with_ignore_text("")
        self.dockerfiles: list[Dockerfile] = [dockerfile]
        self.told = all(map(self._read, self._paths()))
        self._sources = [
            source
            for one in self.dockerfiles
            for item in one.instructions
            for source in sources_of(item)
        ]
        self.told = self.told and None not in self._sources
        self._commands = "\n".join(_commands(one) for one in self.dockerfiles)

    def _paths(self) -> Iterator[str]:
        for folder in ("", *_CONTAINER_FOLDERS):
            for name in self._all.entries(folder) or ():
                if is_dockerfile(name):
                    yield f"{folder}/{name}" if folder else name

    def _read(self, path: str) -> bool:
        text = self._all.read(path)
        if text is None:
            return self._all.kind(path) != "file"
        if text == self.dockerfiles[0].source:
            self.dockerfiles.append(self.dockerfiles[0]._replace(filename=path))
            return True
        try:
            self.dockerfiles.append(parse(text, path))
        except DockfixError:
            return False
        return True

    def others(self, dockerfile: Dockerfile) -> list[Dockerfile]:
        """The Dockerfiles of the context without the one that is being rewritten, as it lies there:
        the one with its name that copies the same."""
        found = self.dockerfiles[1:]
        own = [
            one
            for one in found
            if f"/{dockerfile.filename}".endswith(f"/{one.filename}")
            and _copied(one) == _copied(dockerfile)
        ]
        longest = max(own, key=lambda one: len(one.filename), default=None)
        return [one for one in found if one is not longest]

    def keeps(self, one: Clutter) -> bool:
        """Whether something asks for one of its paths."""
        if any(self._is_named(path) for path in one.paths):
            return True
        if one.kind == "history":
            return _ASKS_GIT.search(self._commands) is not None or any(
                _SCM.search(text) or _ASKS_GIT.search(text) for text in self._manifests()
            )
        if one.kind in ("dependencies", "output"):
            return False
        texts = [self._commands]
        if one.kind in ("env", "venv"):
            texts += self._manifests()
        names = {path.rpartition("/")[2] for path in one.paths}
        return any(_mentions(text, name) for text in texts for name in names)

    def installs(self, one: Clutter, runs: Sequence[Sequence[str]]) -> bool:
        """Whether the build makes these directories anew. `runs` are, for each path, the scripts
        that run where its directory lands."""
        if one.kind == "dependencies":
            return not _LESS.search(self._commands) and all(
                self._all.kind(f"{_folder(path)}package.json") == "file"
                and any(_INSTALLS_NODE.search(script) for script in scripts)
                for path, scripts in zip(one.paths, runs, strict=True)
            )
        return all(
            any(
                self._all.kind(_folder(path) + manifest) == "file"
                and any(makes.search(script) for script in scripts)
                for manifest, makes in _MAKES.items()
            )
            for path, scripts in zip(one.paths, runs, strict=True)
        )

    def _manifests(self) -> list[str]:
        names = [name for name in self._all.entries("") or () if name in _MANIFESTS]
        return [text for name in names if (text := self._all.head(name, 100_000))]

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


def _copied(dockerfile: Dockerfile) -> list[str]:
    return [one.arguments for one in dockerfile.instructions if one.keyword in ("COPY", "ADD")]


def _commands(dockerfile: Dockerfile) -> str:
    """All that a file says but what it copies, with line ends between instructions."""
    texts: list[str] = []
    for owner in dockerfile.instructions:
        one = owner.child or owner
        if one.keyword not in ("COPY", "ADD", "FROM", "LABEL"):
            texts += [one.arguments, *(body.content for body in one.heredocs)]
        texts += [flag.text for flag in one.flags if flag.name == "mount"]
    return "\n".join(texts)


def _mentions(text: str, name: str) -> bool:
    """Whether a text has a name as a word or as a part of a path."""
    if name not in text:
        return False
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _folder(path: str) -> str:
    parent = path.rpartition("/")[0]
    return f"{parent}/" if parent else ""
