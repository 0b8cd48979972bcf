"""CMD and ENTRYPOINT as a JSON array, where the program provably gets the same arguments.

What it does: `CMD python app.py` becomes `CMD ["python", "app.py"]`, `exec app` becomes `["app"]`,
and an array that is not JSON (`['a', 'b']`, a comma too many, “ ” for ") becomes one.

Why: the shell form starts `/bin/sh -c "python app.py"`. Where that shell stays, it is process 1, gets
the SIGTERM of `docker stop` and passes it to nobody: ten seconds later the program is killed. Newer
shells (bash, dash since 0.5.11, busybox) replace themselves by a last simple command, so there the
change only says what happens already; an image of a few years' age gains an orderly stop.

What is provably the same is the text that is one simple command with every word settled: no
expansion, glob, tilde, operator, redirection, assignment, comment, no builtin or keyword (a program
of that name may be missing, or differ: `echo`), run by a POSIX shell without startup files or
tracing. A program is looked up on the same PATH either way, but only a shell looks into the current
directory for a PATH with a relative entry. What a program could still notice: the variables PWD,
SHLVL, OLDPWD and `_` that shells export, and being process 1, which has no default reaction to
signals and inherits orphans; a container's runtime says "not found" where the shell said so.

A script without `#!` is run by a shell that meets it, and refused by the kernel when it is executed.
So a file that the build context supplies, a path outside the directories of installed programs and a
name like `start.sh` are safe only where the file can be seen to start with `#!`; else the rewrite is
unsafe: offered, with that reason.

ENTRYPOINT in shell form ignores CMD and the arguments of `docker run`; in exec form it gets them.
With `docker run IMAGE ARGS` (or `args:`, `command:` of an orchestrator) the program therefore sees
ARGS, that were dropped until now. Beside a CMD of the same stage, or of one that is built from it,
that is more than a form: unsafe. A CMD inherited from the base does not count, for ENTRYPOINT
resets it.

CMD beside an ENTRYPOINT in exec form is not run but given to it, `/bin/sh -c TEXT` and all: unsafe,
unless the entrypoint only starts what it is given (tini, dumb-init). Beside one in shell form it is
ignored: left alone. The ENTRYPOINT of a base image outside the file is not known. The usual ones end
in `exec "$@"`, where both forms start the same program; some look at the first argument, to prepare
the program they were made for. For the images known to do so the rewrite is unsafe when CMD names
their program (`FROM redis`, `CMD redis-server`), since it switches that preparation on.

Left alone: HEALTHCHECK (a probe has no signals to lose), ONBUILD (the shell, the entrypoint and the
command it meets are another file's), Windows, text that is not UTF-8, a command word that is empty,
starts with `-` (an argument meant for the base's entrypoint) or holds `=`.

Safety: safe where the argument vector is the same by the reading above; a broken array is repaired
as safe where no shell could ever run it (`[node,` is no command). The rest is unsafe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, Shell, places, script_of, source_span
from dockfix.packages.entrypoints import looks_at
from dockfix.passes.arrays import quoted, repaired
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import bases, copy_of, environment, resolve, search_path, within
from dockfix.shell.builtins import runs_inside
from dockfix.shell.tree import Script, Simple, Word
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_WRAPPERS = frozenset(("tini", "tini-static", "dumb-init", "catatonit", "docker-init"))
_INSTALLED = ("/bin", "/sbin", "/usr/bin", "/usr/sbin")
_ON_PATH = (*_INSTALLED, "/usr/local/bin", "/usr/local/sbin")
_HARMLESS_OPTIONS = frozenset(("errexit", "nounset", "pipefail", "posix"))
_EXECUTABLE = ("#!", "\x7fELF")


class Command(NamedTuple):
    """A shell form that is one simple command: its words, and where the first that counts starts."""

    start: int
    words: tuple[Word, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        return tuple(word.value or "" for word in self.words)


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One group for each CMD and ENTRYPOINT that can be an array."""
    known = places(dockerfile)
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.json is not None:
                continue
            place = known[instruction.start]
            if instruction.keyword in ("CMD", "ENTRYPOINT", "RUN"):
                yield from _repair(dockerfile, stage, instruction, place)
            if instruction.keyword in ("CMD", "ENTRYPOINT"):
                command = command_of(instruction, place)
                if command is not None and not _found_by_shell_only(dockerfile, stage, command):
                    yield from _convert(dockerfile, stage, instruction, command, settings)


def command_of(instruction: Instruction, place: Place) -> Command | None:
    """The words of a shell form that is one simple command and starts a program; else None."""
    if not _plain_shell(place.shell) or "BASH_ENV" in place.names:
        return None
    script = script_of(instruction, place)
    command = _only_command(script) if isinstance(script, Script) else None
    if command is None or command.assignments or command.redirects:
        return None
    words = command.words
    if any(word.value is None or not _is_text(word.value) for word in words):
        return None
    replaced = words[0].value == "exec"
    program = words[replaced].value if len(words) > replaced else None
    if not program or program[0] in "-+" or "=" in program or program[-1] in "/:":
        return None
    if runs_inside(program) and not replaced:
        return None
    return Command(words[0].start, words[replaced:])


def _only_command(script: Script) -> Simple | None:
    if len(script.items) != 1 or script.items[0].terminator or script.comments:
        return None
    pipelines = script.items[0].node.pipelines
    if len(pipelines) != 1 or pipelines[0].negated or len(pipelines[0].commands) != 1:
        return None
    command = pipelines[0].commands[0]
    return command if isinstance(command, Simple) and command.words else None


def _plain_shell(shell: Shell) -> bool:
    """Whether a shell runs a simple command as it stands: no startup files, no tracing."""
    options = iter(shell.options)
    for option in options:
        letters = option[1:] if option[:1] == "-" else "?"
        if not set(letters) <= set("euoc"):
            return False
        if "o" in letters and next(options, "") not in _HARMLESS_OPTIONS:
            return False
    return shell.dialect is not None


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _found_by_shell_only(dockerfile: Dockerfile, stage: Stage, command: Command) -> bool:
    """Whether the search path leads to the current directory, which only a shell accepts."""
    return "/" not in command.argv[0] and any(
        not entry.startswith(("/", "$")) for entry in search_path(dockerfile, stage)
    )


def _convert(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    command: Command,
    settings: Settings,
) -> Iterator[Group]:
    doubt = (
        _doubt_about_cmd(dockerfile, stage, command)
        if instruction.keyword == "CMD"
        else _doubt_about_entrypoint(dockerfile, stage)
    )
    if doubt is None:
        return
    doubt = doubt or _doubt_about_file(dockerfile, stage, instruction, command, settings)
    edits = _edits(dockerfile, instruction, command)
    if edits is None:
        return
    message = f"{instruction.keyword} in exec form: signals reach the program"
    yield Group(
        instruction.keyword_offset,
        f"{message}, but {doubt}" if doubt else message,
        edits,
        Safety.UNSAFE if doubt else Safety.SAFE,
    )


def _edits(
    dockerfile: Dockerfile, instruction: Instruction, command: Command
) -> tuple[Edit, ...] | None:
    """Each word put into quotes where it stands, so that the layout and comments between stay."""
    edits: list[Edit] = []
    last = command.words[-1]
    opened, _ = source_span(instruction, command.start, command.words[0].start)
    for word in command.words:
        start, end = source_span(instruction, word.start, word.end)
        inside = quoted(dockerfile.source[start:end], word.text, word.value or "")
        if inside is None:
            return None
        pieces = [Edit(start + edit.start, start + edit.end, edit.text) for edit in inside]
        if word is command.words[0]:
            gap = dockerfile.source[opened:start]
            if "\n" in gap:
                return None
            first = pieces.pop(0) if pieces and pieces[0].start == start else Edit(start, start, "")
            edits.append(Edit(opened, first.end, "[" + first.text))
        tail = pieces.pop() if pieces and pieces[-1].end == end else Edit(end, end, "")
        edits += pieces
        edits.append(tail._replace(text=tail.text + ("]" if word is last else ",")))
    return tuple(edits)


def _doubt_about_entrypoint(dockerfile: Dockerfile, stage: Stage) -> str:
    """Why an ENTRYPOINT that takes arguments is another thing in this file, or ""."""
    if any(instruction.keyword == "CMD" for instruction in stage.instructions):
        return "the CMD of this stage, ignored until now, becomes its arguments"
    for other in dockerfile.stages:
        if (
            other is not stage
            and _keywords(other, "CMD")
            and not _keywords(other, "ENTRYPOINT")
            and stage in _line(dockerfile, other)
        ):
            return "the CMD of a stage built from this one becomes its arguments"
    return ""


def _doubt_about_cmd(dockerfile: Dockerfile, stage: Stage, command: Command) -> str | None:
    """Why a CMD in exec form may be another thing; "": it is not; None: nobody runs it."""
    line = _line(dockerfile, stage)
    for ancestor in line:
        entrypoints = _keywords(ancestor, "ENTRYPOINT")
        if not entrypoints:
            continue
        argv = entrypoints[-1].json
        if argv is None:
            return None
        if argv and not _starts_what_it_is_given(argv):
            return "the ENTRYPOINT gets other arguments than before"
        return ""
    base = line[-1].base or ""
    program = command.argv[0].rpartition("/")[2]
    if looks_at(base, program):
        return f"the entrypoint of {base} then prepares {program}, as it did not before"
    return ""


def _starts_what_it_is_given(argv: tuple[str, ...]) -> bool:
    name = argv[0].rpartition("/")[2]
    return name in _WRAPPERS and (len(argv) == 1 or argv[-1] == "--") and argv.count("--") <= 1


def _keywords(stage: Stage, keyword: str) -> list[Instruction]:
    return [instruction for instruction in stage.instructions if instruction.keyword == keyword]


def _line(dockerfile: Dockerfile, stage: Stage) -> list[Stage]:
    """A stage and those it is built from, the outermost last."""
    line = [stage]
    while line[-1].base_stage is not None:
        line.append(dockerfile.stages[line[-1].base_stage])
    return line


def _doubt_about_file(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    command: Command,
    settings: Settings,
) -> str:
    """Why the program might be a script without `#!`, or ""."""
    program = command.argv[0]
    name = program.rpartition("/")[2]
    starting = bases(dockerfile)
    path = resolve(starting[instruction.start], program)
    seen: list[bool] = []
    for ancestor in _line(dockerfile, stage):
        for other in ancestor.instructions:
            if other.keyword == "RUN":
                texts = (other.arguments, *(heredoc.content for heredoc in other.heredocs))
                seen += [False for text in texts if _writes(text, name)]
                continue
            if other.keyword not in ("COPY", "ADD"):
                continue
            if other.heredocs:
                if name in other.arguments:
                    seen += [body.content.startswith(_EXECUTABLE) for body in other.heredocs]
                continue
            copy = copy_of(other, starting[other.start])
            if copy is None:
                seen += [False] if name in other.arguments else []
                continue
            targets = [path] if "/" in program else [f"{folder}/{name}" for folder in _ON_PATH]
            for target in targets:
                if target is None or ("/" not in program and within("/", copy.target)):
                    continue
                for source in copy.brings(target, settings.context):
                    if "/" not in program and copy.names(target, settings.context) is None:
                        continue
                    text = settings.context.read(source) if settings.context else None
                    seen.append((text or "").startswith(_EXECUTABLE))
    installed = "/" not in program or (path or "").rpartition("/")[0] in _INSTALLED
    if seen or (installed and not name.endswith(".sh")):
        settled = all(seen)
    else:
        settled = False
    return "" if settled else f"whether {program} starts with #! cannot be seen"


def _writes(text: str, name: str) -> bool:
    """Whether a script writes a file of that name itself."""
    file = rf"[\"']?(?:[^\s\"'|&;<>]*/)?{re.escape(name)}(?![\w.-])"
    return re.search(rf">[ \t]*{file}|\btee[ \t]+(?:-a[ \t]+)?{file}", text) is not None
