"""pacman (pacman(8)). Its verb is an option: the letter `-S`, refined by letters beside it."""

from __future__ import annotations

import re

from dockfix.packages.manager import Action, Manager, words
from dockfix.patterns import lazy

PACMAN = Manager(
    name="pacman",
    programs=words("pacman"),
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
    lists="/var/lib/pacman/sync",
)


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
