"""poetry: pyproject.toml, the lock file and poetry.toml. Without `--no-root` it installs the
project, unless the project says that it is no package."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.python_names import locked_toml
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    Wanted,
    joined,
    present,
    text_of,
    verb_of,
)
from dockfix.managers.manifests.toml import local_table, read_toml, table
from dockfix.managers.parts import Cache, Lock, Mount, OnPath, WithoutProject
from dockfix.shell.patterns import lazy

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
    if "poetry-dynamic-versioning" in table(data, "tool") or "requires-plugins" in settings:
        raise UnsureError("a plugin of poetry may read the source")
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


#: The folder above holds virtual environments, too, which an image runs on. `--no-cache` is not
#: known to all versions.
CACHE = Cache(
    name="poetry",
    folders=("~/.cache/pypoetry/cache", "~/.cache/pypoetry/artifacts"),
    fills=words("install add update sync"),
    cleans=words("cache"),
    cleanup=("rm -rf ~/.cache/pypoetry/cache ~/.cache/pypoetry/artifacts",),
    emptied=(
        "~/.cache/pypoetry/cache",
        "~/.cache/pypoetry/artifacts",
        "/root/.cache/pypoetry/cache",
        "/root/.cache/pypoetry/artifacts",
    ),
    settled=words("--no-cache --dry-run"),
    cleaned=("pypoetry", ".cache", "POETRY_CACHE_DIR", "poetry cache", "poetry config"),
    names=("POETRY_CACHE_DIR", "POETRY_NO_CACHE", "XDG_CACHE_HOME"),
    # environments of one's own choice may lie in there
    kept=lazy(
        r"(?i)virtualenvs[._]path[= \t\"']{1,4}[\w./~${}-]{0,200}pypoetry/(?:cache|artifacts)"
    ),
    shipped=True,
    mount=Mount(offline=words("--no-cache")),
)

#: What has it install where Python's own packages lie (its documentation, "Configuration").
_NO_ENVIRONMENT = lazy(
    r"virtualenvs\.create\s+(?:false|0)\b|POETRY_VIRTUALENVS_CREATE[= ][\"']?(?:false|0)\b",
    re.IGNORECASE,
)


def aside(values: list[str], above: str) -> str:
    """Why what a command brings does not lie in the environment of the Python on PATH."""
    if _NO_ENVIRONMENT.search(above):
        return ""
    return "without virtualenvs.create false it makes an environment of its own"


_IN_PROJECT = lazy(
    r"virtualenvs\.in-project\s+(?:true|1)\b|POETRY_VIRTUALENVS_IN_PROJECT[= ][\"']?(?:true|1)\b",
    re.IGNORECASE,
)


def environment(values: list[str], above: str) -> str | None:
    """The folder of the environment that a command fills, where it lies in the project (poetry's
    documentation, "virtualenvs.in-project")."""
    installs = bool({"install", "sync"} & set(values[:1]))
    if not installs or _NO_ENVIRONMENT.search(above):
        return "" if installs else None
    return ".venv" if _IN_PROJECT.search(above) else None


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file names. Raises UnsureError if the project builds something."""
    if table(read_toml(project.read("pyproject.toml") or ""), "tool", "poetry").get("build"):
        raise UnsureError("it is unknown what building the project leaves in its source")
    return locked_toml(text_of(project, "poetry.lock"))


MANAGER = Manager(
    name="poetry",
    verbs=verbs(
        install="install sync add", upgrade="update", other="build cache config export lock run"
    ),
    cache=CACHE,
    reads=reads,
    needs=needs,
    lock=Lock(("poetry.lock",), words("update"), verb="install"),
    # every 1.x. poetry's FAQ, "Poetry busts my Docker cache": the packages first with `--no-root`,
    # then the source, then the same command without it. Without `--sync` an install only adds.
    without_project=WithoutProject(
        "--no-root",
        words("--no-root --only-root --no-directory"),
        lazy(r"(?i)\bpoetry(?:[-_]?version)?[\"']?(?:[=~<:@/]|\s)+v?0\.\d"),
    ),
    on_path=OnPath(environments=words("add env install sync update venv")),
    manifests=("pyproject.toml",),
    language="python",
    aside=aside,
    wants=wants,
    environment=environment,
    enters_environment=True,
    versions=(".python-version",),
)
