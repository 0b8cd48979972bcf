"""What only a build needs, by the names that distributions and images have for it.

Compilers, headers and build tools. Names of packages are those of Debian, Ubuntu, Alpine, Fedora
and its relatives.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import base
from dockfix.shell.patterns import lazy
from dockfix.state.official_tags import read_reference

_PACKAGES = lazy(
    r"build-essential|build-base|alpine-sdk|base-devel|development-tools|linux-headers.*"
    r"|(?:gcc|g\+\+|cpp|clang|llvm|gfortran)(?:-?[\d.]+)?|gcc-(?:c\+\+|gfortran)|binutils"
    r"|make|automake|autoconf|libtool(?:-bin)?|cmake|ninja(?:-build)?|meson|pkg-config|pkgconf"
    r"|bison|flex|nasm|yasm|swig\d?|gettext-dev|patchelf|gperf"
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
    "sbt", "ghc", "cabal", "base-devel", "go", "development-tools",
)  # fmt: skip
#: A start that builds: then the image needs what it has.
_BUILDS = lazy(
    r"\b(?:go (?:run|test|build)|cargo|mvnw?|gradlew?|sbt|dotnet (?:run|watch|test)|make|cmake"
    r"|stack|cabal|swift (?:run|test|build)|javac|jshell|ant|gcc|air|reflex|fresh|runghc"
    r"|dart (?:run|test))\b|\bg\+\+"
)
#: A start of a shell: whoever gets one may want anything.
_IS_SHELL = lazy(r"(?:\S*/)?(?:ba|da|a|z|fi)?sh(?:\s+-[li]+)?|(?:tail|sleep) .*|top", re.DOTALL)


def is_only_for_builds(package: str) -> bool:
    """True if a package of a distribution is of no use when nothing is built."""
    return "$" not in package and _PACKAGES.fullmatch(base(package)) is not None


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
