"""CMD, ENTRYPOINT and HEALTHCHECK as a JSON array, where the program gets the same arguments.

What it does: `CMD python app.py` becomes `CMD ["python", "app.py"]`, `exec app` becomes `["app"]`,
and an array that is not JSON (`['a', 'b']`, a comma too many, “ ” for ") becomes one. Where a shell
is needed for the words (`java $OPTS -jar app.jar`, a glob, a redirection), in shell form or behind
`sh -c` in an array, `exec` is put before the one command there is.

Why: the shell form starts `/bin/sh -c "python app.py"`. Where that shell stays, it is process 1,
gets the SIGTERM of `docker stop` and passes it to nobody: ten seconds later the program is killed.
Newer shells (bash, dash since 0.5.11, busybox) replace themselves by a last simple command, so
there the change only says what happens already; an image of a few years' age gains an orderly stop.
A HEALTHCHECK that hangs is killed: in shell form that shell, while its program goes on.

What is provably the same is the text that is one simple command with every word settled: no
expansion, glob, tilde, operator, redirection, assignment, comment, no builtin or keyword (a program
of that name may be missing, or differ: `echo`), run by a POSIX shell without startup files or
tracing. A program is looked up on the same PATH either way, but only a shell looks into the current
directory for a PATH with a relative entry. What a program could still notice: the variables PWD,
SHLVL, OLDPWD and `_` that shells export, and being process 1, which has no default reaction to
signals and inherits orphans; a container's runtime says "not found" where the shell said so.

With `exec` the shell still makes the words, opens the files and looks the program up, and then
becomes the program instead of waiting for it: the same arguments and exit status (only for a
program without permission dash then says 126 where it said 127); a script without `#!` is still run
by a shell. What would be another command behind `exec` is left alone: builtins, functions,
keywords, assignments in front, a name that is not known, a list or a pipeline, `<(…)`, whose other
end nobody would wait for. An ENTRYPOINT stays in shell form, so that it goes on ignoring CMD.

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

What it leaves alone: what a comment right above calls shell form, for it is meant (an `exec` keeps
that form, so it is put there all the same); a HEALTHCHECK above a SHELL (it runs under the last
one), ONBUILD (the shell, the entrypoint and the command it meets are another file's), Windows, text
that is not UTF-8, a command word that is empty, starts with `-` (an argument meant for the base's
entrypoint) or holds `=`.

Safety: safe where the argument vector is the same by the reading above; a broken array is repaired
as safe where no shell could ever run it (`[node,` is no command). The rest is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, outermost, places
from dockfix.layout import starts
from dockfix.packages.entrypoints import looks_at
from dockfix.passes.base import Example, Pass, Settings
from dockfix.passes.signs import STARTS
from dockfix.patterns import lazy
from dockfix.programs import Programs
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.tree import Word
from dockfix.starts import (
    argv_of,
    beside_cmd,
    command_start,
    entrypoints,
    exec_position,
    is_ignored,
    is_text,
    last_shell,
    searching_here,
    simple_words,
    starts_what_it_is_given,
)
from dockfix.syntax.arrays import escaped, merged, quoted, repair
from dockfix.syntax.tree import Dockerfile, Instruction, Logical, Stage

_OTHER_ARGUMENTS = "the ENTRYPOINT gets other arguments than before"
_SHELL_FORM = lazy(r"(?i)\bshell[ \t-](?:form|style|mode|syntax)\b")
_MARKS = lazy(r"[\s,\[\]\\\"'“”„‟‘’‚‛]")


class _Array(Record):
    """An array in the making: what it holds, the edits, and whether no shell ran it as it stood."""

    argv: tuple[str, ...]
    edits: tuple[Edit, ...]
    never_ran: bool = False
    repaired: bool = False


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One group for each instruction that can be an array, or get an `exec`."""
    known, programs = places(dockerfile), Programs(dockerfile, settings.context)
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            keyword = instruction.keyword
            if keyword not in STARTS and not (
                # only an array can be mended there
                keyword == "RUN"
                and instruction.logical.text.startswith("[", instruction.arguments_start)
            ):
                continue
            array = _array(instruction, known[instruction.start])
            if array is None:
                yield from _replaced(dockerfile, stage, instruction)
                continue
            if array.repaired:
                message = f"{keyword} is meant as exec form but is not valid JSON"
                doubt = "" if array.never_ran else "until now it did nothing"
            elif (
                is_ignored(dockerfile, stage, instruction)
                or ("/" not in array.argv[0] and stage.index in searching_here(dockerfile))
                or _is_meant(dockerfile, instruction)
            ):
                continue
            elif keyword == "HEALTHCHECK":
                if instruction.start < last_shell(dockerfile):
                    continue
                message = "HEALTHCHECK in exec form: a probe that hangs is ended, not a shell"
                doubt = _script_doubt(stage, instruction, array.argv[0], programs)
            else:
                message = f"{keyword} in exec form: signals reach the program"
                doubt = _doubt(dockerfile, stage, instruction, array.argv, programs)
            yield _group(instruction, message, doubt, array.edits)


@remembered
def _speaks_of_shell(dockerfile: Dockerfile) -> bool:
    return "shell" in dockerfile.source.lower()


def _is_meant(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether a comment right above an instruction speaks of the shell form."""
    if not _speaks_of_shell(dockerfile):
        return False
    above = dockerfile.source[starts(dockerfile)[instruction.start] : instruction.start]
    return "#" in above and _SHELL_FORM.search(above) is not None


def _group(instruction: Instruction, message: str, doubt: str, edits: tuple[Edit, ...]) -> Group:
    return Group(
        instruction.keyword_offset,
        f"{message}; {doubt}" if doubt else message,
        edits,
        Safety.UNSAFE if doubt else Safety.SAFE,
    )


def _replaced(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    """A program that replaces its shell, where the shell is needed for its words."""
    place = places(dockerfile)[instruction.start]
    if simple_words(instruction, place) or is_ignored(dockerfile, stage, instruction):
        return
    position = exec_position(instruction, place)
    if position is None:
        return
    entrypoint = entrypoints(dockerfile)[stage.index]
    given = instruction.keyword == "CMD" and entrypoint is not None and entrypoint.json
    doubt = _OTHER_ARGUMENTS if given and not starts_what_it_is_given(given) else ""
    offset = instruction.logical.offset(position)
    message = f"exec in {instruction.keyword}: signals reach the program"
    yield _group(instruction, message, doubt, (Edit(offset, offset, "exec "),))


def _array(instruction: Instruction, place: Place) -> _Array | None:
    if instruction.json is not None or place.shell.dialect is None or instruction.heredocs:
        return None
    if instruction.keyword != "HEALTHCHECK":
        if instruction.flags:
            return None
        mended = repair(instruction.arguments)
        if mended is not None and is_text(instruction.arguments):
            base = instruction.arguments_start
            moved = [_move(instruction.logical, base, edit) for edit in mended.edits]
            return _Array(mended.argv, tuple(merged(moved)), mended.never_ran, repaired=True)
    words = simple_words(instruction, place)
    edits = None if words is None else _edits(instruction, words)
    if words is None or edits is None:
        return None
    return _Array(argv_of(words), edits)


def _edits(instruction: Instruction, words: tuple[Word, ...]) -> tuple[Edit, ...] | None:
    """Each word put into quotes where it stands, so that the layout and comments between stay."""
    base, logical = command_start(instruction), instruction.logical
    replaced = words[0].value == "exec"
    opening = Edit(words[0].start, words[replaced].start, "[")
    if _crosses_lines(logical, base + opening.start, base + opening.end):
        return None
    edits = [opening]
    for word in words[replaced:]:
        inside = quoted(word.text, word.value or "")
        if inside is None:
            if _crosses_lines(logical, base + word.start, base + word.end):
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


def _crosses_lines(logical: Logical, start: int, end: int) -> bool:
    """Whether a continuation lies between two positions of a logical line."""
    return start < end and logical.offset_end(end) - logical.offset(start) != end - start


def _doubt(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    argv: tuple[str, ...],
    programs: Programs,
) -> str:
    """Why the container may start in another way than before, or ""."""
    if instruction.keyword == "ENTRYPOINT":
        if instruction.start in beside_cmd(dockerfile):
            return "the CMD that it ignored becomes its arguments"
    else:
        entrypoint = entrypoints(dockerfile)[stage.index]
        base = outermost(dockerfile)[stage.index].base or ""
        if entrypoint is not None:
            if entrypoint.json and not starts_what_it_is_given(entrypoint.json):
                return _OTHER_ARGUMENTS
        elif looks_at(base, argv[0].rpartition("/")[2]):
            return f"the entrypoint of {base} prepares this program, as it did not before"
    return _script_doubt(stage, instruction, argv[0], programs)


def _script_doubt(stage: Stage, instruction: Instruction, program: str, programs: Programs) -> str:
    if programs.executable(stage, instruction, program):
        return ""
    return f"a shell also runs {program} without #!, and whether it has one cannot be seen"


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Whether the arrays hold what the shell made of the text, and nothing else changed."""
    known = places(before)
    if len(before.instructions) != len(after.instructions):
        return "the number of instructions changed"
    for old, new in zip(before.instructions, after.instructions, strict=True):
        if before.source[old.start : old.end] == after.source[new.start : new.end]:
            continue
        if old.keyword != new.keyword or [f.text for f in old.flags] != [f.text for f in new.flags]:
            return f"{old.keyword} became another instruction"
        position = exec_position(old, known[old.start])
        if position is not None and _with_exec(old, position) == new.logical.text:
            continue
        words = simple_words(old, known[old.start])
        if new.json is None:
            return f"{old.keyword} did not become an exec form"
        if words is None or old.arguments[:1] == "[":
            if _MARKS.sub("", old.arguments) != _MARKS.sub("", new.arguments):
                return f"the array of {old.keyword} holds other text"
        elif argv_of(words) != new.json:
            return f"the arguments of {old.keyword} are not the same"
    return None


def _with_exec(instruction: Instruction, position: int) -> str:
    text = instruction.logical.text
    return f"{text[:position]}exec {text[position:]}"


PASS = Pass(
    code="DF301",
    name="exec-form",
    summary="Write CMD and ENTRYPOINT as a JSON array or with exec: signals reach the program",
    safety=Safety.SAFE,
    aliases=("DL3025", "JSONArgsRecommended"),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example("FROM python\nCMD python app.py\n", 'FROM python\nCMD ["python", "app.py"]\n'),
        Example(
            "FROM nginx-unprivileged\nCMD nginx -g 'daemon off;'\n",
            'FROM nginx-unprivileged\nCMD ["nginx", "-g", "daemon off;"]\n',
            why="quotes of the shell are not part of the words",
        ),
        Example(
            "FROM python\n# Shell form on purpose: PATH is set up by .profile\nCMD app -v\n",
            why="the comment right above says that it is meant",
        ),
        Example(
            "FROM python\n# shell-style CMD\n\n# starts the app\nCMD app -v\n",
            'FROM python\n# shell-style CMD\n\n# starts the app\nCMD ["app", "-v"]\n',
            why="the comment speaks of something else",
        ),
        Example(
            "FROM python\n# shell form, for the port\nCMD app -p $PORT\n",
            "FROM python\n# shell form, for the port\nCMD exec app -p $PORT\n",
            why="that is still the shell form",
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
        Example(
            "FROM ruby\nHEALTHCHECK --interval=5s CMD curl -f localhost\n",
            'FROM ruby\nHEALTHCHECK --interval=5s CMD ["curl", "-f", "localhost"]\n',
        ),
        Example(
            "FROM openjdk\nCMD java $OPTS -jar app.jar\n",
            "FROM openjdk\nCMD exec java $OPTS -jar app.jar\n",
            why="the shell replaces the variable, and then itself by java",
        ),
        Example(
            'FROM openjdk\nENTRYPOINT ["sh", "-c", "java $OPTS -jar app.jar"]\n',
            'FROM openjdk\nENTRYPOINT ["sh", "-c", "exec java $OPTS -jar app.jar"]\n',
        ),
        Example(
            "FROM openjdk\nENTRYPOINT java $OPTS -jar app.jar\nCMD -v\n",
            "FROM openjdk\nENTRYPOINT exec java $OPTS -jar app.jar\nCMD -v\n",
            why="an ENTRYPOINT in shell form goes on ignoring CMD",
        ),
        Example(
            'FROM ruby\nENTRYPOINT ["/prepare"]\nCMD puma -p $PORT\n',
            'FROM ruby\nENTRYPOINT ["/prepare"]\nCMD exec puma -p $PORT\n',
            why="the entrypoint gets the text as an argument",
            unsafe=True,
        ),
        Example("FROM ruby\nCMD app > /log\n", "FROM ruby\nCMD exec app > /log\n"),
        Example("FROM ruby\nCMD app /etc/* # all\n", "FROM ruby\nCMD exec app /etc/* # all\n"),
        Example(
            "FROM ruby\nCMD /opt/bin/$NAME\n",
            "FROM ruby\nCMD exec /opt/bin/$NAME\n",
            why="whatever its name, it is a file",
        ),
        *(
            Example(f"FROM ruby\n{text}\n", why=why)
            for text, why in (
                ("CMD $APP --port 80", "the variable may hold a builtin, or nothing"),
                ("CMD exec java $OPTS -jar x", "a shell for the variable, and out of the way"),
                ("CMD echo $HOME", "built into shells"),
                ("CMD FOO=$BAR app", "an assignment in front of exec would be another matter"),
                ("CMD cd /srv && app $X", "more than one command"),
                ("CMD app <(list)", "the shell waits for the other end"),
                ('CMD ["sh", "-c", "cd /srv; app $X"]', "more than one command"),
                ('CMD ["sh", "-lc", "app $X"]', "a login shell reads startup files"),
                ('CMD ["sh", "app.sh", "$X"]', "a script in a file"),
                ("CMD a && b", "an operator needs a shell"),
                ("CMD a; b", "an operator needs a shell"),
                ("CMD a | b", "an operator needs a shell"),
                ("CMD a &", "an operator needs a shell"),
                ("CMD ! a", "an operator needs a shell"),
                ("CMD FOO=bar env", "an assignment needs a shell"),
                ("CMD ulimit -n 100", "ulimit is built into shells, there is no such program"),
                (
                    "CMD echo hi",
                    "the program echo may be missing, or treat backslashes differently",
                ),
                ("CMD . /env.sh", "built into shells"),
                ("CMD if a; then b; fi", "a keyword"),
                ("CMD echo hi # x", "what follows # is a comment, not an argument"),
                ("CMD exec -a name app", "an option of exec has no counterpart"),
                ("CMD app 'open", "no shell can read it"),
                ('CMD "" x', "an empty command name"),
                ("CMD -p 80", "arguments for an ENTRYPOINT of the base image"),
                ("CMD [ -f /x ]", "a test, not an array"),
                ('CMD ["a", "b"] # x', "what was meant by the rest is anyone's guess"),
                ("CMD [\"a\\.b\", 'c']", "what was meant by the backslash is not clear"),
                ("ONBUILD CMD app -v", "its shell and entrypoint are those of another file"),
                ("HEALTHCHECK CMD curl localhost || exit 1", "an operator needs a shell"),
                ('HEALTHCHECK CMD a b\nSHELL ["pwsh", "-c"]', "it runs under the last SHELL"),
                ("HEALTHCHECK NONE", "nothing is run"),
                ("ENV PATH=bin:$PATH\nCMD app", "only a shell runs what a relative PATH leads to"),
                ("ENV BASH_ENV=/env\nCMD app", "a startup file changes the environment"),
                ('SHELL ["bash", "-lc"]\nCMD app', "a login shell sets up the environment"),
                ('SHELL ["bash", "-xc"]\nCMD app', "the trace would no longer be printed"),
                ('SHELL ["pwsh", "-c"]\nCMD app', "no POSIX shell"),
                ("ENTRYPOINT prepare && app\nCMD app", "an ENTRYPOINT in shell form ignores CMD"),
            )
        ),
        Example("FROM windows/nanoserver\nCMD app -v\n", why="cmd.exe reads it"),
    ),
    restates=("Cmd", "Entrypoint", "Healthcheck"),
)
