"""pipenv: Pipfile and Pipfile.lock, where a package may be a path of the project."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.python_names import locked_json
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    Wanted,
    text_of,
    verb_of,
)
from dockfix.managers.manifests.toml import local_table, read_toml
from dockfix.managers.parts import Lock, OnPath
from dockfix.shell.patterns import lazy

_OPTIONS = {
    "--system", "--deploy", "--ignore-pipfile", "--dev", "-d", "--verbose", "-v", "--clear",
}  # fmt: skip


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb not in ("install", "sync") or not set(options) <= _OPTIONS:
        return None
    locked = verb == "sync" or {"--deploy", "--ignore-pipfile"} & set(options)
    return Reads(
        "pipenv",
        ("Pipfile", "Pipfile.lock"),
        (),
        (".venv",),
        () if locked else ("Pipfile.lock",),
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The two files, if they name no path."""
    import json

    local = local_table(read_toml(text_of(project, "Pipfile")))
    if local:
        raise UnsureError(f"{local} in Pipfile is a path of the project")
    try:
        lock = json.loads(text_of(project, "Pipfile.lock"))
        groups = [lock.get(group, {}) for group in ("default", "develop")]
        for name, entry in (pair for group in groups for pair in group.items()):
            if {"path", "file", "editable"} & set(entry):
                raise UnsureError(f"{name} in Pipfile.lock is a path of the project")
    except (ValueError, AttributeError, TypeError) as error:
        raise UnsureError("Pipfile.lock cannot be read") from error
    return Needs(("Pipfile", "Pipfile.lock"))


def aside(values: list[str], above: str) -> str:
    """Why what a command brings does not lie in the environment of the Python on PATH."""
    return "" if "--system" in values else "without --system it makes an environment of its own"


_IN_PROJECT = lazy(r"(?i)PIPENV_VENV_IN_PROJECT[= ][\"']?(?:true|1|yes)\b")


def environment(values: list[str], above: str) -> str | None:
    """The folder of the environment that a command fills, where it lies in the project (pipenv's
    documentation, PIPENV_VENV_IN_PROJECT)."""
    installs = bool({"install", "sync"} & set(values[:1]))
    if not installs or "--system" in values:
        return "" if installs else None
    return ".venv" if _IN_PROJECT.search(above) else None


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file names."""
    return locked_json(text_of(project, "Pipfile.lock"))


MANAGER = Manager(
    name="pipenv",
    verbs=verbs(install="install sync", other="lock run shell uninstall update"),
    reads=reads,
    needs=needs,
    lock=Lock(("Pipfile.lock",), words("install"), option="--deploy"),
    on_path=OnPath(environments=words("add env install sync update venv")),
    manifests=("Pipfile",),
    language="python",
    aside=aside,
    wants=wants,
    environment=environment,
    enters_environment=True,
    versions=(".python-version",),
)
