"""Directories that a RUN makes and goes to, and which instructions notice where they are run."""

from __future__ import annotations

import re

from dockfix.facts import Place, places, script_of
from dockfix.paths import bases, copy_of, resolve, within
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.tree import Pipeline, Script, Simple, Word
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_PLAIN = lazy(r"[\w/.@%+=:,-]+")
_MKDIR_FLAGS = frozenset(("-p", "-v", "-pv", "-vp", "--parents", "--verbose"))
#: What a builder mounts anew for each RUN, and what is a link in many images.
_SPECIAL = ("/dev", "/proc", "/sys", "/bin", "/lib", "/lib64", "/sbin", "/var/run", "/var/lock")
#: Commands that look at nothing but the names they are given, and those that only take names.
_BY_NAME = frozenset(("chmod", "chown", "cp", "ln", "mkdir", "mv", "rm", "rmdir", "touch", "echo"))
_WITHOUT_FILES = frozenset(("apt-get", "apk", "dnf", "groupadd", "microdnf", "useradd", "yum"))
_REMOVING = lazy(r"\b(?:clean|find|mv|rm|rmdir|unlink)\b")


class Move(Record):
    """A `mkdir D`, a `cd D`, or both at the beginning of a script, joined to what follows by `&&`.

    `path` is D, resolved; `absolute` says that it is written so. `start` and `end` are positions in
    the script, up to the first command behind the move (its end if there is none); `through` is the
    number of commands up to there.
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


def moves_of(script: Script, base: str) -> list[Move]:
    """The moves at the beginning of a script, each from where the one before has led."""
    moves: list[Move] = []
    while move := _move(script, base, moves[-1].through if moves else 0):
        moves.append(move)
        base = move.path if move.goes else base
    return moves


def _move(script: Script, base: str, count: int) -> Move | None:
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
    return Move(path, absolute, made is not None, entered is not None, start, end, count + taken)


def notices(instruction: Instruction, place: Place, base: str) -> bool:
    """Whether an instruction may tell, while the image is built, in which directory it is run."""
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
    moves = moves_of(script, base)
    if moves and moves[0].goes and moves[0].absolute and _is_one_chain(script):
        return False
    return sees(script, 0, len(script.text))


def sees(script: Script, start: int, end: int) -> bool:
    """Whether what a script does between two positions may depend on where it is run."""
    return not _is_one_chain(script) or not all(
        _is_blind(command) for command in script.simples if start <= command.start < end
    )


def _is_one_chain(script: Script) -> bool:
    """Whether a script is one list of simple commands, so that nothing precedes its first."""
    return len(script.items) == 1 and all(
        isinstance(command, Simple)
        for pipeline in script.items[0].node.pipelines
        for command in pipeline.commands
    )


def _is_blind(command: Simple) -> bool:
    name = command.words[0].value if command.words else None
    if command.assignments or any(not _is_absolute(one.target) for one in command.redirects):
        return False
    if name in _WITHOUT_FILES or name == "echo":
        return all(
            word.value is not None and "/" not in word.value[:-1] for word in command.words
        ) or (name == "echo" and all(word.value is not None for word in command.words))
    return name in _BY_NAME and all(
        word.value is not None and word.value[:1] in "/-" for word in command.words[1:]
    )


def _is_absolute(word: Word) -> bool:
    return (word.value or "").startswith("/")


def may_remove(text: str) -> bool:
    """Whether a script may remove the directory it is run in."""
    return _REMOVING.search(text) is not None


def removes(script: Script, path: str) -> bool:
    """Whether a script, by the words of its commands, may remove a directory or what it is in."""
    for command in script.simples:
        name = command.words[0].value if command.words else None
        if name in ("mv", "rm", "rmdir"):
            for word in command.words[1:]:
                text = word.value or re.split(r"[$`*?\[{~]", word.text.strip("\"'"), maxsplit=1)[0]
                tree = text if word.value else text.rpartition("/")[0] or "/"
                if ".." in text or not text or (text[0] == "/" and within(path, tree)):
                    return True
    return False


def is_there(dockerfile: Dockerfile, stage: Stage, number: int, path: str) -> bool:
    """Whether a WORKDIR or a COPY of the stage has made a directory, or something in it."""
    first = _made(dockerfile).get((stage.index, path))
    return first is not None and first < number


@remembered
def _made(dockerfile: Dockerfile) -> dict[tuple[int, str], int]:
    """The number of the instruction that first makes a directory, or something in it, by the stage
    and the path."""
    found: dict[tuple[int, str], int] = {}
    for stage in dockerfile.stages:
        for number, instruction in enumerate(stage.instructions):
            path = _target(instruction, bases(dockerfile)[instruction.start])
            while path and (stage.index, path) not in found:
                found[stage.index, path] = number
                path = path.rpartition("/")[0]
    return found


def _target(instruction: Instruction, base: str) -> str | None:
    """The directory that a WORKDIR or a COPY makes."""
    if instruction.keyword == "WORKDIR":
        return resolve(base, instruction.arguments)
    copy = copy_of(instruction, base) if instruction.keyword in ("COPY", "ADD") else None
    if copy is None:
        return None
    whole = copy.into or copy.sources == ("",)
    return copy.target if whole else copy.target.rpartition("/")[0]


@remembered
def removed(dockerfile: Dockerfile) -> frozenset[int]:
    """Where the working directory may be gone, so that a RUN itself makes it anew: the starts of
    instructions."""
    found: set[int] = set()
    at, starting = places(dockerfile), bases(dockerfile)
    for stage in dockerfile.stages:
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


def follows(dockerfile: Dockerfile, stage: Stage, number: int, removing: bool) -> bool | None:
    """Whether an absolute WORKDIR follows (True) or something that notices before (False), if
    either does. With `removing` the directory may be gone, and a RUN would make it anew."""
    known, passed = _followers(dockerfile), []
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
        place, base = places(dockerfile)[start], bases(dockerfile)[start]
        if (keyword == "RUN" and removing) or notices(following, place, base):
            answer = False
            break
        removing = removing or may_remove(following.arguments)
    known.update(dict.fromkeys(passed, answer))
    return answer


@remembered
def _followers(dockerfile: Dockerfile) -> dict[tuple[int, bool], bool | None]:
    """What `follows` found out, by where it began: each of many RUNs in a row would go down to the
    end of the row."""
    return {}
