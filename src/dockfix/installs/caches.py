"""What commands leave behind for next time, and what gets rid of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.context import Context
from dockfix.managers import manager_of, named_in
from dockfix.managers.manager import Manager
from dockfix.managers.parts import Cache
from dockfix.programs.command import may_call, program_of
from dockfix.records import Record
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word


class Use(Record):
    """A command that calls a manager. `program` is its text up to and with the program's name, with
    the variables that it is given: a cleanup reads the same settings.
    """

    cache: Cache
    simple: Simple
    program: str
    verb: Word | None
    words: tuple[Word, ...]

    @property
    def fills(self) -> bool:
        """True if it leaves something behind."""
        return self.verb is not None and self.verb.value in self.cache.fills

    @property
    def cleans(self) -> bool:
        """True if it cleans up, at least partly."""
        return self.verb is not None and self.verb.value in self.cache.cleans

    @property
    def replaces_itself(self) -> bool:
        """True if it installs its own manager, so that nobody knows what a next call would run."""
        name = self.cache.name
        return any((word.value or "").partition("@")[0] == name for word in self.words)

    def says(self, among: frozenset[str]) -> bool:
        """True if one of its words is among these, a value behind `=` aside."""
        said = [(word.value or word.text).partition("=")[0] for word in self.words]
        return not among.isdisjoint(said)


@cached_by_identity
def uses(script: Script) -> tuple[Use, ...]:
    """The commands of a script, those in substitutions too, that call a manager."""
    # what is called by a name that quotes divide is left alone
    return tuple(_uses(script)) if may_call(script) else ()


def _uses(script: Script) -> Iterator[Use]:
    for simple in script.nested:
        found = program_of(simple)
        if found is None:
            continue
        name, position = found
        manager = manager_of(name)
        if manager is not None and manager.cache is not None and manager.cache.is_cleaned:
            yield _use(manager, manager.cache, simple, position, script.text)


def _use(manager: Manager, cache: Cache, simple: Simple, position: int, text: str) -> Use:
    rest = simple.words[position:]
    verb: Word | None = None
    if manager.action:
        actions = ((word, manager.action(word.value or "")) for word in rest)
        verb = next((word._replace(value=action) for word, action in actions if action), None)
        if verb is not None and verb.value == "clean" and cache.keeps_unasked & _values(rest):
            verb = verb._replace(value="other")
    else:
        verb = next((word for word in rest if word.value in manager.verbs), None)
    if manager.bare and not rest:
        verb = simple.words[position - 1]._replace(value=manager.bare)
    program = text[simple.words[0].start : simple.words[position - 1].end]
    front = "".join(f"{text[one.start : one.end]} " for one in simple.assignments)
    return Use(cache, simple, front + program, verb, rest)


def _values(found: tuple[Word, ...]) -> frozenset[str]:
    return frozenset(word.value or "" for word in found)


def covered(cache: Cache, mount: str) -> bool:
    """True if a mount (the value of its flag) lies over a cache, or over a folder it is in."""
    target = ""
    for option in mount.split(","):
        name, _, value = option.partition("=")
        if name == "type" and value in ("secret", "ssh"):
            return False
        if name in ("target", "dst", "destination"):
            target = value.rstrip("/") + "/"
    if not target or "$" in target:
        return True
    return any(
        _at_home(folder, target)
        if folder[0] == "~"
        else f"{folder}/".startswith(target) or target.startswith(f"{folder}/")
        for folder in cache.folders
    )


def _at_home(folder: str, target: str) -> bool:
    """True if a path may be that of a cache in somebody's home, or of a folder that it is in."""
    root = f"/root{folder[1:]}/"
    below = f"{folder[1:]}/"
    parts = below.split("/")
    return (
        root.startswith(target)
        or below in target
        or any(target.endswith("/".join(parts[:end]) + "/") for end in range(2, len(parts)))
    )


def _assigns(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def cleans_up(text: str, caches: Iterable[Cache]) -> bool:
    """True if a command, given as text, does nothing but clean up after one of the managers."""
    found = text.split()
    if found and "$(" in found[0] and _assigns(found[0]):
        # a substitution of several words
        while found and not found[0].endswith(")"):
            del found[0]
        del found[:1]
    while found and (found[0] in ("sudo", "-u") or found[0][:1] == "-" or _assigns(found[0])):
        del found[: 2 if found[0] == "-u" else 1]
    if not found:
        return False
    rest = [word for word in found[1:] if word[:1] != "-"]
    if found[0] == "rm":
        return bool(rest) and any(one.junk.issuperset(rest) for one in caches)
    manager = manager_of(found[0].rpartition("/")[2])
    cache = manager.cache if manager else None
    return cache is not None and cache in caches and " ".join(rest) in cache.wipes


def is_kept(cache: Cache, source: str, context: Context | None) -> bool:
    """True if a file, or a file of settings in its context, says that a cache is lived on.

    A RUN without the network may live on whatever an earlier one has stored.
    """
    if "--network=none" in source:
        return True
    if cache.kept is None:
        return False
    texts = [context.read(name) or "" for name in cache.settings] if context else []
    return any(map(cache.kept.search, (source, *texts)))


def caches_in(text: str) -> tuple[Cache, ...]:
    """The caches of the managers that a text names, in their order."""
    found = [one.cache for one in named_in(text) if one.cache is not None]
    return tuple([one for at, one in enumerate(found) if one not in found[:at]])
