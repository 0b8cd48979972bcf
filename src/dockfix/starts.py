"""What an image starts: the commands of CMD, ENTRYPOINT and HEALTHCHECK, and who gets them."""

from __future__ import annotations

from dockfix.facts import Place, shell_of
from dockfix.paths import search_path
from dockfix.remembered import remembered
from dockfix.shell.builtins import runs_inside
from dockfix.shell.reader import read
from dockfix.shell.tree import Script, Simple, Word
from dockfix.syntax.exec_form import strings_at
from dockfix.syntax.tree import Dockerfile, Instruction, Stage
from dockfix.syntax.words import split_type

_STARTING = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK"))
_WRAPPERS = frozenset(("tini", "tini-static", "dumb-init", "catatonit", "docker-init"))
_HARMLESS_OPTIONS = frozenset(("errexit", "nounset", "pipefail", "posix"))
_REDIRECTS = frozenset((">", ">>", ">|", "<", "<>", ">&", "<&", "&>", "&>>"))


def command_start(instruction: Instruction) -> int:
    """Where in the logical line the command begins: of a HEALTHCHECK behind its own word CMD."""
    start, end = instruction.arguments_start, instruction.arguments_end
    if instruction.keyword != "HEALTHCHECK":
        return start
    return split_type(instruction.logical.text, start, end)[1]


def simple_words(instruction: Instruction, place: Place) -> tuple[Word, ...] | None:
    """The words of an instruction that only starts a program; `exec` may be the first.

    Every word is settled; positions count from `command_start`.
    """
    if instruction.keyword not in _STARTING or instruction.json is not None:
        return None
    start = command_start(instruction)
    text = instruction.logical.text[start : instruction.arguments_end]
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
    """Where in the logical line `exec` may be put before the one program that a shell starts.

    The shell is needed for the words only, so that it may as well become the program. It is that of
    the shell form, or of an array such as `["sh", "-c", "app $X"]`. None: there is no such place,
    or `exec` stands there already.
    """
    if instruction.keyword not in ("CMD", "ENTRYPOINT") or instruction.heredocs:
        return None
    if place.shell.dialect is None:
        return None  # a Windows image, where `sh` is whatever somebody put there
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


_PLAIN_SHELLS = frozenset(
    folder + name for folder in ("", "/bin/", "/usr/bin/") for name in ("sh", "bash", "dash", "ash")
)


def _only_command(text: str, place: Place) -> Simple | None:
    """The simple command that a text is for a shell that runs it as it stands; comments aside."""
    if place.shell.dialect is None or not _is_bare(place):
        return None
    script = read(text, place.shell.dialect)
    if not isinstance(script, Script) or len(script.items) != 1 or script.items[0].terminator:
        return None
    pipelines = script.items[0].node.pipelines
    if len(pipelines) != 1 or pipelines[0].negated or len(pipelines[0].commands) != 1:
        return None
    command = pipelines[0].commands[0]
    return command if isinstance(command, Simple) and command.words else None


def _is_bare(place: Place) -> bool:
    """Whether the shell runs a simple command as it stands: no startup files, no tracing."""
    options = iter(place.shell.options)
    for option in options:
        if option[:1] != "-" or not set(option[1:]) <= set("euoc"):
            return False
        if "o" in option and next(options, "") not in _HARMLESS_OPTIONS:
            return False
    return "BASH_ENV" not in place.names


def is_text(value: str) -> bool:
    """Whether a text is UTF-8, as JSON has to be."""
    return value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value)


@remembered
def searching_here(dockerfile: Dockerfile) -> frozenset[int]:
    """The stages whose PATH leads to the current directory: only shells accept what lies there."""
    found: set[int] = set()
    for stage in dockerfile.stages:
        if stage.base_stage in found or any(
            not entry.startswith(("/", "$")) for entry in search_path(stage)
        ):
            found.add(stage.index)
    return frozenset(found)


@remembered
def last_shell(dockerfile: Dockerfile) -> int:
    """Where the last SHELL of the file starts, or -1: a HEALTHCHECK above it may run under it."""
    found = [one.start for one in dockerfile.instructions if one.keyword == "SHELL"]
    return found[-1] if found else -1


def is_ignored(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> bool:
    """Whether a CMD is one that nobody runs, because the ENTRYPOINT is in shell form."""
    entrypoint = entrypoints(dockerfile)[stage.index]
    return instruction.keyword == "CMD" and entrypoint is not None and entrypoint.json is None


@remembered
def entrypoints(dockerfile: Dockerfile) -> tuple[Instruction | None, ...]:
    """The ENTRYPOINT in force at the end of each stage, if the file sets it."""
    found: list[Instruction | None] = []
    for stage in dockerfile.stages:
        own = [one for one in stage.instructions if one.keyword == "ENTRYPOINT"]
        inherited = None if stage.base_stage is None else found[stage.base_stage]
        found.append(own[-1] if own else inherited)
    return tuple(found)


@remembered
def beside_cmd(dockerfile: Dockerfile) -> frozenset[int]:
    """Where the ENTRYPOINTs start that are in force in a stage with a CMD."""
    return frozenset(
        entrypoint.start
        for stage, entrypoint in zip(dockerfile.stages, entrypoints(dockerfile), strict=True)
        if entrypoint is not None and any(one.keyword == "CMD" for one in stage.instructions)
    )


def starts_what_it_is_given(argv: tuple[str, ...]) -> bool:
    """Whether an ENTRYPOINT only runs its further arguments (`tini -- sh -c x` is `tini -- x`)."""
    if argv[0].rpartition("/")[2] not in _WRAPPERS:
        return False
    return len(argv) == 1 or (argv[-1] == "--" and argv.count("--") == 1)
