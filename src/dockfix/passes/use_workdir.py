"""WORKDIR for directories that a RUN makes or goes to.

    RUN mkdir -p /src && cd /src && make        →        WORKDIR /src
    WORKDIR /app                                         RUN make
                                                         WORKDIR /app

Why: WORKDIR makes the directory if it is missing, and says once where all that follows happens.
A `mkdir` in front of it is for nothing, a `cd` at the beginning of every RUN is forgotten in one of
them some day, and a relative WORKDIR means another place as soon as a line above it changes.

What it does: a `mkdir` that a WORKDIR follows goes, at the end of a longer RUN too; `cd` to where
the RUN is anyway goes; `mkdir -p D && cd D && x`, or `cd D && x` for a D that the stage has made,
becomes WORKDIR and `RUN x`; a relative WORKDIR becomes an absolute one where the file says from
where it counts, or the base is an official image that starts in `/`. A WORKDIR of `"$DIR"` is
known where an ENV of the file sets DIR to plain text. Where only the base image knows from where
the first WORKDIR of a stage counts, that is pointed out.

What it leaves alone: directories in variables, quotes or patterns; `mkdir` of several directories,
with a mode, or in a subshell; `cd` to what may not be there; anything but `&&` between the parts; a
RUN that removes the directory again, or asks where it came from (`cd -`, `$OLDPWD`); RUNs with
flags or here-documents, ONBUILD, Windows; users other than root, to whom a builder may not give the
directory as `mkdir` does; /dev and /proc, which are made anew for each RUN.

Safety: both make the directory and its parents with mode 755 as root, so that is known to be the
user: by USER, or as an official image's. Moving is safe where an absolute WORKDIR follows before
anything notices: a COPY to a relative path, a RUN of other than file commands with absolute paths.
Where none follows up to the end of the stage, the image itself would start in another directory:
unsafe, and only offered if nothing that it starts is named by a relative path. On a base whose user
is not known it is unsafe, too. A build that failed because of `mkdir` (the directory was there
already) goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.removal import removal
from dockfix.edit.style import line_above
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import begins_elsewhere
from dockfix.reorder.directories import (
    DirectoryChange,
    absolute_workdir_follows,
    depends_on_directory,
    directory_changes,
    is_there,
    made_by,
    may_remove,
    part_depends_on_directory,
    removed,
    removes,
    script_of_run,
)
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.base_images import has_plain_base, is_windows
from dockfix.state.environment import Values
from dockfix.state.facts import ROOT, Facts, Place, fact
from dockfix.state.paths import bases, led_to, resolve, within

_METADATA = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "STOPSIGNAL")
)  # fmt: skip
#: What asks where the shell came from, or makes directories in another way.
_UNUSUAL = lazy(r"OLDPWD|\bcd +-|\bpopd\b|\bdirs\b|\bumask\b|\$_\b")
_MOVES = lazy(r"\b(?:cd|chdir|pushd)\b")
#: A path of plain names and variables.
_SPELLED = lazy(r"(?>(?:[\w./-]++|\$\w++|\$\{\w++\})+)")
_OTHER_OWNER = "the base image may set a user, and the directory may then get another owner"
_STARTS_THERE = "containers then start in that directory"


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each RUN that makes a directory or goes to one, and each relative WORKDIR."""
    for stage in facts.stages:
        if is_windows(facts.dockerfile, facts.outermost[stage.index]):
            continue
        gone_to: str | None = None
        for number, instruction in enumerate(stage.instructions):
            if instruction.keyword == "WORKDIR":
                gone_to = None
                yield from _absolute(facts, instruction)
            elif instruction.keyword == "RUN" and (
                begins_elsewhere(instruction)
                or ("mkdir" in instruction.arguments and _next_workdir(stage, number))
            ):
                group, path = _of_run(facts, stage, number)
                # what counts from a WORKDIR that is only just coming waits for the next sweep
                if group and (gone_to is None or path not in (None, gone_to)):
                    yield group
                    gone_to = path or gone_to


def _absolute(facts: Facts, instruction: Instruction) -> Iterator[Group]:
    place, text = facts.places[instruction.start], instruction.arguments
    workdir = place.workdir
    if workdir is None and text[:1] not in ("/", "$", "'", '"') and _is_first(facts, place):
        message = f"{text} counts from the directory of the base image, which may change"
        yield Group(instruction.keyword_offset, message, (), Safety.NOTE)
    if workdir is None or not re.match(r"[\w.-]", text) or re.search(r"[\\\"'`]", text):
        return
    spelled = _spelled(facts).get(instruction.start)
    if spelled is not None:
        edit = Edit(instruction.text_start, instruction.text_end, spelled)
    elif re.search(r"(?:^|/)\.\.?(?:/|$)", text):
        whole = resolve(workdir, text)
        if whole is None:
            return
        edit = Edit(instruction.text_start, instruction.text_end, whole)
    else:
        start = instruction.text_start
        edit = Edit(start, start, workdir.rstrip("/") + "/")
    message = "write the WORKDIR as an absolute path: a relative one depends on the lines above"
    yield Group(instruction.keyword_offset, message, (edit,))


@fact
def _spelled(facts: Facts) -> dict[int, str]:
    """Where relative WORKDIRs lead, by their start, spelled with the variables of those above them;
    only where there are some, and none may have another value by now.

    Else a file in which `ENV SRC=/src` can be changed would name /src in more places than before.
    """
    found: dict[int, str] = {}
    if not any(one.keyword == "WORKDIR" and "$" in one.arguments for one in facts.instructions):
        return found
    for stage in facts.stages:
        values, spelled = Values(), None
        for one in stage.instructions:
            if one.keyword == "ENV":
                values.add(one)
            elif one.keyword == "WORKDIR" and one.arguments[:1] in ("/", "$"):
                spelled = one.arguments.rstrip("/") if _SPELLED.fullmatch(one.arguments) else None
            elif one.keyword == "WORKDIR" and spelled is not None:
                spelled = _below(spelled, one.arguments)
                leads = values.expanded(spelled, facts.dockerfile.escape) if spelled else None
                if spelled and "$" in spelled and leads == led_to(facts, one):
                    found[one.start] = spelled
    return found


def _below(spelled: str, text: str) -> str | None:
    """A relative path joined to one that may have variables in it. `..` cannot take away what is
    nothing but a variable: that may stand for several folders."""
    parts = spelled.split("/")
    for part in text.rstrip("/").split("/"):
        if part == "..":
            if parts.pop()[:1] in ("", "$"):
                return None
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) if _SPELLED.fullmatch(text) else None


def _is_first(facts: Facts, place: Place) -> bool:
    """True if no WORKDIR stands above, in the stage or in those that it is built on."""
    if not place.base.endswith(".0"):
        return False
    stage = facts.stages[place.stage].base_stage
    while stage is not None:
        if any(one.keyword == "WORKDIR" for one in facts.stages[stage].instructions):
            return False
        stage = facts.stages[stage].base_stage
    return not facts.dockerfile.fragment


def _of_run(facts: Facts, stage: Stage, number: int) -> tuple[Group | None, str | None]:
    """What can be done about a RUN, and the directory that a WORKDIR above it will go to."""
    run = stage.instructions[number]
    place, base = facts.places[run.start], bases(facts)[run.start]
    script = script_of_run(run, place)
    if script is None or _UNUSUAL.search(script.text):
        return None, None
    doubt = _doubt(facts, stage, place.user)
    found = _made_for_nothing(facts, stage, number, script, doubt)
    moves = directory_changes(script, base)
    if found is not None or not moves or not moves[0].goes or moves[0].end == len(script.text):
        return found, None
    if moves[0].path == base:
        edits = _cut(run, moves[0].start, moves[0].end)
        message = f"remove cd {base}: the RUN starts in this directory already"
        if moves[0].makes and len(script.items) > 1:
            return None, None
        return (Group(run.keyword_offset, message, edits) if edits else None), None
    last = moves[0]
    for move in moves[1:]:
        if not (move.goes and move.end < len(script.text) and within(move.path, last.path)):
            break
        last = move._replace(start=last.start, makes=last.makes and move.makes)
    # behind a `;` a command runs whether there is a directory or not
    if not last.path.startswith("/") or doubt is None or len(script.items) > 1:
        return None, None
    return _moved(facts, stage, number, script, last, doubt), last.path


def _doubt(facts: Facts, stage: Stage, user: str | None) -> str | None:
    """Why a WORKDIR may make a directory in another way than the user of a RUN; None: it does."""
    if user is None:
        return "" if has_plain_base(facts.outermost[stage.index]) else _OTHER_OWNER
    return "" if user in ROOT else None


def _made_for_nothing(
    facts: Facts, stage: Stage, number: int, script: Script, doubt: str | None
) -> Group | None:
    """The `mkdir` that a RUN consists of, or ends in, where a WORKDIR makes the directory."""
    run, workdir = stage.instructions[number], _next_workdir(stage, number)
    if workdir is None or doubt is None or not script.items or script.items[-1].terminator:
        return None
    base = bases(facts)[run.start]
    target = led_to(facts, workdir)
    moves, last = directory_changes(script, base), script.items[-1].node
    edits: tuple[Edit, ...] = ()
    if len(moves) == 1 and moves[0].end == len(script.text) and moves[0].makes:
        made: str | None = moves[0].path
        if not run.comments and not script.comments:
            edits = (removal(facts.dockerfile, run),)
    else:
        made = made_by(last.pipelines[-1], "?" if _MOVES.search(script.text) else base)
        if last.operators and last.operators[-1].text == "&&":
            edits = _cut(run, last.pipelines[-2].end, last.pipelines[-1].end)
    if not edits or made is None or target is None or not within(target, made):
        return None
    return _change(
        run, f"remove mkdir {made}: WORKDIR makes the directory if it is missing", doubt, edits
    )


def _next_workdir(stage: Stage, number: int) -> Instruction | None:
    """The WORKDIR behind an instruction with nothing but metadata between."""
    for at in _behind(stage, number):
        following = stage.instructions[at]
        if following.keyword == "WORKDIR":
            return following
        if following.keyword not in _METADATA:
            return None
    return None


def _cut(run: Instruction, start: int, end: int) -> tuple[Edit, ...]:
    """The edit that takes a part of a RUN's script out; none if a comment would go with it."""
    base, logical = run.arguments_start, run.logical
    if end < len(run.arguments):  # up to what follows
        first, last = logical.offset(base + start), logical.offset(base + end)
    else:  # from what goes before
        first, last = logical.offset_end(base + start), logical.offset_end(base + end)
    if any(first <= comment.start < last for comment in run.comments):
        return ()
    return (Edit(first, last, ""),)


def _moved(
    facts: Facts, stage: Stage, number: int, script: Script, move: DirectoryChange, doubt: str
) -> Group | None:
    """`WORKDIR D` above the RUN, in place of `mkdir -p D && cd D`."""
    run = stage.instructions[number]
    if not move.makes and not is_there(facts, stage, number, move.path):
        return None
    if run.start in removed(facts) or removes(script, move.path):
        return None
    ending = _ending(facts, stage, number, script)
    edits = _cut(run, move.start, move.end)
    if ending is None or not edits:
        return None
    keyword = facts.source[run.keyword_offset : run.keyword_offset + 3]
    word = "workdir" if keyword.islower() else "WORKDIR"
    line = line_above(run, (f"{word} {move.path}",), facts.style.of(run))
    again = _next_workdir(stage, number)
    if again and led_to(facts, again) == move.path and not may_remove(script.text):
        edits += (removal(facts.dockerfile, again),)
    message = f"write WORKDIR {move.path} instead of cd: one line then says where commands run"
    return _change(run, message, doubt or ending, (line, *edits))


def _ending(facts: Facts, stage: Stage, number: int, script: Script) -> str | None:
    """ "" if an absolute WORKDIR follows before anything notices, the reason if none follows, and
    None if something notices."""
    comes = absolute_workdir_follows(facts, stage, number + 1, may_remove(script.text))
    if comes is not None:
        return "" if comes else None
    if (
        any(stage.instructions[at].keyword == "RUN" for at in _behind(stage, number))
        or stage.index in _built_on(facts)
    ):  # fmt: skip
        return None
    for one in stage.instructions:
        if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD") and (
            one.json is None or any(not _starts_anywhere(word) for word in one.json)
        ):
            return None
    return _STARTS_THERE


@fact
def _built_on(facts: Facts) -> frozenset[int | None]:
    """The stages that others are built on."""
    return frozenset(stage.base_stage for stage in facts.stages)


def _behind(stage: Stage, number: int) -> range:
    return range(number + 1, len(stage.instructions))


def _starts_anywhere(word: str) -> bool:
    return word[:1] in ("/", "-") or ("/" not in word and "." not in word)


def _change(run: Instruction, message: str, doubt: str, edits: tuple[Edit, ...]) -> Group:
    if not doubt:
        return Group(run.keyword_offset, message, edits)
    declares = ("WorkingDir",) if doubt == _STARTS_THERE else ()
    return Group(
        run.keyword_offset, with_doubt(message, doubt), edits, Safety.UNSAFE, declares=declares
    )


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same directories, and every directory is still made."""
    for old, new in zip(before.stages, after.stages, strict=True):
        if _acts(before, old) != _acts(after, new):
            return "a command would run elsewhere, or a directory would not be made"
    return None


def _acts(facts: Facts, stage: Stage) -> list[tuple[str, ...]]:
    """What a stage does, metadata first: each directory it makes, each command and where it runs.

    A directory that the next one lies in counts as made by that.
    """
    acts: list[tuple[str, ...]] = []
    metadata: list[tuple[str, ...]] = []
    made: set[str] = set()
    for instruction in stage.instructions:
        place, base = facts.places[instruction.start], bases(facts)[instruction.start]
        script = script_of_run(instruction, place)
        if instruction.keyword == "WORKDIR":
            path = instruction.arguments
            whole = path if path.startswith("/") else f"{base.rstrip('/')}/{path}"
            _make(acts, made, led_to(facts, instruction) or whole)
        elif script is None:
            where = base if depends_on_directory(instruction, place, base) else ""
            flags = [flag.text for flag in instruction.flags]
            keyword = instruction.keyword
            (metadata if keyword in _METADATA else acts).append(
                (keyword, *flags, instruction.logical.text[instruction.keyword_start :], where)
            )
        else:
            _follow(acts, made, script, base)
    return metadata + acts


def _follow(acts: list[tuple[str, ...]], made: set[str], script: Script, base: str) -> None:
    start = 0
    for move in directory_changes(script, base):
        if move.makes or move.path != base:
            _make(acts, made, move.path)
        start, base = move.end, move.path if move.goes else base
    last = script.items[-1].node if script.items else None
    end, making = len(script.text), None
    if last and last.pipelines[-1].start >= start:
        making = made_by(last.pipelines[-1], "?" if _MOVES.search(script.text, start) else base)
        if making:
            end = last.pipelines[-2].end if last.operators else 0
    if start < end:
        acts.append(
            (
                "RUN",
                script.text[start:end],
                base if part_depends_on_directory(script, start, end) else "",
            )
        )
    if making:
        _make(acts, made, making)


def _make(acts: list[tuple[str, ...]], made: set[str], path: str) -> None:
    if path in made:
        return
    while acts and acts[-1][0] == "directory" and within(path, acts[-1][1]):
        acts.pop()
    acts.append(("directory", path))
    while path and path not in made:
        made.add(path)
        path = path.rpartition("/")[0]


PASS = Pass(
    code="DF302",
    name="use-workdir",
    summary="Use WORKDIR where a RUN makes a directory or goes to one",
    safety=Safety.SAFE,
    aliases=("DL3000", "DL3003", "WorkdirRelativePath"),
    rewrite=rewrite,
    verify=verify,
)
