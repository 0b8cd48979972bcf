"""poetry: pyproject.toml, the lock file and poetry.toml. Without `--no-root` it installs the
project, unless the project says that it is no package."""

from __future__ import annotations

from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    joined,
    present,
    text_of,
    verb_of,
)
from dockfix.packages.manifests.toml import local_table, read_toml, table
from dockfix.patterns import lazy

_OPTION = lazy(
    r"-[nqv]+|--(?:no-root|no-dev|no-interaction|no-ansi|no-cache|sync|quiet|no-directory"
    r"|only-root|all-extras|compile|only[= ]\S+|without[= ]\S+|with[= ]\S+|extras[= ]\S+)|-E \S+"
)


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "config" and "--local" not in options and "--list" not in options:
        return Reads("poetry", installs=False)
    words = joined(options, ("--only", "--without", "--with", "--extras", "-E"))
    if verb not in ("install", "sync") or not all(_OPTION.fullmatch(word) for word in words):
        return None
    return Reads(
        "poetry",
        ("pyproject.toml",),
        ("poetry.lock", "poetry.toml"),
        (".venv",),
        words=tuple(options),
        source="" if "--no-root" in options else "poetry installs the project without --no-root",
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests, if they name no path."""
    data = read_toml(text_of(project, "pyproject.toml"))
    settings = table(data, "tool", "poetry")
    if command.source and settings.get("package-mode") is not False:
        raise UnsureError(command.source)
    for part in (
        settings.get("dependencies"),
        settings.get("dev-dependencies"),
        settings.get("group"),
        table(data, "project").get("dependencies"),
        table(data, "project").get("optional-dependencies"),
        data.get("dependency-groups"),
    ):
        local = local_table(part)
        if local:
            raise UnsureError(f"{local} in pyproject.toml is a path of the project")
    return Needs(present(project, ("pyproject.toml", *command.optional)))


RULES = Rules(reads, needs)
