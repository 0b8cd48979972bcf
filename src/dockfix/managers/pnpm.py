"""pnpm: package.json, pnpm-lock.yaml, the packages that pnpm-workspace.yaml names, patches.

Lock files up to version 6 say which packages are built. pnpm 10 builds none that the project does
not name; which pnpm it is, `packageManager` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.node_locks import of_pnpm
from dockfix.managers.manifests.package_json import (
    HARMLESS_SCRIPTS,
    NPM_OFFLINE,
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
    Wanted,
    present,
    text_of,
    verb_of,
)
from dockfix.managers.manifests.toml import table
from dockfix.managers.manifests.yaml import read_yaml
from dockfix.managers.parts import Brings, Cache, Lock, OnPath
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"-[PD]|--(?:frozen-lockfile|no-frozen-lockfile|prod|ignore-scripts|prefer-offline|offline"
    r"|silent|shamefully-hoist|reporter=\w+)"
)
_INSTALL = ("install", "i")
#: Since pnpm 11: it removes node_modules, and keeps to the lock file (pnpm.io/cli/ci).
_CLEAN_INSTALL = ("ci", "clean-install", "ic", "install-clean")
_BUILT = lazy(r"(?m)^  /?'?/?(@?[^@/\s]+(?:/[^@/\s]+)?)[@/][^\n]*:\n(?:    [^\n]*\n)*?"
              r"    requiresBuild: true")  # fmt: skip


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb not in (*_INSTALL, *_CLEAN_INSTALL) or not all(map(_OPTION.fullmatch, options)):
        return None
    frozen = verb in _CLEAN_INSTALL or "--frozen-lockfile" in options
    return Reads(
        "pnpm",
        ("package.json",),
        ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"),
        ("node_modules",),
        () if frozen else ("pnpm-lock.yaml",),
        "--ignore-scripts" not in options,
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests of the project and its workspace, and patches."""
    if project.above("pnpm-workspace.yaml") is not None:
        raise UnsureError("the project may belong to a workspace in a folder above")
    packages = Packages(project)
    workspace = read_yaml(project.read("pnpm-workspace.yaml") or "", "pnpm-workspace.yaml")
    packages.add_workspaces(workspace.get("packages") or [])
    if command.scripts:
        packages.check_scripts()
    if project.kind(".pnpmfile.cjs"):
        raise UnsureError(".pnpmfile.cjs is a program, and may read anything")
    check_settings(project.read(".npmrc") or "", ".npmrc")
    found = list(present(project, ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc")))
    settings = table(packages.root, "pnpm"), workspace
    patches = [str(one) for each in settings for one in table(each, "patchedDependencies").values()]
    if patches:
        if not all(patch.startswith("patches/") for patch in patches):
            raise UnsureError("the patches of pnpm are not in a folder of that name")
        found += present(project, ("patches",))
    quiet = not command.scripts or not any(packages.lists())
    doubt = "" if quiet else _doubt(project.read("pnpm-lock.yaml") or "", packages, workspace)
    trees = packages.in_tree("node_modules")
    cleared = trees if command.words[0] in _CLEAN_INSTALL else ()
    return Needs((*packages.files, *found), trees, cleared=cleared, doubt=doubt)


def _doubt(lock: str, packages: Packages, workspace: dict[str, object]) -> str:
    version = re.match(r"lockfileVersion: '?(\d+)", lock)
    built = _BUILT.findall(lock)
    pnpm = str(packages.root.get("packageManager", ""))
    if version and int(version[1]) < 9:
        unknown = [name for name in built if name not in HARMLESS_SCRIPTS]
        return f"the install script of {unknown[0]} may read the source" if unknown else ""
    named = any(
        word in f"{workspace}{packages.root}" for word in ("uiltDependencies", "allowBuilds")
    )
    if re.match(r"pnpm@[1-9]\d", pnpm) and not named:
        return ""
    return "install scripts of packages may read the source"


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file names, whether the program needs them or the build."""
    if [value for value in values if value[:1] != "-"][1:]:
        raise UnsureError("packages are installed that no lock file names")
    yield from of_pnpm(text_of(project, "pnpm-lock.yaml"))


CACHE = Cache(
    name="pnpm",
    folders=("/pnpm/store", "~/.pnpm-store"),
    # what is fetched is meant for an install to come
    fills=words("install i add update up ci clean-install ic install-clean"),
    cleans=words("store"),
    wipes=frozenset(("store prune",)),
    cleanup=("{} store prune",),
    settled=words("--offline --prefer-offline --store-dir"),
    cleaned=("pnpm/store", ".pnpm-store", "store-dir"),
    offline=words("--offline --prefer-offline"),
    runners=words("pnpx"),
    kept=NPM_OFFLINE,
    settings=(".npmrc", "pnpm-workspace.yaml"),
    shipped=True,
)

MANAGER = Manager(
    name="pnpm",
    brings=Brings(lazy(r".*/node_modules/\.bin/[^/]+"), r"\bpnpm[ \t]+(?:install|i)\b"),
    language="node",
    wants=wants,
    verbs=verbs(
        install="install i add ci clean-install ic install-clean",
        upgrade="update up",
        clean="store",
        other="fetch run build test start exec dlx config remove rm rebuild deploy prune setup -r",
    ),
    code="scripts",
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    lock=Lock(("pnpm-lock.yaml",), words("install i"), option="--frozen-lockfile"),
    on_path=OnPath(
        names=words("install i"),
        # it fills a store by the lock file, and links no program
        inert=words("fetch"),
    ),
    manifests=("package.json",),
    made=node_modules(r"pnpm[ \t]+(?:i|install)"),
    versions=(".node-version", ".nvmrc"),
)
