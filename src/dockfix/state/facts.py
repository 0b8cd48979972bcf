"""Facts of a file: what holds at each instruction, and other answers that several passes ask for.

The pipeline makes one `Facts` for each tree and hands it to the passes. An answer is computed when
it is first asked for, and is kept as long as the object. A fact that the file does not tell is
None. None means "unknown", never "default".
"""

from __future__ import annotations

from collections.abc import Callable, Container

from dockfix.dockerfile.exec_form import behind_array
from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.style import FileStyle
from dockfix.records import Record
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Dialect, Script, Unknown
from dockfix.state.base_images import (
    has_no_shell_of_its_own,
    has_plain_base,
    is_windows,
    starts_in_root,
)
from dockfix.state.environment import NamesSet, Setters, Values
from dockfix.state.shells import OPAQUE, POSIX_DEFAULT, Shell, other_shells, shell_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cached_property as lazily
    from typing import TypeVar

    Answer = TypeVar("Answer")
else:

    class lazily:  # noqa: N801  # stands for functools.cached_property, without its lock
        """An attribute that is computed when it is first asked for."""

        def __init__(self, compute):
            self.compute, self.__doc__ = compute, compute.__doc__

        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, facts, owner):
            # From now on the instance has the attribute itself.
            answer = facts.__dict__[self.name] = self.compute(facts)
            return answer


class Place(Record):
    """What is in force where an instruction stands, before the instruction has its effect.

    `workdir` is absolute. It is None if it is that of the base image, or has variables. `base` is
    where relative paths start from, written as in `paths` if that is unknown. `user` is as written,
    None for that of the base image. `names` are the names of all ENVs and ARGs of the stage and of
    those it is built from: what a process may find in its environment.
    """

    stage: int
    shell: Shell
    workdir: str | None
    base: str
    user: str | None
    names: Container[str]


class ReadRun(Record):
    """A RUN. `owner` is the instruction itself, or the ONBUILD that it is inside of.

    `script` is what `script_of` returns.
    """

    owner: Instruction
    shell: Instruction
    place: Place
    script: Script | Unknown | None


#: Instructions that change what is in force below them.
_MOVING = frozenset(("SHELL", "USER", "WORKDIR"))


class Facts:
    """A file, and answers about it. It is compared by identity.

    `dockerfile` is the tree. Its `source`, `instructions` and `stages` are attributes here too.
    """

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.dockerfile = dockerfile
        self.source = dockerfile.source
        self.instructions = dockerfile.instructions
        self.stages = dockerfile.stages
        self._answers: dict[object, object] = {}

    def answer(self, question: Callable[[Facts], Answer]) -> Answer:
        """What a function returns for this file, computed once. Callers must not change it."""
        answers = self._answers
        if question not in answers:
            answers[question] = question(self)
        return answers[question]  # type: ignore[return-value]  # it is kept under its question

    @lazily
    def style(self) -> FileStyle:
        """How the author lays lines out."""
        return FileStyle(self.dockerfile)

    @lazily
    def keywords(self) -> frozenset[str]:
        """The keywords of a file's instructions, those behind ONBUILD too."""
        found = {item.keyword for item in self.instructions}
        if "ONBUILD" in found:
            found |= {item.child.keyword for item in self.instructions if item.child}
        return frozenset(found)

    @lazily
    def keyword_order(self) -> str:
        """The keywords in order, without those behind ONBUILD: `FROM RUN CMD`."""
        return " ".join([item.keyword for item in self.instructions])

    @lazily
    def places(self) -> dict[int, Place]:
        """What is in force at each instruction, by the instruction's `start`."""
        return self._walked[0]

    @lazily
    def workdirs(self) -> dict[int, str | None]:
        """Where each WORKDIR leads, by its `start`; None: relative to a directory of the base
        image, or to be told only with a variable whose value is not known.
        """
        return self._walked[1]

    @lazily
    def _walked(self) -> tuple[dict[int, Place], dict[int, str | None]]:
        found: dict[int, Place] = {}
        led: dict[int, str | None] = {}
        ends: list[Place] = []
        # variables are looked at only where a WORKDIR asks for them
        expands = any(
            one.keyword == "WORKDIR" and not _UNCLEAR.isdisjoint(one.arguments)
            for one in self.instructions
        )
        values: list[Values] = []
        pragmas = other_shells(self.dockerfile)
        above = 0
        for stage in self.stages:
            shell, workdir, user = POSIX_DEFAULT, None, None
            values.append(
                Values(None if stage.base_stage is None else values[stage.base_stage].known)
            )
            if stage.base_stage is not None:
                inherited = ends[stage.base_stage]
                shell, workdir, user = inherited.shell, inherited.workdir, inherited.user
            elif is_windows(self.dockerfile, stage):
                shell = OPAQUE
            elif (stage.base or "").lower() == "scratch":
                shell, workdir, user = Shell("sh", declared=True), "/", "root"
            elif has_no_shell_of_its_own(stage):
                shell = Shell("sh", declared=True)
                workdir = "/" if starts_in_root(stage) else None
            index, moves = stage.index, 0
            base = workdir or f"?{index}.{moves}"
            names = NamesSet(self._setters, index)
            place = Place(index, shell, workdir, base, user, names)
            for instruction in stage.instructions:
                if pragmas and any(above <= start < instruction.start for start in pragmas):
                    shell = OPAQUE
                    place = Place(index, shell, workdir, base, user, names)
                above = instruction.end
                found[instruction.start] = place
                keyword = instruction.keyword
                if expands and keyword == "ENV":
                    values[-1].add(instruction)
                if keyword in _MOVING:
                    if keyword == "SHELL":
                        shell = shell_of(instruction.json or ())
                    elif keyword == "WORKDIR":
                        workdir = self._led(workdir, instruction, values[-1])
                        led[instruction.start] = workdir
                        moves += 1
                        base = workdir or f"?{index}.{moves}"
                    else:
                        user = instruction.arguments
                        user = None if "$" in user else user
                    place = Place(index, shell, workdir, base, user, names)
            ends.append(place)
        return found, led

    def _led(self, current: str | None, workdir: Instruction, values: Values) -> str | None:
        """Where a WORKDIR leads from a directory."""
        text: str | None = workdir.arguments
        if text and not _UNCLEAR.isdisjoint(text):
            text = values.expanded(text, self.dockerfile.escape)
        return _joined(current, text) if text and _UNCLEAR.isdisjoint(text) else None

    @lazily
    def _setters(self) -> Setters:
        return Setters(self.stages)

    @property
    def setters(self) -> dict[str, set[int]]:
        """The stages that set a name, by the names that a file sets."""
        return self._setters.by_name()

    @lazily
    def shipped_stages(self) -> frozenset[int]:
        """The stages whose layers an image may have: the last, the unused, and those below them.

        A stage that others only copy from ends up in no image, unless somebody builds it by name.
        """
        called: dict[str, int] = {}
        copied: set[int] = set()
        based: set[int] = set()
        for stage in self.stages:
            if stage.base_stage is not None:
                based.add(stage.base_stage)
            for item in stage.instructions:
                for flag in (item.child or item).flags:
                    value = flag.value or ""
                    if flag.name == "mount":
                        value = ",".join(
                            option[5:] for option in value.split(",") if option.startswith("from=")
                        )
                    elif flag.name != "from":
                        continue
                    if value.lower() in called:
                        copied.add(called[value.lower()])
            called[str(stage.index)] = stage.index
            if stage.name:
                called[stage.name] = stage.index
        last, used = len(self.stages) - 1, copied | based
        shipped: set[int] = set()
        for stage in reversed(self.stages):
            if stage.index == last or stage.index not in used:
                shipped.add(stage.index)
            if stage.index in shipped and stage.base_stage is not None:
                shipped.add(stage.base_stage)
        return frozenset(shipped)

    @lazily
    def outermost(self) -> tuple[Stage, ...]:
        """For each stage, the first one of the stages it is built on: that has the base image."""
        found: list[Stage] = []
        for stage in self.stages:
            found.append(stage if stage.base_stage is None else found[stage.base_stage])
        return tuple(found)

    @lazily
    def runs(self) -> tuple[ReadRun, ...]:
        """The RUNs of the stages of a file, those of ONBUILD too: what most passes walk over."""
        at = self.places
        found: list[ReadRun] = []
        for stage in self.stages:
            for owner in stage.instructions:
                shell = owner.child or owner
                if shell.keyword == "RUN":
                    place = at[owner.start]
                    found.append(ReadRun(owner, shell, place, script_of(shell, place)))
        return tuple(found)

    @lazily
    def scripts(self) -> tuple[tuple[Instruction, Script], ...]:
        """The RUNs of a file, those of ONBUILD too, with their scripts."""
        return tuple(
            [(run.shell, run.script) for run in self.runs if isinstance(run.script, Script)]
        )


def fact(question: Callable[[Facts], Answer]) -> Callable[[Facts], Answer]:
    """A decorator: the answer of `question` is kept with the facts of the file."""

    def ask(facts: Facts) -> Answer:
        return facts.answer(question)

    ask.__name__, ask.__doc__ = question.__name__, question.__doc__
    return ask


#: Values of USER that surely mean root.
ROOT = frozenset(("root", "0", "root:root", "0:0", "root:0", "0:root"))


def is_root(facts: Facts, place: Place) -> bool:
    """True if root is surely the user: by a USER of the file, or by an official base image."""
    if place.user is None:
        return has_plain_base(facts.outermost[place.stage])
    return place.user in ROOT


def outer_base(facts: Facts, stage: int) -> str:
    """The base image that a stage is built on, through other stages too, in lower case."""
    return (facts.outermost[stage].base or "").lower()


_UNCLEAR = frozenset("$\\\"'`")


def _joined(current: str | None, argument: str) -> str | None:
    if not argument.startswith("/"):
        if current is None:
            return None
        argument = f"{current}/{argument}"
    parts: list[str] = []
    for part in argument.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def script_of(instruction: Instruction, place: Place) -> Script | Unknown | None:
    """The shell script of a shell form; None if there is none to read.

    None: an exec form, or one with text behind its array, which builders read in two ways; an
    instruction with here-documents or no text; or a SHELL dockfix does not read. Positions in the
    script plus `arguments_start` are positions in `instruction.logical`.
    """
    if (
        instruction.json is not None
        or instruction.heredocs
        or place.shell.dialect is None
        or instruction.arguments_start == instruction.arguments_end
    ):
        return None
    if instruction.logical.text[instruction.arguments_start] == "[" and (
        behind_array(instruction.arguments) is not None
    ):
        return None
    # a text that is sliced out anew would have to be hashed and compared anew; a logical line keeps
    # its text wherever edits move it
    known = _scripts_of_line(instruction.logical.text)
    key = instruction.arguments_start, place.shell.dialect
    script = known.get(key)
    if script is None:
        script = known[key] = read_script(instruction.arguments, place.shell.dialect)
    return script


@cached_by_identity
def _scripts_of_line(text: str) -> dict[tuple[int, Dialect], Script | Unknown]:
    """The scripts read from a logical line, by their start and the shell that reads them."""
    return {}


def source_span(instruction: Instruction, start: int, end: int) -> tuple[int, int]:
    """Where the span of a shell node (positions in its script) lies in the file's source."""
    base = instruction.arguments_start
    logical = instruction.logical
    return logical.offset(base + start), logical.offset_end(base + end)
