"""What a script leaves behind in its shell, and what it reads that a fresh shell would reset.

Two RUNs may share one shell only if that changes nothing for the second. This module answers two
questions about one script. Which state of the shell does it change (`changes`)? Which state does it
read that every fresh shell resets (`reads`)? The third one, whether `set -e` in the shell could
change what it does (`sensitive`), is answered in `errexit`. In doubt the answer is yes: a name that
is not known to be harmless counts.

Sources: POSIX XCU 2.8.1 (errors and errexit), 2.9.4 (compound commands), 2.12 (the shell execution
environment), 2.14 (special built-ins); dash(1), bash(1) and busybox ash where they go further.
"""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.tree import (
    Arithmetic,
    Case,
    Command,
    Dialect,
    Expansion,
    For,
    Function,
    Group,
    If,
    Item,
    Loop,
    Redirect,
    Simple,
    Subshell,
    Test,
    Unknown,
    Word,
)
from dockfix.typed import Literal

#: A subshell around the script ends these changes with the script.
CONTAINED = ("directory", "variable", "export", "option", "umask", "limit", "function", "exit",
             "failure", "positional")  # fmt: skip
#: A subshell ends these too, unless the command turns `set -e` on unseen: see `chain`.
OPAQUE = ("source", "command")
#: No way is known to keep these from changing what the next script does.
UNCONTAINED = ("exec", "trap", "alias", "eval", "return", "wait", "hash", "background", "errexit",
               "job", "unknown")  # fmt: skip

Kind = Literal[
    "directory", "variable", "export", "option", "umask", "limit", "function", "exit", "failure",
    "positional", "source", "command", "exec", "trap", "alias", "eval", "return", "wait", "hash",
    "background", "errexit", "job", "unknown",
]  # fmt: skip


class StateChange(Record):
    """Shell state that a script changes; `name` is the variable, option or command concerned.

    An "exit" may end the shell with status 0; a "failure" ends it with another status.
    """

    kind: Kind
    name: str


class Effects(Record):
    """What can be said of a script as a whole.

    `changes` are changes of shell state that outlive it. `reads` are the names of what it reads
    that a fresh shell resets (`?`, `OLDPWD`, `trap`).
    """

    changes: tuple[StateChange, ...]
    reads: frozenset[str]
    items: tuple[Item, ...]

    @property
    def sensitive(self) -> bool:
        """True if errexit could change what it does."""
        from dockfix.shell.errexit import sensitive

        return sensitive(self.items)

    @property
    def chain(self) -> bool:
        """True if it is one list of commands joined by `&&` alone, in which errexit could change
        nothing."""
        from dockfix.shell.errexit import is_chain

        return is_chain(self.items)


_DIRECTORY = frozenset(("cd", "chdir", "pushd", "popd"))
_DECLARE = frozenset(("declare", "typeset", "local"))
_CHANGING: dict[str, Kind] = {
    "umask": "umask", "ulimit": "limit", "trap": "trap", "exec": "exec", ".": "source",
    "source": "source", "eval": "eval", "alias": "alias", "unalias": "alias", "shift": "positional",
    "hash": "hash", "exit": "exit", "return": "return", "wait": "wait", "shopt": "option",
    "logout": "exit", "bg": "job", "fg": "job", "disown": "job", "suspend": "job", "bind": "option",
    "enable": "option", "complete": "option", "compopt": "option", "let": "variable",
    "getopts": "variable", "mapfile": "variable", "readarray": "variable", "dirs": "directory",
    "caller": "unknown", "fc": "unknown", "history": "unknown", "coproc": "background",
}  # fmt: skip
#: Special built-ins: an assignment in front of one stays (POSIX XCU 2.14).
_SPECIAL = frozenset(
    (":", ".", "source", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift",
     "times", "trap", "unset", "break", "continue")
)  # fmt: skip
#: Built-ins of every shell here that leave nothing behind and are no programs to look up.
HARMLESS_BUILTINS = frozenset(
    (":", "true", "false", "echo", "printf", "test", "[", "[[", "pwd", "type", "kill", "times",
     "break", "continue", "let", "help")
)  # fmt: skip
#: What a fresh shell sets anew, by the name it is read under.
_RESET_PARAMETERS = frozenset(
    ("?", "!", "#", "@", "*", "-", "_", "PPID", "SECONDS", "OLDPWD", "LINENO", "PIPESTATUS",
     "OPTIND", "OPTARG", "DIRSTACK", "FUNCNAME", "REPLY", "RANDOM", "EPOCHREALTIME")
)  # fmt: skip
_POSITIONAL = frozenset(("#", "@", "*"))
#: Commands that print the shell's state when they have no arguments.
_PRINTS_STATE = frozenset(
    ("trap", "set", "alias", "jobs", "hash", "declare", "typeset", "local", "readonly", "export",
     "dirs", "times", "umask", "ulimit")
)  # fmt: skip
_ASSIGNING = lazy(r"\+\+|--|(?<![=!<>])=(?!=)")
#: A status that is a failure in every shell. (256 is none: its lowest byte is 0.)
_NO = lazy(r"[1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]")
_IDENTIFIER = lazy(r"[A-Za-z_][A-Za-z0-9_]*")


def identifiers(text: str) -> frozenset[str]:
    """Every name that a variable could have, anywhere in a script's text."""
    return frozenset(_IDENTIFIER.findall(text))


@cached_by_value
def effects_of(text: str, dialect: Dialect) -> Effects | Unknown:
    """The effects of a script; Unknown where the reader did not understand it."""
    script = read_script(text, dialect)
    return script if isinstance(script, Unknown) else effects(text, script.items)


def effects(text: str, items: tuple[Item, ...]) -> Effects:
    """The effects of a list of a script whose text is `text`."""
    walk = _Walk(text)
    walk.items(items, here=True)
    return Effects(tuple(dict.fromkeys(walk.changes)), frozenset(walk.reads), items)


class _Walk:
    """Collects effects over a tree. `here` is False inside what runs in a subshell of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.changes: list[StateChange] = []
        self.reads: set[str] = set()
        self.function = 0

    def record(self, kind: Kind, name: str, here: bool = True) -> None:
        if here:
            self.changes.append(StateChange(kind, name))

    def items(self, items: tuple[Item, ...] | None, here: bool) -> None:
        for item in items or ():
            if item.terminator == "&":
                self.record("background", "&")
            for pipeline in item.node.pipelines:
                alone = here and len(pipeline.commands) == 1
                for command in pipeline.commands:
                    self.command(command, alone)

    def command(self, command: Command, here: bool) -> None:
        if isinstance(command, Simple):
            self.simple(command, here)
            return
        if isinstance(command, Subshell):
            self.items(command.body, here=False)
        elif isinstance(command, Group):
            self.items(command.body, here)
        elif isinstance(command, If):
            for condition, body in command.branches:
                self.items(condition, here)
                self.items(body, here)
            self.items(command.orelse, here)
        elif isinstance(command, For):
            self.record("variable", command.name, here)
            if command.words is None:
                self.parameter("@")
            self.words(command.words or (), here)
            self.items(command.body, here)
        elif isinstance(command, Loop):
            self.items(command.condition, here)
            self.items(command.body, here)
        elif isinstance(command, Case):
            self.words((command.word,), here)
            for patterns, body in command.arms:
                self.words(patterns, here)
                self.items(body, here)
        elif isinstance(command, Function):
            self.record("function", command.name, here)
            self.function += 1
            self.command(command.body, here)
            self.function -= 1
            return
        elif isinstance(command, Test):
            self.words(command.words, here)
            self.record("variable", "BASH_REMATCH", here)
        elif isinstance(command, Arithmetic):
            self.record("variable", "", here)
            self.expansions(command.expansions, here)
        self.redirects(command.redirects, here)

    def redirects(self, redirects: tuple[Redirect, ...], here: bool) -> None:
        for redirect in redirects:
            self.words((redirect.target,), here)
            self.expansions(redirect.expansions, here)
            if redirect.fd.startswith("{"):
                self.record("exec", redirect.fd, here)

    def words(self, words: Iterable[Word], here: bool) -> None:
        for word in words:
            if word.expansions:
                self.expansions(word.expansions, here)

    def expansions(self, expansions: Iterable[Expansion], here: bool) -> None:
        for expansion in expansions:
            if expansion.kind == "parameter":
                self.parameter(expansion.name)
                if expansion.operator in ("=", ":="):
                    self.record("variable", expansion.name, here)
            elif expansion.kind == "arithmetic":
                if _ASSIGNING.search(self.text, expansion.start, expansion.end):
                    self.record("variable", "", here)
            elif expansion.body is not None:
                self.items(expansion.body, here=False)
                if expansion.kind == "process":
                    self.record("background", "<(")
            self.expansions(expansion.nested, here)

    def parameter(self, name: str) -> None:
        positional = name in _POSITIONAL or (name.isdigit() and name != "0")
        if positional and self.function:
            return
        if positional or name in _RESET_PARAMETERS or name.startswith("BASH"):
            self.reads.add(name)

    def simple(self, command: Simple, here: bool) -> None:
        for assignment in command.assignments:
            self.expansions(assignment.value.expansions, here)
        words = command.words
        self.words(words, here)
        if command.redirects:
            self.redirects(command.redirects, here)
        while len(words) > 1 and words[0].value in ("command", "builtin"):
            words = words[1:]
            while words and words[0].value in ("-p", "--"):
                words = words[1:]
        name = words[0].value if words else None
        if not words or name in _SPECIAL or (name is None and command.assignments):
            for assignment in command.assignments:
                self.record("variable", assignment.name, here)
        if words:
            self.named(name, words, here)

    def named(self, name: str | None, words: tuple[Word, ...], here: bool) -> None:
        arguments = words[1:]
        if name is None:
            if "/" not in words[0].text:
                self.record("command", words[0].text, here)
        elif "/" in name or name in HARMLESS_BUILTINS:
            if name == "printf" and arguments and arguments[0].value == "-v":
                self.record("variable", arguments[1].text if len(arguments) > 1 else "", here)
        elif name in ("-v", "-V"):
            return  # `command -v name` only asks
        elif name in _PRINTS_STATE and (not arguments or arguments[0].value in ("-p", "-S")):
            self.reads.add(name)
        elif name in _DIRECTORY:
            self.record("directory", name, here)
            if arguments and arguments[0].value == "-":
                self.reads.add("OLDPWD")
        elif name == "set":
            self.set_options(arguments, here)
        elif name in _DECLARE:
            if not self.function:
                self.variables("export", arguments, here)
        elif name in ("export", "readonly", "unset", "read"):
            self.variables("export" if name == "export" else "variable", arguments, here)
        elif name == "exit" and len(arguments) == 1 and _NO.fullmatch(arguments[0].value or ""):
            self.record("failure", name, here)
        elif name in _CHANGING:
            self.record(_CHANGING[name], name, here)

    def variables(self, kind: Kind, arguments: tuple[Word, ...], here: bool) -> None:
        for word in arguments:
            found = _IDENTIFIER.match(word.text)
            if found:
                self.record(kind, found[0], here)
            elif word.value is None:
                self.record(kind, "", here)

    def set_options(self, arguments: tuple[Word, ...], here: bool) -> None:
        named = False
        for word in arguments:
            value = word.value or ""
            if (
                value == "errexit"
                if named
                else value[:1] == "-" and "e" in value and value[1] != "-"
            ):
                # wherever it is set: to the left of `&&` even a subshell's own errexit is ignored
                self.record("errexit", "set")
            elif named or (value[:1] in ("-", "+") and value not in ("-", "--")):
                self.record("option", value, here)
            else:
                self.record("positional", "set", here)
                return
            named = not named and value[-1:] == "o"
