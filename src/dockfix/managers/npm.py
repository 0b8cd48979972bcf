"""npm: package.json, the lock file, .npmrc, and the package.json of workspaces and of packages that
are folders of the project.

The lock file says which packages run install scripts. Most of them fetch or build a part of their
own; what an unknown one does is to be taken on trust. Scripts of the project itself are another
matter: `prepare` builds it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.managers.manager import Command, Manager, verbs, words
from dockfix.managers.manifests.package_json import (
    HARMLESS_SCRIPTS,
    NPM_OFFLINE,
    Packages,
    check_settings,
    loose,
    node_modules,
    read_json,
)
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    Wanted,
    joined,
    present,
    verb_of,
)
from dockfix.managers.parts import Brings, Cache, Lock, Mount, NewMajor, OnPath, Renamed
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"-[qsfd]+|--(?:production|only=prod(?:uction)?|omit=\w+|include=\w+|no-optional|silent|quiet"
    r"|no-audit|no-fund|no-progress|progress=false|legacy-peer-deps|force|unsafe-perm(?:=true)?"
    r"|loglevel[= ]\w+|registry[= ]\S+|prefer-offline|no-save|ignore-scripts|verbose|allow-root"
    r"|audit=false|fund=false|no-update-notifier|no-color|engine-strict|network-timeout[= ]\d+)"
)
_PLAIN = lazy(
    r"(?!(?:true|false|null)$)(?:@[a-z0-9~_-][\w.~-]*/)?[A-Za-z0-9~_-][\w.~-]*"
    r"(?:@[\w.~^<>=*| +-]+)?"
)
_LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
_FILES = ("package-lock.json", "npm-shrinkwrap.json", ".npmrc", "binding.gyp")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "cache" and options[:1] in (["clean"], ["verify"]):
        return Reads("npm", installs=False)
    if verb not in ("ci", "install", "i", "clean-install"):
        return None
    everywhere = any(value in ("-g", "--global") for value in options)
    names = []
    for value in joined(options, ("--loglevel", "--registry")):
        if value[:1] != "-":
            names.append(value)
        elif value not in ("-g", "--global") and not _OPTION.fullmatch(value):
            return None
    if everywhere:
        plain = all(_PLAIN.fullmatch(name) for name in names)
        return Reads("npm") if names and plain else None
    if names:
        return None
    return Reads(
        "npm",
        ("package.json",),
        _FILES,
        ("node_modules",),
        () if verb in ("ci", "clean-install") else ("package-lock.json",),
        "--ignore-scripts" not in options,
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests of the project and of the packages in it."""
    if not command.manifests:
        return Needs()
    if "workspaces" in (project.above("package.json") or ""):
        raise UnsureError("the project may belong to a workspace in a folder above")
    packages = Packages(project, local="file")
    if "workspaces" in packages.root:
        packages.add_workspaces(packages.root["workspaces"])
    if command.scripts:
        packages.check_scripts()
    found = present(project, (*_LOCKS, ".npmrc"))
    check_settings(project.read(".npmrc") or "", ".npmrc")
    name = next((name for name in _LOCKS if name in found), "")
    lock = read_json(project.read(name) or "", name) if name else {}
    doubt = _doubt(lock, packages) if command.scripts else ""
    return Needs(
        (*packages.files, *found),
        packages.in_tree("node_modules"),
        (name,) if lock and _in_step(lock, packages) else (),
        ("node_modules",) if command.words[:1] in (("ci",), ("clean-install",)) else (),
        doubt,
    )


def _doubt(lock: dict[str, object], packages: Packages) -> str:
    """Why scripts of the packages might look at the source; "": none does."""
    if not lock:
        asked = next(iter(packages.lists()), None)
        return "install scripts of packages may read the source" if asked else ""
    listed = lock.get("packages")
    if not isinstance(listed, dict):
        return "package-lock.json does not say which packages run scripts"
    for path, entry in listed.items():
        name = str(path).rpartition("node_modules/")[2]
        if not isinstance(entry, dict):
            return "package-lock.json cannot be read"
        if "node_modules/" not in str(path):
            if path and path not in packages.folders:
                raise UnsureError(f"{path} of package-lock.json is a folder of the project")
        elif entry.get("link"):
            if entry.get("resolved") not in packages.folders:
                raise UnsureError(f"{name} of package-lock.json is a folder of the project")
        elif entry.get("hasInstallScript") and name not in HARMLESS_SCRIPTS:
            return f"the install script of {name} may read the source"
    return ""


def _in_step(lock: dict[str, object], packages: Packages) -> bool:
    """True if a lock file is what npm would make of the manifests: it does not write another."""
    listed = lock.get("packages")
    if lock.get("lockfileVersion") not in (2, 3) or not isinstance(listed, dict):
        return False
    for folder, manifest in zip(packages.folders, packages.manifests, strict=True):
        entry = listed.get(folder)
        if not isinstance(entry, dict):
            return False
        for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
            if (entry.get(key) or {}) != (manifest.get(key) or {}):
                return False
        for key in ("name", "version"):
            if folder == "" and key in manifest and entry.get(key) != manifest[key]:
                return False
    asked = set(packages.lists())
    return all(any(path.endswith(f"node_modules/{name}") for path in listed) for name in asked)


#: Since npm 5 `cache clean` refuses to work without --force; older ones take it, too.
CACHE = Cache(
    name="npm",
    folders=("~/.npm",),
    fills=words(
        "install i in ins inst insta instal isnt isnta isntal isntall add ci clean-install",
        "install-clean install-test it cit update up upgrade install-ci-test",
    ),
    cleans=words("cache"),
    wipes=frozenset(("cache clean", "cache clear")),
    cleanup=("{} cache clean --force",),
    settled=words("--cache --offline --prefer-offline"),
    cleaned=(".npm", "npm_config_cache", "NPM_CONFIG_CACHE", "npm config set cache"),
    names=("npm_config_cache", "NPM_CONFIG_CACHE"),
    offline=words("--cache --offline --prefer-offline"),
    runners=words("npx"),
    kept=NPM_OFFLINE,
    settings=(".npmrc",),
    shipped=True,
    mount=Mount(offline=words("--cache --offline")),
)
#: npm 7 and later turn the old options into entries of `omit` (`@npmcli/config`, definitions).
RENAMED = Renamed(
    {
        "--production": "--omit=dev",
        "--production=true": "--omit=dev",
        "--only=prod": "--omit=dev",
        "--only=production": "--omit=dev",
        "--no-optional": "--omit=optional",
    },
    verbs=words("install i in add ci clean-install prune update"),
    bases=lazy(
        r"(?:(?:docker\.io/)?library/)?node(?::(?:(?:1[6-9]|[2-9]\d)[\d.]*|latest|lts|current"
        r"|alpine|slim|trixie|bookworm|bullseye|gallium|hydrogen|iron|jod|krypton)(?:-[\w.-]+)?)?"
    ),
    others=lazy(
        r"npm@|\b(?:asdf|fnm|mise|nave|nodeenv|nodenv|nvm|nvs|volta)\b|nodejs\.org/dist|\bnode-v\d"
        r"|(?<![\w-])n[ \t]+(?:\d|auto|i\b|install|latest|lts|stable)"
        r"|--from=\S{1,99}[ \t]/usr/local|\.npmrc"
    ),
    replaces="omit",
    names=("NPM_CONFIG_OMIT", "npm_config_omit"),
    file=".npmrc",
)


def compiles(project: Project) -> str:
    """The first package of the lock file that has an install script, or comes from Git.

    From its version 2 on, the file says so of each package (docs of npm, package-lock.json:
    `hasInstallScript`).
    """
    text = project.read("package-lock.json")
    packages = read_json(text, "package-lock.json").get("packages") if text else None
    if not isinstance(packages, dict):
        raise UnsureError("no package-lock.json says what its packages compile")
    for name, package in packages.items():
        if package.get("hasInstallScript") or "git+" in str(package.get("resolved")):
            return str(name).rpartition("node_modules/")[2] or "the project"
    return ""


#: Only installs into the global place: without `-g` the order is that of a package.json at most.


def order_doubt(command: Command) -> str:
    """Never any: what a global package needs stands below that package, whatever else is asked for.

    @npmcli/arborist 9.9.1, lib/arborist/build-ideal-tree.js: a global install is `shallow`, and
    packages are placed by name.
    """
    return ""


_PRODUCTION = words("--omit=dev --production --only=production --only=prod")


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that the lock file names, but for those of other systems."""
    verb = next((value for value in values if value[:1] != "-"), "")
    if [value for value in values if value[:1] != "-" and value != verb]:
        raise UnsureError("packages are installed that no lock file names")
    text = next(filter(None, map(project.read, _LOCKS)), None)
    found = read_json(text or "{}", _LOCKS[1]).get("packages")
    if not isinstance(found, dict):
        raise UnsureError(
            "without a lock file of version 2 or 3, it is not known what is installed"
        )
    omitted = bool(_PRODUCTION.intersection(values))
    for path, entry in found.items():
        if not path or (omitted and entry.get("dev")) or "linux" not in entry.get("os", ["linux"]):
            continue
        if entry.get("link"):
            raise UnsureError(f"{path} is a folder of the project")
        name = str(entry.get("name") or path.rpartition("node_modules/")[2])
        yield Wanted(name, str(entry.get("version", "")), bool(entry.get("hasInstallScript")))


MANAGER = Manager(
    name="npm",
    brings=Brings(lazy(r".*/node_modules/\.bin/[^/]+"), r"\bnpm[ \t]+(?:install|ci|i)\b"),
    language="node",
    wants=wants,
    verbs=verbs(
        install="install i in ins inst insta instal isnt isnta isntal isntall add",
        other="""ci clean-install install-clean install-test it cit install-ci-test uninstall remove
            rm un update up upgrade run run-script start stop restart test t build exec config set
            get cache link ln audit prune rebuild version init publish pack view ls list dedupe
            shrinkwrap explain fund login whoami""",
    ),
    flags=words(
        "-g --global -S --save -D --save-dev -E --save-exact -O --save-optional --no-save -f",
        "--force",
        "-q --quiet -s --silent -d -dd -ddd --verbose --unsafe-perm --unsafe-perm=true",
        "--no-optional --production --only=production --legacy-peer-deps --strict-peer-deps",
        "--no-audit --no-fund --no-progress --progress=false --prefer-offline --prefer-online",
        "--offline --no-package-lock --package-lock=false --ignore-scripts --engine-strict",
        "--no-bin-links --foreground-scripts --no-update-notifier --no-shrinkwrap --color=false",
        "--audit=false --fund=false --allow-root --no-color --global=true --force=true",
    ),
    valued=words(
        "--registry --prefix --cache --loglevel --tag --omit --include --cpu --os --libc",
        "--fetch-timeout --fetch-retries --fetch-retry-mintimeout --fetch-retry-maxtimeout",
        "--maxsockets --userconfig --globalconfig --python --scope --cafile --https-proxy --proxy",
        "--noproxy --save-prefix --before --install-strategy --network-timeout",
    ),
    plain=_PLAIN,
    globally=words("-g --global --global=true"),
    lenient=True,
    order_doubt=order_doubt,
    code="scripts",
    renamed=RENAMED,
    # npm/cli, CHANGELOG of 12.0.0; the registry's `latest` was 12.2.2 in November 2026
    new_major=NewMajor(
        12,
        "npm 12 runs install scripts of dependencies only if allowScripts in package.json lists "
        "them, and installs no dependencies from Git or a URL",
    ),
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    lock=Lock(("package-lock.json", "npm-shrinkwrap.json"), words("install i"), verb="ci"),
    compiles=compiles,
    on_path=OnPath(named=True, first_in=words("node")),
    manifests=("package.json",),
    made=node_modules(r"npm[ \t]+(?:ci|i|install)"),
    versions=(".node-version", ".nvmrc"),
)
