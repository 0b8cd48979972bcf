"""What only a build needs, by the names that distributions and images have for it.

Compilers, headers and build tools. Names of packages are those of Debian, Ubuntu, Alpine, Fedora
and its relatives. This is the only table of them: notes go by all of it, and splits of stages by
that part of which it is known that a built program does not need it.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import base, words
from dockfix.shell.patterns import lazy
from dockfix.state.official_tags import read_reference

#: Compilers and build systems of Debian and Ubuntu, which a built program does not call.
_BUILDERS = words(
    "autoconf automake autotools-dev binutils bison build-essential ccache clang clang-tools cmake",
    "cpp debhelper devscripts dpkg-dev fakeroot flex g++ gcc gfortran intltool libtool libtool-bin",
    "lld llvm m4 make meson nasm ninja-build patch patchelf pkg-config pkgconf scons swig yasm",
)
_VERSIONED = lazy(r"(?:gcc|g\+\+|cpp|clang|gfortran|llvm|lld)-\d[\d.]*|linux-headers-.*")
#: Those of other distributions, and of languages: what they bring may be needed to run a program.
_OTHERS = lazy(
    r"build-base|alpine-sdk|base-devel|development-tools|linux-headers.*|ninja|gcc-c\+\+"
    r"|(?:gcc|g\+\+|cpp|clang|llvm|gfortran)(?:-?[\d.]+)?|gcc-gfortran|swig\d?|gettext-dev|gperf"
    r"|cargo|rustc|rust|golang(?:-go|-[\d.].*)?|go|maven|gradle|ant|sbt|ghc|cabal-install"
    r"|(?:default|openjdk-?\d+)-?jdk(?:-headless)?|java-[\d.]+-openjdk-devel|dotnet-sdk-.*"
    r"|.+-(?:dev|devel|headers)"
)
#: Images that are a toolchain, and what to call it.
_IMAGES = {
    "buildpack-deps": "compilers and headers",
    "dart": "the Dart SDK",
    "gcc": "a compiler",
    "golang": "the Go toolchain",
    "gradle": "Gradle and a JDK",
    "haskell": "the Haskell toolchain",
    "maven": "Maven and a JDK",
    "mcr.microsoft.com/dotnet/sdk": "the .NET SDK",
    "mcr.microsoft.com/dotnet/core/sdk": "the .NET SDK",
    "rust": "the Rust toolchain",
    "sbtscala/scala-sbt": "sbt and a JDK",
    "swift": "the Swift toolchain",
}
_OF_JAVA = ("amazoncorretto", "eclipse-temurin", "ibm-semeru-runtimes", "openjdk", "java")
#: Parts of the tags of such images that have no tools to build with.
_SMALL = ("slim", "curl", "scm", "jre", "headless")
#: One of these stands in every file in which there is something of that kind.
HINTS = (
    "-dev", "gcc", "build-", "g++", "make", "golang", "rust", "maven", "gradle", "sdk", "jdk",
    "temurin", "corretto", "java", "semeru", "swift", "haskell", "dart", "buildpack", "headers",
    "clang", "llvm", "cpp", "fortran", "binutils", "autoconf", "libtool", "ninja", "meson",
    "pkg-config", "pkgconf", "bison", "flex", "asm", "swig", "patchelf", "gperf", "cargo", "ant",
    "sbt", "ghc", "cabal", "base-devel", "go", "development-tools", "ccache", "debhelper",
    "fakeroot", "devscripts", "intltool", "lld", "m4", "patch", "scons",
)  # fmt: skip
#: A start that builds: then the image needs what it has.
_BUILDS = lazy(
    r"\b(?:go (?:run|test|build)|cargo|mvnw?|gradlew?|sbt|dotnet (?:run|watch|test)|make|cmake"
    r"|stack|cabal|swift (?:run|test|build)|javac|jshell|ant|gcc|air|reflex|fresh|runghc"
    r"|dart (?:run|test))\b|\bg\+\+"
)
#: A start of a shell: whoever gets one may want anything.
_IS_SHELL = lazy(r"(?:\S*/)?(?:ba|da|a|z|fi)?sh(?:\s+-[li]+)?|(?:tail|sleep) .*|top", re.DOTALL)


def only_builds(name: str) -> bool:
    """True if a package of Debian is of use to a build alone, its shared libraries aside."""
    return name in _BUILDERS or name.endswith("-dev") or _VERSIONED.fullmatch(name) is not None


def is_only_for_builds(package: str) -> bool:
    """True if a package of a distribution seems to be of no use when nothing is built."""
    name = base(package)
    return "$" not in package and (only_builds(name) or _OTHERS.fullmatch(name) is not None)


def toolchain_in(image: str) -> str:
    """What an image has that only a build needs, for people; empty if nothing is known."""
    reference = read_reference(image.lower())
    parts = reference.tag.split("-")
    if any(part in _SMALL for part in parts) and reference.name not in ("rust", "gradle"):
        return ""
    if reference.name in _OF_JAVA:
        return "a JDK"
    return _IMAGES.get(reference.name, "")


def starts_a_build(start: str) -> bool:
    """True if the text of a CMD or ENTRYPOINT builds when it starts, or is a shell."""
    return _IS_SHELL.fullmatch(start.strip()) is not None or _BUILDS.search(start) is not None
