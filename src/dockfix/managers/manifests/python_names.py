"""The names of the packages that manifests and lock files of Python ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manifests.shape import (
    Project,
    UnsureError,
    Wanted,
    beside,
    text_of,
)
from dockfix.managers.manifests.toml import read_toml, table
from dockfix.shell.patterns import lazy

_REQUIREMENT = lazy(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
_OTHER = lazy(r"(?:-r|--requirements?)[= ]?\s*(\S+)")
_EGG = lazy(r"#egg=([A-Za-z0-9._-]+)")
#: Lines of a list that say where packages come from, or exclude some.
_SETTINGS = (
    "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
    "--trusted-host", "--only-binary", "--use-feature", "--pre", "--prefer-binary",
    "--require-hashes", "--no-index",
)  # fmt: skip


def wanted_of(text: str) -> Wanted:
    """The package that one requirement asks for. Raises UnsureError for a path or a bare URL."""
    found = _REQUIREMENT.fullmatch(text.partition(";")[0].strip().strip("\"'"))
    if found is None or "://" in text.partition("@")[0] or found[2][:1] == "/":
        egg = _EGG.search(text)
        if egg and "://" in text:
            return Wanted(egg[1], "")
        raise UnsureError(f"it is unknown what {text.strip()} installs")
    rest = found[2].split(" --hash")[0].split("\\")[0].strip()
    return Wanted(found[1], "" if rest.startswith("@") else rest)


def listed(project: Project, names: tuple[str, ...]) -> Iterator[Wanted]:
    """What lists of requirements ask for, those that they name too. Raises UnsureError."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = text_of(project, name).replace("\\\r\n", " ").replace("\\\n", " ")
        for line in text.splitlines():
            line = re.sub(r"(?:^|\s)#.*", "", line).strip()
            if not line or line.startswith(_SETTINGS):
                continue
            if other := _OTHER.fullmatch(line):
                waiting.append(beside(name, other[1]))
            elif line.startswith(("-e", "--editable")):
                raise UnsureError(f"{name} has an editable install, which stays in the source")
            elif line.startswith("-"):
                raise UnsureError(f"it is unknown what {line} in {name} means")
            else:
                yield wanted_of(line)


def of_project(project: Project) -> Iterator[Wanted]:
    """What the project itself depends on, by its pyproject.toml."""
    text = project.read("pyproject.toml")
    if text is None:
        raise UnsureError("what the project depends on is told by a program, setup.py")
    data = table(read_toml(text), "project")
    dynamic, needed = data.get("dynamic", []), data.get("dependencies", [])
    if not data or not isinstance(dynamic, list) or "dependencies" in dynamic:
        raise UnsureError("pyproject.toml does not say what the project depends on")
    for one in needed if isinstance(needed, list) else ():
        yield wanted_of(str(one))


def locked_toml(text: str) -> Iterator[Wanted]:
    """The packages of a lock file with `[[package]]`, but for the project itself."""
    packages = read_toml(text).get("package", [])
    for one in packages if isinstance(packages, list) else ():
        source = table(one, "source")
        if {"virtual", "editable", "directory"} & set(source) or source.get("type") == "directory":
            continue
        yield Wanted(str(one.get("name", "")), f"=={one.get('version', '')}")


def locked_json(text: str) -> Iterator[Wanted]:
    """The packages of the default group of a lock file of pipenv's form."""
    import json

    try:
        for name, entry in json.loads(text).get("default", {}).items():
            yield Wanted(name, str(entry.get("version", "")))
    except (ValueError, AttributeError) as error:
        raise UnsureError("the lock file cannot be read") from error
