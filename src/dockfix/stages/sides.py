"""What each command of a stage leaves, and so on which side of a split it belongs.

Commands of a system's package manager are looked at package by package, installs of a language are
for the build, and what they leave is carried. Commands that make folders, users and settings can be
done again in the final stage. What else runs is unknown here: the ecosystem may know it.
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers import every_manager, manager_of
from dockfix.managers.manager import Action, Command, Manager, words
from dockfix.programs.command import call_of, command_of
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple, Word
from dockfix.shell.walk import simples
from dockfix.state.facts import Facts, Place, script_of
from dockfix.typed import Literal

#: Programs that only make, name, move or change files, users and settings of the image.
_FILES = words(
    "addgroup adduser cat chgrp chmod chown chpasswd cp date echo find getent groupadd groupmod",
    "id install ldconfig ln locale-gen localedef ls mkdir mv passwd printf rm rmdir sed tee touch",
    "update-ca-certificates update-locale useradd usermod",
)
#: Where these lie.
_PROGRAMS = words("/bin /sbin /usr/bin /usr/sbin")
#: Commands of the shell that leave nothing behind.
_NOTHING = words(": [ cd exit export false pwd set test true unset")
#: Where what is removed is nothing that an image needs, beside the caches of managers.
_SCRATCH = (
    "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "~/.cache", "/var/log", "$HOME/.cache",
    "/usr/share/doc", "/usr/share/man",
)  # fmt: skip

#: "system": a package manager of the system. "language": one of a language, installing. "asks": one
#: that is only asked. "scratch": caches and lists are removed. "runs": any other program.
Kind = Literal["system", "language", "asks", "files", "nothing", "scratch", "runs"]


class Done(Record):
    """A simple command and what kind of thing it does."""

    kind: Kind
    simple: Simple
    program: str
    manager: Manager | None = None
    action: Action | None = None
    command: Command | None = None

    @property
    def values(self) -> list[str]:
        """The words as far as they are known, the program's first."""
        return [word.value if word.value is not None else word.text for word in self.simple.words]


class Run(Record):
    """A RUN. `chained`: its commands follow one another, each if all before it succeeded.

    `done` is None if the script is not read.
    """

    instruction: Instruction
    place: Place
    script: Script | None
    chained: bool
    done: tuple[Done, ...] | None

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of its commands."""
        return frozenset([one.kind for one in self.done or ()])

    def of_kind(self, kind: Kind) -> list[Done]:
        """Its commands of one kind."""
        return [one for one in self.done or () if one.kind == kind]


def runs_of(facts: Facts, stage: Stage) -> dict[int, Run]:
    """The RUNs of a stage, by their start."""
    found = {}
    for one in stage.instructions:
        if one.keyword == "RUN":
            place = facts.places[one.start]
            script = script_of(one, place)
            if isinstance(script, Script):
                done = tuple([_done(simple) for simple in simples(script.items, nested=True)])
                found[one.start] = Run(one, place, script, _is_chained(script), done)
            else:
                found[one.start] = Run(one, place, None, False, None)
    return found


def _done(simple: Simple) -> Done:
    call = call_of(simple)
    name = program_name(simple)
    if call is None:
        whole = manager_of(name) if name else None
        if whole is not None and name in whole.programs and whole.language:
            return _of_language(simple, name, whole, _verb(simple, whole))
        if not simple.words or name in _NOTHING:
            return Done("nothing", simple, name)
        if name == "rm" and _only_scratch(simple):
            return Done("scratch", simple, name)
        known = name in _FILES and _is_of_system(simple.words[0])
        return Done("files" if known else "runs", simple, name)
    manager, action = call.manager, call.action
    if manager.system:
        return Done("system", simple, name, manager, action, command_of(simple))
    return _of_language(simple, name, manager, action)


def _is_of_system(word: Word) -> bool:
    """True if a word calls a program by its name, or in a folder of the system: `./install` is
    another one than `install`."""
    folder = (word.value or "").rpartition("/")[0]
    return not folder or folder in _PROGRAMS


def _verb(simple: Simple, manager: Manager) -> Action:
    """What the first word that is no option says, of a manager that is not read word by word."""
    values = [word.value or "" for word in simple.words[1:]]
    plain = [value for value in values if value[:1] != "-"]
    plain = plain[1:] if manager.inner and plain[:1] == [manager.inner] else plain
    verb = plain[0] if plain else manager.bare
    return manager.verbs.get(verb, "other")


def _of_language(simple: Simple, name: str, manager: Manager, action: Action) -> Done:
    kind: Kind = "language" if action in ("install", "upgrade", "remove") else "asks"
    values = [word.value or "" for word in simple.words]
    if action == "other":
        # a setting is part of the installs
        kind = "language" if "config" in values else "runs"
    return Done(kind, simple, name, manager, action, command_of(simple))


def program_name(simple: Simple) -> str:
    """The name of the program that a command runs, without its folder; "" if it is not known."""
    return (simple.words[0].value or "").rpartition("/")[2] if simple.words else ""


def _only_scratch(simple: Simple) -> bool:
    operands = [word.text.strip("\"'") for word in simple.words[1:] if word.text[:1] != "-"]
    return bool(operands) and all(one.startswith((*_SCRATCH, *_caches())) for one in operands)


def _caches() -> list[str]:
    """The folders in which managers of systems keep what they fetched."""
    return [
        folder
        for manager in every_manager()
        if manager.system and manager.cache is not None
        for folder in manager.cache.folders
        if folder[0] == "/"
    ]


def _is_chained(script: Script) -> bool:
    """True if the script is simple commands joined by `&&`, and no more."""
    if len(script.items) != 1 or script.items[0].terminator not in ("", ";"):
        return False
    node = script.items[0].node
    return all(operator.text == "&&" for operator in node.operators) and all(
        not pipeline.negated
        and len(pipeline.commands) == 1
        and isinstance(pipeline.commands[0], Simple)
        for pipeline in node.pipelines
    )
