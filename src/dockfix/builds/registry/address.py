"""Where an image is to be had, by its name."""

from __future__ import annotations

from dockfix.records import Record

#: Names of Docker Hub, and the host that its API is at.
HUB = "docker.io"
_HUB_NAMES = (HUB, "index.docker.io", "registry-1.docker.io")
HUB_HOST = "registry-1.docker.io"


class Address(Record):
    """`registry` is its name for people and for credentials, `host` that of its API."""

    registry: str
    host: str
    repository: str


def address_of(name: str) -> Address:
    """The place of `registry/folders/name`, without tag or digest, as Docker reads it.

    The first part is a registry if it has a dot or a port, or is `localhost`
    (distribution/reference, `splitDockerDomain`).
    """
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = HUB, name
    if first in _HUB_NAMES:
        return Address(HUB, HUB_HOST, rest if "/" in rest else f"library/{rest}")
    return Address(first, first, rest)


def is_loopback(host: str) -> bool:
    """True if a host is this machine, where Docker takes plain HTTP, too."""
    name = host.rpartition(":")[0] if host[-1:].isdecimal() and ":" in host else host
    return name in ("localhost", "[::1]") or name.startswith("127.")
