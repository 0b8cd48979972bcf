"""What a script needs of where it starts: its working directory, or a login shell's profile."""

from __future__ import annotations

from dockfix.managers.manager import words as _words
from dockfix.programs.path import is_found_first
from dockfix.programs.program_table import QUOTES
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Command, Script, Simple, Word

#: Programs that do not look at the working directory if their operands are absolute, and those
#: whose operands are no paths.
_BY_PATHS = _words(
    "cat chgrp chmod chown cp gunzip ln ls mkdir mv rm rmdir sed touch tee test [ install grep",
    "head tail truncate",
)
_WITHOUT_PATHS = _words(
    ": addgroup adduser chpasswd date deluser echo exit export false gpasswd groupadd groupdel",
    "groupmod id ldconfig printf set sleep true uname unset useradd userdel usermod whoami",
    "update-ca-certificates locale-gen update-locale",
)

#: What looks at the working directory if it is given no operand.
_SEARCHES = frozenset(("grep", "ls"))
#: Their first operand is an owner.
_WITH_OWNER = frozenset(("chgrp", "chown"))
_MODE = lazy(r"[0-7]{3,4}|[augo]*[=+-][rwxXst]+")
_GLOB = frozenset("*?[")
_QUOTED = frozenset(QUOTES)


def needs_directory(script: Script) -> str:
    """The first command of a script that may look at the directory it was started in, or ""."""
    for command in script.nested:
        if any(not _is_absolute(one.target) for one in command.redirects if one.heredoc is None):
            return script.text[command.start : command.end]
        words = command.words
        name = words[0].value if words else ":"
        if (
            name == "cd"
            and len(words) > 1
            and _is_absolute(words[1])
            and _is_first(script, command)
        ):
            return ""
        if name in _WITHOUT_PATHS:
            continue
        if name in _BY_PATHS and all(map(_is_absolute, _paths(name, words[1:]))):
            continue
        return (words[0].text if words else "") or ">"
    return ""


def _paths(name: str, words: tuple[Word, ...]) -> list[Word]:
    """The operands that are paths."""
    operands = [word for word in words if word.text[:1] not in "-+"]
    if len(operands) < 2 or any(word.text.startswith("--ref") for word in words):
        return operands
    if name == "chmod":
        return operands[bool(_MODE.fullmatch(operands[0].text)) :]
    return operands[name in _WITH_OWNER :]


def starts_anywhere(script: Script) -> bool:
    """True if a script does the same whatever directory it starts in.

    It is a list of simple commands without substitutions, and of none of them `needs_directory`
    speaks; or it goes to an absolute path first.
    """
    if "PWD" in script.text or "~" in script.text or needs_directory(script):
        return False
    first = script.items[0].node.pipelines[0].commands[0]
    if isinstance(first, Simple) and first.words and first.words[0].value == "cd":
        return True
    commands = [
        one
        for item in script.items
        for pipeline in item.node.pipelines
        for one in pipeline.commands
    ]
    return len(commands) == len(script.nested) and all(map(_is_plain, commands))


def _is_plain(command: Command) -> bool:
    """True if a command is a simple one whose words are the same in any directory."""
    if not isinstance(command, Simple):
        return False
    words = command.words
    if words and words[0].value in _SEARCHES and not any(map(_is_absolute, words[1:])):
        return False  # without an operand it looks at the directory
    values = [word.text.partition("=")[2] for word in words if word.text[:1] == "-"]
    if any(value and value.lstrip(QUOTES)[:1] != "/" for value in values):
        return False
    return not any(
        set(word.text) & _GLOB and not _is_absolute(word) and word.text[:1] not in _QUOTED
        for word in words
    )


def _is_first(script: Script, command: Simple) -> bool:
    """True if a script begins with a command that all the others wait for."""
    item = script.items[0]
    return (
        item.node.pipelines[0].commands == (command,)
        and len(script.items) == 1
        and all(operator.text == "&&" for operator in item.node.operators)
    )


def _is_absolute(word: Word) -> bool:
    return word.text.lstrip(QUOTES)[:1] == "/"


def needs_profile(script: Script) -> str:
    """What a login shell may find otherwise than another: the first program of a script that is in
    no folder of the system, or the first variable that is not set in it; or ""."""
    assigned = {one.name for command in script.nested for one in command.assignments}
    for command in script.nested:
        for word in command.words:
            for expansion in word.expansions:
                if expansion.kind == "parameter" and expansion.name not in assigned:
                    return f"${expansion.name}"
        name = command.words[0].value if command.words else ":"
        if name is None or not (is_found_first(name) or name == "cd"):
            return command.words[0].text
    return ""
