"""tdnf, of Photon OS and Azure Linux. It knows no weak dependencies."""

from __future__ import annotations

from dockfix.managers.dnf import MANAGER as DNF

MANAGER = DNF._replace(name="tdnf", same_packages="dnf", only_needed="")
