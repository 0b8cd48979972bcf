"""pnpm: package.json, pnpm-lock.yaml, the packages that pnpm-workspace.yaml names, patches.

Lock files up to version 6 say which packages are built. pnpm 10 builds none that the project does
not name; which pnpm it is, `packageManager` tells.
"""

from __future__ import annotations

import re

from dockfix.packages.manifests.package_json import HARMLESS_SCRIPTS, Packages, check_settings
from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    present,
    verb_of,
)
from dockfix.patterns import lazy

_OPTION = lazy(
    r"-[PD]|--(?:frozen-lockfile|no-frozen-lockfile|prod|ignore-scripts|prefer-offline|offline"
    r"|silent|shamefully-hoist|reporter=\w+)"
)
_ITEM = lazy(r"\s*-\s+(['\"]?)([^'\"#\s]+)\1\s*")
_KEY = lazy(r"([A-Za-z]+):\s*(.*)")
_BUILT = lazy(r"(?m)^  /?'?/?(@?[^@/\s]+(?:/[^@/\s]+)?)[@/][^\n]*:\n(?:    [^\n]*\n)*?"
              r"    requiresBuild: true")  # fmt: skip


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb not in ("install", "i") or not all(_OPTION.fullmatch(value) for value in options):
        return None
    return Reads(
        "pnpm",
        ("package.json",),
        ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"),
        ("node_modules",),
        () if "--frozen-lockfile" in options else ("pnpm-lock.yaml",),
        "--ignore-scripts" not in options,
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The manifests of the project and its workspace, and patches."""
    if project.above("pnpm-workspace.yaml") is not None:
        raise UnsureError("it may belong to a workspace above")
    packages = Packages(project)
    workspace = project.read("pnpm-workspace.yaml") or ""
    packages.add_workspaces(_listed(workspace))
    if command.scripts:
        packages.check_scripts()
    if project.kind(".pnpmfile.cjs"):
        raise UnsureError(".pnpmfile.cjs is a program, and may read anything")
    check_settings(project.read(".npmrc") or "", ".npmrc")
    found = list(present(project, ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc")))
    if "patchedDependencies" in workspace or "patchedDependencies" in str(packages.root):
        if project.kind("patches") != "directory":
            raise UnsureError("its patches are not in a folder of that name")
        found.append("patches")
    quiet = not command.scripts or not any(packages.lists())
    doubt = "" if quiet else _doubt(project.read("pnpm-lock.yaml") or "", packages, workspace)
    return Needs((*packages.files, *found), packages.in_tree("node_modules"), doubt=doubt)


def _listed(text: str) -> list[str]:
    """The patterns below `packages:` of pnpm-workspace.yaml."""
    found: list[str] = []
    key = ""
    for line in text.splitlines():
        if not line.strip() or line.strip()[0] == "#":
            continue
        named = _KEY.match(line)
        if named:
            key = named[1]
            if key == "packages" and named[2]:
                raise UnsureError("pnpm-workspace.yaml is not read in full")
        elif key == "packages":
            item = _ITEM.fullmatch(line)
            if item is None:
                raise UnsureError("pnpm-workspace.yaml is not read in full")
            found.append(item[2])
    return found


def _doubt(lock: str, packages: Packages, workspace: str) -> str:
    version = re.match(r"lockfileVersion: '?(\d+)", lock)
    built = _BUILT.findall(lock)
    pnpm = str(packages.root.get("packageManager", ""))
    if version and int(version[1]) < 9:
        unknown = [name for name in built if name not in HARMLESS_SCRIPTS]
        return f"the install script of {unknown[0]} may look at it" if unknown else ""
    named = "uiltDependencies" in workspace + str(packages.root) or "allowBuilds" in workspace
    if re.match(r"pnpm@[1-9]\d", pnpm) and not named:
        return ""
    return "install scripts of packages may look at it"


RULES = Rules(reads, needs)
