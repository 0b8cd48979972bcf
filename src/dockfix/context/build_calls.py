"""Which Dockerfiles the scripts and pipelines of a project build, whatever these are called.

    docker build -f ops/image.build .        docker build -f - . <<EOF        file: ops/image.build

A file of any name is a Dockerfile if a command builds it. One that a script writes itself, or Tilt
(`dockerfile_contents`), is not known: then not all Dockerfiles of the context are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dockfix.context import disk
from dockfix.context.worktree import worktree_of
from dockfix.shell.patterns import lazy

_NAMES = frozenset(
    ("GNUmakefile", "Jenkinsfile", "Makefile", "Tiltfile", "captain-definition", "fly.toml",
     "justfile", "makefile", "package.json", "railway.json", "railway.toml")
)  # fmt: skip
_ENDS = (".mk", ".sh", ".yaml", ".yml")
#: Deeper folders have files of the project's parts, not those that build its images.
_DEEPEST = 2
_MOST = 200
_LARGEST = 200_000
#: The file of a build command, of the settings of pipelines and hosts.
_FILE = lazy(
    r"(?:(?<![\w-])-f|--file|--dockerfile|\b(?:docker)?[fF]ile(?:Path)?[\"']?[ \t]*[:=])"
    r"[=, \t\"'\[]*([\w./-]*\w)"
)
_BUILDS = lazy(r"\b(?:docker|podman|nerdctl|buildah|buildx|kaniko|buildctl|[dD]ockerfile|file:)")
#: A Dockerfile that is handed to the command, together with a context.
_WRITTEN = lazy(
    r"\b(?:docker|podman|nerdctl|buildah|buildx)\b[^\n]{0,200}[ \t](?:-f[ \t]*|--file[= \t])-"
    r"(?![\w-])|\bdockerfile_contents[ \t]*="
)
_CONTINUED = lazy(r"\\\r?\n[ \t]*")


def may_build(path: str) -> bool:
    """True if a file, by its path from the root of a context, may have commands that build."""
    name = path.rpartition("/")[2]
    return path.count("/") <= _DEEPEST and (name in _NAMES or name.endswith(_ENDS))


@disk.kept
def built_by(root: str, scripts: tuple[str, ...]) -> tuple[tuple[str, str] | None, ...]:
    """The paths and texts of Dockerfiles in a context that scripts of it build; None for one that
    is not known. Pipelines of the repository around it count, too."""
    return tuple(dict.fromkeys(_built_by(root, scripts)))


def _built_by(root: str, scripts: tuple[str, ...]) -> Iterator[tuple[str, str] | None]:
    top = worktree_of(root)
    places = [os.path.join(root, one) for one in scripts[:_MOST]]
    if top is not None and top != root:
        for folder in (top, os.path.join(top, ".github", "workflows")):
            names = disk.names(folder, 1_000) or ()
            places += [os.path.join(folder, name) for name in names if may_build(name)]
    for place in places:
        data = disk.content(place, _LARGEST) or b""
        if b"ocker" not in data and b"podman" not in data and b"file" not in data:
            continue
        text = _CONTINUED.sub(" ", data.decode("utf-8", "surrogateescape"))
        if _WRITTEN.search(text):
            yield None
        for line in text.split("\n"):
            if "build" in line or _BUILDS.search(line):
                for name in _FILE.findall(line):
                    yield from _dockerfile(name, root, (root, os.path.dirname(place), top or root))


def _dockerfile(name: str, root: str, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        full = os.path.normpath(os.path.join(folder, name))
        if not full.startswith(f"{root.rstrip('/')}/") or not disk.is_file(full):
            continue
        text = (disk.content(full, _LARGEST) or b"").decode("utf-8", "surrogateescape")
        if _is_dockerfile(text):
            yield os.path.relpath(full, root), text
            return


def _is_dockerfile(text: str) -> bool:
    """True if a text begins as Dockerfiles do: with FROM, or comments and ARGs above it."""
    for line in text.splitlines():
        first = line.split(maxsplit=1)[:1]
        if first and first[0][0] != "#" and first[0].upper() != "ARG":
            return first[0].upper() == "FROM"
    return False
