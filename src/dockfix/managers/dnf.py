"""dnf (dnf(8), dnf5(8)); what is called like it differs in little: `yum`, `microdnf`, `tdnf`."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.parts import Asking, Cache
from dockfix.shell.patterns import lazy

#: A name, a version behind it, a group (`@dev`) or a capability (`perl(JSON)`).
_PLAIN = lazy(r"@?[A-Za-z0-9_][A-Za-z0-9_.+:~^-]*(?:\([A-Za-z0-9_:.+-]+\))?")

#: What is known of a source in the image stays known when the source is gone; a cache that is
#: worked from, or meant to stay.
KEPT = (
    r"(?:\bbaseurl[ \t]*=[ \t]*|,)file:/|--add-repo[= ]/|\bcacheonly[ \t]*[= ]"
    r"|\bkeepcache[ \t]*=[ \t]*(?:1|[Tt]rue|[Yy]es)"
)
#: dnf5 keeps its cache elsewhere than dnf 4; `clean all` knows where.
CACHE = Cache(
    name="dnf",
    folders=("/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum", "/var/cache/tdnf"),
    fills=words(
        "install localinstall in upgrade update up reinstall groupinstall group module swap",
        "makecache distro-sync dsync downgrade builddep upgrade-minimal update-minimal history",
        "install-n",
    ),
    cleans=words("clean"),
    wipes=frozenset(("clean all",)),
    cleanup=("{} clean all",),
    emptied=("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"),
    settled=words("--installroot"),
    cleaned=("/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum", "/var/cache/tdnf"),
    offline=words("-C --cacheonly"),
    kept=lazy(KEPT),
    settings=("dnf.conf", "yum.conf"),
    aliases=("DL3040",),
)

#: Nothing says that the order of its list does not count: libsolv decides the jobs of a request one
#: by one as they come, and what the first brings counts for the next (libsolv, src/solver.c,
#: `resolve_jobrules`). So it has no `order_doubt`; what is called like it, and zypper, neither.
MANAGER = Manager(
    name="dnf",
    verbs=verbs(
        update="makecache",
        install="install localinstall in",
        upgrade="""update upgrade update-minimal upgrade-minimal up distro-sync dsync
            update-to upgrade-to downgrade system-upgrade offline-upgrade""",
        remove="remove erase autoremove rm",
        clean="clean",
        reads="""list info search provides whatprovides repoquery repolist repoinfo deplist
            check-update check-upgrade check builddep download reposync resolvedep updateinfo""",
        other="""groupinstall groupupdate groupremove grouplist group groups module swap reinstall
            config-manager copr versionlock history mark shell fs alias install-n""",
    ),
    flags=words(
        "-y --assumeyes --assumeno -q --quiet -v --verbose -b --best --nobest --no-best -t",
        "--tolerant",
        "--allowerasing --skip-broken --skip-unavailable --nogpgcheck --no-gpgchecks --nodocs",
        "--refresh -C --cacheonly --downloadonly --noautoremove --noplugins --obsoletes",
        "--noobsoletes --ipv4 --ipv6 -4 -6 --security --bugfix --enhancement --newpackage",
        "--no-allow-downgrade --allow-downgrade --showduplicates --allowdowngrade --no-docs",
    ),
    valued=words(
        "--setopt --enablerepo --disablerepo --repo --repoid --repofrompath --releasever",
        "--installroot -x --exclude --excludepkgs -c --config -d --debuglevel -e --errorlevel",
        "-R --randomwait --advisory --forcearch --destdir --downloaddir --comment --color",
        "--enableplugin --disableplugin --disableexcludes --disableexcludepkgs --rpmverbosity",
        "--advisories --bz --cve --cves --sec-severity --arch --enable-repo --disable-repo",
    ),
    plain=_PLAIN,
    ordered=lazy("-.*"),
    same=(("--assumeyes", "-y"), ("--quiet", "-q"), ("--no-docs", "--nodocs")),
    anywhere=True,
    system=True,
    transactions=True,
    # with them one install takes back what another did, or gets by without a package
    apart=("--allowerasing", "--skip-broken", "--skip-unavailable"),
    only_needed="--setopt=install_weak_deps=False",
    only_needed_setting="install_weak_deps",
    asking=Asking(
        verbs=words(
            "install localinstall in reinstall upgrade update up upgrade-minimal update-minimal",
            "downgrade distro-sync dsync swap remove erase autoremove groupinstall groupremove",
            "groupupdate builddep",
        ),
        told=words("--assumeyes --assumeno --downloadonly --help"),
        letters="y",
        answered=lazy(r"(?i)assume-?yes\b"),
        alias="DL3038",
    ),
    cache=CACHE,
)
