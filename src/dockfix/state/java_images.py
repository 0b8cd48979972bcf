"""Images with a JDK, and the image of the JRE that runs what is built in them.

Eclipse Temurin has a JRE beside each JDK; OpenJDK had one to version 11. Maven's and Gradle's
images are built on these, and their tags say on which: `maven:3.9-eclipse-temurin-21`
(carlossg/docker-maven), `gradle:8-jdk21` (gradle/docker-gradle: on Temurin since Gradle 7.2). Where
such a tag names no system, the JRE is that of the same version, perhaps on another release of
Ubuntu.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.state.official_tags import UBUNTU, read_reference, slim_of

#: Where images of Gradle start; those of the others start in the root.
_HOMES = {"gradle": "/home/gradle"}
_SYSTEM = rf"((?:-(?:{'|'.join(UBUNTU)}|alpine))?)"
_MAVEN = lazy(rf"(?:\d[\d.]*(?:-rc-\d+)?-)?eclipse-temurin-(\d+){_SYSTEM}")
_MAVEN_OLD = lazy(r"(?:\d[\d.]*-)?(?:open)?jdk-(8|11)((?:-slim)?)")
_GRADLE = lazy(rf"(?:([789]|[1-9]\d+)(?:\.(\d+))?(?:\.\d+)?-)?jdk(\d+){_SYSTEM}")
#: Other vendors that such a tag names.
_OTHERS = {
    "amazoncorretto": "Amazon Corretto", "corretto": "Amazon Corretto", "graal": "GraalVM",
    "graalvm": "GraalVM", "ibm": "IBM", "ibmjava": "IBM", "sapmachine": "SapMachine",
    "azulzulu": "Zulu", "libericaopenjdk": "Liberica", "ubi": "Red Hat's UBI",
    "openjdk": "OpenJDK",
}  # fmt: skip


class Jre(Record):
    """The image of a JRE; without one, why none is known."""

    image: str
    reason: str = ""


def jre_of(image: str) -> Jre | None:
    """The image of the JRE for an image with a JDK; None if it is not known as one."""
    reference = read_reference(image)
    name, tag = reference.name, reference.tag
    if name not in ("eclipse-temurin", "gradle", "maven", "openjdk") or "jre" in tag.split("-"):
        return None
    if reference.digest:
        return Jre("", f"{image} is pinned, and which JRE belongs to it is not known")
    base = image if name in ("eclipse-temurin", "openjdk") else _base_of(name, tag)
    if not base:
        return Jre("", _why(image, tag))
    found = slim_of(base)
    if found is None:
        return Jre("", f"no image of a JRE is known for {image}")
    return Jre(found if base == image else f"{reference.library}{found}")


def _base_of(name: str, tag: str) -> str:
    """The image with the JDK that one of Maven or Gradle is built on; "" if that is not told."""
    if name == "maven":
        if found := _MAVEN.fullmatch(tag):
            return f"eclipse-temurin:{found[1]}-jdk{found[2]}"
        old = _MAVEN_OLD.fullmatch(tag)
        return f"openjdk:{old[1]}-jdk{old[2]}" if old else ""
    found = _GRADLE.fullmatch(tag)
    if found is None or (found[1] == "7" and found[2] is not None and int(found[2]) < 3):
        return ""
    return f"eclipse-temurin:{found[3]}-jdk{found[4]}"


def _why(image: str, tag: str) -> str:
    other = next((name for part, name in _OTHERS.items() if part in tag.split("-")), "")
    if other:
        return f"no image of a JRE is known for {image}: its JDK is that of {other}"
    return f"which JDK {image} has is not told: a tag such as eclipse-temurin-21 or jdk21 names it"


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
    "~/opt/java/openjdk/**", "~/usr/local/openjdk-*/**", "~/etc/ld.so.conf.d/docker-openjdk.conf",
    "~/etc/ssl/certs/java/**",
)  # fmt: skip
