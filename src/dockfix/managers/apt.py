"""apt-get and apt (apt-get(8), apt(8), apt-pkg's CommandLine)."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.parts import Asking, Cache, Mount, Stable
from dockfix.shell.patterns import lazy

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
ORDERED = r"[A-Za-z0-9][A-Za-z0-9.+:-]*(?:-|(?<!\+)\+)"
_SAME = (("--yes", "-y"), ("--assume-yes", "-y"), ("--quiet", "-q"), ("--fix-broken", "-f"))

CACHE = Cache(
    name="apt",
    folders=("/var/lib/apt/lists", "/var/cache/apt"),
    fills=words("update"),
    cleans=words("clean autoclean distclean dist-clean"),
    wipes=words("clean autoclean"),
    cleanup=("rm -rf /var/lib/apt/lists/*",),
    emptied=("/var/lib/apt/lists",),
    cleaned=("/var/lib/apt", "/var/lib/{apt", ",apt", "distclean", "dist-clean", "Dir::"),
    lists=True,
    aliases=("DL3009",),
    # below /var/lib/apt there is more than lists: which packages were installed by hand
    mount=Mount(
        folders=("/var/cache/apt", "/var/lib/apt/lists"),
        verbs=words("update install"),
        locked=True,
        # it deletes every archive behind apt's back, in the images of Debian and Ubuntu
        emptied_by="/etc/apt/apt.conf.d/docker-clean",
    ),
)

MANAGER = Manager(
    name="apt",
    verbs=_VERBS,
    plain=_PLAIN,
    ordered=lazy(ORDERED),
    flags=_FLAGS,
    valued=_VALUED,
    anywhere=True,
    same=_SAME,
    # -qq implies -y, and else less is printed (apt-get(8))
    brief="qy",
    silence_agrees=2,
    system=True,
    transactions=True,
    has_tables=True,
    # with them one install takes back what another did, or gets by without a package
    apart=("--auto-remove", "--autoremove", "--purge", "-m", "--ignore-missing", "--fix-missing"),
    needs_update=True,
    refreshes_all=words("upgrade dist-upgrade full-upgrade"),
    only_needed="--no-install-recommends",
    only_needed_setting="APT::Install-Recommends",
    asking=Asking(
        verbs=words(
            "install upgrade dist-upgrade full-upgrade dselect-upgrade remove purge autoremove",
            "autopurge build-dep satisfy reinstall",
        ),
        told=words(
            "--yes --assume-yes -qq -q=2 -qqq --assume-no --force-yes --simulate --just-print",
            "--dry-run --recon --no-act --download-only --print-uris --trivial-only --help",
        ),
        letters="ysdh",
        answered=lazy(r"(?i)assume-?yes\b|Binary::apt"),
        alias="DL3014",
    ),
    # apt warns itself that its command line is not stable; it differs in what it shows, and in that
    # it deletes the archives it fetched, as the official images have apt-get do
    stable=Stable(
        "apt",
        "apt-get",
        words("update install remove purge autoremove autoclean clean build-dep source download"),
        alias="DL3027",
    ),
    # its packages count as asked for, and autoremove keeps them (apt 2.6)
    for_builds=("build-dep", "build-essential"),
    cache=CACHE,
    installing=(
        "apt-get update",
        "apt-get install -y --no-install-recommends",
        "rm -rf /var/lib/apt/lists/*",
    ),
)
