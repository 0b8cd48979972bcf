"""Reading a simple command as one of a package manager.

Two readings. `command_of` is exact: every word is accounted for, and a word it cannot place makes
it None. It is for passes that move words. `action_of` is generous: it only asks what kind of thing
the command does, and bears options it does not know. It is for passes that put something behind it.
"""

from __future__ import annotations

from dockfix.managers import manager_of, may_name
from dockfix.managers.manager import Action, Argument, Command, Manager
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word


class Call(Record):
    """A command that runs a manager, options not looked at. `verb` is None if it cannot be told."""

    manager: Manager
    program: Word
    verb: Word | None
    action: Action


_SUDO_FLAGS = frozenset(("-E", "-H", "-n", "-S", "-k", "--preserve-env", "--set-home"))
_SUDO_VALUED = frozenset(("-u", "-g", "--user", "--group"))
_ASSIGNMENT = lazy(r"[A-Za-z_]\w*=")


@cached_by_identity
def command_of(simple: Simple) -> Command | None:
    """The command of a manager that `simple` is, or None if it is none or not understood."""
    found = _program(simple)
    if found is None:
        return None
    manager, position = found
    words = simple.words
    program = tuple([word.text for word in words[:position]])
    verb: Word | None = None
    action: Action | None = None
    arguments: list[Argument] = []
    while position < len(words):
        word = words[position]
        if verb is None and (action := _action(manager, word)) is not None:
            verb = word
            position += 1
            continue
        value = word.value
        # a list of packages is long, and nearly all of its words are plain
        if (_literal(word) if value is None else value)[:1] != "-":
            if verb is None or (value is None and _may_be_option(word)):
                return None
            arguments.append(Argument((word,), "", False))
            position += 1
            continue
        taken = _option(manager, words, position, early=verb is None)
        if taken is None:
            return None
        arguments.append(taken)
        position += len(taken.words)
    if verb is None or action is None:
        return None
    return Command(manager, action, program, verb, tuple(arguments))


def install_of(simple: Simple) -> Command | None:
    """The command, if it installs packages by name into the place they are installed by default."""
    command = command_of(simple)
    return command if command is not None and _by_name(command) else None


def _by_name(command: Command) -> bool:
    globally = command.manager.globally
    return command.action == "install" and (
        not globally or not globally.isdisjoint([option.option for option in command.options])
    )


@cached_by_identity
def may_call(script: Script) -> bool:
    """True if a script may call a manager, by its text: most call none. What calls one by a name
    that quotes divide is missed, so this is for those that look for commands to change."""
    return may_name(script.text)


@cached_by_identity
def commands_in(script: Script) -> tuple[tuple[Simple, Command], ...]:
    """The commands of a script that `command_of` understands, those in substitutions aside."""
    if not may_call(script):
        return ()
    found = [(simple, command_of(simple)) for simple in script.simples]
    return tuple([(simple, command) for simple, command in found if command is not None])


def installs_in(script: Script) -> tuple[tuple[Simple, Command], ...]:
    """Those of `commands_in` that `install_of` takes."""
    return tuple(
        [(simple, command) for simple, command in commands_in(script) if _by_name(command)]
    )


def is_update(simple: Simple) -> bool:
    """True if the command refreshes the lists of what can be had, and is understood in full."""
    command = command_of(simple)
    return command is not None and command.action == "update" and not command.packages


def action_of(simple: Simple) -> tuple[Manager, Action] | None:
    """The manager that a command runs and what it does with it; None if it runs none.

    sudo, env and assignments in front are seen through; options need not be known. "other" is also
    said of what cannot be told (a verb in a variable).
    """
    found = call_of(simple)
    return None if found is None else (found.manager, found.action)


@cached_by_identity
def call_of(simple: Simple) -> Call | None:
    """What `action_of` says, with the words that it is read from."""
    found = _program(simple)
    if found is None:
        return None
    manager, position = found
    program = simple.words[position - 1]
    for word in simple.words[position:]:
        action = _action(manager, word)
        if action is not None:
            return Call(manager, program, word, action)
        if word.value is None:
            break
    return Call(manager, program, None, "other")


@cached_by_identity
def calls_in(script: Script) -> tuple[tuple[Simple, Call], ...]:
    """The commands of a script, those in substitutions too, for which `call_of` has an answer."""
    if not may_call(script):
        return ()
    found = [(simple, call_of(simple)) for simple in script.nested]
    return tuple([(simple, call) for simple, call in found if call is not None])


@cached_by_identity
def program_of(simple: Simple) -> tuple[str, int] | None:
    """The name of the program that a command runs, and the number of words up to and with it.

    sudo, env and assignments in front are seen through, `python -m pip` is `pip`.
    """
    words = simple.words
    if not words:
        return None
    name, position = _name(words[0]), 0
    if name in ("sudo", "env"):
        behind = _behind_wrappers(words)
        if behind is None or behind >= len(words):
            return None
        name, position = _name(words[behind]), behind
    if name[:2] == "py" and name.rstrip("0123456789.") in ("python", "pypy"):
        follow = [word.value for word in words[position + 1 : position + 3]]
        if follow == ["-m", "pip"]:
            return "pip", position + 3
    return name, position + 1


def _program(simple: Simple) -> tuple[Manager, int] | None:
    """The manager and the number of words up to and with its program's name."""
    found = program_of(simple)
    if found is None:
        return None
    manager = manager_of(found[0])
    return None if manager is None or manager.plain is None else (manager, found[1])


def _behind_wrappers(words: tuple[Word, ...]) -> int | None:
    position = 0
    if _name(words[0]) == "sudo":
        position = 1
        while position < len(words):
            value = words[position].value or ""
            if value in _SUDO_FLAGS or _ASSIGNMENT.match(words[position].text):
                position += 1
            elif value in _SUDO_VALUED:
                position += 2
            elif value.startswith("-"):
                return None
            else:
                break
    if position < len(words) and _name(words[position]) == "env":
        position += 1
        while position < len(words) and _ASSIGNMENT.match(words[position].text):
            position += 1
    return position


def _name(word: Word) -> str:
    return (word.value or "").rpartition("/")[2]


def _action(manager: Manager, word: Word) -> Action | None:
    if word.value is None:
        return None
    return manager.action(word.value) if manager.action else manager.verbs.get(word.value)


_UNKNOWN = lazy(r"[$`*?\[{~]")


def _literal(word: Word) -> str:
    """What a word is known to start with."""
    if word.value is not None:
        return word.value
    return _UNKNOWN.split(word.text.lstrip("\"'"), maxsplit=1)[0]


def _may_be_option(word: Word) -> bool:
    """True if a word without a value is an option cut up by quotes, or that braces spell out."""
    return not word.expansions and word.text.strip("\"'")[:1] in "-{"


_QUIET = lazy(r"-q=?\d")


def _option(
    manager: Manager, words: tuple[Word, ...], position: int, *, early: bool
) -> Argument | None:
    """The option at a position, with the word of its value; None if it is not known."""
    flags, valued = manager.flags, manager.valued
    if early and manager.early_flags is not None and manager.early_valued is not None:
        flags, valued = manager.early_flags, manager.early_valued
    word = words[position]
    literal = _literal(word)
    if word.value is not None and literal in flags:
        return Argument((word,), dict(manager.same).get(literal, literal), early)
    if literal.startswith("--"):
        name, equals, _ = literal.partition("=")
        if name not in valued or (word.value is None and not equals):
            return None
        if equals:
            return Argument((word,), word.value or word.text, early)
        return _with_value(name, words, position, early)
    if (
        word.value is not None
        and literal[:2] == "-q"
        and _QUIET.fullmatch(literal)
        and "-q" in flags
    ):
        return Argument((word,), literal, early)
    for index, letter in enumerate(literal[1:], 1):
        if f"-{letter}" in valued:
            if index + 1 < len(literal) or word.value is None:
                return Argument((word,), word.value or word.text, early)
            return _with_value(literal, words, position, early)
        if f"-{letter}" not in flags:
            return None
    return Argument((word,), literal, early) if word.value is not None and literal[1:] else None


def _with_value(name: str, words: tuple[Word, ...], position: int, early: bool) -> Argument | None:
    if position + 1 >= len(words):
        return None
    value = words[position + 1]
    return Argument((words[position], value), f"{name}={value.value or value.text}", early)
