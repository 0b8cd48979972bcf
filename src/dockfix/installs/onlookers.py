"""Whether a script could tell that a variable of the environment is not set yet.

Every program may look at its whole environment, so this is about programs that are known: those
below read variables of their own, and none that says which commit an image is built from.
Installers of languages are another matter: they build packages, whose scripts read what they like.
"""

from __future__ import annotations

import re

from dockfix.installs.reads import reads_of
from dockfix.managers import manager_of
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import Reads
from dockfix.programs.command import action_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed

#: Names of what a build is told about itself. No program reads them without being told to.
_METADATA = lazy(
    r"(?:(?:APP|BUILD|CI|DOCKER|GITHUB|GITLAB|GIT|IMAGE|PROJECT|RELEASE|SOURCE|SRC|VCS)_)?"
    r"(?:COMMIT(?:_(?:SHA|HASH|ID|REF|DATE|TAG))?|SHA1?|REVISION|VERSION|BUILD_(?:ID|NUMBER|DATE|TIME))"
    r"|(?:BUILD|CI|DOCKER|GITHUB|GITLAB|GIT|IMAGE|RELEASE|SOURCE|SRC|VCS)_"
    r"(?:REF|HASH|TAG|REV|BRANCH|NUMBER|NUM|DATE|TIME|TIMESTAMP)|BRANCH|BUILD_ID|DATE|TAG|BUILDNUMBER|BUILDDATE",
    re.IGNORECASE,
)

#: Programs that read no variable but well-known ones.
_KNOWN = words(
    "[ : add-apt-repository addgroup adduser apt-key apt-mark basename cat cd chgrp chmod chown",
    "chpasswd cp curl cut date deluser dirname echo exit export false getent gpg grep groupadd",
    "groupmod gunzip gzip head id install ldconfig ln locale-gen ls md5sum mkdir mv passwd printf",
    "pwd readlink rm rmdir sed set sha1sum sha256sum sha512sum sleep sort sync tail tar tee test",
    "touch tr true umask uname uniq unlink unset unxz unzip update-ca-certificates update-locale",
    "useradd userdel usermod wc wget which xz zip",
)
#: Without an argument these print the environment.
_PRINTS = words("export set")
_PACKAGE_FILE = lazy(r"\.{0,2}/.*|.*\.(?:deb|rpm|apk)")


class Look(Record):
    """What a script sees of variables that it does not name.

    `doubt` is "" if it sees nothing, else why it hardly does. `installs`: it brings packages.
    """

    doubt: str
    installs: bool


def is_metadata(name: str) -> bool:
    """True if a variable says which version of the source is built, or when."""
    return _METADATA.fullmatch(name) is not None


def look(script: Script, names: frozenset[str]) -> Look | None:
    """What a script sees of variables that say what is built; None: it may look at them."""
    if any(re.search(rf"\b{re.escape(name)}\b", script.text) for name in names):
        return None
    hidden = shadowed(script)
    installs = False
    for command in script.nested:
        known = not command.words or _installs(command)
        if known is None or (command.words and _name(command) in hidden):
            return _of_languages(script, min(names, default="it"))
        installs |= known and bool(command.words)
    return Look("", installs)


def _name(command: Simple) -> str:
    return (command.words[0].value or "").rpartition("/")[2]


def _installs(command: Simple) -> bool | None:
    """Whether a command that no variable can mislead installs packages; None: one that may be."""
    done = action_of(command)
    if done is None:
        name = _name(command)
        return False if name in _KNOWN and (name not in _PRINTS or command.words[1:]) else None
    manager, action = done
    if not manager.system or action == "other":
        return None
    installs = action in ("install", "upgrade")
    if installs and any(_PACKAGE_FILE.fullmatch(word.value or "") for word in command.words[1:]):
        return None
    return installs


def _of_languages(script: Script, name: str) -> Look | None:
    reads = reads_of(script)
    if reads is None or any(one.source for one in reads):
        return None
    builder = next((one for one in reads if one.installs and _builds(one)), None)
    doubt = f"a package that {builder.manager} builds may read {name}" if builder else ""
    return Look(doubt, any(one.installs for one in reads))


def _builds(reads: Reads) -> bool:
    """True if the install runs what packages bring along."""
    manager = manager_of(reads.manager)
    code = manager.code if manager else "builds"
    if reads.system or code == "none":
        return False
    return reads.scripts or code == "builds" or not reads.manifests
