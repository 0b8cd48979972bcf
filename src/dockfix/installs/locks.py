"""How each manager is told to keep to its lock file, and not to write another."""

from __future__ import annotations

from dockfix.managers import manager_of
from dockfix.managers.manager import Manager
from dockfix.managers.parts import Lock
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Simple


class Locking(Record):
    """A way to have a command keep to its lock file.

    `start`, `end` and `text` are an edit of the script; `now` is how the message calls the command
    then.
    """

    manager: Manager
    lock: Lock
    start: int
    end: int
    text: str
    now: str


#: Options that keep to a lock file, whatever the manager.
OPTIONS = frozenset(("--frozen-lockfile", "--immutable", "--deploy", "--locked"))
#: Words that say something of the lock file already, or that another command does not take.
_SAYS = lazy(
    r"--(?:no-)?(?:frozen|locked|immutable|pure-lockfile|lockfile|package-lock|save|skip-lock|deploy"
    r"|ignore-pipfile|global|upgrade|prefer-frozen|fix-lockfile|lockfile-only|dry-run|deployment"
    r"|check-cache|update-checksums|mode|script|g)\b.*|-[gSDEOU]|--location=global"
)
_VALUED = frozenset(("--loglevel", "--registry", "--network-timeout", "--only", "--without",
                     "--with", "--jobs", "-j", "--retry", "--group", "--extra", "--python",
                     "--no-group", "--extras", "-E", "--path", "--link-mode"))  # fmt: skip


def locking_of(command: Simple, option: str = "") -> Locking | None:
    """How an install of all that a manifest asks for keeps to the lock file; None: it is none, or
    says already what becomes of it.

    `option` is the one to take in place of the usual one: see `Lock.newer`.
    """
    words = command.words
    name = words[0].value if words else None
    manager = manager_of(name) if name else None
    lock = manager.lock if manager else None
    if manager is None or lock is None or name is None:
        return None
    values = [word.value for word in words]
    verb = next((index for index, value in enumerate(values[1:], 1) if value), 0)
    if None in values or (verb and (values[verb] or "")[:1] == "-"):
        verb = 0
    if None in values or _names_packages(values[verb + 1 :]):
        return None
    if any(_SAYS.fullmatch(value or "") for value in values[1:]):
        return None
    asked, last = (values[verb] or "") if verb else "", words[verb]
    if asked not in lock.verbs or (not asked and not _is_install(manager, values[1:])):
        return None
    if lock.first:
        text = f"{lock.first} && "
        return Locking(manager, lock, words[0].start, words[0].start, text, text)
    option = option or lock.option
    if not option:
        return Locking(manager, lock, last.start, last.end, lock.verb, f"{name} {lock.verb}")
    text = f" {option}" if asked else f" {lock.verb} {option}"
    now = f"{name} {asked or lock.verb} {option}"
    return Locking(manager, lock, last.end, last.end, text, now)


def _is_install(manager: Manager, options: list[str | None]) -> bool:
    """True if a call without a verb installs: not so `yarn --version`."""
    return manager.reads is not None and (
        manager.reads([option or "" for option in options]) is not None
    )


def unlocked(words: list[str]) -> list[str] | None:
    """The words of a command that does not mind its lock file; None: it only speaks of one."""
    manager = manager_of(words[0]) if words else None
    lock = manager.lock if manager else None
    if lock is None:
        return words
    if lock.first and words == lock.first.split():
        return None
    found = [word for word in words if word not in OPTIONS]
    if lock.option and lock.verb and lock.verb not in found:
        found.insert(1, lock.verb)
    if not lock.option and lock.verb and found[1:] and found[1] in (lock.verb, *lock.verbs):
        found[1] = lock.verb
    return found


def _names_packages(values: list[str | None]) -> bool:
    """True if a word is neither an option nor the value of one."""
    previous = ""
    for value in values:
        if (value or "")[:1] != "-" and previous not in _VALUED:
            return True
        previous = value or ""
    return False
