"""CMD, ENTRYPOINT and HEALTHCHECK as a JSON array, where the program gets the same arguments.

What it does: `CMD python app.py` becomes `CMD ["python", "app.py"]`, `exec app` becomes `["app"]`,
`CMD ["sh", "-c", "app -x"]` becomes `CMD ["app", "-x"]`, and an array that is not JSON (`['a',
'b']`, a comma too many, “ ” for ") becomes one. Where a shell is needed for the words (`java $OPTS
-jar app.jar`, a glob, a redirection), in shell form or behind `sh -c` in an array, `exec` is put
before the one command there is. So it is where an array might start something otherwise, as told
below: there the array is offered.

Why: the shell form starts `/bin/sh -c "python app.py"`. Where that shell stays, it is process 1,
gets the SIGTERM of `docker stop` and passes it to nobody: ten seconds later the program is killed.
bash and busybox replace themselves by a last simple command, so there the change only says what
happens already. dash, which is /bin/sh on Debian and Ubuntu, stays (0.5.12 in Debian 12).
A HEALTHCHECK that hangs is killed: in shell form that shell, while its program goes on. (One by
`pgrep -f` is only offered: where the shell stays, it finds the shell's own command line.)

What is provably the same is the text that is one simple command with every word settled: no
expansion, glob, tilde, operator, redirection, assignment, comment, no builtin or keyword (a program
of that name may be missing, or differ: `echo`), run by a POSIX shell without startup files or
tracing. A program is looked up on the same PATH either way, but only a shell looks into the current
directory for a PATH with a relative entry. What a program could still notice: the variables SHLVL,
OLDPWD and `_` that shells export, and being process 1, which has no default reaction to signals and
inherits orphans; a container's runtime says "not found" where the shell said so.

With `exec` the shell still makes the words, opens the files and looks the program up, and then
becomes the program instead of waiting for it: the same arguments and exit status (only for a
program without permission dash then says 126 where it said 127); a script without `#!` is still run
by a shell. What would be another command behind `exec` is left alone: builtins, functions,
keywords, assignments in front, a name that is not known, a list or a pipeline, `<(…)`, whose other
end nobody would wait for. An ENTRYPOINT stays in shell form, so that it goes on ignoring CMD.

A base image outside the file may have a SHELL of its own: a login shell (`bash -l`) reads a
profile, which may set PATH and other variables for the program. Docker's official images of
languages and systems have none, nor have some of other publishers (`state/base_images.py` lists
them), and a SHELL in the file is known. Below any other base an array is unsafe. There `exec` is
safe where a RUN shows a POSIX shell at work, and the program is a path or known not to be a
function of a profile (`nvm`, `conda` may be one; `programs/known_programs.py` lists programs).

A script without `#!` is run by a shell that meets it, and refused by the kernel when it is
executed. So a file that the build context supplies, a path outside the directories of installed
programs and a name like `start.sh` become an array only where the file can be seen to start with
`#!`. What the Dockerfile compiles (`go build -o`, `gcc -o`, `cargo build`), in the stage itself or
in one that a COPY takes it from, is no script, and what npm, `go install` or the pip of a virtual
environment installs starts as it is. A file that is fetched (`curl -o`, `wget`, ADD) may be a
script, unless its name is that of a program which is published as a binary; and where anything is
unpacked, cloned or fetched, a name that is not known may come from there.

Shells also export PWD, and some SHLVL. Where a program of the build context or its settings read
them (`os.environ["PWD"]`, `process.env.PWD`, supervisord's `%(ENV_PWD)s`, a Makefile's `$(PWD)`
below `CMD make`), the array is unsafe.

ENTRYPOINT in shell form ignores CMD and the arguments of `docker run IMAGE ARGS`; in exec form it
gets them. Who gives any is hardly ever in the file's project: `args:` of a manifest that names the
image, `command:` of a Compose file, a Dockerfile built from the image. So an ENTRYPOINT as an array
is unsafe, and gets `exec`, which goes on ignoring them.

CMD beside an ENTRYPOINT in exec form is not run but given to it, `/bin/sh -c TEXT` and all: unsafe,
unless the entrypoint only starts what it is given (tini, dumb-init). Beside one in shell form it is
ignored: left alone. The ENTRYPOINT of a base image outside the file is not known. The usual ones
end in `exec "$@"`, where both forms start the same program; some look at the first argument, to
prepare the program they were made for. For the images known to do so the rewrite is unsafe when CMD
names their program (`FROM redis`, `CMD redis-server`), since it switches that preparation on.

An array is not read by a shell, so a `$PORT` in it reaches the program as it stands, be that a
shell that is given a file (`["sh", "$HOME/x"]`); only behind `sh -c` it is replaced. That is
pointed out, and for a CMD without ENTRYPOINT the shell form with `exec` is offered.

What it leaves alone: what a comment right above calls shell form, for it is meant (an `exec` keeps
that form, so it is put there all the same); a CMD behind an ENTRYPOINT like `["sh", "-c"]`, which
takes one text as its script; an array with text behind it, which builders read in two ways; a
HEALTHCHECK above a SHELL (it runs under the last one), ONBUILD (the shell, the entrypoint and the
command it meets are another file's), Windows, text that is not UTF-8, a command word that is empty,
starts with `-` (an argument meant for the base's entrypoint) or holds `=`.

Safety: safe where the argument vector is the same by the reading above; a broken array is repaired
as safe where no shell could ever run it (`[node,` is no command). The rest is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.exec_form import behind_array, strings_at
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.array_words import (
    VARIABLE,
    as_array,
    as_script,
    crosses_lines,
    in_source,
    scripts_in,
    strings_and_variables,
)
from dockfix.edit.arrays import escaped, merged, repair
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import STARTS
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages.start_doubts import StartDoubts
from dockfix.state.facts import Facts, Place, fact
from dockfix.state.starts import (
    argv_of,
    command_start,
    entrypoints,
    exec_position,
    is_ignored,
    is_shell,
    is_text,
    last_shell,
    searching_here,
    simple_words,
    unwrapped,
)

_SHELL_FORM = lazy(r"(?i)\bshell[ \t-](?:form|style|mode|syntax)\b")
_MARKS = lazy(r"[\s,\[\]\\\"'“”„‟‘’‚‛]")


class _Array(Record):
    """An array in the making: what it holds, the edits, and whether no shell ran it as it stood."""

    argv: tuple[str, ...]
    edits: tuple[Edit, ...]
    never_ran: bool = False
    repaired: bool = False


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One group for each instruction that can be an array, or get an `exec`."""
    known, doubts = facts.places, StartDoubts(facts, settings.context)
    for stage in facts.stages:
        for instruction in stage.instructions:
            keyword = instruction.keyword
            if keyword not in STARTS and not (
                # only an array can be mended there
                keyword == "RUN"
                and instruction.logical.text.startswith("[", instruction.arguments_start)
            ):
                continue
            array = _array(instruction, known[instruction.start])
            tail = behind_array(instruction.arguments) if instruction.json is None else None
            if tail is not None:
                message = (
                    f"text after the JSON array of {keyword}: some builders ignore it, others run "
                    "the whole line in a shell"
                )
                at = instruction.logical.offset(instruction.arguments_start + tail)
                yield Group(at, message, (), Safety.NOTE)
                continue
            direct = _without_shell(facts, stage, instruction, doubts)
            if direct is not None:
                yield direct
                continue
            if array is None:
                yield from _replaced(facts, stage, instruction, doubts)
                yield from _with_variables(facts, stage, instruction)
                continue
            if array.repaired:
                message = (
                    f"write {keyword} as valid JSON: otherwise a shell runs the line, brackets "
                    "included"
                )
                doubt = "" if array.never_ran else "a shell runs the text without an error"
            elif (
                is_ignored(facts, stage, instruction)
                or _is_given_to_shell(facts, stage, instruction)
                or _needs_shell(facts, stage, instruction, array.argv)
            ):
                continue
            elif keyword == "HEALTHCHECK":
                if instruction.start < last_shell(facts):
                    continue
                message = (
                    "write HEALTHCHECK in exec form: a timeout then ends the probe, not a shell"
                )
                doubt = doubts.of_probe(stage, instruction, array.argv)
            else:
                message = f"write {keyword} in exec form: signals then reach the program"
                doubt = doubts.of_start(stage, instruction, array.argv)
                if doubt:
                    replaced = list(_replaced(facts, stage, instruction, doubts, offered=False))
                    if replaced:
                        yield from replaced
                        continue
            yield _restated(instruction, message, doubt, array.edits)


def _without_shell(
    facts: Facts, stage: Stage, instruction: Instruction, doubts: StartDoubts
) -> Group | None:
    """A CMD like `["sh", "-c", "app -x"]` as `["app", "-x"]`, if no doubt is left."""
    argv = unwrapped(instruction, facts.places[instruction.start])
    if (
        argv is None
        or is_ignored(facts, stage, instruction)
        or _is_given_to_shell(facts, stage, instruction)
        or _needs_shell(facts, stage, instruction, argv)
        or doubts.of_start(stage, instruction, argv)
    ):
        return None
    logical, base = instruction.logical, instruction.arguments_start
    strings = strings_at(instruction.arguments)
    start, end = base + strings[0][0] - 1, base + strings[-1][1] + 1
    if crosses_lines(logical, start, end):
        return None
    comma = instruction.arguments[strings[0][1] + 1 : strings[1][0] - 1]
    text = comma.join(f'"{escaped(word)}"' for word in argv)
    edit = Edit(logical.offset(start), logical.offset_end(end), text)
    return _restated(
        instruction, "write CMD without a shell: signals then reach the program", "", (edit,)
    )


def _is_given_to_shell(facts: Facts, stage: Stage, instruction: Instruction) -> bool:
    """True for a CMD behind an ENTRYPOINT like `["sh", "-c"]`, which takes a text as its script."""
    entrypoint = entrypoints(facts)[stage.index]
    argv = (entrypoint.json if entrypoint is not None else None) or ()
    return instruction.keyword == "CMD" and is_shell(argv[:-1]) and argv[-1][:1] == "-"


def _needs_shell(
    facts: Facts, stage: Stage, instruction: Instruction, argv: tuple[str, ...]
) -> bool:
    """True if only a shell finds the program, or the author says that one is wanted."""
    here = "/" not in argv[0] and stage.index in searching_here(facts)
    return here or _is_meant(facts, instruction)


@fact
def _speaks_of_shell(facts: Facts) -> bool:
    return "shell" in facts.source.lower()


def _is_meant(facts: Facts, instruction: Instruction) -> bool:
    """True if a comment right above an instruction speaks of the shell form."""
    if not _speaks_of_shell(facts):
        return False
    above = facts.source[facts.style.starts[instruction.start] : instruction.start]
    return "#" in above and _SHELL_FORM.search(above) is not None


def _restated(instruction: Instruction, message: str, doubt: str, edits: tuple[Edit, ...]) -> Group:
    return Group(
        instruction.keyword_offset,
        with_doubt(message, doubt),
        edits,
        Safety.UNSAFE if doubt else Safety.SAFE,
    )


def _replaced(
    facts: Facts,
    stage: Stage,
    instruction: Instruction,
    doubts: StartDoubts,
    *,
    offered: bool = True,
) -> Iterator[Group]:
    """A program that replaces its shell, where the shell is needed, or may be."""
    place = facts.places[instruction.start]
    if is_ignored(facts, stage, instruction):
        return
    position = exec_position(instruction, place)
    if position is None:
        return
    doubt = doubts.of_exec(stage, instruction, position)
    if doubt and not offered:
        return
    offset = instruction.logical.offset(position)
    message = f"add exec to {instruction.keyword}: signals then reach the program"
    yield _restated(instruction, message, doubt, (Edit(offset, offset, "exec "),))


def _with_variables(facts: Facts, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    """What is said of an array with a variable in it, which no shell is there to replace.

    A CMD is offered in shell form, where nothing takes it for arguments.
    """
    argv = strings_and_variables(instruction)
    if not argv or instruction.keyword not in ("CMD", "ENTRYPOINT"):
        return
    scripts = scripts_in(argv)
    found = next(
        (
            one[0]
            for number, word in enumerate(argv)
            if "$" in word and number not in scripts and (one := VARIABLE.search(word))
        ),
        None,
    )
    if found is None:
        return
    message = f"in the exec form of {instruction.keyword} no shell replaces {found}"
    place = facts.places[instruction.start]
    start, end = instruction.text_start, instruction.text_end
    if (
        instruction.keyword == "ENTRYPOINT"
        or entrypoints(facts)[stage.index] is not None
        or place.shell.dialect is None
        or crosses_lines(
            instruction.logical, instruction.arguments_start, instruction.arguments_end
        )
    ):
        yield Group(instruction.keyword_offset, message, (), Safety.NOTE)
        return
    edit = Edit(start, end, as_script(argv))
    message = with_doubt(
        f"write {instruction.keyword} in shell form with exec: {message}",
        "the shell may replace more than that",
    )
    yield Group(instruction.keyword_offset, message, (edit,), Safety.UNSAFE)


def _array(instruction: Instruction, place: Place) -> _Array | None:
    if instruction.json is not None or place.shell.dialect is None or instruction.heredocs:
        return None
    if instruction.keyword != "HEALTHCHECK":
        if instruction.flags:
            return None
        mended = repair(instruction.arguments)
        if mended is not None and is_text(instruction.arguments):
            base = instruction.arguments_start
            moved = [in_source(instruction.logical, base, edit) for edit in mended.edits]
            return _Array(mended.argv, tuple(merged(moved)), mended.never_ran, repaired=True)
    words = simple_words(instruction, place)
    base = command_start(instruction)
    edits = None if words is None else as_array(instruction.logical, base, words)
    if words is None or edits is None:
        return None
    return _Array(argv_of(words), edits)


def verify(before: Facts, after: Facts) -> str | None:
    """Whether the arrays hold what the shell made of the text, and nothing else changed."""
    known = before.places
    if len(before.instructions) != len(after.instructions):
        return "the number of instructions changed"
    for old, new in zip(before.instructions, after.instructions, strict=True):
        if before.source[old.start : old.end] == after.source[new.start : new.end]:
            continue
        if old.keyword != new.keyword or [f.text for f in old.flags] != [f.text for f in new.flags]:
            return f"{old.keyword} became another instruction"
        if old.json is not None and unwrapped(old, known[old.start]) == new.json:
            continue
        position = exec_position(old, known[old.start])
        if position is not None and _with_exec(old, position) == new.logical.text:
            continue
        argv = strings_and_variables(old)
        if argv and new.arguments == as_script(argv):
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
    restates=("Cmd", "Entrypoint", "Healthcheck"),
)
