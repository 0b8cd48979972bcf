"""composer: composer.json and composer.lock, and for the autoloader what these have it scan.

Without `--no-autoloader` a class map is made of the source; a map by namespace alone is made of
composer.json. Scripts and plugins may do anything.
"""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.package_json import read_json
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    present,
    text_of,
    verb_of,
)
from dockfix.managers.manifests.toml import table
from dockfix.managers.parts import Cache, Lock, Mount
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"-[noqv]+|-a|--(?:no-dev|no-scripts|no-autoloader|no-plugins|no-interaction|no-progress"
    r"|no-suggest|prefer-dist|optimize-autoloader|classmap-authoritative|ignore-platform-reqs"
    r"|no-cache|quiet|ansi|no-ansi|no-ansi|ignore-platform-req=\S+)"
)


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb in ("clear-cache", "clearcache") and not options:
        return Reads("composer", installs=False)
    if verb not in ("install", "update") or not all(_OPTION.fullmatch(one) for one in options):
        return None
    return Reads(
        "composer",
        ("composer.json",),
        ("composer.lock", "auth.json"),
        ("vendor",),
        ("composer.lock",) if verb == "update" else (),
        "--no-scripts" not in options,
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests, if neither the autoloader nor a script nor a plugin reads the source."""
    data = read_json(text_of(project, "composer.json"), "composer.json")
    options = set(command.words)
    settings = table(data, "config")
    if command.scripts and data.get("scripts"):
        raise UnsureError("a script of composer.json may read the source")
    if "--no-autoloader" not in options:
        _check_autoloader(data, settings, options)
    for one in _values(data.get("repositories")):
        if not str(table(one).get("url", "")).startswith("http"):
            raise UnsureError("a repository of composer.json may be a folder of the project")
    lock = project.read("composer.lock")
    doubt = ""
    if "--no-plugins" not in options:
        doubt = _plugins(lock)
    if not doubt and "version" not in data and project.kind(".git"):
        doubt = "composer asks git which version it installs"
    writes = [str(settings[key]) for key in ("vendor-dir", "bin-dir") if key in settings]
    return Needs(
        ("composer.json", *present(project, ("composer.lock", "auth.json"))),
        tuple(writes),
        doubt=doubt,
    )


def _check_autoloader(
    data: dict[str, object], settings: dict[str, object], options: set[str]
) -> None:
    optimized = {"-o", "-a", "--optimize-autoloader", "--classmap-authoritative"} & options
    if optimized or settings.get("optimize-autoloader") or settings.get("classmap-authoritative"):
        raise UnsureError("the autoloader that composer makes lists the classes of the source")
    for key in ("autoload", "autoload-dev"):
        if set(table(data, key)) - {"psr-4", "psr-0", "files"}:
            raise UnsureError("the autoloader that composer makes lists the classes of the source")


def _plugins(lock: str | None) -> str:
    """Why a plugin may look at the source; "": there is none."""
    if lock is None:
        return "plugins among the packages may look at it"
    data = read_json(lock, "composer.lock")
    for key in ("packages", "packages-dev"):
        for package in _values(data.get(key)):
            if table(package).get("type") == "composer-plugin":
                return f"the plugin {table(package).get('name')} may look at it"
            if table(package, "dist").get("type") == "path":
                raise UnsureError(f"{table(package).get('name')} is a path of the project")
    return ""


def _values(data: object) -> list[object]:
    if isinstance(data, dict):
        return list(data.values())
    return data if isinstance(data, list) else []


CACHE = Cache(
    name="composer",
    folders=("~/.composer/cache", "~/.cache/composer", "/tmp/cache"),
    fills=words("install update upgrade require create-project global"),
    cleans=words("clear-cache clearcache cc"),
    wipes=words("clear-cache clearcache"),
    cleanup=("{} clear-cache",),
    settled=words("--no-cache"),
    cleaned=(".composer", "COMPOSER_CACHE_DIR", "COMPOSER_HOME", ".cache", "--no-cache"),
    names=("COMPOSER_CACHE_DIR", "COMPOSER_HOME"),
    kept=lazy(r"COMPOSER_DISABLE_NETWORK|\"cache-(?:files-)?dir\""),
    settings=("composer.json",),
    shipped=True,
    mount=Mount(
        ("~/.composer/cache",),
        verbs=words("install update require create-project"),
        bases=words("php"),
        names=("XDG_CACHE_HOME",),
        option="--no-cache",
    ),
)

MANAGER = Manager(
    name="composer",
    verbs=verbs(
        install="install require create-project global",
        upgrade="update upgrade",
        clean="clear-cache clearcache cc",
        other="run-script dump-autoload dumpautoload self-update config remove show",
    ),
    cache=CACHE,
    reads=reads,
    needs=needs,
    lock=Lock(("composer.lock",), words("update"), verb="install"),
    manifests=("composer.json",),
    # it guesses the version of the project, and writes it and the commit into vendor/composer
    # (Composer's documentation, "Schema", `version`)
    stamps=lazy(
        r"\bcomposer(?:\.phar)?[ \t][^&|;\n]*?\b(?:dump-?autoload|install|require|update)\b"
    ),
)
