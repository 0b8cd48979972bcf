"""apk (apk(8), apk-add(8))."""

from __future__ import annotations

from dockfix.packages.manager import Manager, verbs, words
from dockfix.patterns import lazy

APK = Manager(
    name="apk",
    programs=words("apk"),
    verbs=verbs(
        update="update",
        install="add",
        upgrade="upgrade fix",
        remove="del",
        reads="search info list policy dot fetch manifest version stats",
        other="cache verify index audit mkndx mkpkg extract adbdump adbsign convndx convpkg",
    ),
    flags=words(
        "-f --force --force-binary-stdout --force-broken-world --force-missing-repositories",
        "--force-no-chroot --force-non-repository --force-old-apk --force-overwrite",
        "--force-refresh",
        "-i --interactive -q --quiet -U --update-cache --update -v --verbose",
        "--allow-untrusted --no-cache --no-check-certificate --no-interactive --no-network",
        "--no-logfile --no-progress --progress --print-arch --purge --usermode --cache-packages",
        "-s --simulate --clean-protected --overlay-from-stdin --no-scripts --no-commit-hooks",
        "--no-chown --initramfs-diskless-boot --initdb -l --latest -u --upgrade --preserve-env",
        "--available -a --root-tmpfs --no-root-tmpfs --timestamps",
    ),
    valued=words(
        "-p --root -X --repository --arch --cache-dir --cache-max-age --keys-dir --progress-fd",
        "--repositories-file --timeout --wait -t --virtual --logfile --repository-config",
    ),
    plain=lazy(
        r"[A-Za-z0-9_.][A-Za-z0-9_.+-]*"
        r"(?:@[A-Za-z0-9_.-]+)?(?:[<>=~]{1,2}[A-Za-z0-9_.~+-]+)?(?:@[A-Za-z0-9_.-]+)?"
    ),
    ordered=lazy("!.*"),
    same=(("--quiet", "-q"), ("--update-cache", "-U"), ("--update", "-U")),
    lists="/var/cache/apk",
)
