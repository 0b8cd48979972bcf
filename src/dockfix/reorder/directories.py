"""Directories that a RUN makes and goes to, and which instructions depend on where they run."""

from __future__ import annotations

import re

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers import manager_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Pipeline, Script, Simple, Word
from dockfix.state.facts import Facts, Place, fact, script_of
from dockfix.state.paths import bases, copy_of, led_to, resolve, within

_PLAIN = lazy(r"[\w/.@%+=:,-]+")
_MKDIR_FLAGS = frozenset(("-p", "-v", "-pv", "-vp", "--parents", "--verbose"))
#: What a builder mounts anew for each RUN, and what is a link in many images.
_SPECIAL = ("/dev", "/proc", "/sys", "/bin", "/lib", "/lib64", "/sbin", "/var/run", "/var/lock")
#: Commands that touch only the paths they are given, and commands that take no paths.
_BY_NAME = frozenset(("chmod", "chown", "cp", "ln", "mkdir", "mv", "rm", "rmdir", "touch", "echo"))
_WITHOUT_FILES = frozenset(("groupadd", "useradd"))
_REMOVING = lazy(r"\b(?:clean|find|mv|rm|rmdir|unlink)\b")


class DirectoryChange(Record):
    """A `mkdir D`, a `cd D`, or both at the beginning of a script, joined to the rest by `&&`.

    `path` is D, resolved. `absolute` is true if D is written as an absolute path. `makes` is true
    if there is a `mkdir`, `goes` if there is a `cd`. `start` and `end` are positions in the script.
    `end` is the start of the next command, or the end of the script if there is none. `through` is
    the number of commands up to there.
    """

    path: str
    absolute: bool
    makes: bool
    goes: bool
    start: int
    end: int
    through: int


def directory(word: Word, base: str) -> str | None:
    """The path that a word of a script names, if it is one that could be a WORKDIR's as well."""
    value = word.value
    if value is None or not _PLAIN.fullmatch(value) or value[:1] == "-" or ".." in value:
        return None
    path = resolve(base, value)
    if path in (None, "/") or any(within(path or "", special) for special in _SPECIAL):
        return None
    return path


def made_by(pipeline: Pipeline, base: str) -> str | None:
    """The directory that a `mkdir` of one directory, with or without `-p`, makes."""
    command = _command(pipeline, "mkdir")
    if command is None:
        return None
    names = [word for word in command.words[1:] if word.value not in _MKDIR_FLAGS]
    return directory(names[0], base) if len(names) == 1 else None


def entered_by(pipeline: Pipeline, base: str) -> str | None:
    """The directory that a `cd` goes to."""
    command = _command(pipeline, "cd")
    if command is None or len(command.words) != 2:
        return None
    return directory(command.words[1], base)


def _command(pipeline: Pipeline, name: str) -> Simple | None:
    command = pipeline.commands[0]
    if pipeline.negated or len(pipeline.commands) > 1 or not isinstance(command, Simple):
        return None
    if command.assignments or command.redirects or not command.words:
        return None
    return command if command.words[0].value == name else None


def script_of_run(instruction: Instruction, place: Place) -> Script | None:
    """The script of a RUN in shell form without flags and jobs in the background."""
    if instruction.keyword != "RUN" or instruction.flags:
        return None
    script = script_of(instruction, place)
    if not isinstance(script, Script) or any(item.terminator == "&" for item in script.items):
        return None
    return script


def directory_changes(script: Script, base: str) -> list[DirectoryChange]:
    """The directory changes at the beginning of a script, each seen from where the last one led."""
    changes: list[DirectoryChange] = []
    while change := _directory_change(script, base, changes[-1].through if changes else 0):
        changes.append(change)
        base = change.path if change.goes else base
    return changes


def _directory_change(script: Script, base: str, count: int) -> DirectoryChange | None:
    if not script.items or "||" in [operator.text for operator in script.items[0].node.operators]:
        return None
    pipelines = script.items[0].node.pipelines[count:]
    if not pipelines:
        return None
    made = made_by(pipelines[0], base)
    taken = int(made is not None)
    entered = entered_by(pipelines[taken], base) if taken < len(pipelines) else None
    taken += entered is not None
    path = entered or made
    if path is None or (made and entered and made != entered):
        return None
    if taken < len(pipelines):
        end = pipelines[taken].start
    elif len(script.items) == 1 and not script.items[0].terminator:
        end = len(script.text)
    else:
        return None
    last = pipelines[taken - 1]
    absolute = re.search(r"\s/", script.text[last.start : last.end]) is not None
    start = pipelines[0].start
    return DirectoryChange(
        path, absolute, made is not None, entered is not None, start, end, count + taken
    )


def depends_on_directory(instruction: Instruction, place: Place, base: str) -> bool:
    """True if what an instruction does may depend on the directory it runs in."""
    keyword = instruction.keyword
    if keyword in ("COPY", "ADD"):
        written = instruction.json or tuple(word.text for word in instruction.words)
        return not written[-1].startswith("/") or copy_of(instruction, base) is None
    if keyword == "WORKDIR":
        return not instruction.arguments.startswith("/")
    if keyword != "RUN":
        return False
    script = script_of_run(instruction, place)
    if script is None:
        return True
    changes = directory_changes(script, base)
    if changes and changes[0].goes and changes[0].absolute and _is_one_chain(script):
        return False
    return part_depends_on_directory(script, 0, len(script.text))


def part_depends_on_directory(script: Script, start: int, end: int) -> bool:
    """The same for the commands of a script between two positions."""
    return not _is_one_chain(script) or not all(
        _ignores_directory(command) for command in script.simples if start <= command.start < end
    )


def _is_one_chain(script: Script) -> bool:
    """True if a script is one list of simple commands, so that none but these runs."""
    return len(script.items) == 1 and all(
        isinstance(command, Simple)
        for pipeline in script.items[0].node.pipelines
        for command in pipeline.commands
    )


def _ignores_directory(command: Simple) -> bool:
    """True if a command does the same in any directory: all its paths are absolute."""
    name = command.words[0].value if command.words else None
    if command.assignments or any(not _is_absolute(one.target) for one in command.redirects):
        return False
    if name in _WITHOUT_FILES or name == "echo" or _is_system(name or ""):
        return all(
            word.value is not None and "/" not in word.value[:-1] for word in command.words
        ) or (name == "echo" and all(word.value is not None for word in command.words))
    return name in _BY_NAME and all(
        word.value is not None and word.value[:1] in "/-" for word in command.words[1:]
    )


def _is_system(program: str) -> bool:
    """True if a program is a package manager of the system."""
    manager = manager_of(program)
    return manager is not None and manager.system


def _is_absolute(word: Word) -> bool:
    return (word.value or "").startswith("/")


def may_remove(text: str) -> bool:
    """True if a script may remove the directory it runs in."""
    return _REMOVING.search(text) is not None


def removes(script: Script, path: str) -> bool:
    """True if a script may remove a directory or one above it, judged by its commands' words."""
    for command in script.simples:
        name = command.words[0].value if command.words else None
        if name in ("mv", "rm", "rmdir"):
            for word in command.words[1:]:
                text = word.value or re.split(r"[$`*?\[{~]", word.text.strip("\"'"), maxsplit=1)[0]
                tree = text if word.value else text.rpartition("/")[0] or "/"
                if ".." in text or not text or (text[0] == "/" and within(path, tree)):
                    return True
    return False


def is_there(facts: Facts, stage: Stage, number: int, path: str) -> bool:
    """True if a WORKDIR or COPY above instruction `number` has made a directory or something in
    it."""
    first = _made(facts).get((stage.index, path))
    return first is not None and first < number


@fact
def _made(facts: Facts) -> dict[tuple[int, str], int]:
    """The number of the first instruction that makes a directory or something in it, by stage and
    path."""
    found: dict[tuple[int, str], int] = {}
    for stage in facts.stages:
        for number, instruction in enumerate(stage.instructions):
            path = _target(facts, instruction)
            while path and (stage.index, path) not in found:
                found[stage.index, path] = number
                path = path.rpartition("/")[0]
    return found


def _target(facts: Facts, instruction: Instruction) -> str | None:
    """The directory that a WORKDIR or a COPY makes."""
    if instruction.keyword == "WORKDIR":
        return led_to(facts, instruction)
    base = bases(facts)[instruction.start]
    copy = copy_of(instruction, base) if instruction.keyword in ("COPY", "ADD") else None
    if copy is None:
        return None
    whole = copy.into or copy.sources == ("",)
    return copy.target if whole else copy.target.rpartition("/")[0]


@fact
def removed(facts: Facts) -> frozenset[int]:
    """The starts of instructions where the working directory may have been removed. A RUN makes it
    again."""
    found: set[int] = set()
    at, starting = facts.places, bases(facts)
    for stage in facts.stages:
        gone = False
        for instruction in stage.instructions:
            start = instruction.start
            if gone:
                found.add(start)
            if instruction.keyword == "WORKDIR":
                gone = False
            elif not gone and instruction.keyword == "RUN":
                script = script_of_run(instruction, at[start])
                gone = script is not None and removes(script, starting[start])
    return frozenset(found)


def absolute_workdir_follows(
    facts: Facts, stage: Stage, number: int, removing: bool
) -> bool | None:
    """True if an absolute WORKDIR follows instruction `number`, before anything depends on the
    directory; False if something depends on it first; None if neither follows.

    With `removing`, the directory may have been removed, and a RUN would make it again.
    """
    known, passed = _known_followers(facts), []
    answer: bool | None = None
    for at in range(number, len(stage.instructions)):
        following = stage.instructions[at]
        start, keyword = following.start, following.keyword
        if (start, removing) in known:
            answer = known[start, removing]
            break
        passed.append((start, removing))
        if keyword == "WORKDIR" and following.arguments.startswith("/"):
            answer = True
            break
        place, base = facts.places[start], bases(facts)[start]
        if (keyword == "RUN" and removing) or depends_on_directory(following, place, base):
            answer = False
            break
        removing = removing or may_remove(following.arguments)
    known.update(dict.fromkeys(passed, answer))
    return answer


@fact
def _known_followers(facts: Facts) -> dict[tuple[int, bool], bool | None]:
    """The answers of `absolute_workdir_follows`, by where it began.

    Without them, each of many RUNs would walk to the end of the stage.
    """
    return {}
