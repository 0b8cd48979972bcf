"""Dependencies whose version a manifest leaves open, so that each build may get another one."""

from __future__ import annotations

import re

from dockfix.context import Context
from dockfix.patterns import lazy

_NAME = lazy(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(.*)")
_COMMENT = lazy(r"(?:^|\s)#.*")
_MAVEN = lazy(r"<version>\s*([\[(][^<]*,[^<]*[\])]|LATEST|RELEASE)\s*</version>")
_XML_COMMENT = lazy(r"<!--(?>(?:[^-]|-(?!->))*)-->")
_GRADLE = lazy(r"[\"']([\w.-]+:[\w.-]+:(?:[\w.]*\+|latest\.\w+))[\"']")
_LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
}


def loose(manager: str, name: str, path: str, context: Context) -> list[str]:
    """The dependencies that a manifest at a path of the context leaves open, as it spells them."""
    text = context.read(path)
    if text is None:
        return []
    if manager == "pip":
        return _requirements(text)
    if manager in _LOCKS and name.endswith("package.json"):
        folder = path[: -len("package.json")]
        if any(context.kind(folder + lock) == "file" for lock in _LOCKS[manager]):
            return []
        return _package_json(text)
    if name.endswith("pom.xml"):
        return _MAVEN.findall(_XML_COMMENT.sub("", text))
    if name.endswith((".gradle", ".gradle.kts")):
        return _GRADLE.findall(text)
    return []


def _requirements(text: str) -> list[str]:
    found: list[str] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = _COMMENT.sub("", line).partition(";")[0].strip()
        parts = None if line[:1] in ("-", "") or "://" in line else _NAME.fullmatch(line)
        if parts is None or "@" in parts[2] or "/" in line:
            continue
        versions = parts[2].replace(" ", "")
        if "==" not in versions.replace("!==", "") or versions.endswith(".*"):
            found.append(re.sub(r"\s+", "", line))
    return found


def _package_json(text: str) -> list[str]:
    import json

    try:
        data = json.loads(text)
    except ValueError:
        return []
    tables = [data.get(key) for key in ("dependencies", "devDependencies")] if data else []
    return [
        f"{name}@{version}"
        for table in tables
        if isinstance(table, dict)
        for name, version in table.items()
        if isinstance(version, str) and (version in ("", "*", "latest", "x") or ">" in version)
    ]
