"""What gems need of the system when they run: libraries, programs, files.

Known from the gems' own pages and what Debian's packages of gems depend on, as of 2026. A gem that
is in none of the tables is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.records import Record
from dockfix.stages.gem_table import ALONE
from dockfix.stages.view import View

#: Gems that are linked with libraries, or open them, by the packages of Debian that they are built
#: with.
_LINKED: dict[str, str] = {
    "charlock-holmes": "libicu-dev",
    "curb": "libcurl4-openssl-dev",
    "curses": "libncurses-dev",
    "ethon": "libcurl4-openssl-dev",
    "libxml-ruby": "libxml2-dev",
    "mysql2": "default-libmysqlclient-dev",
    "patron": "libcurl4-openssl-dev",
    "pg": "libpq-dev",
    "rmagick": "libmagickwand-dev",
    "sequel-pg": "libpq-dev",
    "sqlite3": "libsqlite3-dev",
    "xmlhash": "libxml2-dev",
}
#: Gems that call a program, or read files that the full image has, by the packages of Debian.
_CALLING: dict[str, tuple[str, ...]] = {
    "dragonfly": ("imagemagick",),
    "git": ("git",),
    "image-processing": ("imagemagick",),
    "kt-paperclip": ("file", "imagemagick"),
    "mimemagic": ("shared-mime-info",),
    "mini-magick": ("imagemagick",),
    "paperclip": ("file", "imagemagick"),
    "shrine": ("file",),
    "tzinfo": ("tzdata",),
}
#: Beginnings of names of families that are Ruby alone.
_FAMILIES = ("aws-sdk-", "google-apis-", "opentelemetry-", "rubocop-", "dry-", "omniauth-")
#: Gems that compile when they run.
_COMPILING = words("passenger ruby-inline rubyinline")
#: Nokogiri brings libxml2 and libxslt along, unless it is told otherwise.
_OF_SYSTEM = "use-system-libraries"
#: Releases of Debian whose smallest system has tzdata.
_WITH_ZONES = ("buster", "bullseye", "bookworm")


def normal(name: str) -> str:
    """The name of a gem as it is compared here: Debian has no `_` in names of packages."""
    return name.replace("_", "-").lower()


def is_known(name: str) -> bool:
    """True if it is known what a gem needs."""
    known = name in ALONE or name in _LINKED or name in _CALLING or name == "nokogiri"
    return known or name.startswith(_FAMILIES)


class Needs(Record):
    """Packages of Debian: those whose libraries gems are linked with, and those whose programs they
    call. `unknown`: there are gems of which nothing is known."""

    linked: tuple[str, ...]
    called: tuple[str, ...]
    unknown: bool


def needs_of(view: View, wanted: Iterable[Wanted]) -> Needs:
    """What gems need of the final stage. Raises UnsureError."""
    linked: dict[str, None] = {}
    called: dict[str, None] = {}
    unknown = False
    names = {normal(one.name): one.name for one in wanted}
    for name, written in names.items():
        if name in _COMPILING:
            raise UnsureError(f"{written} compiles when it runs")
        if not is_known(name):
            if not view.image.is_slim:
                raise UnsureError(
                    f"it is unknown which libraries of {view.stage.base} {written} needs"
                )
            unknown = True
        if name in _LINKED:
            linked[_LINKED[name]] = None
        called.update(dict.fromkeys(_CALLING.get(name, ())))
    if "nokogiri" in names and _OF_SYSTEM in view.text.lower().replace("_", "-"):
        linked.update(dict.fromkeys(("libxml2-dev", "libxslt1-dev")))
    if "tzinfo-data" in names or view.image.suite in _WITH_ZONES:
        called.pop("tzdata", None)
    if view.image.is_slim:
        # what the image and the file install is on both sides
        return Needs((), (), unknown)
    return Needs(tuple(linked), tuple(called), unknown)
