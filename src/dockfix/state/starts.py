"""What an image starts: the commands of CMD, ENTRYPOINT and HEALTHCHECK, and what runs them."""

from __future__ import annotations

import re

from dockfix.dockerfile.exec_form import strings_at
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.dockerfile.words import split_type
from dockfix.shell.builtins import runs_inside
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script, Simple, Word
from dockfix.state.facts import Facts, Place, fact
from dockfix.state.paths import search_path
from dockfix.state.shells import shell_of

_STARTING = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK"))
_WRAPPERS = frozenset(("tini", "tini-static", "dumb-init", "catatonit", "docker-init"))
_HARMLESS_OPTIONS = frozenset(("errexit", "nounset", "pipefail", "posix"))
_REDIRECTS = frozenset((">", ">>", ">|", "<", "<>", ">&", "<&", "&>", "&>>"))


def command_start(instruction: Instruction) -> int:
    """The position of the command in the logical line; of a HEALTHCHECK behind its word CMD."""
    start, end = instruction.arguments_start, instruction.arguments_end
    if instruction.keyword != "HEALTHCHECK":
        return start
    return split_type(instruction.logical.text, start, end)[1]


def simple_words(instruction: Instruction, place: Place) -> tuple[Word, ...] | None:
    """The words of an instruction that only starts a program; `exec` may be the first.

    The value of every word is known. Positions count from `command_start`.
    """
    if instruction.keyword not in _STARTING or instruction.json is not None:
        return None
    start = command_start(instruction)
    return _settled(instruction.logical.text[start : instruction.arguments_end], place)


def unwrapped(instruction: Instruction, place: Place) -> tuple[str, ...] | None:
    """What a CMD like `["sh", "-c", "app -x"]` starts, if its shell does nothing else."""
    argv = instruction.json or ()
    if instruction.keyword != "CMD" or len(argv) != 3 or not is_shell(argv) or argv[1] != "-c":
        return None
    if place.shell.dialect is None:
        return None  # In a Windows image, nobody knows what `sh` is.
    words = _settled(argv[2], place._replace(shell=shell_of(argv[:2])))
    return None if words is None else argv_of(words)


def _settled(text: str, place: Place) -> tuple[Word, ...] | None:
    """The words of a text that only starts a program; the value of each is known."""
    command = _only_command(text, place)
    if command is None or command.assignments or command.redirects:
        return None
    if command.end != len(text) or any(
        word.value is None or not is_text(word.value) for word in command.words
    ):
        return None
    argv = argv_of(command.words)
    if not argv or not argv[0] or argv[0][0] in "-+[" or "=" in argv[0]:
        return None
    replaced = command.words[0].value == "exec"
    return command.words if replaced or not runs_inside(argv[0]) else None


def argv_of(words: tuple[Word, ...]) -> tuple[str, ...]:
    """The values of words, without `exec` in front."""
    values = tuple(word.value or "" for word in words)
    return values[1:] if values[0] == "exec" else values


def exec_position(instruction: Instruction, place: Place) -> int | None:
    """The position in the logical line for an `exec` before the one program that a shell starts.

    The shell is that of the shell form, or of an array such as `["sh", "-c", "app $X"]`. It only
    expands the words, so that the program may take its place. None if there is no such position, or
    if `exec` stands there already.
    """
    if instruction.keyword not in ("CMD", "ENTRYPOINT") or instruction.heredocs:
        return None
    if place.shell.dialect is None:
        return None  # In a Windows image, nobody knows what `sh` is.
    start, end = instruction.arguments_start, instruction.arguments_end
    text = instruction.logical.text[start:end]
    if instruction.json is not None:
        if len(instruction.json) < 3 or instruction.json[0] not in _PLAIN_SHELLS:
            return None
        place = place._replace(shell=shell_of(instruction.json[:2]))
        start, text = start + strings_at(text)[2][0], instruction.json[2]
    command = _only_command(text, place)
    if command is None or command.assignments or not is_text(text):
        return None
    if any(r.operator not in _REDIRECTS or r.fd[:1] == "{" for r in command.redirects):
        return None
    program = command.words[0]
    literal = program.value or ("/" in program.text.partition("$")[0] and program.text)
    if not literal or literal[0] in "-+[~$`\"'" or "=" in literal or runs_inside(literal):
        return None
    before = text[: program.start]
    if "<(" in text or ">(" in text or not instruction.logical.text.startswith(before, start):
        return None
    return start + program.start


def program_at(instruction: Instruction, position: int) -> str:
    """The word at a position where `exec` may be put, as it is written."""
    return re.split(r"[\s;&|<>\"]", instruction.logical.text[position:], maxsplit=1)[0]


_PLAIN_SHELLS = frozenset(
    folder + name for folder in ("", "/bin/", "/usr/bin/") for name in ("sh", "bash", "dash", "ash")
)


def is_shell(argv: tuple[str, ...]) -> bool:
    """True if the program of an array is a shell, with any options."""
    return bool(argv) and argv[0] in _PLAIN_SHELLS


def _only_command(text: str, place: Place) -> Simple | None:
    """The one simple command of a text, which the shell runs unchanged; None if it is more."""
    if place.shell.dialect is None or not _is_bare(place):
        return None
    script = read_script(text, place.shell.dialect)
    if not isinstance(script, Script) or len(script.items) != 1 or script.items[0].terminator:
        return None
    pipelines = script.items[0].node.pipelines
    if len(pipelines) != 1 or pipelines[0].negated or len(pipelines[0].commands) != 1:
        return None
    command = pipelines[0].commands[0]
    return command if isinstance(command, Simple) and command.words else None


def _is_bare(place: Place) -> bool:
    """True if the shell runs a simple command unchanged, without startup files or tracing."""
    options = iter(place.shell.options)
    for option in options:
        if option[:1] != "-" or not set(option[1:]) <= set("euoc"):
            return False
        if "o" in option and next(options, "") not in _HARMLESS_OPTIONS:
            return False
    return "BASH_ENV" not in place.names


def is_text(value: str) -> bool:
    """True if a text is UTF-8, as JSON has to be."""
    return value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value)


@fact
def searching_here(facts: Facts) -> frozenset[int]:
    """The stages whose PATH has the current directory. Only shells run programs from there."""
    found: set[int] = set()
    for stage in facts.stages:
        if stage.base_stage in found or any(
            not entry.startswith(("/", "$")) for entry in search_path(stage)
        ):
            found.add(stage.index)
    return frozenset(found)


@fact
def last_shell(facts: Facts) -> int:
    """The start of the last SHELL of the file, or -1. A HEALTHCHECK above may run under it."""
    found = [one.start for one in facts.instructions if one.keyword == "SHELL"]
    return found[-1] if found else -1


def is_ignored(facts: Facts, stage: Stage, instruction: Instruction) -> bool:
    """True if a CMD has no effect because the ENTRYPOINT is in shell form."""
    entrypoint = entrypoints(facts)[stage.index]
    return instruction.keyword == "CMD" and entrypoint is not None and entrypoint.json is None


@fact
def entrypoints(facts: Facts) -> tuple[Instruction | None, ...]:
    """The ENTRYPOINT in force at the end of each stage, if the file sets it."""
    found: list[Instruction | None] = []
    for stage in facts.stages:
        own = [one for one in stage.instructions if one.keyword == "ENTRYPOINT"]
        inherited = None if stage.base_stage is None else found[stage.base_stage]
        found.append(own[-1] if own else inherited)
    return tuple(found)


@fact
def beside_cmd(facts: Facts) -> frozenset[int]:
    """The starts of the ENTRYPOINTs that are in force in a stage with a CMD."""
    return frozenset(
        entrypoint.start
        for stage, entrypoint in zip(facts.stages, entrypoints(facts), strict=True)
        if entrypoint is not None and any(one.keyword == "CMD" for one in stage.instructions)
    )


def starts_what_it_is_given(argv: tuple[str, ...]) -> bool:
    """True if an ENTRYPOINT only runs its further arguments (`tini -- sh -c x` is `tini -- x`)."""
    if argv[0].rpartition("/")[2] not in _WRAPPERS:
        return False
    return len(argv) == 1 or (argv[-1] == "--" and argv.count("--") == 1)
