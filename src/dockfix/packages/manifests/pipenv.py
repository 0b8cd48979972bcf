"""pipenv: Pipfile and Pipfile.lock, where a package may be a path of the project."""

from __future__ import annotations

from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    text_of,
    verb_of,
)
from dockfix.packages.manifests.toml import local_table, read_toml

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


RULES = Rules(reads, needs)
