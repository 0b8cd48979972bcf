"""Images with a JDK, and the image of the JRE that runs what is built in them.

Eclipse Temurin has a JRE beside each JDK; OpenJDK had one to version 11. Maven's and Gradle's
images are built on these, and their tags say on which: `maven:3.9-eclipse-temurin-21`
(carlossg/docker-maven), `gradle:8-jdk21` (gradle/docker-gradle: on Temurin since Gradle 7.2). Where
such a tag names no system, a table here says which release of Ubuntu each version was last built
on; for a version that is newer than the table, the JRE is that of the same version of Java, perhaps
on another release.

Amazon Corretto calls its JRE `headful`, on Amazon Linux 2023 alone; IBM Semeru has one beside each
JDK (docker-library/official-images, its history to August 2026).
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.state.official_tags import (
    UBUNTU,
    Reference,
    Release,
    read_reference,
    release_of,
    slim_of,
)

#: Where images of Gradle start; those of the others start in the root.
_HOMES = {"gradle": "/home/gradle"}
#: Corretto by a tag that names Amazon Linux 2023, and by one that is on it though it names none.
_CORRETTO = lazy(r"((?:1[1-9]|[2-9]\d)(?:\.\d+)*-al2023)(?:-jdk)?")
_CORRETTO_PLAIN = lazy(r"((\d+)(?:\.\d+)*)((?:-jdk)?)")
#: The first version of each that is on Amazon Linux 2023 by its plain tag.
_ON_2023 = {11: (11, 0, 32), 17: (17, 0, 20), 21: (21, 0, 12), 25: (25, 0, 1), 26: (26,)}
_SEMERU = lazy(r"(open-.+)-jdk((?:-\w+)?)")
_SYSTEM = rf"((?:-(?:{'|'.join(UBUNTU)}|alpine))?)"
_MAVEN = lazy(rf"(?:(\d[\d.]*)(?:-rc-\d+)?-)?eclipse-temurin-(\d+){_SYSTEM}")
_MAVEN_OLD = lazy(r"(?:\d[\d.]*-)?(?:open)?jdk-(8|11)((?:-slim)?)")
_GRADLE = lazy(rf"(?:(\d[\d.]*)-)?jdk(\d+){_SYSTEM}")
#: From which version on the images are on which release where a tag names none: when a version was
#: last built tell the lists in docker-library/official-images (to August 2026), on what the history
#: of both projects, and which release that was the list of Temurin's images.
_OF_MAVEN = (((3, 8, 2), "focal"), ((3, 8, 5), "jammy"), ((3, 9, 8), "noble"))
_OF_GRADLE = (
    ((7, 2), "focal"), ((7, 4, 2), "jammy"), ((7, 6, 4), "noble"), ((8,), "jammy"),
    ((8, 12, 1), "noble"), ((9, 5, 1), "resolute"),
)  # fmt: skip
#: The same with Java before 17.
_OF_GRADLE_BEFORE_17 = (((7, 2), "focal"), ((7, 4, 2), "jammy"))
#: The newest version that the tables know, by the first number.
_KNOWN = {
    "maven": {3: (3, 9, 16), 4: (4, 0, 0)},
    "gradle": {7: (7, 6, 6), 8: (8, 14, 5), 9: (9, 7, 1)},
}
#: Behind a short version: it is the newest that begins so.
_NEWEST = 1 << 30
#: Other vendors that such a tag names.
_OTHERS = {
    "amazoncorretto": "Amazon Corretto", "corretto": "Amazon Corretto", "graal": "GraalVM",
    "graalvm": "GraalVM", "ibm": "IBM", "ibmjava": "IBM", "sapmachine": "SapMachine",
    "azulzulu": "Zulu", "libericaopenjdk": "Liberica", "ubi": "Red Hat's UBI",
    "openjdk": "OpenJDK",
}  # fmt: skip


_WITH_JDK = (
    "amazoncorretto", "eclipse-temurin", "gradle", "ibm-semeru-runtimes", "maven", "openjdk"
)  # fmt: skip


class Jre(Record):
    """The image of a JRE; without one, why none is known."""

    image: str
    reason: str = ""


def jre_of(image: str) -> Jre | None:
    """The image of the JRE for an image with a JDK; None if it is not known as one."""
    reference = read_reference(image)
    name, tag = reference.name, reference.tag
    if name not in _WITH_JDK or not {"jre", "headful", "headless"}.isdisjoint(tag.split("-")):
        return None
    if reference.digest:
        return Jre("", f"{image} is pinned, and it is unknown which JRE belongs to it")
    if name in ("amazoncorretto", "ibm-semeru-runtimes"):
        other = _corretto(tag) if name == "amazoncorretto" else _semeru(tag)
        if other:
            return Jre(f"{reference.library}{name}:{other}")
        return Jre("", f"no image of a JRE is known for {image}")
    base = image if name in ("eclipse-temurin", "openjdk") else _base_of(name, tag)
    if base is None:
        return Jre("", _why(image, tag))
    found = slim_of(base) if base else None
    if found is None:
        return Jre("", f"no image of a JRE is known for {image}")
    return Jre(found if base == image else f"{reference.library}{found}")


def _corretto(tag: str) -> str:
    """The tag of Corretto's JRE for one of its JDK; "" if there is none."""
    if found := _CORRETTO.fullmatch(tag):
        return f"{found[1]}-headful"
    plain = _CORRETTO_PLAIN.fullmatch(tag)
    first = _ON_2023.get(int(plain[2])) if plain else None
    if plain is None or first is None:
        return ""
    if plain[1] == plain[2]:
        return f"{plain[1]}-headful"
    return f"{plain[1]}-al2023-headful" if _numbers(plain[1]) >= first and not plain[3] else ""


def _semeru(tag: str) -> str:
    found = _SEMERU.fullmatch(tag)
    return f"{found[1]}-jre{found[2]}" if found else ""


def release_below(reference: Reference) -> Release | None:
    """The release of Ubuntu that an image of Maven or Gradle is on, as far as its version tells."""
    base = _base_of(reference.name, reference.tag) if reference.name in _KNOWN else None
    return release_of(base) if base and base.rpartition("-")[2] in UBUNTU else None


def _base_of(name: str, tag: str) -> str | None:
    """The image with the JDK that one of Maven or Gradle is built on; None if that is not told, and
    "" for a Java that has ended: which of its images there were is not known."""
    from dockfix.state.tag_table import LIVE

    found = _MAVEN.fullmatch(tag) if name == "maven" else _GRADLE.fullmatch(tag)
    if found is None:
        old = _MAVEN_OLD.fullmatch(tag) if name == "maven" else None
        return f"openjdk:{old[1]}-jdk{old[2]}" if old else None
    version, java, system = found[1] or "", found[2], found[3]
    if name == "gradle" and version and (*_numbers(version), _NEWEST) < (7, 3):
        return None
    if java not in [one.partition(".")[0] for one in LIVE["eclipse-temurin"].split()]:
        return ""
    if not system:
        system = _suite_of(name, version, java)
        system = f"-{system}" if system else ""
    return f"eclipse-temurin:{java}-jdk{system}"


def _suite_of(name: str, version: str, java: str) -> str:
    """The release of Ubuntu below an image of Maven or Gradle, by its version, or none for the
    newest, and that of Java; "" if it is not known."""
    rows: tuple[tuple[tuple[int, ...], str], ...] = _OF_MAVEN if name == "maven" else _OF_GRADLE
    if name == "gradle" and int(java) < 17:
        rows = _OF_GRADLE_BEFORE_17
    numbers = _numbers(version)
    if numbers and numbers > _KNOWN[name].get(numbers[0], ())[: len(numbers)]:
        return ""
    newest = (*numbers, _NEWEST)
    return next((suite for begin, suite in reversed(rows) if begin <= newest), "")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple([int(part) for part in version.split(".") if part])


def _why(image: str, tag: str) -> str:
    other = next((name for part, name in _OTHERS.items() if part in tag.split("-")), "")
    if other:
        return f"no image of a JRE is known for {image}: its JDK is that of {other}"
    return (
        f"it is unknown which JDK {image} has: a tag such as eclipse-temurin-21 or jdk21 names it"
    )


def home_of(name: str) -> str:
    """The directory that an official image starts in, by its name."""
    return _HOMES.get(name, "/")


#: Programs of a JDK that its JRE has not, in any version (Temurin 8 to 25), and those of the
#: binutils that images of a JDK have for `jlink`.
_OF_JDK = frozenset(
    ("appletviewer", "extcheck", "idlj", "jaotc", "jar", "jarsigner", "java-rmi.cgi", "javac",
     "javadoc", "javah", "javap", "jcmd", "jconsole", "jdb", "jdeprscan", "jdeps", "jhat", "jhsdb",
     "jimage", "jinfo", "jlink", "jmap", "jmod", "jnativescan", "jpackage", "jps", "jsadebugd",
     "jshell", "jstack", "jstat", "jstatd", "native2ascii", "rmic", "schemagen", "serialver",
     "wsgen", "wsimport", "xjc", "ar", "as", "ld", "nm", "objcopy", "objdump", "readelf", "strings",
     "strip")
)  # fmt: skip
_SSH = frozenset(("scp", "sftp", "ssh", "ssh-add", "ssh-agent", "ssh-keygen", "ssh-keyscan"))
_SCM = _SSH | {"git", "hg", "svn"}
#: What the images have beside their JDK that the JRE's image has not.
_MORE = {
    "maven": _SSH | {"git"},
    "gradle": _SCM | {"brz", "bzr", "git-lfs", "make", "unzip"},
    "openjdk": _SCM | {"free", "pgrep", "pkill", "ps", "pwdx", "top", "uptime", "vmstat", "watch"},
}
#: The same on Alpine, whose images of a JRE have less.
_MORE_ON_ALPINE = frozenset(("bash", "curl"))


def lost_programs(image: str) -> frozenset[str]:
    """The programs that an image with a JDK has, and the image of its JRE has not."""
    reference = read_reference(image)
    parts = reference.tag.split("-")
    more = frozenset() if "slim" in parts else _MORE.get(reference.name, frozenset())
    if more and "alpine" in parts:
        more |= _MORE_ON_ALPINE
    return _OF_JDK | more


#: Globs of what a JDK and its JRE both have, each in its own way, as a group declares them.
OTHERWISE = (
    "~/opt/java/openjdk/**", "~/opt/java/.scc/**", "~/usr/lib/jvm/**", "~/usr/local/openjdk-*/**",
    "~/etc/ld.so.conf.d/docker-openjdk.conf", "~/etc/ssl/certs/java/**",
)  # fmt: skip
