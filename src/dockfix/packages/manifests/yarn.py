"""yarn, classic and berry: package.json, yarn.lock, settings, and what lies in .yarn.

yarn.lock does not say which packages run install scripts, so what these do is to be taken on trust,
unless they are switched off. Packages kept in the project (.yarn/cache, .pnp.cjs) are both read and
written by an install: then it is left alone.
"""

from __future__ import annotations

from dockfix.packages.manifests.package_json import Packages, check_settings
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
        raise UnsureError("it may belong to a workspace above")
    packages = Packages(project)
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
        doubt="" if quiet else "install scripts of packages may look at it",
    )


_OWN_PATHS = lazy(
    r"\s*+(?:cacheFolder|globalFolder|virtualFolder|installStatePath|pnpDataPath|constraintsPath"
    r"|caFilePath|httpsCaFilePath|lockfileFilename|deferredVersionFolder|patchFolder)\s*:"
)
_NO_SCRIPTS = lazy(r"(?m)^enableScripts:\s*false\s*$")

RULES = Rules(reads, needs)
