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
where it counts, or the base is an official image that starts in `/`.

What it leaves alone: directories in variables, quotes or patterns; `mkdir` of several directories,
with a mode, or in a subshell; `cd` to what may not be there; anything but `&&` between the parts;
a RUN that asks where it came from (`cd -`, `$OLDPWD`); RUNs with flags or here-documents, ONBUILD,
Windows; users other than root, to whom a builder may not give the directory as `mkdir` does; /dev
and /proc, which are made anew for each RUN.

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

from dockfix.directories import (
    Move,
    follows,
    is_there,
    made_by,
    may_remove,
    moves_of,
    notices,
    removed,
    script_of_run,
    sees,
)
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import ROOT, has_plain_base, is_windows, outermost, places
from dockfix.layout import removal, style_of
from dockfix.passes.base import Example, Pass, Settings
from dockfix.passes.signs import begins_elsewhere
from dockfix.paths import bases, resolve, within
from dockfix.patterns import lazy
from dockfix.remembered import remembered
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_METADATA = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "STOPSIGNAL")
)  # fmt: skip
#: What asks where the shell came from, or makes directories in another way.
_UNUSUAL = lazy(r"OLDPWD|\bcd +-|\bpopd\b|\bdirs\b|\bumask\b|\$_\b")
_MOVES = lazy(r"\b(?:cd|chdir|pushd)\b")
_OTHER_OWNER = "the user of the base image may get the directory in another way"
_STARTS_THERE = "containers then start there, too"


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each RUN that makes a directory or goes to one, and each relative WORKDIR."""
    for stage in dockerfile.stages:
        if is_windows(dockerfile, outermost(dockerfile)[stage.index]):
            continue
        gone_to: str | None = None
        for number, instruction in enumerate(stage.instructions):
            if instruction.keyword == "WORKDIR":
                gone_to = None
                yield from _absolute(dockerfile, instruction)
            elif instruction.keyword == "RUN" and (
                begins_elsewhere(instruction)
                or ("mkdir" in instruction.arguments and _next_workdir(stage, number))
            ):
                group, path = _run(dockerfile, stage, number)
                # what counts from a WORKDIR that is only just coming waits for the next sweep
                if group and (gone_to is None or path not in (None, gone_to)):
                    yield group
                    gone_to = path or gone_to


def _absolute(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Group]:
    workdir = places(dockerfile)[instruction.start].workdir
    text = instruction.arguments
    if workdir is None or not re.match(r"[\w.-]", text) or re.search(r"[\\\"'`]", text):
        return
    if re.search(r"(?:^|/)\.\.?(?:/|$)", text):
        whole = resolve(workdir, text)
        if whole is None:
            return
        edit = Edit(instruction.text_start, instruction.text_end, whole)
    else:
        start = instruction.text_start
        edit = Edit(start, start, workdir.rstrip("/") + "/")
    yield Group(instruction.keyword_offset, "say from where the WORKDIR counts", (edit,))


def _run(dockerfile: Dockerfile, stage: Stage, number: int) -> tuple[Group | None, str | None]:
    """What can be done about a RUN, and the directory that a WORKDIR above it will go to."""
    run = stage.instructions[number]
    place, base = places(dockerfile)[run.start], bases(dockerfile)[run.start]
    script = script_of_run(run, place)
    if script is None or _UNUSUAL.search(script.text):
        return None, None
    doubt = _doubt(dockerfile, stage, place.user)
    found = _made_for_nothing(dockerfile, stage, number, script, doubt)
    moves = moves_of(script, base)
    if found is not None or not moves or not moves[0].goes or moves[0].end == len(script.text):
        return found, None
    if moves[0].path == base:
        edits = _cut(run, moves[0].start, moves[0].end)
        message = "a RUN is in the directory of WORKDIR already"
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
    return _moved(dockerfile, stage, number, script, last, doubt), last.path


def _doubt(dockerfile: Dockerfile, stage: Stage, user: str | None) -> str | None:
    """Why a WORKDIR may make a directory in another way than the user of a RUN; None: it does."""
    if user is None:
        return "" if has_plain_base(outermost(dockerfile)[stage.index]) else _OTHER_OWNER
    return "" if user in ROOT else None


def _made_for_nothing(
    dockerfile: Dockerfile, stage: Stage, number: int, script: Script, doubt: str | None
) -> Group | None:
    """The `mkdir` that a RUN consists of, or ends in, where a WORKDIR makes the directory."""
    run, workdir = stage.instructions[number], _next_workdir(stage, number)
    if workdir is None or doubt is None or not script.items or script.items[-1].terminator:
        return None
    base = bases(dockerfile)[run.start]
    target = resolve(bases(dockerfile)[workdir.start], workdir.arguments)
    moves, last = moves_of(script, base), script.items[-1].node
    edits: tuple[Edit, ...] = ()
    if len(moves) == 1 and moves[0].end == len(script.text) and moves[0].makes:
        made: str | None = moves[0].path
        if not run.comments and not script.comments:
            edits = (removal(dockerfile, run),)
    else:
        made = made_by(last.pipelines[-1], "?" if _MOVES.search(script.text) else base)
        if last.operators and last.operators[-1].text == "&&":
            edits = _cut(run, last.pipelines[-2].end, last.pipelines[-1].end)
    if not edits or made is None or target is None or not within(target, made):
        return None
    return _group(run, f"WORKDIR makes {made} if it is missing", doubt, edits)


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
    dockerfile: Dockerfile, stage: Stage, number: int, script: Script, move: Move, doubt: str
) -> Group | None:
    """`WORKDIR D` above the RUN, in place of `mkdir -p D && cd D`."""
    run = stage.instructions[number]
    if not move.makes and not is_there(dockerfile, stage, number, move.path):
        return None
    if run.start in removed(dockerfile):
        return None
    ending = _ending(dockerfile, stage, number, script)
    edits = _cut(run, move.start, move.end)
    if ending is None or not edits:
        return None
    source, eol = dockerfile.source, style_of(dockerfile, run).eol
    indent = source[run.start : run.keyword_offset]
    keyword = source[run.keyword_offset : run.keyword_offset + 3]
    word = "workdir" if keyword.islower() else "WORKDIR"
    line = Edit(run.start, run.start, f"{indent}{word} {move.path}{eol}")
    again = _next_workdir(stage, number)
    if again and resolve("/", again.arguments) == move.path and not may_remove(script.text):
        edits += (removal(dockerfile, again),)
    return _group(run, f"WORKDIR goes to {move.path}", doubt or ending, (line, *edits))


def _ending(dockerfile: Dockerfile, stage: Stage, number: int, script: Script) -> str | None:
    """ "" if an absolute WORKDIR follows before anything notices, the reason if none follows, and
    None if something notices."""
    comes = follows(dockerfile, stage, number + 1, may_remove(script.text))
    if comes is not None:
        return "" if comes else None
    if (
        any(stage.instructions[at].keyword == "RUN" for at in _behind(stage, number))
        or stage.index in _built_on(dockerfile)
    ):  # fmt: skip
        return None
    for one in stage.instructions:
        if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD") and (
            one.json is None or any(not _starts_anywhere(word) for word in one.json)
        ):
            return None
    return _STARTS_THERE


@remembered
def _built_on(dockerfile: Dockerfile) -> frozenset[int | None]:
    """The stages that others are built on."""
    return frozenset(stage.base_stage for stage in dockerfile.stages)


def _behind(stage: Stage, number: int) -> range:
    return range(number + 1, len(stage.instructions))


def _starts_anywhere(word: str) -> bool:
    return word[:1] in ("/", "-") or ("/" not in word and "." not in word)


def _group(run: Instruction, message: str, doubt: str, edits: tuple[Edit, ...]) -> Group:
    if not doubt:
        return Group(run.keyword_offset, message, edits)
    declares = ("WorkingDir",) if doubt == _STARTS_THERE else ()
    return Group(run.keyword_offset, f"{message}; {doubt}", edits, Safety.UNSAFE, declares=declares)


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same directories, and every directory is still made."""
    for old, new in zip(before.stages, after.stages, strict=True):
        if _acts(before, old) != _acts(after, new):
            return "a command would run elsewhere, or a directory would not be made"
    return None


def _acts(dockerfile: Dockerfile, stage: Stage) -> list[tuple[str, ...]]:
    """What a stage does, metadata first: each directory it makes, each command and where it runs.

    A directory that the next one lies in counts as made by that.
    """
    acts: list[tuple[str, ...]] = []
    metadata: list[tuple[str, ...]] = []
    made: set[str] = set()
    for instruction in stage.instructions:
        place, base = places(dockerfile)[instruction.start], bases(dockerfile)[instruction.start]
        script = script_of_run(instruction, place)
        if instruction.keyword == "WORKDIR":
            path = instruction.arguments
            whole = path if path.startswith("/") else f"{base.rstrip('/')}/{path}"
            _make(acts, made, resolve(base, path) or whole)
        elif script is None:
            where = base if notices(instruction, place, base) else ""
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
    for move in moves_of(script, base):
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
        acts.append(("RUN", script.text[start:end], base if sees(script, start, end) else ""))
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
    examples=lambda: (
        Example(
            "FROM debian\nRUN mkdir -p /srv/app\nWORKDIR /srv/app\n",
            "FROM debian\nWORKDIR /srv/app\n",
        ),
        Example(
            "FROM debian\nRUN apt-get update && mkdir /app\nENV A=b\nWORKDIR /app/src\n",
            "FROM debian\nRUN apt-get update\nENV A=b\nWORKDIR /app/src\n",
            why="WORKDIR makes the directories above it, too",
        ),
        Example(
            "FROM debian\nRUN mkdir -p /src \\\n    && cd /src \\\n    && make\nWORKDIR /app\n",
            "FROM debian\nWORKDIR /src\nRUN make\nWORKDIR /app\n",
        ),
        Example(
            'FROM debian\nRUN mkdir -p /src && cd /src && echo "$(pwd)"\n',
            'FROM debian\nWORKDIR /src\nRUN echo "$(pwd)"\n',
            why="containers start in /src then",
            unsafe=True,
        ),
        Example(
            "FROM debian\nWORKDIR /app\nCOPY . .\nRUN cd /app && make\n",
            "FROM debian\nWORKDIR /app\nCOPY . .\nRUN make\n",
            why="every RUN begins in the WORKDIR",
        ),
        Example(
            "FROM debian\nCOPY lib /lib-src/\nRUN cd /lib-src && make\n"
            "RUN cd /lib-src && make install\nWORKDIR /app\n",
            "FROM debian\nCOPY lib /lib-src/\nWORKDIR /lib-src\nRUN make\nRUN make install\n"
            "WORKDIR /app\n",
        ),
        Example(
            "FROM debian\nWORKDIR /app\nRUN make\nWORKDIR client/$NAME\nRUN make\n",
            "FROM debian\nWORKDIR /app\nRUN make\nWORKDIR /app/client/$NAME\nRUN make\n",
        ),
        Example(
            "FROM example.org/base\nRUN mkdir /app\nWORKDIR /app\n",
            "FROM example.org/base\nWORKDIR /app\n",
            why="nobody knows the user of the base image",
            unsafe=True,
        ),
        Example("FROM debian\nWORKDIR app\n", "FROM debian\nWORKDIR /app\n"),
        Example("FROM php\nWORKDIR app\n", why="the image has a working directory of its own"),
        *(
            Example(f"FROM debian\n{text}\n", why=why)
            for text, why in (
                ("RUN mkdir -p /a /b\nWORKDIR /a", "two directories"),
                ("RUN mkdir -p /a/{b,c}\nWORKDIR /a/b", "braces may make several directories"),
                ("RUN mkdir -m 700 /a\nWORKDIR /a", "another mode"),
                ("RUN mkdir -p $A\nWORKDIR $A", "the shell may make something else of it"),
                ("USER app\nRUN mkdir ~/a /b\nWORKDIR /b", "several directories of another user"),
                (
                    "USER app\nRUN mkdir /tmp/a\nWORKDIR /tmp/a",
                    "its owner depends on the builder",
                ),
                ("RUN mkdir -p /a\nUSER app\nWORKDIR /a", "it would be the user's"),
                ("RUN mkdir -p /a\nCOPY --chown=app . /a\nWORKDIR /a", "COPY would make it"),
                ("RUN mkdir -p /a && cd /a && make\nCOPY . .\nWORKDIR /b", "COPY goes elsewhere"),
                ("RUN mkdir -p /a && cd /a && make\nRUN make test", "the next RUN is elsewhere"),
                (
                    'RUN mkdir -p /a && cd /a && make\nCMD ["./run"]',
                    "the container would start another program",
                ),
                ("RUN cd /a && make\nWORKDIR /b", "it may not be there"),
                ("RUN cd /a; make\nWORKDIR /b", "make runs whether it is there or not"),
                ("RUN mkdir /a && cd /a && a; b\nWORKDIR /b", "b runs whether it is there or not"),
                ("RUN mkdir /a && cd /a && make || true\nWORKDIR /b", "a failure is expected"),
                ("RUN mkdir /a && cd /a && make && cd -\nWORKDIR /b", "it goes back"),
                ("RUN mkdir /dev/a && cd /dev/a && make\nWORKDIR /b", "each RUN has its own /dev"),
                ("RUN (mkdir /a && cd /a && make)\nWORKDIR /b", "only the subshell goes there"),
                ("RUN --mount=target=/s mkdir /a\nWORKDIR /a", "flags"),
                ("ONBUILD RUN mkdir /a\nONBUILD WORKDIR /a", "another file's base and user"),
                (
                    "RUN mkdir -p /a && cd /a && make && rm -r /a\nRUN touch /x\nWORKDIR /b",
                    "a RUN makes the directory that it is run in anew",
                ),
                (
                    "RUN mkdir -p /a && \\\n    # why\n    cd /a && make\nWORKDIR /b",
                    "the comment would be lost",
                ),
            )
        ),
        Example(
            "FROM debian AS a\nRUN mkdir -p /a && cd /a && make\nFROM a\nRUN make test\n",
            why="another stage goes on from there",
        ),
    ),
)
