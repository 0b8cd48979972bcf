"""microdnf (microdnf(8)). It never asks, and `install_weak_deps` is 0 or 1 to it, no other word
(dnf/dnf-main.c)."""

from __future__ import annotations

from dockfix.managers.dnf import MANAGER as DNF

MANAGER = DNF._replace(
    name="microdnf", same_packages="dnf", asking=None, only_needed="--setopt=install_weak_deps=0"
)
