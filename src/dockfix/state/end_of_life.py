"""Base images that get no security fixes any more, by their names.

The dates are those of `life_table`. There is no clock here: what ends after the day of the table
counts as alive, so that one file gets one answer.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.state.official_tags import (
    DEBIAN_NUMBERS,
    UBUNTU_NUMBERS,
    Reference,
    read_reference,
    release_of,
)


class Ended(Record):
    """Something that gets no fixes any more.

    `what` is its name for people, `since` the day of the end (`2024-06-30`; empty: not known),
    `instead` what has taken its place (empty: a newer version of the same). `image`: it is the
    image as a whole.
    """

    what: str
    since: str
    instead: str = ""
    image: bool = False


#: Official images that are built no more, the day on which they left the list of
#: docker-library/official-images (for `openjdk`, on which its released versions did: what is built
#: still is early access), and what people use now. Notes in docker-library/docs, `deprecated.md`.
_GONE = {
    "adoptopenjdk": ("2021-10-08", "eclipse-temurin"),
    "celery": ("2017-06-23", "python"),
    "clefos": ("2024-07-29", ""),
    "consul": ("2024-07-29", "hashicorp/consul"),
    "django": ("2017-05-19", "python"),
    "iojs": ("2017-04-21", "node"),
    "java": ("2017-05-17", "eclipse-temurin"),
    "jenkins": ("2018-08-13", "jenkins/jenkins"),
    "mono": ("2025-08-18", ""),
    "openjdk": ("", "eclipse-temurin"),
    "opensuse": ("2021-10-08", "opensuse/leap"),
    "owncloud": ("2019-01-02", "owncloud/server"),
    "rails": ("2017-05-19", "ruby"),
    "sentry": ("2021-10-08", "getsentry/sentry"),
    "ubuntu-debootstrap": ("2016-06-06", "ubuntu"),
    "ubuntu-upstart": ("2016-06-06", "ubuntu"),
    "vault": ("2024-07-29", "hashicorp/vault"),
}
#: Images of Java, whose successor has the same versions.
_JAVA = ("adoptopenjdk", "java", "openjdk")
#: The day on which a version of `openjdk` was last in the list.
_OPENJDK = {
    "6": "2018-01-31", "7": "2019-05-17", "8": "2022-08-04", "11": "2022-08-04",
    "17": "2022-04-28", "18": "2023-02-09", "19": "2022-09-09", "20": "2023-03-16",
    "21": "2023-09-14", "22": "2024-03-15", "23": "2024-09-13",
}  # fmt: skip
#: Names of lines of Node.js (nodejs/Release).
_NODE_LINES = {
    "argon": "4", "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12", "fermium": "14",
    "gallium": "16", "hydrogen": "18", "iron": "20", "jod": "22", "krypton": "24",
}  # fmt: skip
_NAMES = {
    "almalinux": "AlmaLinux", "alpine": "Alpine", "amazonlinux": "Amazon Linux",
    "centos": "CentOS", "debian": "Debian", ".net": ".NET", "eclipse-temurin": "Java",
    "fedora": "Fedora", "golang": "Go", "node": "Node.js", "perl": "Perl", "php": "PHP",
    "postgres": "PostgreSQL", "python": "Python", "rockylinux": "Rocky Linux", "ruby": "Ruby",
    "ubuntu": "Ubuntu",
}  # fmt: skip
_DOTNET = ("mcr.microsoft.com/dotnet/", "microsoft/dotnet", "microsoft/aspnetcore")


def ended(image: str) -> Ended | None:
    """What of an image, by the name that FROM has, gets no fixes any more: the image as a whole,
    the version of its language, or the release of a distribution under it. None: nothing known."""
    if "$" in image:
        return None
    reference = read_reference(image.lower())
    name, first = reference.name, reference.tag.partition("-")[0]
    if name in _GONE:
        return _gone(reference)
    if name.startswith(_DOTNET):
        name = ".net"
    if name == "node":
        first = _NODE_LINES.get(first, first)
    if name == "centos":
        first = first.removeprefix("centos") or "8"
        first = "8" if first == "latest" else first
    if name not in ("debian", "ubuntu"):
        since = _end_of(name, first)
        if since is not None:
            return Ended(f"{_NAMES[name]} {first}", since)
    return _distribution(image)


def _gone(reference: Reference) -> Ended | None:
    name, tag = reference.name, reference.tag
    since, instead = _GONE[name]
    if name in _JAVA:
        major = _java_major(tag)
        if name == "openjdk":
            since = _OPENJDK.get(major, "")
            if tag and not since:
                return None  # early access of a version to come, which nothing else has
            since = since or _OPENJDK["18"]
        if major.isdecimal() and int(major) >= 8:
            instead += f":{major}-{'jre' if 'jre' in tag else 'jdk'}"
    return Ended(name, since, instead, image=True)


def _java_major(tag: str) -> str:
    """The version of Java that a tag begins with: `8u342-jre`, `11.0.16-jdk`, `openjdk-8-jdk`."""
    tag = tag.removeprefix("openjdk-")
    number = tag[: len(tag) - len(tag.lstrip("0123456789"))]
    return "" if tag.startswith("1.") else number


def _distribution(image: str) -> Ended | None:
    """The release of Debian, Ubuntu or Alpine under an image, if it has ended."""
    release = release_of(image)
    if release is None or release.moving:
        return None
    if release.distribution == "alpine":
        since = _end_of("alpine", release.suite)
        return None if since is None else Ended(f"Alpine {release.suite}", since)
    numbers = DEBIAN_NUMBERS if release.distribution == "debian" else UBUNTU_NUMBERS
    number = next((one for one, suite in numbers.items() if suite == release.suite), None)
    since = None if number is None else _end_of(release.distribution, number)
    if since is None:
        return None
    return Ended(f"{_NAMES[release.distribution]} {number} ({release.suite})", since)


def _end_of(name: str, version: str) -> str | None:
    """The day on which a version ended; empty if it is not known; None if it is alive.

    A short version is the newest of those that begin with it. One that is older than all in the
    table has ended with the first of them, or before.
    """
    from dockfix.state.life_table import ENDS

    numbers = _numbers(version)
    if not numbers or name not in ENDS:
        return None
    words = ENDS[name].split()
    ends = {_numbers(cycle): end for cycle, end in zip(words[::2], words[1::2], strict=True)}
    within = [cycle for cycle in ends if numbers[: len(cycle)] == cycle]
    below = [cycle for cycle in ends if cycle[: len(numbers)] == numbers]
    if within:
        end = ends[max(within)]
    elif below:
        end = ends[max(below)]
    elif numbers < min(ends):
        end = "?"
    else:
        return None
    if end == "-":
        return None
    return "" if end == "?" else end


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version; none if it is not all numbers."""
    parts = version.partition("_")[0].split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
