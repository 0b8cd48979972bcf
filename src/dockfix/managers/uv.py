"""uv: `uv sync` reads pyproject.toml and uv.lock; `uv pip install` the lists that pip reads.

A project with a build system is built and installed, unless `--no-install-project` is given; what
its metadata is may then still depend on the source, if pyproject.toml calls part of it dynamic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.context import Context
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
from dockfix.managers.pip import NAME
from dockfix.managers.pip import needs as needs_of_lists
from dockfix.managers.pip import wants as wanted_by_lists
from dockfix.shell.patterns import lazy

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
        elif not NAME.fullmatch(word):
            return None
    return Reads("uv", tuple(files), _SETTINGS, words=("pip", *options), source=source)


def needs(project: Project, command: Reads) -> Needs:
    """The manifests, if they name no path and no source says what they hold."""
    if any(project.above(name) is not None for name in ("pyproject.toml", "uv.toml")):
        raise UnsureError("the project may belong to a workspace in a folder above")
    found = list(present(project, _SETTINGS))
    if command.words[:1] == ("pip",):
        lists = tuple(name for name in command.manifests if not name.endswith(".toml"))
        found += needs_of_lists(project, command._replace(manifests=lists, optional=())).files
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
    if {"--frozen", "--no-install-workspace"} <= set(command.words):
        # it takes from uv.lock alone what to install, and does not look for the members (uv's guide
        # to Docker, "Intermediate layers")
        settings = {key: value for key, value in settings.items() if key != "workspace"}
    elif table(settings, "workspace") or any("workspace" in table(one) for one in sources):
        raise UnsureError("a workspace has manifests in other directories")
    if table(data, "project").get("dynamic") and "--frozen" not in command.words:
        raise UnsureError("a part of the metadata of pyproject.toml is read from the source")
    local = local_table(settings) or local_table(table(data, "project"))
    if local:
        raise UnsureError(f"{local} in pyproject.toml is a path of the project")


def links_nothing(verbs: list[str], context: Context | None) -> bool:
    """True if no setting of the project has an environment consist of links into the cache."""
    texts = [context.read(name) or "" for name in ("uv.toml", "pyproject.toml")] if context else []
    return not any("link-mode" in text for text in texts)


#: `--no-cache` is taken behind any verb and has been since 0.1; uv's guide to Docker has it for
#: images. With it, a folder takes the cache's place as long as the command runs (tried with 0.13).
#: Links into the cache, and a way without the network, need it to stay.
CACHE = Cache(
    name="uv",
    folders=("~/.cache/uv",),
    # `uv pip install` and `uv tool install` say so, too
    fills=words("sync add install"),
    option="--no-cache",
    why="an image has no use for what it installed from",
    settled=words("--no-cache-dir -n --cache-dir --link-mode --help -h"),
    cleaned=(".cache", "UV_NO_CACHE", "UV_CACHE_DIR", "uv.toml", "uv cache", "--offline"),
    compiled=True,
    names=("UV_NO_CACHE", "UV_CACHE_DIR", "XDG_CACHE_HOME", "UV_LINK_MODE", "UV_OFFLINE",
           "UV_CONFIG_FILE"),
    offline=words("--offline"),
    runners=words("uvx"),
    kept=lazy(r"(?m)UV_OFFLINE|^offline[ \t]*=[ \t]*true"),
    settings=("pyproject.toml", "uv.toml"),
    is_known=links_nothing,
    mount=Mount(
        offline=words("--no-cache-dir --cache-dir --offline"), names=("UV_NO_CONFIG",)
    ),
)  # fmt: skip

_PROJECT_ENVIRONMENT = lazy(r"\bUV_PROJECT_ENVIRONMENT[= ][\"']?([^\s\"']+)")
_ACTIVE = lazy(r"\bVIRTUAL_ENV[= ][\"']?([^\s\"']+)")
#: What has it install elsewhere, link to its cache, or look for another Python.
_ELSEWHERE = lazy(
    r"UV_SYSTEM_PYTHON[= ][\"']?(?:1|true)|UV_LINK_MODE[= ][\"']?symlink|link-mode[= ]symlink"
    r"|UV_PYTHON[= ]|UV_PYTHON_PREFERENCE|UV_PYTHON_INSTALL_DIR"
)
_OMITTING = lazy(r"\buv sync [^\n&;]*?(--no-dev|--no-default-groups|--only-group)\b")
#: Builders of packages that leave nothing in the source (their own pages).
_BACKENDS = words("flit_core.buildapi hatchling.build pdm.backend poetry.core.masonry.api uv_build")


def environment(values: list[str], above: str) -> str | None:
    """The folder of the environment that a command makes or fills.

    uv's documents, "Project environment path" and "Using Python environments": `.venv` of the
    project, or what VIRTUAL_ENV says of `uv pip`.
    """
    verb, options = verb_of([value for value in values if value not in ("-q", "--quiet")])
    if _ELSEWHERE.search(above) or any(
        one.partition("=")[0] in ("--python", "-p", "--system", "--target", "--prefix", "--project",
                                  "--directory", "--active")
        for one in options
    ):  # fmt: skip
        return None
    if verb == "sync":
        found = _PROJECT_ENVIRONMENT.findall(above)
        return found[-1] if found else ".venv"
    if verb == "venv":
        names = [one for one in options if one[:1] != "-"]
        return names[0] if names else ".venv" if not options else None
    if verb == "pip" and options[:1] == ["install"]:
        active = _ACTIVE.findall(above)
        return active[-1] if active else ".venv"
    return None


_SYSTEM = lazy(r"UV_SYSTEM_PYTHON[= ][\"']?(?:1|true)")
_SET = lazy(
    r"\bUV_(?:PYTHON\w*|PROJECT_ENVIRONMENT|TARGET|PREFIX|MANAGED_PYTHON)[ =]|\bVIRTUAL_ENV\b"
)
#: Versions that are not known to take UV_PYTHON beside `--system` (tried: 0.3.0 to 0.13.9 do).
_OLD = lazy(r"(?i)\buv(?:[-_]?version)?[\"']?(?:[=~<:@/]|\s)+v?0\.[0-2](?!\d)")


def aside(values: list[str], above: str) -> str:
    """Why what a command brings does not lie in the environment that UV_PYTHON names."""
    if values[:2] != ["pip", "install"]:
        return "it makes an environment of its own"
    if "--system" not in values and not _SYSTEM.search(above):
        return "without --system it looks for an environment"
    options = {value.partition("=")[0] for value in values}
    if found := options & {"--python", "-p", "--target", "-t", "--prefix", "--user"}:
        return f"{min(found)} says where it installs"
    if found_ := _SET.search(above):
        return f"{found_[0].strip(' =')} says where it installs"
    return "this version does not take UV_PYTHON" if _OLD.search(above) else ""


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file, or a list, names; the project itself aside."""
    if "pip" in values[:2]:
        yield from wanted_by_lists(project, values)
        return
    text = project.read("pyproject.toml")
    data = read_toml(text) if text is not None else {}
    settings = table(data, "tool", "uv")
    packaged = "build-system" in data or settings.get("package") is True
    if text is None or (packaged and not {"--no-install-project"} & set(values)):
        backend = str(table(data, "build-system").get("build-backend", ""))
        if backend not in _BACKENDS or "hooks" in table(data, "tool", "hatch", "build"):
            raise UnsureError("it is unknown what building the project leaves in its source")
    if table(settings, "workspace") or "workspace" in str(table(settings, "sources")):
        raise UnsureError("a workspace has packages in other directories")
    yield from locked_toml(text_of(project, "uv.lock"))


def before_start(project: Project, values: list[str], text: str) -> str:
    """Why `uv run` may build something first: it brings the environment up to date."""
    told = {"--no-sync", "--no-project"} & set(values) or re.search(
        r"UV_NO_SYNC[= ][\"']?(?:1|true)", text
    )
    if "run" not in values or told:
        return ""
    data = read_toml(text_of(project, "pyproject.toml"))
    if "build-system" in data or table(data, "tool", "uv").get("package") is True:
        return "uv run may build the project when it starts"
    omits = not set(_OMITTING.findall(text)) <= set(values)
    groups = "dependency-groups" in data or "dev-dependencies" in table(data, "tool", "uv")
    if omits and groups:
        return "uv run installs what uv sync left out when it starts"
    return ""


MANAGER = Manager(
    name="uv",
    wants=wants,
    aside=aside,
    enters_environment=True,
    interpreter="UV_PYTHON",
    inner="pip",
    environment=environment,
    before_start=before_start,
    verbs=verbs(
        install="sync add install",
        remove="uninstall remove",
        other="python run venv lock export cache build publish init tree self version",
    ),
    cache=CACHE,
    reads=reads,
    needs=needs,
    lock=Lock(
        ("uv.lock",),
        words("sync"),
        option="--locked",
        # the option beside such a variable stops uv 0.5, and newer ones warn
        settled=("uv_frozen", "uv_locked"),
        frozen_by=words("UV_FROZEN UV_LOCKED"),
    ),
    # Changelog, 0.3.3. uv's guide to Docker, "Intermediate layers": the packages first, then the
    # source, then the same command without the option. A sync removes nothing that the lock file
    # names, and adds what is missing, so that the second one adds the project alone.
    without_project=WithoutProject(
        "--no-install-project",
        words(
            "--no-install-project --no-install-workspace --no-install-local --only-dev --only-group"
        ),
        lazy(r"(?i)\buv(?:[-_]?version)?[\"']?(?:[=~<:@/]|\s)+v?0\.(?:[0-2]|3\.[0-2])(?!\d)"),
    ),
    on_path=OnPath(environments=words("add env install sync update venv")),
    manifests=("*requirements*.txt", "*requirements*.in", "pyproject.toml"),
    language="python",
    versions=(".python-version",),
)
