"""What a script needs of where it starts: its working directory, or a login shell's profile."""

from __future__ import annotations

from dockfix.managers.manager import words as _words
from dockfix.programs.path import is_found_first
from dockfix.programs.program_table import QUOTES
from dockfix.shell.tree import Script, Simple, Word

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
        if name in _WITHOUT_PATHS or (
            name in _BY_PATHS
            and all(_is_absolute(word) or word.text[:1] in "-+" for word in words[1:])
        ):
            continue
        return (words[0].text if words else "") or ">"
    return ""


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
