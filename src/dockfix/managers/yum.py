"""yum (yum(8)). Its older versions know no weak dependencies."""

from __future__ import annotations

from dockfix.managers.dnf import CACHE
from dockfix.managers.dnf import MANAGER as DNF

assert DNF.asking is not None
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
        aliases=("DL3032",),
    ),
)
