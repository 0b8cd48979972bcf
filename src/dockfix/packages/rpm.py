"""yum, dnf, microdnf, tdnf (yum(8), dnf(8), dnf5(8), microdnf(8)) and zypper (zypper(8))."""

from __future__ import annotations

from dockfix.packages.manager import Manager, verbs, words
from dockfix.patterns import lazy

#: A name, a version behind it, a group (`@dev`) or a capability (`perl(JSON)`).
_PLAIN = lazy(r"@?[A-Za-z0-9_][A-Za-z0-9_.+:~^-]*(?:\([A-Za-z0-9_:.+-]+\))?")

YUM = Manager(
    name="yum",
    programs=words("yum dnf dnf3 dnf4 dnf5 microdnf tdnf"),
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
            config-manager copr versionlock history mark shell fs alias""",
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
    lists="/var/cache/dnf",
)

_EARLY_FLAGS = words(
    "-n --non-interactive -q --quiet -v --verbose -A --no-abbrev -t --table -i --ignore-unknown",
    "--no-gpg-checks --gpg-auto-import-keys --no-refresh --no-cd --no-remote --no-color --color",
    "--terse -x --xmlout --non-interactive-include-reboot-patches --disable-repositories",
    "--disable-system-resolver --ignore-unknown",
)
_EARLY_VALUED = words(
    "-R --root -D --reposd-dir -C --cache-dir --raw-cache-dir --solv-cache-dir --pkg-cache-dir",
    "-c --config -p --plus-repo --plus-content --releasever --installroot --userdata -s",
    "--table-style",
)

ZYPPER = Manager(
    name="zypper",
    programs=words("zypper"),
    verbs=verbs(
        update="refresh ref",
        install="install in",
        upgrade="update up dist-upgrade dup patch",
        remove="remove rm",
        clean="clean cc",
        reads="search se info if list-updates lu packages pa what-provides wp download",
        other="""addrepo ar removerepo rr repos lr modifyrepo mr renamerepo nr addservice as
            addlock al removelock rl source-install si verify ve install-new-recommends inr
            patch-check pchk list-patches lp refresh-services refs services ls""",
    ),
    flags=words(
        "-y --no-confirm -l --auto-agree-with-licenses --auto-agree-with-product-licenses",
        "-f --force --no-recommends --recommends -D --dry-run -d --download-only",
        "--download-in-advance",
        "--allow-downgrade --no-allow-downgrade --allow-vendor-change --no-allow-vendor-change",
        "--allow-arch-change --allow-name-change --oldpackage --replacefiles --force-resolution",
        "--no-force-resolution --no-cd -n --name -C --capability --details --allow-unsigned-rpm",
    ),
    valued=words("--from -r --repo -t --type --download --solver-focus"),
    early_flags=_EARLY_FLAGS,
    early_valued=_EARLY_VALUED,
    plain=lazy(r"[A-Za-z0-9_][A-Za-z0-9_.+:^-]*(?:\([A-Za-z0-9_:.+-]+\))?(?:[<>=]{1,2}[\w.+:-]+)?"),
    ordered=lazy(r"[-+~!].*"),
    same=(("--no-confirm", "-y"), ("--auto-agree-with-licenses", "-l")),
    lists="/var/cache/zypp",
)
