"""npm: package.json, the lock file, .npmrc, and the package.json of workspaces and of packages that
are folders of the project.

The lock file says which packages run install scripts. Most of them fetch or build a part of their
own; what an unknown one does is to be taken on trust. Scripts of the project itself are another
matter: `prepare` builds it.
"""

from __future__ import annotations

from dockfix.packages.language import NPM
from dockfix.packages.manifests.package_json import (
    HARMLESS_SCRIPTS,
    Packages,
    check_settings,
    read_json,
)
from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    joined,
    present,
    verb_of,
)
from dockfix.patterns import lazy

_OPTION = lazy(
    r"-[qsfd]+|--(?:production|only=prod(?:uction)?|omit=\w+|include=\w+|no-optional|silent|quiet"
    r"|no-audit|no-fund|no-progress|progress=false|legacy-peer-deps|force|unsafe-perm(?:=true)?"
    r"|loglevel[= ]\w+|registry[= ]\S+|prefer-offline|no-save|ignore-scripts|verbose|allow-root"
    r"|audit=false|fund=false|no-update-notifier|no-color|engine-strict|network-timeout[= ]\d+)"
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
        plain = all(NPM.plain.fullmatch(name) for name in names)
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
        raise UnsureError("it may belong to a workspace above")
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
        return "install scripts of packages may look at it" if asked else ""
    listed = lock.get("packages")
    if not isinstance(listed, dict):
        return "its lock file does not say which packages run scripts"
    for path, entry in listed.items():
        name = str(path).rpartition("node_modules/")[2]
        if not isinstance(entry, dict):
            return "its lock file cannot be read"
        if "node_modules/" not in str(path):
            if path and path not in packages.folders:
                raise UnsureError(f"{path} of its lock file is a folder of the project")
        elif entry.get("link"):
            if entry.get("resolved") not in packages.folders:
                raise UnsureError(f"{name} of its lock file is a folder of the project")
        elif entry.get("hasInstallScript") and name not in HARMLESS_SCRIPTS:
            return f"the install script of {name} may look at it"
    return ""


def _in_step(lock: dict[str, object], packages: Packages) -> bool:
    """Whether a lock file is what npm would make of the manifests: it does not write another."""
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


RULES = Rules(reads, needs)
