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
from collections.abc import Callable, Iterable, Iterator, Mapping

from dockfix.context import compose, disk
from dockfix.context.worktree import worktree_of
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING, Any

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
        text = read(path) or ""
        if "build" in text:
            yield from _of_compose(text, os.path.dirname(path), read)
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


def _of_compose(text: str, folder: str, read: Read) -> Iterator[str]:
    """What the services of a Compose file run that are built, or are of an image that is built."""
    for file in compose.documents(text):
        services = file.get("services") if isinstance(file, dict) else None
        every = [one for one in _values(services) if isinstance(one, dict)]
        built = {one.get("image") for one in every if "build" in one}
        for service in every:
            if "build" in service or "extends" in service or service.get("image") in built:
                yield from _of_service(service, folder, read)


def _of_service(service: Mapping[str, Any], folder: str, read: Read) -> Iterator[str]:
    mounts = list(_mounts(service.get("volumes"), folder))
    check = service.get("healthcheck")
    commands = [service.get("entrypoint"), service.get("command")]
    commands.append(check.get("test") if isinstance(check, dict) else None)
    hooks = service.get("post_start")
    for hook in hooks if isinstance(hooks, list) else ():
        commands += [hook.get("command")] if isinstance(hook, dict) else []
    for command in commands:
        text = _text(command)
        if text:
            yield text
            for word in _WORDS.findall(text):
                for path in _sources(word, mounts, folder):
                    yield read(path) or ""
    environment = service.get("environment")
    if isinstance(environment, dict):
        yield "\n".join(f"{name}={value}" for name, value in environment.items())
    elif isinstance(environment, list):
        yield "\n".join(map(str, environment))


def _values(found: Any) -> Iterable[Any]:
    return found.values() if isinstance(found, dict) else ()


def _text(command: Any) -> str:
    """The command of a service, as a text."""
    if isinstance(command, list):
        words = [str(one) for one in command]
        return words[-1] if "-c" in words[:-1] else " ".join(words)
    return command if isinstance(command, str) else ""


def _mounts(volumes: Any, folder: str) -> Iterator[tuple[str, str]]:
    """Where folders of the project lie in a container: the path there, and the folder's."""
    for one in volumes if isinstance(volumes, list) else ():
        source, target = "", ""
        if isinstance(one, str):
            source, _, rest = one.partition(":")
            target = rest.partition(":")[0]
        elif isinstance(one, dict):
            source, target = str(one.get("source", "")), str(one.get("target", ""))
        if source[:1] == "." and target:
            yield target.rstrip("/"), os.path.normpath(os.path.join(folder, source))


def _sources(word: str, mounts: Iterable[tuple[str, str]], folder: str) -> Iterator[str]:
    """The files of the project that a word of a command may name, by where folders are mounted."""
    if "/" not in word and "." not in word:
        return
    for target, source in mounts:
        if word == target:
            yield source
        elif word.startswith(f"{target}/"):
            yield os.path.join(source, word[len(target) + 1 :])
        elif word[:1] != "/":
            yield os.path.normpath(os.path.join(source, word))
    if word[:1] != "/":
        yield os.path.normpath(os.path.join(folder, word))


def _with_scripts(text: str, folders: Iterable[str], read: Read) -> Iterator[str]:
    """A text, and the scripts of the project that it names."""
    yield text
    for word in _WORDS.findall(text):
        if "/" in word or word.endswith(".sh"):
            for folder in folders:
                yield read(os.path.normpath(os.path.join(folder, word))) or ""
