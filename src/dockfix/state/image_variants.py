"""What full forms of official images have beside their slim forms, in programs and packages.

Which tag is slim, and which release is below it, is told by `official_tags`. A row here says what
is installed in the full form (docker-library's Dockerfiles, as of November 2026). A new image is a
new row.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.state.official_tags import (
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
    "rust": _FULL,
    "golang": (*_SCM, "g++", "gcc", "libc6-dev", "make", "pkg-config"),
    "debian": (),
    "eclipse-temurin": ("binutils",),
    "gradle": ("binutils", "git", "make", "mercurial", "openssh-client", "subversion", "unzip"),
    "maven": ("binutils", "git", "openssh-client"),
    "openjdk": ("git", "mercurial", "openssh-client", "procps", "subversion"),
}
#: Images whose slim form is that of a JRE.
_JDKS = ("eclipse-temurin", "gradle", "maven", "openjdk")


class Image(Record):
    """An image of a FROM that has a row here."""

    image: str
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
        return ("jre" if self.has_jdk else "slim") in parts

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
        """The slim form, as FROM names it; the image itself if it is that; "" if none is known."""
        return self.image if self.is_slim else slim_of(self.image) or ""


def image_of(image: str) -> Image | None:
    """An image by its name in a FROM; None if it has no row, or variables in its name."""
    reference = read_reference(image)
    if "$" in image or reference.name not in _IN_FULL:
        return None
    return Image(image, reference, release_of(image), _IN_FULL[reference.name])
