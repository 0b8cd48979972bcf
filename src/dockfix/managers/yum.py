"""yum (yum(8)). Its older versions know no weak dependencies."""

from __future__ import annotations

from dockfix.managers.dnf import CACHE, KEPT
from dockfix.managers.dnf import MANAGER as DNF
from dockfix.managers.manager import words
from dockfix.shell.patterns import lazy

assert DNF.asking is not None
#: `yum clean` fails where no source is enabled (yum 3.4, yumcommands.py, `checkEnabledRepo`): they
#: are gone, and none comes after, or all are switched off, or stand in another file.
WITHOUT_SOURCES = (
    r"|\b(?:rm|mv)\b[^\n;&|]{0,200}yum\.repos\.d(?:/?\*|/?[ \t\n]|/CentOS|\Z)"
    r"(?![\s\S]*yum\.repos\.d)"
    r"|--(?:disable|set-disabled)[ \t=]+[\"'\\]*\*"
)
MANAGER = DNF._replace(
    name="yum",
    same_packages="dnf",
    only_needed="",
    asking=DNF.asking._replace(alias="DL3030"),
    # `clean all` leaves what repositories that are now disabled have brought, and says so itself
    cache=CACHE._replace(
        name="yum",
        folders=("/var/cache/yum", "/var/cache/dnf"),
        cleanup=("{} clean all", "rm -rf /var/cache/yum"),
        emptied=("/var/cache/yum",),
        cleaned=("/var/cache/yum", "/var/cache/dnf"),
        settled=words("--installroot -c --config"),
        kept=lazy(KEPT + WITHOUT_SOURCES),
        aliases=("DL3032",),
    ),
)
