"""apk (apk(8), apk-add(8))."""

from __future__ import annotations

from dockfix.managers.manager import Command, Manager, verbs, words
from dockfix.managers.old_images import before_apk_no_cache
from dockfix.managers.parts import Cache, Mount
from dockfix.shell.patterns import lazy

#: With --no-cache apk fetches its index anew and keeps it in memory: neither an `apk update` before
#: it nor a removal behind it has anything left to do (apk(8)).
CACHE = Cache(
    name="apk",
    folders=("/var/cache/apk", "/etc/apk/cache"),
    fills=words("add upgrade fix"),
    cleans=words("cache"),
    option="--no-cache",
    why="the image needs no index",
    instead=words("-U --update --update-cache"),
    emptied=("/var/cache/apk",),
    settled=words("--cache-dir --no-network --cache-packages --cache-max-age"),
    offline=words("--no-network --cache-max-age"),
    cleaned=("/etc/apk/cache", "setup-apkcache"),
    unknown=before_apk_no_cache,
    keeps_index=True,
    aliases=("DL3019",),
    mount=Mount(
        # packages are kept only where this folder exists (apk(8), "cache")
        folders=("/etc/apk/cache",),
        verbs=words("add upgrade"),
        offline=words("--no-network --cache-dir --root -p"),
        locked=True,
    ),
)


def order_doubt(command: Command) -> str:
    """What `--virtual` is for is not sorted, as all else is.

    `apk_solver_solve` sorts what is asked for by name before it solves (apk-tools src/solver.c
    since 2.6.0, in Alpine 3.2). The dependencies of a virtual package stay as they stand
    (src/app_add.c, `apk_deps_add`).
    """
    if any(option.option.startswith(("-t", "--virtual")) for option in command.options):
        return "apk keeps the order within a virtual package"
    return ""


MANAGER = Manager(
    name="apk",
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
    anywhere=True,
    system=True,
    installing=("", "apk add --no-cache", ""),
    transactions=True,
    # a second `apk add --virtual .x` redefines what `.x` holds
    apart=("-t", "--virtual"),
    chooses=False,
    order_doubt=order_doubt,
    cache=CACHE,
)
