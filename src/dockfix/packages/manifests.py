"""Whether the files that an install reads name others: what they say, line by line.

Conservative: whatever is not plainly a package from elsewhere counts as one from the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.patterns import lazy

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REQUIREMENT = lazy(
    rf"{_NAME}\s*+(?:\[[\w\s,.-]*\])?\s*+(?:\(?[=<>!~]=?=?[^/\\]*\)?)?(?:;.*)?(?:\s--hash[= ]\S+)*"
)
_REMOTE = lazy(r"(?:git\+|hg\+)?(?:https?|ssh)://")
_PIP_OPTION = lazy(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[= ]\s*https?://\S+"
    r"|--(?:trusted-host|no-binary|only-binary|use-feature)[= ]\s*\S+"
    r"|--(?:pre|prefer-binary|require-hashes|no-index)"
)


def reaches_out(manager: str, name: str, text: str) -> str | None:
    """The first thing in a manifest that may be a file of the project; None if there is none."""
    name = name.rpartition("/")[2]
    if manager == "pip":
        return _requirements(text)
    if manager == "go":
        return _go_mod(text)
    if manager == "bundle":
        return _gemfile(text)
    if name.endswith(".lock") and manager in ("pipenv", "npm"):
        return _lock(text)
    if manager in ("pipenv", "poetry"):
        return _toml(text)
    return _package_json(text)


def _requirements(text: str) -> str | None:
    for line in re.sub(r"\\\r?\n", " ", text.removeprefix("\ufeff")).splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if not line or _PIP_OPTION.fullmatch(line):
            continue
        requirement, at, url = line.partition(" @ ")
        if at and _REMOTE.match(url) and re.fullmatch(_NAME + r"(?:\[[\w,.-]*\])?", requirement):
            continue
        if _REMOTE.match(line):
            continue
        if not _REQUIREMENT.fullmatch(line) or _is_archive(line):
            return line
    return None


def _is_archive(line: str) -> bool:
    return re.match(r"\S*\.(?:whl|zip|tar|tgz|gz|bz2|xz|egg)(?:\s|;|$)", line) is not None


#: npm's scripts of the root package that an install runs; some of them run for `npm ci`, too.
_LIFECYCLE = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
    "dependencies", "pnpm:devPreinstall",
)  # fmt: skip
_LISTS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "resolutions",
    "overrides",
)  # fmt: skip
_LOCAL = lazy(r"(?:file|link|portal|workspace|patch|exec):|[./~]")


def lifecycle(text: str) -> str | None:
    """The script of a package.json that its installation runs."""
    import json

    try:
        data = json.loads(text)
        scripts = data.get("scripts", {})
        return next((name for name in _LIFECYCLE if name in scripts), None)
    except (ValueError, AttributeError, TypeError):
        return "a package.json that cannot be read"


def _package_json(text: str) -> str | None:
    import json

    try:
        data = json.loads(text)
    except ValueError:
        return "what is not JSON"
    if not isinstance(data, dict):
        return "what is not an object"
    for key in ("workspaces", "pnpm", "packageManager", "installConfig"):
        if key in data:
            return key
    for key in _LISTS:
        for value in _strings(data.get(key)):
            if _LOCAL.match(value):
                return value
    return None


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


#: Packages whose install scripts only fetch or build what is their own.
_HARMLESS_SCRIPTS = frozenset((
    "@swc/core", "argon2", "bcrypt", "better-sqlite3", "bufferutil", "core-js", "core-js-pure",
    "cpu-features", "es5-ext", "esbuild", "fsevents", "sqlite3", "ssh2", "unrs-resolver",
    "utf-8-validate",
))  # fmt: skip


def runs_scripts(text: str) -> str | None:
    """The package of a package-lock.json whose install script may look around in the project."""
    import json

    try:
        packages = json.loads(text)["packages"]
        for path, entry in packages.items():
            name = str(path).rpartition("node_modules/")[2]
            if entry.get("link") or str(entry.get("resolved", "")).startswith("file:"):
                return name
            if entry.get("hasInstallScript") and path and name not in _HARMLESS_SCRIPTS:
                return name
    except (ValueError, KeyError, TypeError, AttributeError):
        return "a lock file that does not say which packages run scripts"
    return None


def _go_mod(text: str) -> str | None:
    for line in text.splitlines():
        target = re.sub(r"//.*", "", line).partition("=>")[2].split()
        if target and target[0][0] in "./\"'`":
            return line.strip()
    return None


_GEM_LINE = lazy(
    r"source\s+['\"]https?://[^'\"]*['\"](?:\s+do)?|ruby\s+['\"][^'\"]*['\"]|end"
    r"|(?:group|platforms?)[\s:\w,]*+(?:\([\s:\w,]++\)\s*+do|(?<=\sdo))"
    r"|git_source\(:\w+\)\s*(?:\{[^}]*\}|do\s*\|\w+\|)|['\"]https://github\.com/#\{\w+\}\.git['\"]"
    r"|gem\s*+\(?\s*+['\"][\w.-]+['\"](?:\s*+,\s*+(?:['\"][^'\"/]*['\"]|(?:require|group|groups|platforms?)"
    r"\s*(?:=>|:)[\[\]\s:'\"\w,]++|:(?:require|group|groups|platforms?)\s*=>[\[\]\s:'\"\w,]++"
    r"|(?:git|github):\s*['\"][^'\"]*['\"]|(?:branch|tag|ref):\s*['\"][^'\"]*['\"]))*+\s*\)?"
)


def _gemfile(text: str) -> str | None:
    for line in text.splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if line and (not _GEM_LINE.fullmatch(line) or re.search(r"\bpath\b", line)):
            return line
    return None


def _lock(text: str) -> str | None:
    import json

    try:
        data = json.loads(text)
    except ValueError:
        return "what is not JSON"
    for group in ("default", "develop"):
        packages = data.get(group, {}) if isinstance(data, dict) else {}
        for name, entry in packages.items():
            if not isinstance(entry, dict) or {"path", "file", "editable"} & set(entry):
                return str(name)
    return None


def _toml(text: str) -> str | None:
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "what is not TOML"
    return next(_local_tables(data, ""), None)


def _local_tables(value: object, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        if name and {"path", "file", "editable"} & set(value):
            yield name
        for key, inner in value.items():
            yield from _local_tables(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _local_tables(inner, name)
    elif isinstance(value, str) and re.search(r"\bfile:", value):
        yield value
