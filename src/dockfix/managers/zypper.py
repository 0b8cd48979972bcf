"""zypper (zypper(8))."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.parts import Asking, Cache
from dockfix.shell.patterns import lazy

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

CACHE = Cache(
    name="zypper",
    folders=("/var/cache/zypp",),
    fills=words("install in update up dist-upgrade dup patch refresh ref"),
    cleans=words("clean cc"),
    wipes=words("clean cc"),
    cleanup=("{} clean -a",),
    emptied=("/var/cache/zypp",),
    settled=words("--root -R --installroot --cache-dir -C"),
    cleaned=("/var/cache/zypp",),
    offline=words("--no-refresh --no-remote"),
    # what is known of a source in the image stays known when the source is gone
    kept=lazy(r"\b(?:cd|dir|file|hd|iso):/|\b(?:ar|addrepo)[ \t](?:[^\n&|;]{0,80}[ \t])?/\w"),
    aliases=("DL3036",),
)

MANAGER = Manager(
    name="zypper",
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
    system=True,
    transactions=True,
    apart=("--force-resolution",),
    only_needed="--no-recommends",
    only_needed_setting="onlyRequires",
    asking=Asking(
        verbs=words("install in remove rm update up dup dist-upgrade patch source-install si"),
        told=words("--non-interactive --no-confirm --dry-run --download-only --help"),
        letters="nyD",
        answer="-n",
        early=True,
        alias="DL3034",
    ),
    cache=CACHE,
)
