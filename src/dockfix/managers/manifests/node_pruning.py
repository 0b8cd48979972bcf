"""What `npm prune` takes out of a project, by its manifest and npm's lock file.

From npm 7 on, whose lock files are of version 2 or 3, each package of the lock file says whether
nothing but `devDependencies` asks for it (docs of npm, package-lock.json: `dev`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import Project
from dockfix.records import Record
from dockfix.shell.patterns import lazy

#: The line that does it.
LINE = "RUN npm prune --omit=dev"
#: The oldest Node.js whose npm knows the option.
SINCE = 16
#: Optional peers of which a package only takes types, settings in TypeScript, or colours.
_HARMLESS_PEERS = words("supports-color ts-node typescript")
#: Installs; `ci` fails where the lock file is not in step with the manifest.
_LOCKED = words("ci clean-install")
_VERBS = _LOCKED | words("install i")
_OPTIONS = words(
    "--no-audit --no-fund --silent --quiet -s -q --no-progress --prefer-offline",
    "--no-update-notifier --audit=false --fund=false --progress=false",
)
#: What has npm work otherwise, or Node.js look elsewhere; a source that a command writes.
SETTINGS = lazy(
    r"(?i)npm_config_|\bnpm (?:config|prune)\b|\bnpm@|\.npmrc|\bNODE_OPTIONS\b|\bNODE_PATH\b"
    r"|\bcorepack\b"
    r"|>\s*[\"']?[\w./-]+\.[cm]?[jt]sx?\b"
)
#: With it, they were never installed.
FOR_PRODUCTION = lazy(r"\bNODE_ENV[= ]+[\"']?production")
#: What people run in a container of it that only development needs.
DEVELOPING = lazy(
    r"\b(?:npx|yarn|pnpm|nodemon|ts-node(?:-dev)?|tsx|tsc|jest|vitest|mocha|eslint|node_modules)\b"
    r"|\bnpm\s+(?!start\b|run start(?![\w:-]))"
)
#: What a HEALTHCHECK may start.
RUNNING = lazy(r"\b(?:node|npm|npx|yarn|pnpm)\b")


class Pruned(Record):
    """A project: the packages at its top that would go, those that stay, those that its manifest
    lists for development, and its scripts."""

    gone: frozenset[str]
    kept: frozenset[str]
    listed: frozenset[str]
    scripts: dict[str, str]


def pruned(project: Project, installs: Sequence[Sequence[str]]) -> Pruned | None:
    """What would go of a project that was installed by these commands; None if it is not known,
    or if a package that stays may look for one that would go."""
    options = {word for words_ in installs for word in words_[2:]}
    verbs = {verb for name, *rest in installs for verb in (rest[:1] if name == "npm" else ["?"])}
    if not installs or not verbs <= _VERBS or not options <= _OPTIONS:
        return None
    if project.kind("npm-shrinkwrap.json") or project.kind(".npmrc"):
        return None
    try:
        manifest = json.loads(project.read("package.json") or "")
        packages = json.loads(project.read("package-lock.json") or "")["packages"]
        gone, kept = _sorted(packages)
        listed = frozenset(manifest.get("devDependencies", {}))
        scripts = {str(name): str(text) for name, text in manifest.get("scripts", {}).items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    if any(" prune" in text for text in scripts.values()):
        return None  # who prunes has it so
    if not gone or "workspaces" in manifest or _asked_by_peers(packages, gone):
        return None
    if not verbs <= _LOCKED and not _in_step(manifest, packages):
        return None
    return Pruned(frozenset(gone), frozenset(kept), listed, scripts)


def _in_step(manifest: dict[str, object], packages: dict[str, dict[str, object]]) -> bool:
    """True if a lock file is what npm would make of the manifest: it does not write another."""
    kinds = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
    return all((manifest.get(one) or {}) == (packages[""].get(one) or {}) for one in kinds)


def script_of(text: str, scripts: dict[str, str]) -> str:
    """What a start command runs, through a script of the manifest; "": more than that."""
    name = "start" if text == "npm start" else text.removeprefix("npm run ")
    if name == text:
        return text
    if f"pre{name}" in scripts or f"post{name}" in scripts:
        return ""
    return scripts.get(name, "")


def _sorted(packages: dict[str, dict[str, object]]) -> tuple[set[str], set[str]]:
    """The packages that would go, and those that stay, by a lock file."""
    gone, kept = set[str](), set[str]()
    for path, one in packages.items():
        top, _, name = path.rpartition("node_modules/")
        if path and not one.get("dev"):
            kept.add(name)
        elif path and not top:  # the project does not see those below another
            gone.add(name)
        if one.get("link"):
            raise ValueError(path)
    return gone, kept


def _asked_by_peers(packages: dict[str, dict[str, object]], gone: set[str]) -> bool:
    """True if a package that stays may look for one that would go."""
    for path, one in packages.items():
        peers = {*_names(one.get("peerDependencies")), *_names(one.get("peerDependenciesMeta")),
                 *_names(one.get("optionalDependencies"))}  # fmt: skip
        found = {name for name in peers if name in gone and not name.startswith("@types/")}
        if path and not one.get("dev") and not found <= _HARMLESS_PEERS:
            return True
    return False


def _names(found: object) -> Iterator[str]:
    yield from found if isinstance(found, dict) else ()
