"""CMD and ENTRYPOINT as a JSON array, where the program provably gets the same arguments.

What it does: `CMD python app.py` becomes `CMD ["python", "app.py"]`, `exec app` becomes `["app"]`,
and an array that is not JSON (`['a', 'b']`, a comma too many, “ ” for ") becomes one.

Why: the shell form starts `/bin/sh -c "python app.py"`. Where that shell stays, it is process 1,
gets the SIGTERM of `docker stop` and passes it to nobody: ten seconds later the program is killed.
Newer shells (bash, dash since 0.5.11, busybox) replace themselves by a last simple command, so
there the change only says what happens already; an image of a few years' age gains an orderly stop.

What is provably the same is the text that is one simple command with every word settled: no
expansion, glob, tilde, operator, redirection, assignment, comment, no builtin or keyword (a program
of that name may be missing, or differ: `echo`), run by a POSIX shell without startup files or
tracing. A program is looked up on the same PATH either way, but only a shell looks into the current
directory for a PATH with a relative entry. What a program could still notice: the variables PWD,
SHLVL, OLDPWD and `_` that shells export, and being process 1, which has no default reaction to
signals and inherits orphans; a container's runtime says "not found" where the shell said so.

A script without `#!` is run by a shell that meets it, and refused by the kernel when it is
executed. So a file that the build context supplies, a path outside the directories of installed
programs and a name like `start.sh` are safe only where the file can be seen to start with `#!`;
else the rewrite is unsafe: offered, with that reason.

ENTRYPOINT in shell form ignores CMD and the arguments of `docker run`; in exec form it gets them.
With `docker run IMAGE ARGS` (or `args:`, `command:` of an orchestrator) the program therefore sees
ARGS, that were dropped until now. Beside a CMD of the same stage, or of one that is built from it,
that is more than a form: unsafe. A CMD inherited from the base does not count, for ENTRYPOINT
resets it.

CMD beside an ENTRYPOINT in exec form is not run but given to it, `/bin/sh -c TEXT` and all: unsafe,
unless the entrypoint only starts what it is given (tini, dumb-init). Beside one in shell form it is
ignored: left alone. The ENTRYPOINT of a base image outside the file is not known. The usual ones
end in `exec "$@"`, where both forms start the same program; some look at the first argument, to
prepare the program they were made for. For the images known to do so the rewrite is unsafe when CMD
names their program (`FROM redis`, `CMD redis-server`), since it switches that preparation on.

What it leaves alone: HEALTHCHECK (a probe has no signals to lose), ONBUILD (the shell, the
entrypoint and the command it meets are another file's), Windows, text that is not UTF-8, a command
word that is empty, starts with `-` (an argument meant for the base's entrypoint) or holds `=`.

Safety: safe where the argument vector is the same by the reading above; a broken array is repaired
as safe where no shell could ever run it (`[node,` is no command). The rest is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, places, script_of
from dockfix.packages.entrypoints import looks_at
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import search_path
from dockfix.patterns import lazy
from dockfix.programs import Programs, outermost
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.builtins import runs_inside
from dockfix.shell.tree import Script, Simple, Word
from dockfix.syntax.arrays import escaped, merged, quoted, repair
from dockfix.syntax.tree import Dockerfile, Instruction, Logical, Stage

_WRAPPERS = frozenset(("tini", "tini-static", "dumb-init", "catatonit", "docker-init"))
_HARMLESS_OPTIONS = frozenset(("errexit", "nounset", "pipefail", "posix"))
_MARKS = lazy(r"[\s,\[\]\\\"'“”„‟‘’‚‛]")


class _Array(Record):
    """An array in the making: what it holds, the edits, and whether no shell ran it as it stood."""

    argv: tuple[str, ...]
    edits: tuple[Edit, ...]
    never_ran: bool = False
    repaired: bool = False


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One group for each instruction that can be an array."""
    known, programs = places(dockerfile), Programs(dockerfile, settings.context)
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            array = _array(instruction, known[instruction.start])
            if array is None:
                continue
            if array.repaired:
                message = f"{instruction.keyword} is meant as exec form but is not valid JSON"
                doubt = "" if array.never_ran else "until now it did nothing"
            elif _ignored(dockerfile, stage, instruction) or (
                "/" not in array.argv[0] and stage.index in _searching_here(dockerfile)
            ):
                continue
            else:
                message = f"{instruction.keyword} in exec form: signals reach the program"
                doubt = _doubt(dockerfile, stage, instruction, array.argv, programs)
            yield Group(
                instruction.keyword_offset,
                f"{message}; {doubt}" if doubt else message,
                array.edits,
                Safety.UNSAFE if doubt else Safety.SAFE,
            )


def _array(instruction: Instruction, place: Place) -> _Array | None:
    if instruction.json is not None or place.shell.dialect is None:
        return None
    if instruction.flags or instruction.heredocs:
        return None
    if instruction.keyword in ("CMD", "ENTRYPOINT", "RUN"):
        mended = repair(instruction.arguments)
        if mended is not None and _is_text(instruction.arguments):
            base = instruction.arguments_start
            moved = [_move(instruction.logical, base, edit) for edit in mended.edits]
            return _Array(mended.argv, tuple(merged(moved)), mended.never_ran, repaired=True)
    words = simple_words(instruction, place)
    edits = None if words is None else _edits(instruction, words)
    if words is None or edits is None:
        return None
    return _Array(_argv(words), edits)


def simple_words(instruction: Instruction, place: Place) -> tuple[Word, ...] | None:
    """The words of a CMD or ENTRYPOINT that only starts a program; `exec` may be the first."""
    if instruction.keyword not in ("CMD", "ENTRYPOINT") or not _is_bare(place):
        return None
    script = script_of(instruction, place)
    command = _only_command(script) if isinstance(script, Script) else None
    if command is None or command.assignments or command.redirects:
        return None
    if any(word.value is None or not _is_text(word.value) for word in command.words):
        return None
    argv = _argv(command.words)
    if not argv or not argv[0] or argv[0][0] in "-+[" or "=" in argv[0]:
        return None
    replaced = command.words[0].value == "exec"
    return command.words if replaced or not runs_inside(argv[0]) else None


def _argv(words: tuple[Word, ...]) -> tuple[str, ...]:
    values = tuple(word.value or "" for word in words)
    return values[1:] if values[0] == "exec" else values


def _only_command(script: Script) -> Simple | None:
    if len(script.items) != 1 or script.items[0].terminator or script.comments:
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


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


@remembered
def _searching_here(dockerfile: Dockerfile) -> frozenset[int]:
    """The stages whose PATH leads to the current directory: only shells accept what lies there."""
    found: set[int] = set()
    for stage in dockerfile.stages:
        if stage.base_stage in found or any(
            not entry.startswith(("/", "$")) for entry in search_path(stage)
        ):
            found.add(stage.index)
    return frozenset(found)


def _edits(instruction: Instruction, words: tuple[Word, ...]) -> tuple[Edit, ...] | None:
    """Each word put into quotes where it stands, so that the layout and comments between stay."""
    base, logical = instruction.arguments_start, instruction.logical
    replaced = words[0].value == "exec"
    opening = Edit(words[0].start, words[replaced].start, "[")
    if _crosses_lines(instruction, opening.start, opening.end):
        return None
    edits = [opening]
    for word in words[replaced:]:
        inside = quoted(word.text, word.value or "")
        if inside is None:
            if _crosses_lines(instruction, word.start, word.end):
                return None
            inside = [Edit(0, len(word.text), f'"{escaped(word.value or "")}"')]
        edits += [
            Edit(edit.start + word.start, edit.end + word.start, edit.text) for edit in inside
        ]
        edits.append(Edit(word.end, word.end, "]" if word is words[-1] else ","))
    return tuple(merged([_move(logical, base, edit) for edit in edits]))


def _move(logical: Logical, base: int, edit: Edit) -> Edit:
    """An edit of an instruction's arguments as one of the source."""
    start, end = base + edit.start, base + edit.end
    if start == end:
        return Edit(logical.offset_end(start), logical.offset_end(start), edit.text)
    return Edit(logical.offset(start), logical.offset_end(end), edit.text)


def _crosses_lines(instruction: Instruction, start: int, end: int) -> bool:
    """Whether a continuation lies between two positions of the arguments."""
    base, logical = instruction.arguments_start, instruction.logical
    if start == end:
        return False
    return logical.offset_end(base + end) - logical.offset(base + start) != end - start


def _ignored(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> bool:
    """Whether a CMD is one that nobody runs, because the ENTRYPOINT is in shell form."""
    entrypoint = _entrypoints(dockerfile)[stage.index]
    return instruction.keyword == "CMD" and entrypoint is not None and entrypoint.json is None


@remembered
def _entrypoints(dockerfile: Dockerfile) -> tuple[Instruction | None, ...]:
    """The ENTRYPOINT in force at the end of each stage, if the file sets it."""
    found: list[Instruction | None] = []
    for stage in dockerfile.stages:
        own = [one for one in stage.instructions if one.keyword == "ENTRYPOINT"]
        inherited = None if stage.base_stage is None else found[stage.base_stage]
        found.append(own[-1] if own else inherited)
    return tuple(found)


@remembered
def _beside_cmd(dockerfile: Dockerfile) -> frozenset[int]:
    """Where the ENTRYPOINTs start that are in force in a stage with a CMD."""
    return frozenset(
        entrypoint.start
        for stage, entrypoint in zip(dockerfile.stages, _entrypoints(dockerfile), strict=True)
        if entrypoint is not None and any(one.keyword == "CMD" for one in stage.instructions)
    )


def _doubt(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    argv: tuple[str, ...],
    programs: Programs,
) -> str:
    """Why the container may start in another way than before, or ""."""
    if instruction.keyword == "ENTRYPOINT":
        if instruction.start in _beside_cmd(dockerfile):
            return "the CMD that it ignored becomes its arguments"
    else:
        entrypoint = _entrypoints(dockerfile)[stage.index]
        base = outermost(dockerfile)[stage.index].base or ""
        if entrypoint is not None:
            if entrypoint.json and not _starts_what_it_is_given(entrypoint.json):
                return "the ENTRYPOINT gets other arguments than before"
        elif looks_at(base, argv[0].rpartition("/")[2]):
            return f"the entrypoint of {base} prepares this program, as it did not before"
    if not programs.executable(stage, instruction, argv[0]):
        return f"a shell also runs {argv[0]} without #!, and whether it has one cannot be seen"
    return ""


def _starts_what_it_is_given(argv: tuple[str, ...]) -> bool:
    """Whether an ENTRYPOINT only runs its further arguments (`tini -- sh -c x` is `tini -- x`)."""
    if argv[0].rpartition("/")[2] not in _WRAPPERS:
        return False
    return len(argv) == 1 or (argv[-1] == "--" and argv.count("--") == 1)


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Whether the arrays hold what the shell made of the text, and nothing else changed."""
    known = places(before)
    changed = zip(before.instructions, after.instructions, strict=False)
    if len(before.instructions) != len(after.instructions):
        return "the number of instructions changed"
    for old, new in changed:
        if before.source[old.start : old.end] == after.source[new.start : new.end]:
            continue
        words = simple_words(old, known[old.start])
        if old.keyword != new.keyword or new.json is None or old.flags or new.flags:
            return f"{old.keyword} did not become an exec form"
        if words is None or old.arguments[:1] == "[":
            if _MARKS.sub("", old.arguments) != _MARKS.sub("", new.arguments):
                return f"the array of {old.keyword} holds other text"
        elif _argv(words) != new.json:
            return f"the arguments of {old.keyword} are not the same"
    return None


PASS = Pass(
    code="DF301",
    name="exec-form",
    summary="Write CMD and ENTRYPOINT as a JSON array, so that signals reach the program",
    safety=Safety.SAFE,
    aliases=("DL3025", "JSONArgsRecommended"),
    rewrite=rewrite,
    verify=verify,
    examples=(
        Example("FROM python\nCMD python app.py\n", 'FROM python\nCMD ["python", "app.py"]\n'),
        Example(
            "FROM nginx-unprivileged\nCMD nginx -g 'daemon off;'\n",
            'FROM nginx-unprivileged\nCMD ["nginx", "-g", "daemon off;"]\n',
            why="quotes of the shell are not part of the words",
        ),
        Example("FROM ruby\nCMD exec puma -p 80\n", 'FROM ruby\nCMD ["puma", "-p", "80"]\n'),
        Example(
            "FROM ruby\nENTRYPOINT bundle exec puma\n",
            'FROM ruby\nENTRYPOINT ["bundle", "exec", "puma"]\n',
            why="docker run IMAGE ARGS gives ARGS to the program, which the shell form dropped",
        ),
        Example(
            "FROM ruby\nCMD app \\\n    # the port\n    --port 80\n",
            'FROM ruby\nCMD ["app", \\\n    # the port\n    "--port", "80"]\n',
            why="lines and comments stay as they are",
        ),
        Example(
            "FROM ruby\nCMD sh -c 'a && \\\n    b'\n",
            'FROM ruby\nCMD ["sh", "-c", "a && \\\n    b"]\n',
        ),
        Example("FROM ruby\nCMD say 안녕 e\\ f\n", 'FROM ruby\nCMD ["say", "안녕", "e f"]\n'),
        Example(
            'FROM ruby\nCMD jq \'"\\d"\' "\\"a\\""\n',
            'FROM ruby\nCMD ["jq", "\\"\\\\d\\"", "\\"a\\""]\n',
        ),
        Example(
            'FROM ruby\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD app -v\n',
            'FROM ruby\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD ["app", "-v"]\n',
        ),
        Example("FROM node\nCMD ['node', 'app.js']\n", 'FROM node\nCMD ["node", "app.js"]\n'),
        Example('FROM node\nCMD ["node", "app.js",]\n', 'FROM node\nCMD ["node", "app.js"]\n'),
        Example("FROM node\nCMD [“node”, “app.js”]\n", 'FROM node\nCMD ["node", "app.js"]\n'),
        Example('FROM node\nCMD ["node" "app.js"]\n', 'FROM node\nCMD ["node", "app.js"]\n'),
        Example('FROM node\nCMD ["node", "app.js"\n', 'FROM node\nCMD ["node", "app.js"]\n'),
        Example('FROM node\nCMD ["node", "app.js]\n', 'FROM node\nCMD ["node", "app.js"]\n'),
        Example("FROM node\nRUN ['npm', 'ci']\n", 'FROM node\nRUN ["npm", "ci"]\n'),
        Example("FROM node\nCMD [ 'npm', 'start' ]\n", 'FROM node\nCMD [ "npm", "start" ]\n'),
        Example(
            "FROM node\nCMD [ 'npm','start' ]\n",
            'FROM node\nCMD [ "npm","start" ]\n',
            why="to a shell this is a test of one word, which succeeds and does nothing",
            unsafe=True,
        ),
        Example(
            "FROM debian\nCOPY start.sh /\nCMD /start.sh\n",
            'FROM debian\nCOPY start.sh /\nCMD ["/start.sh"]\n',
            why="the script is seen to start with #!",
            files=(("start.sh", "#!/bin/sh\nexec app\n"),),
        ),
        Example(
            "FROM debian\nCOPY start.sh /\nCMD /start.sh\n",
            'FROM debian\nCOPY start.sh /\nCMD ["/start.sh"]\n',
            why="a script without #! runs in a shell only, and this one cannot be seen",
            unsafe=True,
        ),
        Example(
            "FROM ruby\nENTRYPOINT puma\nCMD -p 80\n",
            'FROM ruby\nENTRYPOINT ["puma"]\nCMD -p 80\n',
            why="the CMD was ignored and becomes arguments: /bin/sh -c '-p 80'",
            unsafe=True,
        ),
        Example(
            'FROM ruby\nENTRYPOINT ["/prepare"]\nCMD puma -p 80\n',
            'FROM ruby\nENTRYPOINT ["/prepare"]\nCMD ["puma", "-p", "80"]\n',
            why="the entrypoint got /bin/sh, -c and the text before",
            unsafe=True,
        ),
        Example(
            'FROM ruby\nENTRYPOINT ["tini", "--"]\nCMD puma -p 80\n',
            'FROM ruby\nENTRYPOINT ["tini", "--"]\nCMD ["puma", "-p", "80"]\n',
            why="tini only starts what it is given",
        ),
        Example(
            "FROM redis\nCMD redis-server /r.conf\n",
            'FROM redis\nCMD ["redis-server", "/r.conf"]\n',
            why="the entrypoint of redis drops root if its first argument is redis-server",
            unsafe=True,
        ),
        *(
            Example(f"FROM ruby\n{text}\n", why=why)
            for text, why in (
                ("CMD java $OPTS -jar x", "a shell replaces variables; an array does not"),
                ('CMD app "$HOME"', "a shell replaces variables; an array does not"),
                ("CMD app `hostname`", "so it does commands"),
                ("CMD ls /etc/*", "a glob needs a shell"),
                ("CMD app ~/data", "a tilde needs a shell"),
                ("CMD app {a,b}", "bash expands braces, dash does not"),
                ("CMD a && b", "an operator needs a shell"),
                ("CMD a; b", "an operator needs a shell"),
                ("CMD a | b", "an operator needs a shell"),
                ("CMD a &", "an operator needs a shell"),
                ("CMD ! a", "an operator needs a shell"),
                ("CMD app > /log", "a redirection needs a shell"),
                ("CMD FOO=bar env", "an assignment needs a shell"),
                ("CMD ulimit -n 100", "ulimit is built into shells, there is no such program"),
                (
                    "CMD echo hi",
                    "the program echo may be missing, or treat backslashes differently",
                ),
                ("CMD . /env.sh", "built into shells"),
                ("CMD if a; then b; fi", "a keyword"),
                ("CMD echo hi # x", "what follows # is a comment, not an argument"),
                ("CMD app # x", "the comment would be lost"),
                ("CMD exec -a name app", "an option of exec has no counterpart"),
                ("CMD app 'open", "no shell can read it"),
                ('CMD "" x', "an empty command name"),
                ("CMD -p 80", "arguments for an ENTRYPOINT of the base image"),
                ("CMD [ -f /x ]", "a test, not an array"),
                ('CMD ["a", "b"] # x', "what was meant by the rest is anyone's guess"),
                ("CMD [\"a\\.b\", 'c']", "what was meant by the backslash is not clear"),
                ("ONBUILD CMD app -v", "its shell and entrypoint are those of another file"),
                ("HEALTHCHECK CMD curl localhost", "a probe has no signals to lose"),
                ("ENV PATH=bin:$PATH\nCMD app", "only a shell runs what a relative PATH leads to"),
                ("ENV BASH_ENV=/env\nCMD app", "a startup file changes the environment"),
                ('SHELL ["bash", "-lc"]\nCMD app', "a login shell sets up the environment"),
                ('SHELL ["bash", "-xc"]\nCMD app', "the trace would no longer be printed"),
                ('SHELL ["pwsh", "-c"]\nCMD app', "no POSIX shell"),
                ('ENTRYPOINT prepare "$@"\nCMD app', "an ENTRYPOINT in shell form ignores CMD"),
            )
        ),
        Example("FROM windows/nanoserver\nCMD app -v\n", why="cmd.exe reads it"),
    ),
    restates=("Cmd", "Entrypoint"),
)
