"""What kind of thing a file is that an image leaves behind: a compiler, a header, a cache.

The kinds are for people, in `verify` and `measure`; what may be left behind is decided elsewhere
(`dockfix.builds.splits.judge`).
"""

from __future__ import annotations

import re
from functools import cache

from dockfix.builds.splits.packages import Package
from dockfix.managers import every_manager

#: The kinds, in the order in which they are said.
COMPILERS = "compilers and build tools"
HEADERS = "headers and static libraries"
CACHES = "caches and logs"
DEPENDENCIES = "dependencies of the build"
DOCUMENTATION = "documentation"
BASE = "of the base image"
PACKAGES = "other packages"
OTHERS = "other files"
KINDS = (COMPILERS, HEADERS, CACHES, DEPENDENCIES, DOCUMENTATION, BASE, PACKAGES, OTHERS)

_HEADERS = re.compile(
    r"/usr/(?:local/)?include/.*|.*/pkgconfig/.*|.*/cmake/.*|.*\.(?:a|la|o|h|hh|hpp|pc|m4)"
)
_DOCUMENTATION = re.compile(
    r"/usr/(?:local/)?share/(?:doc|man|info|locale|gtk-doc|lintian|bug|groff|linda)(?:/.*)?"
)
_DEPENDENCIES = re.compile(r".*/(?:node_modules|site-packages|dist-packages|vendor|gems)(?:/.*)?")
#: Where nothing is kept for longer than a build, and what package managers write down.
_CACHES = re.compile(
    r"(?:/var)?/tmp/.*|/var/cache/(?:apt|debconf|ldconfig|fontconfig|man)(?:/.*)?"
    r"|/var/lib/(?:apt|dpkg)(?:/.*)?|/var/lib/systemd/deb-systemd-(?:user-)?helper-\w+(?:/.*)?|/lib/apk/db/.*|/etc/apk/world|/var/cache/apk/.*"
    r"|/var/log/(?:apt(?:/.*)?|(?:alternatives|bootstrap|dpkg|fontconfig)\.log|faillog|lastlog|[bw]tmp)"
    r"|.*/__pycache__(?:/.*)?|/etc/(?:passwd|group|shadow|gshadow|subuid|subgid)-"
    r"|/etc/ld\.so\.cache|/(?:root|home/[^/]+)/\.(?:wget-hsts|\w+_history)"
)


def kind_of(path: str, package: Package | None, *, of_base: bool = False) -> str:
    """The kind of a file that was left behind; `path` begins with a slash."""
    if is_cache(path):
        return CACHES
    if _DOCUMENTATION.fullmatch(path):
        return DOCUMENTATION
    if _HEADERS.fullmatch(path):
        return HEADERS
    if package is not None:
        return COMPILERS if package.is_for_building else PACKAGES
    if of_base:
        return BASE
    return DEPENDENCIES if _DEPENDENCIES.fullmatch(path) else OTHERS


def is_cache(path: str) -> bool:
    """True if what lies at a path is a cache, or a record of how the image was made."""
    return bool(_CACHES.fullmatch(path) or _of_managers().fullmatch(path))


def is_documentation(path: str) -> bool:
    """True if a path is one that slim images are told to leave out of packages."""
    return bool(_DOCUMENTATION.fullmatch(path))


@cache
def _of_managers() -> re.Pattern[str]:
    """The caches of all package managers."""
    folders = {
        folder for one in every_manager() if one.cache is not None for folder in one.cache.folders
    }
    home = r"/(?:root|home/[^/]+)"
    return re.compile(
        "|".join(
            (home if folder[0] == "~" else "") + re.escape(folder.lstrip("~")) + "(?:/.*)?"
            for folder in sorted(folders)
        )
    )
