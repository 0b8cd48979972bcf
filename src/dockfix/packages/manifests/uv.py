"""uv: `uv sync` reads pyproject.toml and uv.lock; `uv pip install` the lists that pip reads.

A project with a build system is built and installed, unless `--no-install-project` is given; what
its metadata is may then still depend on the source, if pyproject.toml calls part of it dynamic.
"""

from __future__ import annotations

from dockfix.packages.language import PIP
from dockfix.packages.manifests import pip
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

_SYNC = lazy(
    r"-[qv]+|--(?:frozen|locked|dev|no-dev|only-dev|no-install-project|no-install-workspace"
    r"|no-editable|all-extras|all-groups|no-cache|quiet|verbose|compile-bytecode|inexact|exact"
    r"|no-default-groups|no-progress|no-python-downloads|extra[= ]\S+|group[= ]\S+"
    r"|no-group[= ]\S+|only-group[= ]\S+|python[= ][\w.]+|link-mode[= ]\w+)"
)
_VALUED = (
    "--extra", "--group", "--no-group", "--only-group", "--python", "--link-mode", "-r",
    "--requirement", "--requirements", "-c", "--constraint", "--index-url", "--extra-index-url",
    "--index-strategy",
)  # fmt: skip
_PIP = lazy(
    r"-[qvU]+|--(?:system|no-cache|no-cache-dir|upgrade|quiet|verbose|compile-bytecode|no-deps"
    r"|no-progress|pre|break-system-packages|require-hashes|link-mode[= ]\w+|index-strategy[= ]\S+"
    r"|(?:extra-)?index-url[= ]https?://\S+|python[= ][\w.]+)"
)
_LIST = lazy(r"(?:-r|-c|--requirements?|--constraint)[= ]?([^\s$]+)")
_SETTINGS = ("uv.toml", ".python-version")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "pip" and options[:1] == ["install"]:
        return _pip_install(options[1:])
    if verb != "sync" or not all(_SYNC.fullmatch(word) for word in joined(options, _VALUED)):
        return None
    frozen = {"--frozen", "--locked"} & set(options)
    kept = {"--no-install-project", "--no-install-workspace"} & set(options)
    return Reads(
        "uv",
        ("pyproject.toml",),
        ("uv.lock", *_SETTINGS),
        (".venv",),
        () if frozen else ("uv.lock",),
        words=("sync", *options),
        source="" if kept else "uv installs the project without --no-install-project",
    )


def _pip_install(options: list[str]) -> Reads | None:
    files: list[str] = []
    source = ""
    for word in joined(options, _VALUED):
        named = _LIST.fullmatch(word)
        if named:
            files.append(named[1])
        elif word[:1] in (".", "/") or word.startswith(("-e", "--editable")):
            source = "uv builds the project, which reads its source"
        elif word[:1] == "-":
            if not _PIP.fullmatch(word):
                return None
        elif not PIP.plain.fullmatch(word):
            return None
    return Reads("uv", tuple(files), _SETTINGS, words=("pip", *options), source=source)


def needs(project: Project, command: Reads) -> Needs:
    """The manifests, if they name no path and no source says what they hold."""
    if any(project.above(name) is not None for name in ("pyproject.toml", "uv.toml")):
        raise UnsureError("it may belong to a workspace above")
    found = list(present(project, _SETTINGS))
    if command.words[:1] == ("pip",):
        lists = tuple(name for name in command.manifests if not name.endswith(".toml"))
        found += pip.needs(project, command._replace(manifests=lists, optional=())).files
        manifests = [name for name in command.manifests if name.endswith(".toml")]
        # settings of uv, whatever is installed
        found += [name for name in present(project, ("pyproject.toml",)) if name not in manifests]
    else:
        manifests = ["pyproject.toml"]
        found += present(project, ("uv.lock",))
    for name in manifests:
        _check(read_toml(text_of(project, name)), command)
    return Needs((*manifests, *found))


def _check(data: dict[str, object], command: Reads) -> None:
    settings = table(data, "tool", "uv")
    packaged = "build-system" in data or settings.get("package") is True
    if command.source and packaged and settings.get("package") is not False:
        raise UnsureError(command.source)
    sources = table(settings, "sources").values()
    if table(settings, "workspace") or any("workspace" in table(one) for one in sources):
        raise UnsureError("a workspace has manifests in other directories")
    if table(data, "project").get("dynamic") and "--frozen" not in command.words:
        raise UnsureError("part of its metadata is dynamic, and told by the source")
    local = local_table(settings) or local_table(table(data, "project"))
    if local:
        raise UnsureError(f"{local} in pyproject.toml is a path of the project")


RULES = Rules(reads, needs)
