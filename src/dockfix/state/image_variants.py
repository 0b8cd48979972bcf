"""What full forms of official images have beside their slim forms, in programs and packages.

Which tag is slim, and which release is below it, is told by `official_tags`. A row here says what
is installed in the full form (docker-library's Dockerfiles, as of November 2026). A new image is a
new row.
"""

from __future__ import annotations

from collections.abc import Mapping

from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.state.java_images import release_below
from dockfix.state.official_tags import (
    SUITES,
    Reference,
    Release,
    read_reference,
    release_of,
    slim_of,
)

#: Releases that Debian's mirrors do not have any more: `apt-get update` fails there.
OFF_THE_MIRRORS = frozenset(("wheezy", "jessie", "stretch", "buster"))

#: The packages of `buildpack-deps`, and of its `scm` form, on which full images are built.
_SCM = (
    "ca-certificates", "curl", "git", "gnupg", "mercurial", "netbase", "openssh-client", "procps",
    "subversion", "tzdata", "wget",
)  # fmt: skip
_FULL = (
    *_SCM, "autoconf", "automake", "bzip2", "default-libmysqlclient-dev", "dpkg-dev", "file", "g++",
    "gcc", "imagemagick", "libbz2-dev", "libc6-dev", "libcurl4-openssl-dev", "libdb-dev",
    "libevent-dev", "libffi-dev", "libgdbm-dev", "libglib2.0-dev", "libgmp-dev", "libjpeg-dev",
    "libkrb5-dev", "liblzma-dev", "libmagickcore-dev", "libmagickwand-dev", "libmaxminddb-dev",
    "libncurses-dev", "libpng-dev", "libpq-dev", "libreadline-dev", "libsqlite3-dev", "libssl-dev",
    "libtool", "libwebp-dev", "libxml2-dev", "libxslt1-dev", "libyaml-dev", "make", "patch",
    "unzip", "xz-utils", "zlib1g-dev",
)  # fmt: skip

#: The packages that the full form of an image has, and its slim form has not; of one without a slim
#: form, those that it has beside the smallest Debian.
_IN_FULL = {
    "python": (*_FULL, "libbluetooth-dev", "tk-dev", "uuid-dev"),
    "node": (*_FULL, "python3"),
    "ruby": _FULL,
    "gcc": (*_FULL, "dirmngr"),
    "rust": _FULL,
    "golang": (*_SCM, "g++", "gcc", "libc6-dev", "make", "pkg-config"),
    "alpine": (),
    "amazoncorretto": (),
    "debian": (),
    "php": (),
    "ubuntu": (),
    "eclipse-temurin": ("binutils",),
    "gradle": ("binutils", "git", "make", "mercurial", "openssh-client", "subversion", "unzip"),
    "ibm-semeru-runtimes": (),
    "maven": ("binutils", "git", "openssh-client"),
    "mcr.microsoft.com/dotnet/sdk": ("curl", "git", "libatomic1", "wget"),
    "openjdk": ("git", "mercurial", "openssh-client", "procps", "subversion"),
}
#: Images that have nothing beside their toolchain on Alpine.
_BARE = ("golang", "rust")
#: Images whose slim form is that of a JRE.
_JDKS = (
    "amazoncorretto", "eclipse-temurin", "gradle", "ibm-semeru-runtimes", "maven", "openjdk"
)  # fmt: skip


class Image(Record):
    """An image of a FROM that has a row here.

    `image` is how FROM names it, `pieces` its variables and the texts between them, each as written
    and with the default in its place.
    """

    image: str
    pieces: tuple[tuple[str, str], ...]
    reference: Reference
    release: Release | None
    full: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name, without a registry."""
        return self.reference.name

    @property
    def is_slim(self) -> bool:
        """True if it is the slim form: of an image of a JDK, that of its JRE."""
        parts = self.reference.tag.split("-")
        if self.has_jdk:
            return not {"jre", "headful", "headless"}.isdisjoint(parts)
        return "slim" in parts

    @property
    def has_jdk(self) -> bool:
        """True if it is one of those that have a JDK or a JRE."""
        return self.name in _JDKS

    @property
    def suite(self) -> str:
        """The release of Debian below it; "" if it is another system, or not known."""
        release = self.release
        return release.suite if release is not None and release.distribution == "debian" else ""

    def slim_image(self) -> str:
        """The slim form, as FROM names it; the image itself if it is that; "" if none is known.

        A variable stays one, if it stands for a version.
        """
        if self.is_slim:
            return self.image
        slim = slim_of(self.expanded) or ""
        return slim if self.image == self.expanded else _written(self.pieces, slim)

    @property
    def expanded(self) -> str:
        """How FROM names it with the defaults of its variables."""
        return "".join([value for _, value in self.pieces])


def image_of(image: str, values: Mapping[str, str] | None = None) -> Image | None:
    """An image by its name in a FROM; None if it has no row, or a variable without a value.

    `values` are the defaults of variables. Somebody may give another version, which may be built on
    another release: then the release counts as one that moves, unless the name itself says it.
    """
    pieces = tuple(
        [
            (one[0], (values or {}).get(name, "$") if (name := one[1] or one[2]) else one[0])
            for one in _PIECES.finditer(image)
        ]
    )
    expanded = "".join([value for _, value in pieces])
    reference = read_reference(expanded)
    if "$" in expanded or reference.name not in _IN_FULL:
        return None
    release = release_of(expanded) or release_below(reference)
    if release is not None and expanded != image and release.suite not in image:
        release = release._replace(moving=True)
    on_alpine = release is not None and release.distribution == "alpine"
    full = () if on_alpine and reference.name in _BARE else _IN_FULL[reference.name]
    return Image(image, pieces, reference, release, full)


def unlisted(image: str) -> Image:
    """An image that has no row here: of its full form nothing is known."""
    return Image(image, ((image, image),), read_reference(image), None, ())


#: A variable, or the text between two.
_PIECES = lazy(r"\$(?:\{(\w+)\}|(\w+))|[^$]+|\$")
_ADDED = "-slim"


def _written(pieces: tuple[tuple[str, str], ...], slim: str) -> str:
    """A slim form with the variables of the image; "" if these do not stand for versions alone."""
    whole = "".join([value for _, value in pieces])
    ats = range(len(whole), 0, -1)
    at = next((at for at in ats if whole[:at] + _ADDED + whole[at:] == slim), 0)
    text, end = "", 0
    for written, value in pieces:
        start, end = end, end + len(value)
        if written == value:
            cut = at - start if start < at <= end else len(value)
            text += value[:cut] + (_ADDED if start < at <= end else "") + value[cut:]
            continue
        in_tag = ":" in whole[:start].rpartition("/")[2]
        is_version = value.replace(".", "").isdecimal() or value in SUITES
        if start < at < end or (in_tag and not is_version):
            return ""
        text += written + (_ADDED if at == end else "")
    return text if at else ""
