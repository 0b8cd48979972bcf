"""aptitude (aptitude(8))."""

from __future__ import annotations

from dockfix.managers.apt import MANAGER as APT
from dockfix.managers.apt import ORDERED
from dockfix.managers.manager import words
from dockfix.shell.patterns import lazy

assert APT.asking is not None
MANAGER = APT._replace(
    name="aptitude",
    same_packages="apt",
    flags=words(
        "-y --assume-yes -q --quiet -qq -f -d --download-only -s --simulate -P --prompt -V -Z -D",
        "-v",
        "--allow-untrusted --allow-new-installs --allow-new-upgrades --with-recommends",
        "-r -R --without-recommends --full-resolver --safe-resolver --purge-unused",
        "--add-user-tag-to --no-new-installs --no-new-upgrades --disable-columns",
    ),
    valued=words("-t --target-release --default-release -o -F -O -w"),
    same=(("--assume-yes", "-y"), ("--quiet", "-q")),
    ordered=lazy(rf"{ORDERED}|[A-Za-z0-9][A-Za-z0-9.+:-]*[_&=].*"),
    refreshes_all=words("upgrade dist-upgrade full-upgrade safe-upgrade"),
    only_needed="--without-recommends",
    asking=APT.asking._replace(verbs=APT.asking.verbs | words("safe-upgrade")),
    stable=None,
    # it marks what it is asked for one by one, and has a solver of its own
    has_tables=False,
    installing=None,
)
