"""What a tag of an official image says: its release of a distribution, and its slim form.

A tag and its slim form were always built on the same release: the script that writes `tag_table`
compares all that docker-library/official-images has ever listed, and fails where it is not so.
"""

from __future__ import annotations

from bisect import bisect_right

from dockfix.records import Record
from dockfix.shell.patterns import lazy

#: Releases of Debian and Ubuntu by their numbers, oldest first.
DEBIAN_NUMBERS = {
    "6": "squeeze", "7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster",
    "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky",
}  # fmt: skip
UBUNTU_NUMBERS = {
    "10.04": "lucid", "12.04": "precise", "12.10": "quantal", "13.04": "raring", "13.10": "saucy",
    "14.04": "trusty", "14.10": "utopic", "15.04": "vivid", "15.10": "wily", "16.04": "xenial",
    "16.10": "yakkety", "17.04": "zesty", "17.10": "artful", "18.04": "bionic", "18.10": "cosmic",
    "19.04": "disco", "19.10": "eoan", "20.04": "focal", "20.10": "groovy", "21.04": "hirsute",
    "21.10": "impish", "22.04": "jammy", "22.10": "kinetic", "23.04": "lunar", "23.10": "mantic",
    "24.04": "noble", "24.10": "oracular", "25.04": "plucky", "25.10": "questing",
    "26.04": "resolute",
}  # fmt: skip
#: Suites of Debian and Ubuntu that tags name.
DEBIAN = (*DEBIAN_NUMBERS.values(), "sid")
UBUNTU = tuple(UBUNTU_NUMBERS.values())
SUITES = frozenset((*DEBIAN, *UBUNTU))
#: Debian's names for a suite that changes with each release.
_MOVING = ("stable", "oldstable", "oldoldstable", "testing", "unstable", "latest", "rc-buggy")
#: Where the official images are to be had, as a reference begins.
_LIBRARIES = (
    "docker.io/library/", "index.docker.io/library/", "docker.io/", "library/",
    "public.ecr.aws/docker/library/", "mirror.gcr.io/library/",
)  # fmt: skip
#: Images whose slim form has `-slim` before the suite, and those that have it behind.
_SLIM_BEFORE = ("perl", "pypy", "python", "ruby", "rust")
_SLIM_BEHIND = ("debian", "node")
#: Images of a JDK whose slim form is a JRE: their tags, in which `jdk` may be left out. Each of
#: these has a JRE on the same system, but for versions of which the table knows otherwise
#: (docker-library/official-images, its history to August 2026).
_JDKS = {
    "eclipse-temurin": lazy(
        rf"(\d[\d._u]*(?:-b\d+)?)(?:-jdk)?((?:-(?:{'|'.join(UBUNTU)}|alpine(?:-[\d.]+)?|centos7"
        r"|ubi\d+-minimal))?)"
    ),
    # 11.0.3-slim was of one release, then of another, and the JRE was not
    "openjdk": lazy(
        r"(?!11\.0\.3-(?:jdk-)?slim(?:-buster)?$)(8(?:u\d+)?|11(?:\.0(?:\.\d+)*)?)(?:-jdk)?"
        r"((?:-slim)?(?:-(?:stretch|buster|bullseye))?)"
    ),
}
#: Suites that every image has a slim form for.
_SLIM_SUITES = frozenset(("buster", "bullseye", "bookworm", "trixie", "forky", "sid"))
_NO_VERSION = ("", "latest")


class Reference(Record):
    """The name of an image: `registry/name:tag@digest`, in parts.

    `library` is what stands before the name of an official image; `name` is without it. For another
    image `library` is empty, and `name` has its registry and folders. `tag` and `digest` may be
    empty.
    """

    library: str
    name: str
    tag: str
    digest: str


class Release(Record):
    """The release of a distribution that an image is built on.

    `moving`: the tag is built anew, and may be on a later release one day.
    """

    distribution: str
    suite: str
    moving: bool


def read_reference(image: str) -> Reference:
    """The parts of an image's name, as FROM has it. Names have no capitals; tags may."""
    rest, _, digest = image.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    name = head + slash + name
    for library in _LIBRARIES:
        if name.startswith(library) and "/" not in name[len(library) :]:
            return Reference(library, name[len(library) :], tag, digest)
    return Reference("", name, tag, digest)


def slim_of(image: str) -> str | None:
    """The slim form of an image: the same version on the same release, with fewer packages.

    None if there is none, if it is one already, or if it is not known. It is `python:3.12-slim` for
    `python:3.12`, `debian:12-slim` for `debian:12`, and for a JDK of Temurin its JRE.
    """
    reference = read_reference(image)
    if reference.digest or "$" in image:
        return None
    name, tag = reference.name, reference.tag
    slim = slim_tag(name, tag or "latest")
    if slim is None or not _has_slim(name, tag):
        return None
    return f"{reference.library}{name}:{slim}"


def slim_tag(name: str, tag: str) -> str | None:
    """How the slim form of a tag is written, whether or not there is one."""
    if name in _JDKS:
        found = _JDKS[name].fullmatch(tag)
        return f"{found[1]}-jre{found[2]}" if found is not None else None
    first, *rest = tag.split("-")
    if name == "debian":
        if tag == "latest":
            return "stable-slim"
        dated = len(rest) == 1 and len(rest[0]) == 8 and rest[0].isdecimal()
        known = first in DEBIAN or first in _MOVING or first.partition(".")[0] in DEBIAN_NUMBERS
        return f"{tag}-slim" if known and (not rest or dated) else None
    if name not in _SLIM_BEFORE and name not in _SLIM_BEHIND:
        return None
    if tag == "latest":
        return "slim"
    suite = rest.pop() if rest and rest[-1] in SUITES else ""
    if first in SUITES:
        first, suite = "", first
    own = ""
    if name == "pypy" and rest and _is_version(rest[0]):
        own = rest.pop(0)  # its version, behind that of its Python
    named = name == "node" and first.isalpha() and first not in ("slim", "onbuild", "alpine")
    if rest or not (_is_version(first) or named or (not first and suite)):
        return None
    order = ("slim", suite) if name in _SLIM_BEFORE else (suite, "slim")
    return "-".join(part for part in (first, own, *order) if part)


def release_of(image: str) -> Release | None:
    """The release that an image is built on, if its name tells, or the table knows the version."""
    reference = read_reference(image.lower())
    if "$" in image:
        return None
    first, *rest = (reference.tag or "latest").split("-")
    if reference.name in ("debian", "ubuntu"):
        return _of_distribution(reference.name, first, [part for part in rest if part != "slim"])
    if reference.name == "alpine":
        return _alpine(first)
    for part in (first, *rest):
        if part in SUITES:
            return Release("debian" if part in DEBIAN else "ubuntu", part, moving=False)
        if part.startswith("alpine"):
            return _alpine(part.removeprefix("alpine"))
    suite = _value("RELEASES", reference.name, first)
    if suite in (None, "?") or not all(part in _FLAVORS for part in rest):
        return None
    moving = _is_live(reference.name, first)
    return Release("debian" if suite in DEBIAN else "ubuntu", suite or "", moving)


#: Parts of a tag that say nothing of the distribution.
_FLAVORS = frozenset(("slim", "jdk", "jre", "cli", "fpm", "apache", "zts"))


def _of_distribution(name: str, first: str, rest: list[str]) -> Release | None:
    numbers, suites = (DEBIAN_NUMBERS, DEBIAN) if name == "debian" else (UBUNTU_NUMBERS, UBUNTU)
    number = first.partition(".")[0] if name == "debian" else first
    suite = numbers.get(number, first)
    if suite not in suites or any(not part.isdecimal() for part in rest):
        return None
    return Release(name, suite, moving=False)


def _alpine(version: str) -> Release | None:
    """Alpine by `3.20` or `3.20.1`; by `3` or none, it is the newest."""
    parts = version.split(".")
    if len(parts) < 2 or not _is_version(version):
        return Release("alpine", "", moving=True) if version in ("", "3", "latest") else None
    return Release("alpine", ".".join(parts[:2]), moving=False)


def _has_slim(name: str, tag: str) -> bool:
    """True if the table says that a version has a slim form."""
    if name in ("debian", "openjdk", "pypy"):
        return name != "debian" or tag.partition("-")[0] not in ("experimental", "rc-buggy")
    first, *rest = tag.split("-")
    if name == "eclipse-temurin":
        first = first.partition("u")[0]  # 8u302, of which all have one
    if first in SUITES or (rest and rest[-1] in SUITES):
        suite = first if first in SUITES else rest[-1]
        if name != "eclipse-temurin" and suite not in _SLIM_SUITES:
            return False
    if first in SUITES or first.isalpha():
        return True
    return _value("SLIM", name, first) == "+"


def _is_version(text: str) -> bool:
    return bool(text) and all(part.isdecimal() for part in text.split("."))


def _numbers(text: str) -> tuple[int, ...] | None:
    """The numbers of a version; none for the newest; None if it is no version."""
    if text in _NO_VERSION:
        return ()
    major, _, build = text.partition("_")
    if build and "." not in major:
        text = f"{major}.0.0_{build}"  # Java's first version of a release
    parts = text.replace("_", ".").split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


#: Behind a version, it is as new as the newest that begins with it.
_NEWEST = 1 << 30


def _value(table: str, name: str, version: str) -> str | None:
    """What a table says of a version of an image. A short version is its newest."""
    from dockfix.state import tag_table

    rows: dict[str, str] = getattr(tag_table, table)
    numbers = _numbers(version)
    if name not in rows or numbers is None:
        return None
    words = rows[name].split()
    starts = [_numbers(word) or () for word in words[::2]]
    at = bisect_right(starts, (*numbers, _NEWEST)) - 1
    return words[1::2][at] if at >= 0 else None


def _is_live(name: str, version: str) -> bool:
    """True if a version was still built, or is newer than all that the table knows."""
    from dockfix.state.tag_table import LIVE

    numbers = _numbers(version) or ()
    live = [_numbers(word) or () for word in LIVE.get(name, "").split()]
    return any(one[: len(numbers)] == numbers for one in live) or numbers > max(live, default=())
