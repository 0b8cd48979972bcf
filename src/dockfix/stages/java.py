"""Java: the archive that Maven or Gradle leaves, on the image of the JRE.

The final stage has the JRE of the same vendor and version as the JDK. It gets the archive that the
start commands and scripts name; where it is not told that this needs no other file, the folder that
the build fills. Of the project it gets what is no source. What calls a program of the JDK, compiles
or attaches to another Java when it runs, leaves the stage alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.java_builds import STARTS, Builds, builder, caches, managers
from dockfix.stages.java_source import calls, is_wrapper, names_source
from dockfix.stages.project import Language, check_rest, of_project
from dockfix.stages.side_effects import check_side_effects
from dockfix.stages.view import Cut, View
from dockfix.state.java_images import OTHERWISE, home_of, jre_of, lost_programs
from dockfix.state.official_tags import UBUNTU
from dockfix.state.paths import within

__all__ = ["calls", "concerns", "cut"]

_SOURCE = (".java", ".kt", ".kts", ".groovy", ".scala", ".gradle", ".iml")
#: Files that only a build reads, beside source: of wrappers, settings, checks and tests.
_BUILDS = lazy(
    r"(?:target|build)/.*"
    r"|(?:.*/)?(?:src/(?:main|test|it|integration-?test|testFixtures)/.*|\.mvn/.*|gradle/.*"
    r"|(?:\.gradle|buildSrc|\.idea|\.settings)/.*|gradle\.properties|gradle\.lockfile"
    r"|lombok\.config|\.classpath|\.project|settings\.xml"
    r"|checkstyle[\w.-]*\.xml|pmd[\w.-]*\.xml|spotbugs[\w.-]*\.xml|sonar-project\.properties"
    r"|system\.properties|HELP\.md)",
    re.IGNORECASE,
)
#: Folders that are not carried as a whole: they hold what managers keep for next time.
_HOMES = ("/", "/root", "/home", "/home/gradle")
#: Programs that every JRE has.
_OF_JRE = words("java keytool")
#: Packages of a distribution that an image with a JDK needs for a build alone, beside the managers.
_TOOLS = words("ant")
#: Settings of the images that only their own programs read.
_GONE = ("Env JAVA_VERSION", "Env MAVEN_HOME", "Env MAVEN_CONFIG",
         "Env MAVEN_VERSION", "Env GRADLE_HOME", "Env GRADLE_VERSION",
         "Labels org.opencontainers.image.title",
         "Labels org.opencontainers.image.source", "Labels org.opencontainers.image.url",
         "Labels org.opencontainers.image.description")  # fmt: skip


def concerns(view: View) -> bool:
    """True if it is an image with a JDK, and something is built."""
    return view.image.has_jdk and any(
        builder(done) is not None for run in view.runs.values() for done in run.done or ()
    )


def cut(view: View) -> Cut:
    """What is built, carried onto the JRE. Raises UnsureError."""
    jre = jre_of(view.stage.base or "")
    if jre is None or not jre.image:
        raise UnsureError(jre.reason if jre else f"{view.stage.base} has no JDK to build with")
    if jre.image.partition(":")[2].startswith("8-") and "/jre/" in view.text:
        raise UnsureError("a folder of the JDK is named that the JRE has not")
    for one in view.instructions:
        if one.keyword in STARTS and (one.keyword != "ENV" or "CLASSPATH" in one.arguments):
            for word in caches():
                if word in one.arguments:
                    raise UnsureError(f"what line {view.line(one)} names lies in {word}")
    check_release(view, jre.image)
    language = _language(view)
    found = Builds(view, language)
    results = found.started()
    entries, consumed = of_project(view, language, found.last)
    if not set(entries).isdisjoint(_HOMES):
        raise UnsureError("the project lies in a home, with many files that it may read")
    if where := names_source(view):
        entries = _whole(view, found, where)
    paths = [one.path for one in results if not any(within(one.path, top) for top in entries)]
    paths += [one for one in entries if not any(within(one, top) for top in paths)]
    build = found.starts | {one.start for one in consumed}
    check_rest(view, language, consumed, paths, set(build))
    check_side_effects(view, language, build, paths, consumed)
    found.check_removals(paths)
    starts = [one for one in view.instructions if one.keyword == "WORKDIR"]
    begins: tuple[str, ...] = ()
    if language.home != "/" and not (starts and starts[0].arguments.startswith("/")):
        begins = (f"WORKDIR {language.home}",)
    return Cut(
        frozenset(build),
        jre.image,
        tuple([_copied(path) for path in paths]),
        left=(*gone(view), *found.left()),
        what="what is built",
        lost=language.lost,
        begins=begins,
        there=_OF_JRE,
        tools=frozenset([one.name for one in managers()]) | _TOOLS,
    )


def gone(view: View) -> Iterator[str]:
    """Settings of the image with the JDK that nothing reads where nothing is built. The entrypoints
    of Maven's image and of the JRE's make files ready, and start what they are given."""
    yield from _GONE
    for folder in caches():
        yield f"Volumes {home_of(view.image.name)}/{folder}"
    yield from OTHERWISE
    if not any(one.keyword == "ENTRYPOINT" for one in view.instructions):
        yield "Entrypoint"


def check_release(view: View, jre: str) -> None:
    """Raises UnsureError for packages of the system that stay, if the JRE's image may be on another
    release than that which the build has."""
    named = not {*UBUNTU, "alpine", "slim"}.isdisjoint(jre.split("-"))
    if named or view.image.name not in ("gradle", "maven"):
        return
    for run in view.runs.values():
        for done in run.of_kind("system"):
            if done.action == "install":
                raise UnsureError(
                    f"it is unknown which release {view.stage.base} is on, and line"
                    f" {view.line(run.instruction)} installs packages of it"
                )


def _language(view: View) -> Language:
    programs = {one for manager in managers() for one in manager.programs}
    lost = lost_programs(view.stage.base or "") | programs
    return Language("java", _SOURCE, (), home_of(view.image.name), "", lost, (), _only_builds)


def _only_builds(path: str) -> bool:
    """True if only a build reads a file of the context."""
    return _BUILDS.fullmatch(path) is not None or is_wrapper(path)


def _copied(path: str) -> str:
    """The line that carries a path; a pattern goes into the folder of its files."""
    target = path.rpartition("/")[0] + "/" if "*" in path else path
    return f"COPY --from={{build}} {path} {target}"


def _whole(view: View, found: Builds, where: str) -> list[str]:
    """The folder of the project, if its source is named by something that runs."""
    folder = min((one.here for one in found.builds), key=len)
    if folder in _HOMES:
        raise UnsureError(f"{where} reads source, and the project lies in {folder}")
    return [folder]
