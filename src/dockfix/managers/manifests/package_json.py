"""package.json, as npm, yarn and pnpm read it: workspaces, packages of the project, scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manifests.shape import Project, UnsureError, beside, text_of
from dockfix.managers.parts import Made
from dockfix.shell.patterns import lazy

#: The scripts of the project's own packages that an install runs.
_LIFECYCLE = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
    "dependencies", "pnpm:devPreinstall",
)  # fmt: skip
#: What such a script may run without a look at the source: one asks who called it, the other
#: changes what was installed by the files in `patches`.
_HARMLESS = lazy(r"npx (?:-y |--yes )?only-allow \w+|only-allow \w+|patch-package|exit 0|true")
_LISTS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "resolutions",
    "overrides",
)  # fmt: skip
_LOCAL = lazy(r"(?:file|link|portal|patch|exec):|[./~]")

#: Settings by which npm and pnpm do without the network, in a variable or in .npmrc, or keep their
#: cache where the project wants it.
NPM_OFFLINE = lazy(
    r"(?im)npm_config_(?:prefer_)?offline|^(?:prefer-)?offline[ \t]*=[ \t]*true|^cache[ \t]*="
    r"|\bconfig[ \t]+set[ \t](?:[^\n&;]{0,40}[ \t])?(?:prefer-)?offline\b"
    # then packages are links into the store (pnpm's settings, "enableGlobalVirtualStore")
    r"|enable[-_]?global[-_]?virtual[-_]?store"
)

#: Packages whose install scripts only fetch or build what is their own.
HARMLESS_SCRIPTS = frozenset((
    "@nestjs/core", "@parcel/watcher", "@swc/core", "@tailwindcss/oxide", "argon2", "bcrypt",
    "better-sqlite3", "bufferutil", "canvas", "core-js", "core-js-pure", "cpu-features", "deasync",
    "es5-ext", "esbuild", "fsevents", "iltorb", "leveldown", "lmdb", "msgpackr-extract",
    "nice-napi", "node-sass", "nodemon", "protobufjs", "re2", "sharp", "sqlite3", "ssh2",
    "unrs-resolver", "utf-8-validate", "zeromq",
))  # fmt: skip


class Packages:
    """The package.json of a project and of the packages in it that are installed with it.

    `folders` are where those lie, the first of all "". `files` are what is read of them. `known`
    are dependencies of which it is known elsewhere what they read.
    """

    def __init__(
        self, project: Project, *, local: str = "", known: re.Pattern[str] | None = None
    ) -> None:
        self.project = project
        self.local, self.known = local, known
        self.folders: list[str] = []
        self.files: list[str] = []
        self.manifests: list[dict[str, object]] = []
        self._add("")

    @property
    def root(self) -> dict[str, object]:
        """The package.json of the project."""
        return self.manifests[0]

    def _add(self, folder: str) -> None:
        if folder in self.folders:
            return
        path = f"{folder}/package.json".lstrip("/")
        manifest = read_json(text_of(self.project, path), path)
        self.folders.append(folder)
        self.files.append(path)
        self.manifests.append(manifest)
        if folder and (manifest.get("bin") or manifest.get("directories")):
            raise UnsureError(f"npm links the programs of {folder} only if they are there")
        for value in _names_of_others(manifest):
            if self.known is None or not self.known.fullmatch(value):
                self._add_local(path, value)

    def _add_local(self, path: str, value: str) -> None:
        target = value.removeprefix("file:")
        if target == value or self.local != "file" or target[:1] in ("/", "~"):
            raise UnsureError(f"`{value}` in {path} is a file of the project")
        name = beside(path, target)
        if self.project.kind(name) == "directory":
            self._add(name)
        elif name not in self.files:
            self.files.append(name)

    def add_workspaces(self, patterns: object) -> None:
        """Adds the packages that workspaces name: folders, and `folder/*`."""
        if isinstance(patterns, dict):
            patterns = patterns.get("packages", [])
        if not isinstance(patterns, list):
            raise UnsureError("the workspaces of package.json are not a list")
        for pattern in patterns:
            for folder in self._folders(str(pattern)):
                if self.project.kind(f"{folder}/package.json") == "file":
                    self._add(folder)

    def _folders(self, pattern: str) -> Iterator[str]:
        folder = beside("", pattern.rstrip("/"))
        parent, _, last = folder.rpartition("/")
        if last == "*" and not any(sign in parent for sign in "*?[{!"):
            yield from (f"{parent}/{name}" for name in self.project.entries(parent))
        elif any(sign in folder for sign in "*?[{!") or folder[:2] == "..":
            raise UnsureError(f"workspaces like `{pattern}` are not looked for")
        else:
            yield folder

    def check_scripts(self) -> None:
        """Raises UnsureError for a script that an install runs, and that may read the source."""
        for folder, manifest in zip(self.folders, self.manifests, strict=True):
            scripts = manifest.get("scripts")
            for name in _LIFECYCLE:
                script = scripts.get(name) if isinstance(scripts, dict) else None
                if script is None:
                    continue
                for part in str(script).split("&&"):
                    if not _HARMLESS.fullmatch(part.strip()):
                        raise UnsureError(f"the {name} script of package.json may read the source")
                    if part.strip() == "patch-package":
                        if folder or self.project.kind("patches") != "directory":
                            raise UnsureError(
                                f"the {name} script of package.json may read the source"
                            )
                        self.files.append("patches")
            if self.project.kind(f"{folder}/binding.gyp".lstrip("/")):
                raise UnsureError("binding.gyp has the install build the source")

    def lists(self) -> Iterator[str]:
        """The names of the packages that the project asks for."""
        for manifest in self.manifests:
            for key in _LISTS[:3]:
                found = manifest.get(key)
                yield from found if isinstance(found, dict) else ()

    def in_tree(self, name: str) -> tuple[str, ...]:
        """A path in each of the folders."""
        return tuple(f"{folder}/{name}".lstrip("/") for folder in self.folders)


def read_json(text: str, path: str) -> dict[str, object]:
    """A JSON object. Raises UnsureError for anything else."""
    import json

    try:
        data = json.loads(text)
    except ValueError as error:
        raise UnsureError(f"{path} is not JSON") from error
    if not isinstance(data, dict):
        raise UnsureError(f"{path} is not an object")
    return data


def check_settings(text: str, name: str) -> None:
    """Raises UnsureError if an .npmrc or .yarnrc leads to other files."""
    for line in text.splitlines():
        key, _, value = line.replace(" ", "=", 1).partition("=")
        if _LEADS.search(key.strip()) or value.strip(" \"'=")[:1] in (".", "/", "~"):
            raise UnsureError(f"`{line.strip()}` in {name} may lead to other files")


_LEADS = lazy(r"^(?:cache|prefix|cafile|userconfig|globalconfig|node-options|script-shell)$|mirror")


def _names_of_others(manifest: dict[str, object]) -> Iterator[str]:
    for key in _LISTS:
        for value in _strings(manifest.get(key)):
            if _LOCAL.match(value):
                yield value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def loose(name: str, text: str) -> list[str]:
    """The dependencies of a package.json, by its name, whose version is open."""
    import json

    if not name.endswith("package.json"):
        return []
    try:
        data = json.loads(text)
    except ValueError:
        return []
    tables = [data.get(key) for key in _LISTS[:2]] if data else []
    return [
        f"{name}@{version}"
        for table in tables
        if isinstance(table, dict)
        for name, version in table.items()
        if isinstance(version, str) and (version in ("", "*", "latest", "x") or ">" in version)
    ]


def node_modules(command: str) -> Made:
    """That an install makes anew, by the pattern of its command without options."""
    return Made(
        "node_modules",
        "package.json",
        lazy(rf"\b{command}[ \t]*+(?>(?:-[\w=-]++[ \t]*+)*)(?:$|[&;|\n\\])"),
        lazy(r"--prod|--only|--omit|--no-dev|NODE_ENV[= ]+production|install[ \t].*-g\b"),
    )
