"""Which suite of Debian or Ubuntu a base image is, as its tag says.

From all tags that docker-library/official-images (`library/*`) has ever given to these images, with
the folders that they were built from, as of August 2026; and for .NET's from dotnet/dotnet-docker.
Images that bring package sources of their own (postgres, nginx, mysql, mono, …) are not here: their
lists hold packages that no table knows. Nor are erlang and elixir, whose tags name no suite.
"""

from __future__ import annotations

from dockfix.records import Record

_DEBIAN = ("bookworm", "trixie", "bullseye")
_UBUNTU = ("noble", "jammy", "focal")
#: Releases whose apt is older than 2.5.3, oldest first: 0.9.7 in wheezy and 0.8.16 in precise to
#: 2.2.4 in bullseye and 2.4.5 in jammy.
_OLD_DEBIAN = ("wheezy", "jessie", "stretch", "buster", "bullseye")
_OLD_UBUNTU = ("precise", "trusty", "xenial", "artful", "bionic", "focal", "jammy")
_RELEASES = {
    "7": "wheezy",
    "8": "jessie",
    "9": "stretch",
    "10": "buster",
    "11": "bullseye",
    "12": "bookworm",
    "13": "trixie",
    "12.04": "precise",
    "14.04": "trusty",
    "16.04": "xenial",
    "17.10": "artful",
    "18.04": "bionic",
    "20.04": "focal",
    "22.04": "jammy",
    "24.04": "noble",
}


class _Series(Record):
    """What the tags of an image that name no suite have ever been built on.

    `since`: from this version on, only what has tables, or may be to come. `before`: below this
    version, only suites whose apt is older than 2.5.3.
    """

    since: tuple[int, ...]
    before: tuple[int, ...]


#: Built on Debian, without sources of their own. None: no tag without a suite is known.
_ON_DEBIAN: dict[str, _Series | None] = {
    "buildpack-deps": None,
    "gcc": _Series((11,), (9,)),
    "golang": _Series((1, 19), (1, 19)),
    "httpd": None,
    "memcached": None,
    "node": _Series((17,), (18,)),
    "openjdk": None,
    "perl": _Series((5, 36), (5, 36)),
    "php": _Series((8, 1), (8, 1)),
    "pypy": None,
    "python": _Series((3, 10), (3, 7)),
    "redis": _Series((7,), (6,)),
    "ruby": _Series((3, 1), (3, 1)),
    "rust": _Series((1, 55), (1, 72)),
}
#: Built on Ubuntu, and named so in the tag.
_ON_UBUNTU = ("buildpack-deps", "eclipse-temurin", "gradle", "maven", "tomcat")
#: Tags without a suite that have always meant one.
_DOTNET = {
    "6.0": "bullseye",
    "7.0": "bullseye",
    "8.0": "bookworm",
    "9.0": "bookworm",
    "10.0": "noble",
}
_DOTNET_IMAGES = tuple(
    f"mcr.microsoft.com/dotnet/{name}" for name in ("sdk", "aspnet", "runtime", "runtime-deps")
)
#: Suites that a tag may name.
_SUITES = frozenset((*_DEBIAN, *_UBUNTU, *_OLD_DEBIAN, *_OLD_UBUNTU))
#: The official images, at the hub and where it is mirrored.
_LIBRARIES = ("docker.io/library/", "docker.io/", "library/", "public.ecr.aws/docker/library/")


class Base(Record):
    """What apt finds in a base image."""

    #: The suites that it may be; what holds must hold for each.
    suites: tuple[str, ...]
    #: True if it has the packages of the tables' base and no more.
    exact: bool
    #: True if the tag may mean a later suite one day, with another apt.
    moving: bool = False
    #: Packages with these beginnings are not to be had: the image pins them away.
    hidden: tuple[str, ...] = ()
    #: True if its apt is older than 2.5.3, whatever the tables have that stand for it.
    old: bool = False

    @property
    def keeps_no_order(self) -> bool:
        """True if the apt of every suite takes a list in the order of its cache.

        Before 2.5.3 apt kept what it was asked for in a set (apt-pkg/cacheset.h, `VersionSet`);
        its changelog: "Respect users pkg order on `apt install` for resolving".
        """
        return self.old or (
            not self.moving
            and all(suite in _OLD_DEBIAN or suite in _OLD_UBUNTU for suite in self.suites)
        )


#: Packages that no release has whose apt goes by order: Debian's Python 2 and what else was gone
#: before bookworm (its Packages files), and from Ubuntu with it. Whatever is not known of an image,
#: where one of them can be installed from, apt takes a list in the order of its cache.
GONE = frozenset(
    ("emacs24", "iceweasel", "lib32ncurses5", "libapache2-mod-php5", "libav-tools", "libpcrecpp0",
     "libpng12-dev", "libreadline7", "php5", "python-gdal", "python-lxml",
     "python-minimal", "python-numpy", "python-openssl", "python-pip", "python-setuptools",
     "python-software-properties", "python-virtualenv", "python-yaml", "tomcat7", "tomcat8",
     "vnc4server")
)  # fmt: skip

_TABLES = (*_DEBIAN, "noble", "jammy", "focal", "bionic")
#: What any image may be: all suites that there are tables of, with whatever packages, and perhaps a
#: later apt.
ANY = Base(_TABLES, exact=False, moving=True)
#: What a release may be that is older than all tables: the same, with an apt that keeps no order.
OLD = Base(_TABLES, exact=False, old=True)


def base_of(image: str) -> Base | None:
    """The base that an image of a FROM line is; None if it is none of a table's suites for certain.

    Variables in `image` are not known: `python:3.12-${X}` is none, `debian:${X}` neither.
    """
    name, tag = _split(image.lower())
    if "$" in image or not tag:
        return None
    parts = tag.split("-")
    if name in ("debian", "ubuntu"):
        return _distribution(name, parts)
    suite = next((part for part in parts if part in _SUITES), None)
    if name in _DOTNET_IMAGES:
        suite = suite or (_DOTNET.get(tag))
        return Base((suite,), exact=False) if suite else None
    hidden = ("php",) if name == "php" else ()
    if suite is not None:
        listed = name in (_ON_UBUNTU if suite in (*_OLD_UBUNTU, *_UBUNTU) else _ON_DEBIAN)
        return Base((suite,), exact=False, hidden=hidden) if listed else None
    series = _ON_DEBIAN.get(name)
    version = _version(parts[0])
    if series is None or not version or not _names_no_other_system(parts):
        return None
    if _is_before(version, series.before):
        return Base(_OLD_DEBIAN, exact=False, hidden=hidden)
    if len(version) < len(series.since) or version < series.since:
        return None
    return Base(_DEBIAN, exact=False, moving=True, hidden=hidden)


def _split(image: str) -> tuple[str, str]:
    """The name and the tag of a reference; no tag if there is none or a digest decides."""
    image, _, _ = image.partition("@")
    for library in _LIBRARIES:
        if image.startswith(library) and "/" not in image[len(library) :]:
            image = image[len(library) :]
            break
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "")


def _distribution(name: str, parts: list[str]) -> Base | None:
    """Debian's and Ubuntu's own images: a suite or release, a date perhaps, `slim` perhaps."""
    first, *more = parts
    release = ".".join(first.split(".")[:2]) if name == "ubuntu" else first.partition(".")[0]
    suite = _RELEASES.get(release, first)
    if suite not in ((*_DEBIAN, *_OLD_DEBIAN) if name == "debian" else (*_UBUNTU, *_OLD_UBUNTU)):
        return None
    if any(part != "slim" and not part.isdigit() for part in more):
        return None
    return Base((suite,), exact=name == "debian")


def _version(text: str) -> tuple[int, ...]:
    """The numbers of a version; none if it is not all numbers."""
    numbers = text.split(".")
    return tuple(map(int, numbers)) if all(number.isdigit() for number in numbers) else ()


def _is_before(version: tuple[int, ...], limit: tuple[int, ...]) -> bool:
    """True if every version that begins so is below a limit: `3` may be 3.14."""
    return version < limit[: len(version)] or (len(version) >= len(limit) and version < limit)


def _names_no_other_system(parts: list[str]) -> bool:
    """True if what follows the version says nothing of another distribution."""
    return all(part in ("slim", "cli", "apache", "fpm", "zts") for part in parts[1:])
