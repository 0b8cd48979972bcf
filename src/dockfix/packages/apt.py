"""apt-get, apt, aptitude (apt-get(8), apt(8), aptitude(8), apt-pkg's CommandLine)."""

from __future__ import annotations

from dockfix.packages.manager import Manager, verbs, words
from dockfix.patterns import lazy

_VERBS = verbs(
    update="update",
    install="install",
    upgrade="upgrade dist-upgrade full-upgrade safe-upgrade dselect-upgrade",
    remove="remove purge autoremove auto-remove autopurge",
    clean="clean autoclean auto-clean distclean dist-clean",
    reads="""build-dep satisfy source download changelog indextargets check reinstall
        show search list policy depends rdepends showsrc why why-not versions""",
    other="markauto unmarkauto hold unhold mark showauto edit-sources help moo",
)

#: Every yes-or-no option of apt can be written `--no-x`; those are the ones people write.
_FLAGS = words(
    "-y --yes --assume-yes --assume-no --no -q --quiet -qq -f --fix-broken --no-fix-broken",
    "-m --ignore-missing --fix-missing -d --download-only -u --show-upgraded -V --verbose-versions",
    "-b --build --compile -s --simulate --just-print --dry-run --recon --no-act",
    "--no-download --ignore-hold --no-upgrade --only-upgrade --allow-downgrades --force-yes",
    "--allow-remove-essential --allow-change-held-packages --print-uris --purge --reinstall",
    "--list-cleanup --no-list-cleanup --trivial-only --no-remove --auto-remove --autoremove",
    "--no-auto-remove --only-source --arch-only --allow-unauthenticated",
    "--no-allow-insecure-repositories --allow-insecure-repositories --allow-weak-repositories",
    "--allow-releaseinfo-change --allow-releaseinfo-change-suite --show-progress",
    "--install-recommends --no-install-recommends --install-suggests --no-install-suggests",
    "--mark-auto --no-strict-pinning --force-all --no-color --color -U --update",
)
_VALUED = words(
    "-o --option -c --config-file -t --target-release --default-release -a --host-architecture",
    "-P --build-profiles --with-source --solver --planner",
)
#: A name, at most with `:arch`, `=version` or `/suite`. Anything else may be a file or a pattern.
_PLAIN = lazy(
    r"[A-Za-z0-9][A-Za-z0-9.+-]*(?::[a-z0-9-]+)?(?:=[A-Za-z0-9.+:~-]+|/[A-Za-z][A-Za-z0-9.-]*)?"
)
#: `name-` removes and `name+` installs, whatever else the list says; `g++` is just a name.
_ORDERED = r"[A-Za-z0-9][A-Za-z0-9.+:-]*(?:-|(?<!\+)\+)"
_SAME = (("--yes", "-y"), ("--assume-yes", "-y"), ("--quiet", "-q"), ("--fix-broken", "-f"))

APT = Manager(
    name="apt",
    programs=words("apt-get apt"),
    verbs=_VERBS,
    flags=_FLAGS,
    valued=_VALUED,
    plain=_PLAIN,
    ordered=lazy(_ORDERED),
    same=_SAME,
    lists="/var/lib/apt/lists",
)

APTITUDE = APT._replace(
    name="aptitude",
    programs=words("aptitude"),
    flags=words(
        "-y --assume-yes -q --quiet -qq -f -d --download-only -s --simulate -P --prompt -V -Z -D",
        "-v",
        "--allow-untrusted --allow-new-installs --allow-new-upgrades --with-recommends",
        "-r -R --without-recommends --full-resolver --safe-resolver --purge-unused",
        "--add-user-tag-to --no-new-installs --no-new-upgrades --disable-columns",
    ),
    valued=words("-t --target-release --default-release -o -F -O -w"),
    same=(("--assume-yes", "-y"), ("--quiet", "-q")),
    ordered=lazy(rf"{_ORDERED}|[A-Za-z0-9][A-Za-z0-9.+:-]*[_&=].*"),
)
