"""Maven: `dependency:go-offline` and `dependency:resolve` read the pom.xml of every module and
.mvn. Any other goal builds."""

from __future__ import annotations

import re

from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    beside,
    present,
    text_of,
)
from dockfix.patterns import lazy

_GOAL = lazy(
    r"(?:org\.apache\.maven\.plugins:maven-dependency-plugin:[\d.]+|dependency)"
    r":(?:go-offline|resolve|resolve-plugins)"
)
_OPTION = lazy(r"-[Bqeo]|-ntp|--(?:batch-mode|quiet|no-transfer-progress)|-D[\w.]+(?:=\w+)?")
_PART = lazy(r"<(module|relativePath)>([^<$]*)</")
_SETTINGS = ("maven.config", "jvm.config", "extensions.xml", "settings.xml")
_ELSEWHERE = lazy(r"<systemPath>|<url>\s*(?:file:|\$\{)|<file>|<module>[^<]*\$\{")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    pom = "pom.xml"
    goals = 0
    rest = iter(values)
    for value in rest:
        if value in ("-f", "--file"):
            pom = next(rest, "")
        elif _GOAL.fullmatch(value):
            goals += 1
        elif not _OPTION.fullmatch(value):
            return None
    if not goals or not pom.endswith(".xml"):
        return None
    return Reads("mvn", (pom,), (".mvn", "mvnw"), words=tuple(values))


def needs(project: Project, command: Reads) -> Needs:
    """The pom.xml of the project, its modules and parents, .mvn and mvnw."""
    if any(project.above(f".mvn/{name}") is not None for name in _SETTINGS):
        raise UnsureError("it may belong to a project above")
    found: list[str] = []
    waiting = list(command.manifests)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.append(path)
        text = re.sub(r"(?s)<!--.*?-->", "", text_of(project, path))
        elsewhere = _ELSEWHERE.search(text)
        if elsewhere:
            raise UnsureError(f"`{elsewhere[0]}` in {path} may be a file of the project")
        for kind, written in _PART.findall(text):
            name = written.strip()
            other = beside(path, name)
            if name and not name.endswith(".xml"):
                other = beside(other + "/", "pom.xml")
            # a parent that is not there comes from a repository
            if name and (kind == "module" or project.kind(other)):
                waiting.append(other)
        if "<parent>" in text and "<relativePath" not in text:
            waiting += present(project, (beside(path, "../pom.xml"),))
    return Needs((*found, *present(project, (".mvn", "mvnw"))))


RULES = Rules(reads, needs)
