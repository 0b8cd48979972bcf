"""Packages that bring sources of packages, or change the manager itself, or what it fetches."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from dockfix.managers.manager import base
from dockfix.records import Record
from dockfix.shell.patterns import lazy


class Family(Record):
    """Names of packages: in full, by how they start, and by how they start and end."""

    names: frozenset[str]
    starts: tuple[str, ...]
    spans: tuple[tuple[str, str], ...]

    def holds(self, name: str) -> bool:
        return (
            name in self.names
            or name.startswith(self.starts)
            or any(name.startswith(start) and name.endswith(end) for start, end in self.spans)
        )


def family(text: str) -> Family:
    """A family from its members, where a star stands for anything."""
    members = text.split()
    spans = [member.partition("*") for member in members if "*" in member]
    return Family(
        frozenset(member for member in members if "*" not in member),
        tuple(start for start, _, end in spans if not end),
        tuple((start, end) for start, _, end in spans if end),
    )


#: They bring sources, keys, ways to fetch, or change the manager itself: an install behind them may
#: find other packages than one beside them. Those of the last line have an update fetch more, or do
#: something of theirs behind it (Debian's list of files in /etc/apt/apt.conf.d).
_SOURCES = family(
    """apt-transport-* ca-certificates* software-properties* *-keyring *-keys *-archive epel* remi-*
    pgdg-* apt apt-utils apt-list* apt-cacher* apt-p2p apt-rpm auto-apt-proxy
    squid-deb-proxy-client netselect* aptitude dpkg libapt-* localepurge etckeeper needrestart
    debconf* cdebconf yum yum-* dnf dnf-* dnf5-* microdnf libdnf* rpm libzypp* zypper*
    subscription-manager* apk-tools* google-chrome* google-earth* opera* vivaldi* brave*
    microsoft-edge* skype* slack* code teamviewer* dropbox nautilus-dropbox spotify* steam*
    virtualbox* flashplugin*
    apt-file apt-config-* apt-show-versions apt-listdifferences appstream command-not-found* debtags
    etckeeper how-can-i-help packagekit pk4 rkhunter ubuntu-advantage-tools ubuntu-pro-* update-*"""
)
_RELEASES = lazy(
    r"(?!lsb[-_]).*[-_]release(?:-.*)?|.*-repos?(?:sitor(?:y|ies))?(?:-.*)?"
    r"|python\d*-(?:software-properties|dnf).*"
)


def changes_sources(names: Iterable[str]) -> bool:
    """True if one of the packages may change where packages come from, or the manager itself."""
    return any(_brings_sources(base(name)) for name in names)


@lru_cache(maxsize=4096)
def _brings_sources(name: str) -> bool:
    return _SOURCES.holds(name) or (
        ("release" in name or "-repo" in name or name.startswith("python"))
        and _RELEASES.fullmatch(name) is not None
    )
