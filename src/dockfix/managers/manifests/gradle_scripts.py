"""Build scripts of Gradle: what a build leaves of a project, and whether it needs other files.

The scripts are programs, so only what stands there in the usual words is known: the plugins of
Spring Boot, Shadow and Ktor, whose archives have all that they need (their reference pages), an
archive that is packed from `runtimeClasspath`, and the folder of `installDist`.
"""

from __future__ import annotations

import re

from dockfix.managers.manifests.shape import Archive, Project, UnsureError
from dockfix.shell.patterns import lazy

_SCRIPTS = ("build.gradle", "build.gradle.kts")
_COMMENT = lazy(r"(?s)/\*.*?\*/|(?<!:)//[^\n]*")
_MOVED = lazy(r"\b(?:buildDir|buildDirectory|libsDirName|libsDirectory|destinationDir\w*)\b")
#: Settings of an archive's name; the second group is the whole name where it is plain.
_NAMED = lazy(
    r"\b(archiveFileName|archiveBaseName|archivesBaseName|archivesName|archiveVersion|archiveName"
    r"|archiveClassifier|archiveAppendix|archiveExtension|baseName|classifier)\b"
    r"(?:[ \t]*+=[ \t]*+|\.set\([ \t]*+)?(?:[\"']([\w.-]++)[\"'])?"
)
_VERSION = lazy(r"(?m)^version[ \t]*+=?[ \t]*+[\"']([\w.-]++)[\"'][ \t]*+$")
_ANY_VERSION = lazy(r"\bversion[ \t]*+=(?!=)")
_ROOT = lazy(r"\brootProject\.name[ \t]*+=[ \t]*+[\"']([\w.-]++)[\"']")
_APPLIED = (
    r"\bid[ \t]*+\(?[ \t]*+[\"']{}[\"'][ \t]*+\)?([^\n]*)"
    r"|\bapply[ \t]*+\(?[ \t]*+plugin[ \t]*+[:=][ \t]*+[\"']{}[\"']"
)
_ALIAS = lazy(r"\balias[ \t]*+\([ \t]*+libs\.plugins\.([\w.]++)[ \t]*+\)([^\n]*)")
_WAR = lazy(
    r"\bid[ \t]*+\(?[ \t]*+[\"']war[\"']|\bplugin[ \t]*+:[ \t]*+[\"']war[\"']"
    r"|(?m:^[ \t]*+war[ \t]*+$)"
)
_SPRING = ("org.springframework.boot",)
_SHADOW = (
    "com.github.johnrengelman.shadow", "com.gradleup.shadow", "io.github.goooler.shadow",
)  # fmt: skip
_KTOR = ("io.ktor.plugin",)
_ALL = frozenset(("assemble", "build"))


def archive_of(project: Project, folder: str, place: str, tasks: set[str]) -> Archive | None:
    """What tasks leave of a project, by its folder, in a place below `build`.

    Raises UnsureError.
    """
    name = next((one for one in _SCRIPTS if project.kind(_below(folder, one))), "")
    if not name:
        raise UnsureError("no build script is copied")
    texts = [_text(project, _below(folder, name))]
    if folder:
        texts += [_text(project, one) for one in _SCRIPTS if project.kind(one)]
    if found := next((one for text in texts if (one := _MOVED.search(text))), None):
        raise UnsureError(f"`{found[0]}` in {name} may say where the build lies")
    where = _below(folder, "build")
    if place == "install":
        return Archive(f"{where}/install") if "installDist" in tasks else None
    if place != "libs":
        return None
    own = texts[0]
    boots = not tasks.isdisjoint(_ALL | {"bootJar", "bootWar"}) and _has(project, own, _SPRING)
    shades = "shadowJar" in tasks and _has(project, own, _SHADOW)
    shades = shades or ("buildFatJar" in tasks and _has(project, own, _KTOR))
    ending = "-all" if shades else ""
    if (boots and not _is_off(own)) or shades:
        whole = True
    elif not tasks.isdisjoint(_ALL | {"jar"}):
        whole = "zipTree" in own and "untimeClasspath" in own
        if not whole:
            raise UnsureError(f"{name} does not tell whether its archive has all that it needs")
    else:
        return None
    known = _name_of(project, folder, texts, ending)
    if _WAR.search(own):
        return Archive(f"{where}/libs")
    return Archive(f"{where}/libs", f"{where}/libs/{known}.jar", whole)


def _name_of(project: Project, folder: str, texts: list[str], ending: str) -> str:
    """The name of an archive without its ending; `*` if it is not told."""
    named = [found for text in texts for found in _NAMED.finditer(text)]
    if len(named) == 1 and named[0][1] == "archiveFileName" and named[0][2]:
        return named[0][2].removesuffix(".jar")
    if named:
        return "*"
    own = folder.rpartition("/")[2]
    if not folder:
        settings = [_text(project, f"settings{one[5:]}") for one in _SCRIPTS]
        root = next((found for text in settings if (found := _ROOT.search(text))), None)
        own = root[1] if root else "*"
    version = _VERSION.search(texts[0])
    elsewhere = any(map(_ANY_VERSION.search, texts)) or "version" in (
        project.read("gradle.properties") or ""
    )
    if version is None and elsewhere:
        return "*"
    return "*" if own == "*" else f"{own}{'-' + version[1] if version else ''}{ending}"


def _is_off(text: str) -> bool:
    """True if Spring Boot's archive is switched off."""
    blocks = [part.partition("}")[0] for part in text.split("bootJar")[1:]]
    return any(re.search(r"\benabled\s*=\s*false", block) for block in blocks)


def _has(project: Project, text: str, plugins: tuple[str, ...]) -> bool:
    """True if a script applies one of some plugins."""
    for plugin in plugins:
        pattern = _APPLIED.format(*[re.escape(plugin)] * 2)
        for found in re.finditer(pattern, text):
            if "false" not in (found[1] or ""):
                return True
    for found in _ALIAS.finditer(text):
        if "false" not in found[2] and _of_catalog(project, found[1]) in plugins:
            return True
    return False


def _of_catalog(project: Project, alias: str) -> str:
    """The plugin of an alias in the project's catalog; "" if it is not told."""
    from dockfix.managers.manifests.toml import read_toml, table

    text = project.read("gradle/libs.versions.toml")
    for name, value in table(read_toml(text or ""), "plugins").items():
        if re.sub(r"[-_]", ".", name) == alias:
            if isinstance(value, dict):
                return str(value.get("id", ""))
            return str(value).partition(":")[0]
    return ""


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _text(project: Project, path: str) -> str:
    """The text of a script without comments."""
    return _COMMENT.sub("", project.read(path) or "")
