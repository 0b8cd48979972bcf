"""pom.xml: what a build leaves of a module, and whether its archive needs other files.

What is read is in Maven's reference of the POM, and in the pages of the plugins that make archives
with all that they need: Spring Boot's, shade and assembly. A parent that is no file of the project
is known for Spring Boot only, whose plugin it has repackage the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manifests.shape import Archive, Project, UnsureError, beside, text_of
from dockfix.managers.manifests.xml import root_of, tag_of
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: The folder that a build fills.
FOLDER = "target"
_SPRING = ("org.springframework.boot", "spring-boot-starter-parent")
_ENDINGS = {"jar": "jar", "war": "war", "bundle": "jar"}
_VARIABLE = lazy(r"\$\{([\w.-]+)\}")
#: Where files lie that a build packs, or does not leave beside the archive.
_WITHIN = lazy(
    r"(?:\$\{(?:project\.|pom\.)?(?:build\.(?:directory|outputDirectory|testOutputDirectory)"
    r"|reporting\.outputDirectory)\}"
    r"|(?:\$\{(?:project\.|pom\.)?basedir\}/)?(?:\./)?(?:target|src)\b).*"
    r"|META-INF.*|WEB-INF.*|/?classes"
)
#: Settings that give an archive another name, or make two of it.
_RENAMING = ("classifier", "attachToBuild", "outputFile", "shadedClassifierName", "finalName",
             "jarName", "warName")  # fmt: skip


def archive_of(project: Project, path: str, values: list[str]) -> Archive:
    """What a build leaves of a module, by the path of its pom.xml. Raises UnsureError."""
    chain = [root_of(text_of(project, one), one) for one in _chain(project, path)]
    folder = beside(path, FOLDER)
    if any(_at(one, "build", "directory") is not None for one in chain):
        raise UnsureError(f"{path} says itself where the build lies")
    given = {value[2:].partition("=")[0] for value in values if value[:2] == "-D"}
    if "outputDirectory" in given:
        raise UnsureError("where the build puts files is said by an option")
    packaging = _text(chain[0], "packaging") or "jar"
    found = _Module(chain, given)
    name, alone = found.archive(values)
    if not alone:
        found.check_places(path)
    if packaging not in _ENDINGS:
        return Archive(folder)
    return Archive(folder, f"{folder}/{name}.{_ENDINGS[packaging]}", alone)


def modules_of(project: Project, path: str) -> Iterator[str]:
    """The paths of a pom.xml and of those of its modules, all the way down. Raises UnsureError."""
    waiting, seen = [path], set[str]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        for element in root_of(text_of(project, one), one).iter():
            name = (element.text or "").strip()
            if tag_of(element) == "module" and name:
                if "$" in name:
                    raise UnsureError(f"it is unknown which modules {one} has")
                other = beside(one, name)
                waiting.append(other if name.endswith(".xml") else f"{other}/pom.xml".lstrip("/"))


def _chain(project: Project, path: str) -> Iterator[str]:
    """The path of a pom.xml, and of its parents that are files of the project."""
    seen: list[str] = []
    while path not in seen:
        seen.append(path)
        yield path
        parent = _at(root_of(text_of(project, path), path), "parent")
        if parent is None:
            return
        place = _at(parent, "relativePath")
        other = "../pom.xml" if place is None else (place.text or "").strip()
        if not other:
            return
        found = beside(path, other)
        if not found.endswith(".xml"):
            found = f"{found}/pom.xml".lstrip("/")
        text = None if found[:3] == "../" else project.read(found)
        if text is None or _text(root_of(text, found), "artifactId") != _text(parent, "artifactId"):
            return
        path = found


class _Module:
    """A pom.xml with its parents, the nearest first."""

    def __init__(self, chain: list[Element], given: set[str]) -> None:
        self.chain, self.given = chain, given
        last = _at(chain[-1], "parent")
        self.remote = None if last is None else (_text(last, "groupId"), _text(last, "artifactId"))

    def archive(self, values: list[str]) -> tuple[str, bool]:
        """The name of the archive without its ending, and whether it needs no other file."""
        name = self.name()
        for plugin in self.plugins():
            parts = list(self.parts(plugin))
            inside = {tag_of(element) for element in parts}
            renamed = not inside.isdisjoint(_RENAMING)
            texts = [(element.text or "").strip() for element in parts]
            if plugin == "spring-boot-maven-plugin" and self._repackages(values):
                whole = inside.isdisjoint(("skip", "classifier", "layout"))
                told = any(value.startswith("-Dspring-boot.repackage") for value in values)
                return ("*" if renamed else name), whole and not told
            if plugin == "maven-shade-plugin" and "shade" in texts:
                whole = inside.isdisjoint(("skip", "artifactSet", "shadedArtifactAttached"))
                return ("*" if renamed else name), whole
            if plugin == "maven-assembly-plugin" and "jar-with-dependencies" in texts:
                appended = "appendAssemblyId" not in inside
                whole = "single" in texts and appended and "skip" not in inside
                return ("*" if renamed else f"{name}-jar-with-dependencies"), whole
            if plugin in ("maven-jar-plugin", "maven-war-plugin") and renamed:
                name = "*"
        return name, self._needs_nothing()

    def name(self) -> str:
        """The name that archives get; `*` if it is not told."""
        own = self.chain[0]
        named = [one for one in self.chain if _at(one, "build", "finalName") is not None]
        anywhere = [one for root in self.chain for one in root.iter() if tag_of(one) == "profile"]
        if any(tag_of(one) == "finalName" for profile in anywhere for one in profile.iter()):
            return "*"
        artifact = _text(own, "artifactId")
        text = _text(named[0], "build", "finalName") if named else f"{artifact}-{self._version()}"
        return self._resolved(text)

    def _version(self) -> str:
        return _text(self.chain[0], "version") or _text(self.chain[0], "parent", "version")

    def _resolved(self, text: str, depth: int = 5) -> str:
        """A text without variables; `*` if one is not known."""

        def value(found: re.Match[str]) -> str:
            name = found[1].removeprefix("project.").removeprefix("pom.")
            if name in ("artifactId", "name"):
                own = _text(self.chain[0], name)
                return own or _text(self.chain[0], "artifactId")
            if name == "version":
                return self._version()
            if found[1] in self.given:
                return "*"
            for root in self.chain:
                one = _at(root, "properties", found[1])
                if one is not None:
                    return (one.text or "").strip()
            return "*"

        while "$" in text and depth:
            text, depth = _VARIABLE.sub(value, text), depth - 1
        return "*" if "*" in text or "$" in text or "/" in text or " " in text else text

    def plugins(self) -> Iterator[str]:
        """The names of the plugins that a build runs: those of profiles, and those that are only
        managed, are not among them."""
        for root in self.chain:
            plugins = _at(root, "build", "plugins")
            for one in plugins if plugins is not None else ():
                yield _text(one, "artifactId")

    def parts(self, plugin: str) -> Iterator[Element]:
        """All that is said of a plugin, wherever that is."""
        for root in self.chain:
            for one in root.iter():
                if tag_of(one) == "plugin" and _text(one, "artifactId") == plugin:
                    yield from one.iter()

    def _repackages(self, values: list[str]) -> bool:
        """True if Spring Boot's plugin is told to repackage the archive."""
        if self.remote == _SPRING or any("spring-boot" in one for one in values if ":" in one):
            return True
        return any(
            tag_of(one) == "goal" and (one.text or "").strip() == "repackage"
            for root in self.chain
            for one in root.iter()
        )

    def _needs_nothing(self) -> bool:
        """True if no dependency is there when it runs."""
        if self.remote is not None:
            return False
        for root in self.chain:
            for one in root.iter():
                if tag_of(one) == "dependency" and _text(one, "scope") not in ("test", "provided"):
                    return False
        return True

    def check_places(self, path: str) -> None:
        """Raises UnsureError if files may lie elsewhere that belong to the archive."""
        for root in self.chain:
            for one in root.iter():
                text = (one.text or "").strip()
                if tag_of(one) == "outputDirectory" and text and not _WITHIN.fullmatch(text):
                    raise UnsureError(f"{path} has a plugin write to {text}")
                if tag_of(one) == "classpathPrefix" and text[:1] in ("/", "~", "$", "."):
                    raise UnsureError(f"{path} has the archive look for others in {text}")


def _at(one: Element, *names: str) -> Element | None:
    """The element at a path below another one; None if there is none."""
    for name in names:
        found = next((child for child in one if tag_of(child) == name), None)
        if found is None:
            return None
        one = found
    return one


def _text(one: Element, *names: str) -> str:
    found = _at(one, *names)
    return (found.text or "").strip() if found is not None else ""
