"""Programs that came with an official image once, and do no longer."""

from __future__ import annotations

from dockfix.records import Record
from dockfix.shell.patterns import lazy


class Gone(Record):
    """A program that an official image has no longer."""

    program: str
    image: str
    #: The first major version without it.
    since: int
    #: What to do instead, for the message.
    instead: str


#: corepack's README: "distributed with Node.js from version 14.19.0 up to (but not including)
#: 25.0.0".
GONE = (Gone("corepack", "node", 25, "npm install -g corepack brings it"),)
#: Tags for the newest version, which only grows.
_NEWEST = frozenset(("", "latest", "current", "alpine", "slim"))
_MAJOR = lazy(r"(\d+)(?:[.-].*)?")


def gone_from(image: str) -> tuple[Gone, ...]:
    """The programs that an image, by the name that FROM has, is known to have no longer."""
    name, _, tag = image.partition("@")[0].partition(":")
    name = name.removeprefix("docker.io/").removeprefix("library/")
    found = _MAJOR.fullmatch(tag)
    return tuple(
        one
        for one in GONE
        if one.image == name and (tag in _NEWEST or (found and int(found[1]) >= one.since))
    )
