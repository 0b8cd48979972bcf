"""Why a container may start in another way if its program is started without a shell."""

from __future__ import annotations

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers import named_in
from dockfix.programs.entrypoints import looks_at
from dockfix.programs.executables import Programs
from dockfix.programs.known_programs import is_executable
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts, fact
from dockfix.state.starts import (
    beside_cmd,
    entrypoints,
    program_at,
    starts_what_it_is_given,
)

_OTHER_ARGUMENTS = "the ENTRYPOINT gets other arguments than before"
_OTHER_SHELL = "the base image may have a SHELL of its own that sets PATH or other variables"

#: What only systems with a POSIX shell have, called in a RUN.
_OF_POSIX = lazy(
    r"(?<![\w./-])(?:(?:adduser|chmod|chown|export|groupadd|ln|sed|sha\d+sum|useradd)[ \t]"
    r"|(?:mkdir|rm|set)[ \t]+-\w)"
)


@fact
def _with_posix_shell(facts: Facts) -> frozenset[int]:
    """The stages with a RUN, of their own or of one they are built from, that surely is of a POSIX
    shell: below an image that nobody knows, another shell may run what is in shell form."""
    found: set[int] = set()
    for stage in facts.stages:
        if stage.base_stage in found or any(
            one.keyword == "RUN"
            and one.json is None
            and (
                _OF_POSIX.search(one.arguments)
                or any(manager.system for manager in named_in(one.arguments))
            )
            for one in stage.instructions
        ):
            found.add(stage.index)
    return frozenset(found)


def _looks_for_itself(argv: tuple[str, ...]) -> bool:
    """True for `pgrep -f text`: a shell that waits for it is a process with that text."""
    return argv[0].rpartition("/")[2] in ("pgrep", "pkill") and any(
        word == "--full" or (word[:1] == "-" and word[:2] != "--" and "f" in word)
        for word in argv[1:]
    )


class StartDoubts:
    """The doubts about the instructions of one file; each is a text for people, "" for none."""

    def __init__(self, facts: Facts, context: Context | None) -> None:
        self._facts = facts
        self._context = context
        self._programs = Programs(facts, context)

    def of_start(self, stage: Stage, instruction: Instruction, argv: tuple[str, ...]) -> str:
        """The doubt about a CMD or ENTRYPOINT that becomes an array."""
        return (
            self._shell_doubt(instruction)
            or self._argument_doubt(stage, instruction, argv)
            or self._script_doubt(stage, instruction, argv[0])
        )

    def of_probe(self, stage: Stage, instruction: Instruction, argv: tuple[str, ...]) -> str:
        """The doubt about a HEALTHCHECK that becomes an array."""
        if _looks_for_itself(argv):
            return f"{argv[0]} may so far find the shell, whose own command line has the text, too"
        return self._shell_doubt(instruction) or self._script_doubt(stage, instruction, argv[0])

    def of_exec(self, stage: Stage, instruction: Instruction, position: int) -> str:
        """The doubt about an `exec` at a position of a CMD or ENTRYPOINT."""
        entrypoint = entrypoints(self._facts)[stage.index]
        given = instruction.keyword == "CMD" and entrypoint is not None and entrypoint.json
        if given and not starts_what_it_is_given(given):
            return _OTHER_ARGUMENTS
        if instruction.json is not None or not self._shell_doubt(instruction):
            return ""
        if stage.index not in _with_posix_shell(self._facts):
            return "the base image may have a SHELL of its own that is no POSIX shell"
        program = program_at(instruction, position)
        if "/" in program or is_executable(program):
            return ""
        return f"the base image may have a SHELL of its own, in which {program} is a function"

    def _shell_doubt(self, instruction: Instruction) -> str:
        return "" if self._facts.places[instruction.start].shell.declared else _OTHER_SHELL

    def _argument_doubt(self, stage: Stage, instruction: Instruction, argv: tuple[str, ...]) -> str:
        """Why the program that is started may get other arguments."""
        if instruction.keyword == "ENTRYPOINT":
            if instruction.start in beside_cmd(self._facts):
                return "the CMD, ignored so far, becomes its arguments"
            return "arguments of docker run, ignored so far, would reach it"
        entrypoint = entrypoints(self._facts)[stage.index]
        base = self._facts.outermost[stage.index].base or ""
        if entrypoint is not None:
            if entrypoint.json and not starts_what_it_is_given(entrypoint.json):
                return _OTHER_ARGUMENTS
        elif looks_at(base, argv[0].rpartition("/")[2]):
            return (
                f"only in exec form does the entrypoint of {base} prepare what this program needs"
            )
        return ""

    def _script_doubt(self, stage: Stage, instruction: Instruction, program: str) -> str:
        """Why the kernel may not start the program, or the program may miss the shell."""
        if not self._programs.executable(stage, instruction, program):
            return f"{program} may be a script without #!, which only a shell can run"
        if self._context is None:
            return ""
        from dockfix.stages.shell_variables import reads_directory_name

        reader = reads_directory_name(self._facts.stages, program, self._context)
        return f"{reader} reads PWD or SHLVL, which only a shell sets" if reader else ""
