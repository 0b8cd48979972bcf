"""bun: package.json, bun.lock (bun.lockb before 1.2), bunfig.toml, the packages of workspaces, and
patches (bun's own reference; `bun install --help` of 1.4).

Of the packages it installs it runs no scripts but those of `trustedDependencies`, or, where a
project does not say, of a list of its own.
"""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.package_json import (
    HARMLESS_SCRIPTS,
    Packages,
    check_settings,
    loose,
    node_modules,
)
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    joined,
    present,
    verb_of,
)
from dockfix.managers.manifests.toml import read_toml, table
from dockfix.managers.parts import Brings, Cache, Lock, Mount
from dockfix.shell.patterns import lazy

_VALUED = (
    "--omit", "--registry", "--backend", "--linker", "--network-concurrency",
    "--concurrent-scripts", "--cpu", "--os", "--libc",
)  # fmt: skip
_OPTION = lazy(
    r"-[pf]|--(?:production|frozen-lockfile|no-save|force|no-cache|silent|quiet|verbose|no-progress"
    r"|no-summary|no-verify|ignore-scripts|no-env-file|save-text-lockfile|offline|prefer-offline"
    r"|use-(?:system|openssl|bundled)-ca)"
    r"|--(?:omit|registry|backend|linker|network-concurrency|concurrent-scripts|cpu|os|libc)[= ]\S+"
)
_LOCKS = ("bun.lock", "bun.lockb")
#: Without a lock file of its own, bun takes over that of another.
_OTHERS = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml")
_ENVIRONMENTS = (
    ".env", ".env.local", ".env.development", ".env.production", ".env.development.local",
    ".env.production.local",
)  # fmt: skip
#: Settings of [install] that name files, folders or programs.
_LEADING = ("ca", "cafile", "cache", "globalDir", "globalBinDir", "lockfile", "security")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "pm" and options == ["cache", "rm"]:
        return Reads("bun", installs=False)
    if verb not in ("install", "i", "ci"):
        return None
    if not all(_OPTION.fullmatch(value) for value in joined(options, _VALUED)):
        return None
    frozen = verb == "ci" or {"--frozen-lockfile", "--production", "-p"} & set(options)
    return Reads(
        "bun",
        ("package.json",),
        (*_LOCKS, *_OTHERS, "bunfig.toml", ".npmrc", "patches", *_ENVIRONMENTS),
        ("node_modules",),
        () if frozen else _LOCKS,
        "--ignore-scripts" not in options,
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests of the project and its workspaces, settings, and patches."""
    if "workspaces" in (project.above("package.json") or ""):
        raise UnsureError("the project may belong to a workspace in a folder above")
    packages = Packages(project)
    if "workspaces" in packages.root:
        packages.add_workspaces(packages.root["workspaces"])
    if command.scripts:
        packages.check_scripts()
    found = list(present(project, (*_LOCKS, "bunfig.toml", ".npmrc")))
    if not set(_LOCKS) & set(found):
        found += present(project, _OTHERS)
    check_settings(project.read(".npmrc") or "", ".npmrc")
    _check(project.read("bunfig.toml") or "")
    patches = table(packages.root, "patchedDependencies").values()
    found += present(project, tuple(map(str, patches)))
    environments = present(project, _ENVIRONMENTS)
    if environments and "--no-env-file" not in command.words:
        raise UnsureError(f"bun takes over the variables of {environments[0]}")
    return Needs(
        tuple(dict.fromkeys((*packages.files, *found))),
        packages.in_tree("node_modules"),
        doubt=_doubt(packages) if command.scripts and any(packages.lists()) else "",
    )


def _check(settings: str) -> None:
    install = table(read_toml(settings), "install")
    for key in _LEADING:
        if key in install:
            raise UnsureError(f"`{key}` in bunfig.toml may lead to other files")


def _doubt(packages: Packages) -> str:
    """Why scripts of the packages might look at the source; "": none does."""
    trusted = packages.root.get("trustedDependencies")
    if not isinstance(trusted, list):
        return "install scripts of packages may read the source"
    unknown = [str(name) for name in trusted if name not in HARMLESS_SCRIPTS]
    return f"the install script of {unknown[0]} may read the source" if unknown else ""


_OFFLINE = words("--cache-dir --offline --prefer-offline")
#: `bun pm cache rm` of versions up to 1.2 fails where there is no package.json (tried with 1.0.36,
#: 1.1.45, 1.2.5 and 1.4.5); `--no-cache` is about what registries say, not about packages.
CACHE = Cache(
    name="bun",
    folders=("~/.bun/install/cache",),
    fills=words("install i ci add a update"),
    cleans=words("pm"),
    wipes=frozenset(("pm cache rm",)),
    cleanup=("rm -rf ~/.bun/install/cache",),
    emptied=("~/.bun/install/cache", "/root/.bun/install/cache"),
    settled=_OFFLINE,
    cleaned=(".bun", "BUN_INSTALL", "bun pm cache"),
    names=("BUN_INSTALL_CACHE_DIR", "BUN_INSTALL", "XDG_CACHE_HOME"),
    offline=_OFFLINE,
    runners=words("bunx"),
    # then packages are links into the cache (bun's reference of `bun install`)
    kept=lazy(r"backend(?:[ \t]*=)?[ \t]*[\"']?symlink|globalStore[ \t]*=[ \t]*true"),
    settings=("bunfig.toml",),
    shipped=True,
    mount=Mount(as_root=words("oven/bun"), offline=_OFFLINE),
)

MANAGER = Manager(
    name="bun",
    brings=Brings(lazy(r".*/node_modules/\.bin/[^/]+"), r"\bbun[ \t]+(?:install|i)\b"),
    verbs=verbs(
        install="install i ci add a",
        upgrade="update",
        remove="remove rm",
        clean="pm",
        other="run x test build create init link unlink outdated publish exec upgrade",
    ),
    code="scripts",
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    lock=Lock(_LOCKS, words("install i"), option="--frozen-lockfile"),
    manifests=("package.json",),
    made=node_modules(r"bun[ \t]+(?:i|install)"),
)
