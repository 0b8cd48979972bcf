"""Gradle: `gradle dependencies` runs the build scripts of all projects. These are programs: one
that touches a file, runs a command or applies another script is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.shape import Archive, Needs, Project, Reads, UnsureError, present
from dockfix.managers.parts import Cache, Mount
from dockfix.shell.patterns import lazy

_TASKS = {"dependencies", "resolveDependencies", "buildEnvironment", "--version", "help"}
_OPTION = lazy(
    r"-[qi]|--(?:no-daemon|quiet|info|console=\w+|refresh-dependencies|stacktrace|no-build-cache)"
)
_INCLUDE = lazy(r"include\s*+\(?\s*+((?>(?:['\"][\w:.-]++['\"]\s*+,?\s*+)+))\)?")
_READS = lazy(
    r"\b(?:file|files|fileTree|zipTree|includeBuild|includeFlat|projectDir|rootDir|exec|execute"
    r"|commandLine|ProcessBuilder|File|FileInputStream|readText|evaluate|ant"
    r"|providers|load|flatDir|mavenLocal)\s*+[({.=]|\bapply\s*+\(?\s*+from\b|\.text\b"
)
_NAMES = ("settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    tasks = [value for value in values if value in _TASKS]
    others = [value for value in values if value not in _TASKS]
    if not tasks or not all(_OPTION.fullmatch(value) for value in others):
        return None
    files = (*_NAMES, "gradle.properties", "gradle", "gradlew", "buildSrc", "gradle.lockfile")
    return Reads("gradle", (), files, (".gradle", "build"), words=tuple(values))


def needs(project: Project, command: Reads) -> Needs:
    """The scripts of the project and those it includes, the wrapper, catalogs and settings."""
    if any(project.above(name) is not None for name in (*_NAMES[:2], "gradle.properties")):
        raise UnsureError("the project may belong to a build in a folder above")
    if project.kind("buildSrc"):
        raise UnsureError("buildSrc is a program, and built first")
    found = list(present(project, (*_NAMES, "gradle.properties", "gradle.lockfile")))
    folders = [""]
    for name in _NAMES[:2]:
        text = project.read(name) or ""
        folders += _included(text, name)
    for folder in folders[1:]:
        names = ("build.gradle", "build.gradle.kts", "gradle.properties", "gradle.lockfile")
        found += present(project, tuple(f"{folder}/{name}" for name in names))
    for name in found:
        text = re.sub(r"(?s)/\*.*?\*/|//[^\n]*", "", project.read(name) or "")
        met = _READS.search(text) if name.endswith((".gradle", ".kts")) else None
        if met:
            raise UnsureError(f"`{met[0]}` in {name} may read a file of the project")
    if not any(name.startswith(("build.", "settings.")) for name in found):
        raise UnsureError("no build script is copied")
    trees = (f"{folder}/build".lstrip("/") for folder in folders)
    return Needs((*found, *present(project, ("gradle", "gradlew"))), tuple(trees))


def _included(text: str, where: str) -> Iterator[str]:
    for line in re.sub(r",\s+", ", ", text).splitlines():
        if "include" not in line:
            continue
        found = _INCLUDE.fullmatch(line.strip())
        if found is None:
            raise UnsureError(f"the projects that {where} includes are not told")
        for name in re.findall(r"[\w:.-]+", found[1]):
            parts = name.strip(":").split(":")
            # a project's parents are projects, too
            yield from ("/".join(parts[: count + 1]) for count in range(len(parts)))


#: Options that have the build use another project, other scripts or other folders.
_ELSEWHERE = words(
    "-p --project-dir -b --build-file -c --settings-file -I --init-script --include-build",
    "--project-cache-dir",
)
_VALUED = words("-x --exclude-task -g --gradle-user-home --max-workers --console --warning-mode")


def archive(project: Project, values: list[str], path: str) -> Archive | None:
    """What a build leaves of the project that a path lies in, in `build`."""
    from dockfix.managers.manifests.gradle_scripts import archive_of

    folder, found, rest = f"/{path}/".partition("/build/")
    if not found:
        return None
    folder = folder.lstrip("/")
    tasks: set[str] = set()
    given = iter(values)
    for value in given:
        name = value.partition("=")[0]
        if name in _ELSEWHERE or value[:2] == "-P":
            raise UnsureError(f"{value} says what is built, and where")
        if value in _VALUED:
            next(given, "")
        elif value[:1] != "-":
            of, _, task = value.rpartition(":")
            if not of or of.strip(":").replace(":", "/") == folder:
                tasks.add(task)
    if project.kind("buildSrc"):
        raise UnsureError("buildSrc is a program, and says what is built")
    known = [""]
    for one in _NAMES[:2]:
        text = project.read(one) or ""
        if "projectDir" in text or "buildDir" in text:
            raise UnsureError(f"{one} says where projects lie")
        known += _included(re.sub(r"(?s)/\*.*?\*/|(?<!:)//[^\n]*", "", text), one)
    if folder not in known:
        return None
    return archive_of(project, folder, rest.partition("/")[0], tasks)


def loose(name: str, text: str) -> list[str]:
    """The dependencies of a build script whose version is open."""
    return _OPEN.findall(text) if name.endswith((".gradle", ".gradle.kts")) else []


_OPEN = lazy(r"[\"']([\w.-]+:[\w.-]+:(?:[\w.]*\+|latest\.\w+))[\"']")

#: What is fetched and built: builds work on it, so nothing cleans it. Any task may fill it.
CACHE = Cache(
    name="gradle",
    folders=("~/.gradle",),
    fills=frozenset(),
    names=("GRADLE_USER_HOME",),
    mount=Mount(bases=words("eclipse-temurin openjdk"), offline=words("--offline"), store=True),
)

MANAGER = Manager(
    name="gradle",
    verbs=verbs(other="assemble bootJar build clean dependencies help shadowJar test war"),
    cache=CACHE,
    reads=reads,
    needs=needs,
    loose=loose,
    language="java",
    archive=archive,
    versions=(".java-version",),
)
