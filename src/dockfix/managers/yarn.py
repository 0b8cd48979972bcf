"""yarn, classic and berry: package.json, yarn.lock, settings, and what lies in .yarn.

yarn.lock does not say which packages run install scripts, so what these do is to be taken on trust,
unless they are switched off. Packages kept in the project (.yarn/cache, .pnp.cjs) are both read and
written by an install: then it is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.node_locks import of_yarn
from dockfix.managers.manifests.package_json import Packages, check_settings, loose, node_modules
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
from dockfix.managers.parts import Brings, Cache, Lock, Mount, OnPath
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"--(?:frozen-lockfile|immutable|pure-lockfile|prod(?:uction)?(?:=\w+)?|non-interactive|silent"
    r"|no-progress|ignore-scripts|ignore-optional|ignore-engines|prefer-offline|inline-builds"
    r"|network-timeout[= ]\d+|no-cache|force|verbose|no-lockfile|registry[= ]\S+"
    r"|mode=skip-build|check-files|link-duplicates)"
)
_FILES = (
    "yarn.lock", ".yarnrc", ".yarnrc.yml", ".npmrc", ".yarn", ".pnp.cjs", "package-lock.json",
)  # fmt: skip
_KEPT = (".yarn/cache", ".yarn/unplugged", ".yarn/install-state.gz", ".pnp.cjs", ".pnp.js")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "cache" and options == ["clean"]:
        return Reads("yarn", installs=False)
    if verb not in ("", "install"):
        return None
    words = joined(options, ("--network-timeout", "--registry"))
    if not all(_OPTION.fullmatch(value) for value in words):
        return None
    frozen = {"--frozen-lockfile", "--immutable", "--pure-lockfile", "--no-lockfile"}
    return Reads(
        "yarn",
        ("package.json",),
        _FILES,
        ("node_modules",),
        () if frozen & set(options) else ("yarn.lock",),
        not {"--ignore-scripts", "--mode=skip-build"} & set(options),
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests of the project and its workspaces, and yarn itself where it is kept there."""
    above = [project.above(name) for name in (".yarnrc.yml", ".yarnrc")]
    if any(text is not None for text in above) or "workspaces" in (
        project.above("package.json") or ""
    ):
        raise UnsureError("the project may belong to a workspace in a folder above")
    packages = Packages(project, known=_PATCHED)
    if "workspaces" in packages.root:
        packages.add_workspaces(packages.root["workspaces"])
    kept = present(project, _KEPT)
    if kept:
        raise UnsureError(f"yarn both reads and writes {kept[0]}")
    berry = project.read(".yarnrc.yml") or ""
    if command.scripts:
        packages.check_scripts()
    check_settings(project.read(".npmrc") or "", ".npmrc")
    for line in (project.read(".yarnrc") or "").splitlines():
        if not line.startswith(("yarn-path ", "#")):
            check_settings(line, ".yarnrc")
    for line in berry.splitlines():
        if _OWN_PATHS.match(line):
            raise UnsureError(f"`{line.strip()}` in .yarnrc.yml may lead to other files")
    own = (".yarn/releases", ".yarn/plugins", ".yarn/patches", ".yarn/sdks")
    found = present(project, ("yarn.lock", ".yarnrc", ".yarnrc.yml", ".npmrc", *own[:3]))
    quiet = not command.scripts or _NO_SCRIPTS.search(berry) or not any(packages.lists())
    return Needs(
        (*packages.files, *found),
        packages.in_tree("node_modules"),
        doubt="" if quiet else "install scripts of packages may read the source",
    )


#: A package of a registry with a patch from the project's folder of patches (yarn's reference,
#: "Patch Protocol"; `~/` is where the project begins).
_PATCHED = lazy(r"patch:[^#]+%3A[^#/]+#~/\.yarn/patches/[^/:]+")
_OWN_PATHS = lazy(
    r"\s*+(?:cacheFolder|globalFolder|virtualFolder|installStatePath|pnpDataPath|constraintsPath"
    r"|caFilePath|httpsCaFilePath|lockfileFilename|deferredVersionFolder|patchFolder)\s*:"
)
_NO_SCRIPTS = lazy(r"(?m)^enableScripts:\s*false\s*$")


#: A later yarn: in a manifest (Corepack's `packageManager`), or where a Dockerfile fetches one.
_LATER = lazy(r"\"packageManager\"\s*:\s*\"yarn@(?:[2-9]|\d\d)")
_FETCHES_LATER = r"\byarn[ \t]+set[ \t]+version\b|\byarn@(?:[2-9]|berry|canary|stable)"


def is_classic(verbs: list[str], context: Context | None) -> bool:
    """True if it is yarn 1: `yarn global` is known to it alone, and its lock file says so."""
    if all(verb == "global" for verb in verbs):
        return True
    lock = context.head("yarn.lock", 200) if context else None
    if context is None or lock is None or "yarn lockfile v1" not in lock:
        return False
    # a lock file of yarn 1 is what a later one begins with, too
    manifest = context.read("package.json") or ""
    return _LATER.search(manifest) is None and context.kind(".yarnrc.yml") is None


def immutable(project: Project) -> str:
    """What yarn 2 and later call `--frozen-lockfile`, if it is one of those."""
    is_berry = (
        project.kind(".yarnrc.yml") is not None
        or "__metadata:" in (project.read("yarn.lock") or "")[:400]
    )
    return "--immutable" if is_berry else ""


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file names, whether the program needs them or the build."""
    verb, options = verb_of(values)
    if verb not in ("", "install") or any(value[:1] != "-" for value in options):
        raise UnsureError("packages are installed that no lock file names")
    lock, settings = text_of(project, "yarn.lock"), project.read(".yarnrc.yml")
    is_berry = "__metadata:" in lock[:400] or settings is not None
    if is_berry and "nodeLinker: node-modules" not in (settings or ""):
        raise UnsureError("yarn keeps packages in archives, and not in node_modules")
    yield from of_yarn(lock)


_OFFLINE = words("--cache-folder --offline")
#: The cache of yarn 1 only: that of later ones holds what the program runs on.
CACHE = Cache(
    name="yarn",
    folders=("~/.cache/yarn", "/usr/local/share/.cache/yarn"),
    fills=words("install add global upgrade"),
    cleans=words("cache"),
    wipes=frozenset(("cache clean",)),
    cleanup=("{} cache clean",),
    settled=_OFFLINE | words("--prefer-offline"),
    cleaned=(".cache", "YARN_CACHE_FOLDER"),
    names=("YARN_CACHE_FOLDER", "XDG_CACHE_HOME"),
    offline=_OFFLINE | words("--prefer-offline"),
    kept=lazy(r"(?m)^(?:--install\.)?(?:cache-folder|(?:prefer-)?offline)\b|" + _FETCHES_LATER),
    settings=(".yarnrc",),
    shipped=True,
    is_known=is_classic,
    aliases=("DL3060",),
    # root's is the second folder
    mount=Mount(
        ("/usr/local/share/.cache/yarn",),
        verbs=words("global"),
        names=("HOME",),
        offline=_OFFLINE,
    ),
)

MANAGER = Manager(
    name="yarn",
    same_packages="npm",
    brings=Brings(lazy(r".*/node_modules/\.bin/[^/]+"), r"\byarn\b"),
    language="node",
    wants=wants,
    verbs=verbs(
        install="install add global",
        upgrade="upgrade",
        clean="cache",
        other="""run build test start config remove exec set workspaces workspace why info list
            link""",
    ),
    bare="install",
    code="scripts",
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    lock=Lock(
        ("yarn.lock",),
        words("install") | {""},
        option="--frozen-lockfile",
        verb="install",
        newer=immutable,
    ),
    on_path=OnPath(named=True, first_in=words("node")),
    manifests=("package.json",),
    made=node_modules(r"yarn(?:[ \t]+install)?"),
    versions=(".node-version", ".nvmrc"),
)
