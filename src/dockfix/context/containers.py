"""Commands that are run in containers of a project, by files that are no Dockerfiles.

    services:                                          docker run --rm $(IMAGE) sh -c 'apk add jq'
      web: {build: ., command: sh -c "apk add jq"}

A Compose file gives a service another command; the file of a dev container, a Tiltfile, a pipeline
and a recipe of make run theirs in an image once it is built. What they run, and the scripts that
they name, may live on what a build has left there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from dockfix.context import compose, disk
from dockfix.context.services import commands_of
from dockfix.context.worktree import worktree_of
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    #: The names in a folder, and the text of a file; by paths seen from the same place.
    Names = Callable[[str], Iterable[str]]
    Read = Callable[[str], str | None]

#: Folders below the root of a project in which such files lie.
_FOLDERS = (
    "", ".devcontainer", ".docker", ".github/workflows", "build", "ci", "compose", "deploy",
    "deployment", "dev", "docker", "scripts",
)  # fmt: skip
_MAKEFILES = frozenset(("GNUmakefile", "Makefile", "justfile", "makefile"))
_SCRIPTS = (".mk", ".sh", ".yaml", ".yml")
_DEV_CONTAINERS = frozenset(("devcontainer.json", ".devcontainer.json"))
#: What a dev container runs inside (containers.dev, "Lifecycle scripts").
_OF_DEV_CONTAINER = lazy(
    r"\"(?:onCreate|updateContent|postCreate|postStart|postAttach)Command\"[ \t]*:[ \t\r\n]*"
    r"(\"(?:[^\"\\\n]|\\.)*\"|\[[^\]]*\]|\{[^}]*\})"
)
#: Commands of a pipeline whose agent is made of a Dockerfile, and Tilt's `run` (live updates).
_OF_JENKINS = lazy(
    r"\bsh[ \t(]+('''(?:(?!''').)*'''|\"\"\"(?:(?!\"\"\").)*\"\"\"|'[^'\n]*'|\"[^\"\n]*\")",
    re.DOTALL,
)
_OF_TILT = lazy(r"\brun\([ \t\n]*('[^'\n]*'|\"[^\"\n]*\"|\[[^\]]*\])")
#: What runs something in a container.
_RUNS = lazy(
    r"(?i)(?:\b(?:docker|podman|nerdctl|compose)\b|\$[({]\w*(?:docker|podman|compose)\w*[)}])"
    r"[^;&|\n]{0,200}?[ \t](?:run|exec)[ \t]([^\n]+)"
)
_CONTINUED = lazy(r"\\\r?\n[ \t]*")
_WORDS = lazy(r"[\w./@+-]+")
_LARGEST = 200_000
_MOST_NAMES = 2_000
_MOST_FOLDERS = 20
#: A text with none of these neither installs nor names what does.
_SIGNS = lazy(r"(?i)\b(?:docker|podman|nerdctl|compose)")


def find_commands(root: str, _: str = "") -> tuple[str, ...]:
    """What is run in containers of the project around a folder, an absolute path, as texts.

    The files lie in the folder, in some below it, and above it up to the root of the repository.
    """
    top = worktree_of(root) or root
    folders = [root]
    while folders[-1] != top and len(folders) < _MOST_FOLDERS:
        folders.append(os.path.dirname(folders[-1]))
    found = (text for folder in folders for text in _commands_of(folder, top))
    return tuple(dict.fromkeys(found))


@disk.kept
def _commands_of(root: str, top: str) -> tuple[str, ...]:
    """What the files of one folder, and some below it, run in containers."""

    def names(folder: str) -> Iterable[str]:
        return disk.names(folder, _MOST_NAMES) or ()

    def read(path: str) -> str | None:
        if not path.startswith(f"{top.rstrip('/')}/"):
            return None
        data = disk.content(path, _LARGEST)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    return commands_in(root, names, read)


def commands_in(root: str, names: Names, read: Read) -> tuple[str, ...]:
    """What the files of a project with this root run in containers, as texts."""
    found: dict[str, None] = {}
    present = frozenset(names(root))
    for folder in _FOLDERS:
        if folder and folder.partition("/")[0] not in present:
            continue
        where = os.path.join(root, folder) if folder else root
        for name in names(where):
            path = os.path.join(where, name) if where else name
            found |= dict.fromkeys(_of_file(path, name, root, read))
            if folder == ".devcontainer" and "." not in name:
                inner = os.path.join(path, "devcontainer.json")
                found |= dict.fromkeys(_of_file(inner, "devcontainer.json", root, read))
    return tuple(found)


def _of_file(path: str, name: str, root: str, read: Read) -> Iterator[str]:
    if compose.is_compose(name):
        yield from commands_of(path, read)
    elif name in _DEV_CONTAINERS:
        for found in _OF_DEV_CONTAINER.findall(read(path) or ""):
            yield from _with_scripts(found.replace('\\"', '"'), (root,), read)
    elif name == "Tiltfile":
        yield from _OF_TILT.findall(read(path) or "")
    elif name.startswith("Jenkinsfile"):
        text = read(path) or ""
        if "dockerfile" in text:
            for found in _OF_JENKINS.findall(text):
                yield from _with_scripts(found, (root,), read)
    elif name in _MAKEFILES or name.endswith(_SCRIPTS):
        text = read(path) or ""
        if _SIGNS.search(text):
            yield from _RUNS.findall(_CONTINUED.sub(" ", text))


def _with_scripts(text: str, folders: Iterable[str], read: Read) -> Iterator[str]:
    """A text, and the scripts of the project that it names."""
    yield text
    for word in _WORDS.findall(text):
        if "/" in word or word.endswith(".sh"):
            for folder in folders:
                yield read(os.path.normpath(os.path.join(folder, word))) or ""
