"""Points out a RUN that only changes its own shell, which ends with it.

What it does: a note at each RUN that consists of `export`, `cd`, `alias`, `ulimit`, `umask`, `set`,
assignments, or of reading a profile (`. ~/.bashrc`, `source venv/bin/activate`) and nothing else.

Why: each RUN has a shell of its own. The next one knows nothing of the variable or the directory:
ENV and WORKDIR are for that, and a command that needs the profile stands in the same RUN.

What it leaves alone: a RUN with any other command, with a redirection or a substitution; files that
are read and may do more; a `cd` that use-workdir turns into a WORKDIR.

Safety: a note. Whether a variable is meant for the image as well, only the author knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.shell.tree import Simple
from dockfix.state.facts import Facts

#: Builtins that change nothing but the shell.
_OF_SHELL = frozenset(("export", "cd", "alias", "ulimit", "umask", "set", "unset", "shopt"))
_READS = frozenset((".", "source"))
#: Ends of the names of files that set variables and define functions.
_PROFILES = (
    "/activate", ".bashrc", ".profile", ".bash_profile", ".zshrc", "/etc/profile", ".cargo/env",
    "/nvm.sh",
)  # fmt: skip


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each such RUN."""
    for instruction, script in facts.scripts:
        simples = script.simples
        if simples and len(simples) == len(script.nested) and all(map(_is_lost, simples)):
            yield Group(instruction.keyword_offset, _message(simples[-1]), (), Safety.NOTE)


def _is_lost(command: Simple) -> bool:
    """True if a command does nothing that outlives its shell."""
    if command.redirects or any(word.value is None for word in command.words[:1]):
        return False
    if not command.words:
        return bool(command.assignments)
    program, *arguments = command.words
    if program.value in _READS:
        return len(arguments) == 1 and arguments[0].text.endswith(_PROFILES)
    return program.value in _OF_SHELL


def _message(command: Simple) -> str:
    program = command.words[0].value if command.words else ""
    if program == "cd":
        return "cd ends with this RUN: use WORKDIR to stay in a directory"
    if program in _READS:
        return "what this file sets ends with this RUN: read it in the RUN that needs it"
    if program in ("", "export"):
        return "the variable ends with this RUN: use ENV to keep it"
    return f"{program} has no effect beyond this RUN: the next one starts a new shell"


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF548",
    name="find-lost-state",
    summary="Point out a RUN whose only effect ends with its shell",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
