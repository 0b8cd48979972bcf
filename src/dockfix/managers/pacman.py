"""pacman (pacman(8)). Its verb is an option: the letter `-S`, refined by letters beside it."""

from __future__ import annotations

import re

from dockfix.managers.manager import Action, Manager, words
from dockfix.managers.parts import Cache
from dockfix.shell.patterns import lazy


def action(verb: str) -> Action | None:
    """What `-Syu` and the like do; None if it is no verb at all."""
    if verb == "--sync":
        return "install"
    if re.fullmatch("-[A-Za-z]+", verb) is None or sum(letter.isupper() for letter in verb) != 1:
        return None
    letters = verb[1:]
    if "S" in letters:
        if set(letters) <= set("Syuqwd"):
            return "install"
        return "clean" if "c" in letters else "reads"
    return "remove" if "R" in letters else "other"


#: `pacman -Scc --noconfirm` keeps every file: it takes the default answer, which is "no".
CACHE = Cache(
    name="pacman",
    folders=("/var/cache/pacman/pkg",),
    fills=words("install"),
    cleans=words("clean"),
    cleanup=("rm -rf /var/cache/pacman/pkg/*",),
    emptied=("/var/cache/pacman/pkg",),
    settled=words("--root -r --sysroot --cachedir --dbpath -b --config"),
    cleaned=("/var/cache/pacman", "paccache"),
    keeps_unasked=words("--noconfirm"),
)

#: It works off its targets as they come, and a provider that is there already serves the next
#: (libalpm, lib/libalpm/deps.c, `resolvedeps`): so it has no `order_doubt`.
MANAGER = Manager(
    name="pacman",
    verbs={},
    flags=words(
        "--noconfirm --confirm --needed --quiet -q --verbose -v --asdeps --asexplicit --debug",
        "--noprogressbar --noscriptlet --downloadonly -w --dbonly --nodeps -d --disable-sandbox",
        "--disable-download-timeout -y --refresh -u --sysupgrade -yy",
    ),
    valued=words(
        "--overwrite --ignore --ignoregroup --assume-installed -b --dbpath -r --root --cachedir",
        "--config --arch --color --gpgdir --hookdir --logfile --sysroot --print-format",
    ),
    plain=lazy(r"(?:[a-z0-9-]+/)?[A-Za-z0-9@_+][A-Za-z0-9@._+-]*(?:[<>=]{1,2}[\w.+:-]+)?"),
    action=action,
    system=True,
    cache=CACHE,
)
