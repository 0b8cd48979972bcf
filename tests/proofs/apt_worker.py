"""Chooses packages as apt-get does, many installs in one process. Needs python3-apt and APT_CONFIG.

    python3 apt_worker.py true|false     with Recommends or without

A line of input is a JSON list of installs, one after the other, each a list of names. The answer,
a line too, is what would be installed in the end besides the base, with versions; null if apt
would refuse. What an earlier install brings counts for a later one as what is installed does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import apt_pkg


def main() -> None:
    apt_pkg.init_config()
    apt_pkg.config["APT::Install-Recommends"] = sys.argv[1]
    apt_pkg.init_system()
    cache = apt_pkg.Cache(None)
    depcache = apt_pkg.DepCache(cache)
    for line in sys.stdin:
        found = install(cache, depcache, line)
        print(json.dumps(found if found is None else sorted(found)), flush=True)


def install(cache: Any, depcache: Any, line: str) -> list[str] | None:
    """What installs of a line's names bring (doInstall in apt-private/private-install.cc)."""
    depcache.init()
    fixer = apt_pkg.ProblemResolver(depcache)
    for names in json.loads(line):
        packages = [find(cache, depcache, name) for name in names]
        if None in packages:
            return None
        with apt_pkg.ActionGroup(depcache):
            for package in packages:
                fixer.clear(package)
                fixer.protect(package)
                depcache.mark_install(package, False, True)
            for package in packages:
                depcache.mark_install(package, True, True)
        if depcache.broken_count and not fixer.resolve(True):
            return None
    return [
        f"-{package.name}"
        if depcache.marked_delete(package)
        else f"{package.name} {depcache.get_candidate_ver(package).ver_str}"
        for package in cache.packages
        if depcache.marked_install(package) or depcache.marked_delete(package)
    ]


def find(cache: Any, depcache: Any, name: str) -> Any:
    """The package of a name, or the only provider of a virtual one."""
    if name not in cache:
        return None
    package = cache[name]
    if package.has_versions:
        return package
    providers = {
        provided[2].parent_pkg.name
        for provided in package.provides_list
        if depcache.get_candidate_ver(provided[2].parent_pkg) == provided[2]
    }
    return cache[providers.pop()] if len(providers) == 1 else None


if __name__ == "__main__":
    main()
