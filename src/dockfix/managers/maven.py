"""Maven: `dependency:go-offline` and `dependency:resolve` read the pom.xml of every module and
.mvn. Any other goal builds."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.shape import (
    Archive,
    Needs,
    Project,
    Reads,
    UnsureError,
    beside,
    present,
    text_of,
)
from dockfix.managers.manifests.xml import elements
from dockfix.managers.parts import Cache, Made, Mount
from dockfix.shell.patterns import lazy

_GOAL = lazy(
    r"(?:org\.apache\.maven\.plugins:maven-dependency-plugin:[\d.]+|dependency)"
    r":(?:go-offline|resolve|resolve-plugins)"
)
_OPTION = lazy(r"-[Bqeo]|-ntp|--(?:batch-mode|quiet|no-transfer-progress)|-D[\w.]+(?:=\w+)?")
_SETTINGS = ("maven.config", "jvm.config", "extensions.xml", "settings.xml")


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
        raise UnsureError("the project may belong to one in a folder above")
    found: list[str] = []
    waiting = list(command.manifests)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.append(path)
        parts = elements(text_of(project, path), path)
        for tag, value in parts:
            if _is_elsewhere(tag, value):
                raise UnsureError(f"`{tag}` in {path} may be a file of the project")
            if tag not in ("module", "relativePath") or not value:
                continue
            other = beside(path, value)
            if not value.endswith(".xml"):
                other = beside(other + "/", "pom.xml")
            # a parent that is not there comes from a repository
            if tag == "module" or project.kind(other):
                waiting.append(other)
        tags = {tag for tag, _ in parts}
        if "parent" in tags and "relativePath" not in tags:
            waiting += present(project, (beside(path, "../pom.xml"),))
    return Needs((*found, *present(project, (".mvn", "mvnw"))))


def _is_elsewhere(tag: str, value: str) -> bool:
    """True if an element may lead to a file of the project that is not told here."""
    if tag in ("module", "relativePath"):
        return "$" in value
    return tag in ("systemPath", "file") or (tag == "url" and value.startswith(("file:", "${")))


def loose(name: str, text: str) -> list[str]:
    """The versions of a pom.xml that are a range, or the latest."""
    if not name.endswith("pom.xml"):
        return []
    try:
        parts = elements(text, name)
    except UnsureError:
        return []
    return [value for tag, value in parts if tag == "version" and _OPEN.fullmatch(value)]


_OPEN = lazy(r"[\[(].*,.*[\])]|LATEST|RELEASE")

#: A repository that builds work on: nothing cleans it. Any goal may fill it.
CACHE = Cache(
    name="maven",
    folders=("~/.m2/repository",),
    fills=frozenset(),
    names=("MAVEN_CONFIG", "MAVEN_OPTS"),
    mount=Mount(bases=words("maven"), offline=words("-o --offline"), store=True),
)

#: From these on, a build has made the archive.
_LATE = words(
    "package pre-integration-test integration-test post-integration-test verify install deploy"
)
_VALUED = words(
    "-f --file -pl --projects -P --activate-profiles -s --settings -gs --global-settings -T",
    "--threads -l --log-file -rf --resume-from -t --toolchains -gt --global-toolchains",
)


def archive(project: Project, values: list[str], path: str) -> Archive | None:
    """What a build leaves of the module that a path lies in: `target`, and its archive."""
    from dockfix.managers.manifests.pom import FOLDER, archive_of, modules_of

    root, parts, late, rest = "pom.xml", "", False, iter(values)
    for value in rest:
        name, equals, given = value.partition("=")
        if name in _VALUED:
            given = given if equals else next(rest, "")
            if name in ("-f", "--file"):
                root = given if given.endswith(".xml") else f"{given.rstrip('/')}/pom.xml"
            elif name in ("-pl", "--projects"):
                parts = given
        else:
            # what comes behind is done behind: `clean` removes the archive
            late = value != "clean" and (late or value in _LATE)
    folder, found, _ = f"/{path}".partition(f"/{FOLDER}/") if "/" in path else ("", "", "")
    if not found and path.rpartition("/")[2] == FOLDER:
        folder, found = f"/{path}".rpartition("/")[0], FOLDER
    if not late or not found:
        return None
    pom = f"{folder.lstrip('/')}/pom.xml".lstrip("/")
    if pom not in modules_of(project, beside("", root)):
        return None
    module = pom.rpartition("/")[0]
    if parts and module not in [one.strip().removeprefix("./") for one in parts.split(",")]:
        raise UnsureError(f"it is unknown whether {module or 'the project itself'} is built")
    if project.kind(".mvn/maven.config"):
        text = text_of(project, ".mvn/maven.config")
        values = [*values, *text.split()]
    return archive_of(project, pom, values)


MANAGER = Manager(
    name="maven",
    verbs=verbs(other="clean compile test package verify install deploy site"),
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    manifests=("pom.xml",),
    language="java",
    archive=archive,
    made=Made(
        "target", "pom.xml", lazy(r"\b(?:mvn|mvnw)\b[^\n]*\b(?:package|install|verify|deploy)\b")
    ),
    versions=(".java-version",),
)
