"""COPY with the owner and mode that a RUN right below it would give.

What it does: `COPY app.sh /usr/bin/app` and `RUN chown web:web /usr/bin/app` become
`COPY --chown=web:web app.sh /usr/bin/app`; `RUN chmod 755 …` becomes `--chmod=755`. Where that is
not known to be the same, a `chown -R` or `chmod -R` of what was just copied is pointed out.

Why: a file whose owner or mode changes in a later layer is stored twice.

What it leaves alone: directories, where the command also reaches what lay there before; a file
whose directory the builder might have to make, for COPY would give it the same owner; `chown web`,
which leaves the group as it is while --chown does not; a RUN with another command in it. Only
offered: `chmod +x`, which depends on the mode in the build context, and `--chmod` in a file that
shows no sign of BuildKit.

Safety: safe. One regular file is copied to one path whose directory is there already, because every
image with a shell has it or WORKDIR made it. chown and chmod then set for this file what the flags
set, and names are looked up in the same /etc/passwd.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockfix.context import Context
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import places, script_of
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, bases, copy_of, is_pattern, resolve, within
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.removal import removal_of
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Dockerfile, Instruction

_OWNER_AND_GROUP = lazy(r"[\w.-]+:[\w.-]+")
_MODE = lazy(r"0?[0-7]{3}")
_EXECUTABLE = ("+x", "a+x", "ugo+x")
#: What only builders since BuildKit read, which know --chmod.
_BUILDKIT = lazy(r"#[ \t]*syntax[ \t]*=|--mount=|--chmod=|--link\b")
#: Directories of every image that has a chown.
_THERE = frozenset(
    ("/", "/bin", "/etc", "/home", "/lib", "/root", "/sbin", "/tmp", "/usr", "/usr/bin",
     "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/lib",
     "/var/log", "/var/run")
)  # fmt: skip
#: Directories in which nobody has directories.
_PROGRAMS = frozenset(("/bin", "/sbin", "/usr/bin", "/usr/local/bin", "/usr/sbin"))


class _Change(Record):
    """`chown value paths` or `chmod value paths`."""

    program: str
    value: str
    recursive: bool
    paths: tuple[str, ...]


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each COPY with such a RUN below it."""
    noted = False
    for stage in dockerfile.stages:
        for copying, run in pairwise(stage.instructions):
            if copying.keyword != "COPY" or run.keyword != "RUN" or run.flags:
                continue
            changes = _changes(dockerfile, run)
            copy = copy_of(copying, bases(dockerfile)[copying.start]) if changes else None
            if copy is None:
                continue
            landing = _landing(dockerfile, copy, settings.context)
            base = bases(dockerfile)[run.start]
            if landing and all(_is_of(one, landing, base) for one in changes):
                yield from _joined(dockerfile, copying, run, changes)
            elif not noted and any(_is_below(one, copy, base) for one in changes):
                noted = True
                program = changes[0].program
                message = f"{program} -R stores every file twice: COPY --{program} does not"
                yield Group(run.keyword_offset, message, (), Safety.NOTE)


def _changes(dockerfile: Dockerfile, run: Instruction) -> list[_Change]:
    """What a RUN changes, if it does nothing else; empty if it does, or is not root."""
    if "chown" not in run.arguments and "chmod" not in run.arguments:
        return []
    place = places(dockerfile)[run.start]
    script = script_of(run, place)
    if not isinstance(script, Script) or script.comments or place.user not in (None, "root", "0"):
        return []
    if len(script.items) != 1 or script.items[0].terminator or script.nested != script.simples:
        return []
    node = script.items[0].node
    if any(one.text != "&&" for one in node.operators) or any(
        one.negated or one.commands != (simple,)
        for one, simple in zip(node.pipelines, script.simples, strict=False)
    ):
        return []
    changes = []
    for simple in script.simples:
        words = [word.value for word in simple.words if word.value is not None]
        if len(words) < 3 or len(words) != len(simple.words) or words[0] not in ("chown", "chmod"):
            return []
        recursive = words[1] in ("-R", "--recursive")
        value, *paths = words[1 + recursive :]
        if simple.redirects or simple.assignments or value.startswith("-") or not paths:
            return []
        changes.append(_Change(words[0], value, recursive, tuple(paths)))
    return changes if len({one.program for one in changes}) == len(changes) else []


def _landing(dockerfile: Dockerfile, copy: Copy, context: Context | None) -> str | None:
    """Where the one file that is copied lands, if its directory is there already."""
    if len(copy.sources) != 1 or is_pattern(copy.sources[0]):
        return None
    (landing,) = copy.landings(context)
    folder = landing.rpartition("/")[0] or "/"
    if copy.into and landing == copy.target:
        return None
    if not copy.into and not _stays_a_file(copy.sources[0], landing, folder, context):
        return None
    workdir = places(dockerfile)[copy.instruction.start].workdir
    return landing if folder in _THERE or folder == workdir else None


def _stays_a_file(source: str, landing: str, folder: str, context: Context | None) -> bool:
    """Whether a source is a file, and where it lands no directory, which would take it in."""
    ending, other = _ending(source), _ending(landing)
    is_file = bool(ending) or (context is not None and context.kind(source) == "file")
    return is_file and (ending == other != "" or folder in _PROGRAMS)


def _ending(path: str) -> str:
    return path.rpartition("/")[2].lstrip(".").partition(".")[2]


def _is_of(change: _Change, landing: str, base: str) -> bool:
    return (
        not change.recursive
        and len(change.paths) == 1
        and resolve(base, change.paths[0]) == landing
    )


def _is_below(change: _Change, copy: Copy, base: str) -> bool:
    """Whether a change goes through all that a COPY brought."""
    paths = [resolve(base, path) for path in change.paths]
    return change.recursive and any(path and within(copy.target, path) for path in paths)


def _joined(
    dockerfile: Dockerfile, copying: Instruction, run: Instruction, changes: list[_Change]
) -> Iterator[Group]:
    gone = removal_of(dockerfile, run)
    if gone is None or {flag.name for flag in copying.flags} & {one.program for one in changes}:
        return
    flags = ""
    doubts = []
    for program, value, _, _ in changes:
        if program == "chmod" and value in _EXECUTABLE:
            flags += "--chmod=755 "
            doubts.append("if the file is 644 or 755 in the build context")
        elif _OWNER_AND_GROUP.fullmatch(value) if program == "chown" else _MODE.fullmatch(value):
            flags += f"--{program}={value} "
        else:
            return
        if program == "chmod" and not _BUILDKIT.search(dockerfile.source):
            doubts.append("with BuildKit")
    message = " ".join((f"COPY {flags.strip()} stores the file once", " and ".join(doubts))).strip()
    at = copying.text_start
    safety = Safety.UNSAFE if doubts else Safety.SAFE
    yield Group(copying.keyword_offset, message, (Edit(at, at, flags), gone), safety)


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Every instruction is there but for RUNs whose values the flags of the COPY above have."""
    remaining = list(reversed(after.instructions))
    above: Instruction | None = None
    for old in before.instructions:
        new = remaining[-1] if remaining else None
        if (
            new is not None
            and (old.keyword, old.arguments) == (new.keyword, new.arguments)
            and {flag.text for flag in old.flags} <= {flag.text for flag in new.flags}
        ):
            above = remaining.pop()
            continue
        values = [one.value for one in _changes(before, old)] if old.keyword == "RUN" else []
        flags = [flag.value for flag in above.flags] if above else []
        if not values or not all(
            ("755" if value in _EXECUTABLE else value) in flags for value in values
        ):
            return f"{old.keyword} {old.arguments[:40]} is gone"
    return "an instruction came from nowhere" if remaining else None


PASS = Pass(
    code="DF312",
    name="copy-with-owner",
    summary="Copy a file with its owner and mode instead of changing them in another layer",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM debian:12\nCOPY app.sh /usr/bin/\nRUN chown a:b /usr/bin/app.sh\nCMD app.sh\n",
            "FROM debian:12\nCOPY --chown=a:b app.sh /usr/bin/\nCMD app.sh\n",
        ),
        Example(
            "# syntax=docker/dockerfile:1\nFROM debian:12\nWORKDIR /srv\nCOPY app.sh .\n"
            "RUN chown 1000:1000 app.sh && chmod 0750 app.sh\nUSER 1000\n",
            "# syntax=docker/dockerfile:1\nFROM debian:12\nWORKDIR /srv\n"
            "COPY --chown=1000:1000 --chmod=0750 app.sh .\nUSER 1000\n",
        ),
        Example(
            "FROM debian:12\nCOPY run.sh /run.sh\nRUN chmod +x /run.sh\nCMD /run.sh\n",
            "FROM debian:12\nCOPY --chmod=755 run.sh /run.sh\nCMD /run.sh\n",
            why="what the mode is in the build context, the file does not say",
            unsafe=True,
        ),
        Example(
            "FROM debian:12\nCOPY src /srv/src\nRUN chown -R web:web /srv/src\n",
            note="chown -R stores every file twice: COPY --chown does not",
        ),
        Example(
            "FROM debian:12\nCOPY a.conf /etc/a/a.conf\nRUN chown w:w /etc/a/a.conf\nUSER w\n",
            why="COPY may have to make /etc/a, and would give it away too",
        ),
        Example(
            "FROM debian:12\nCOPY a.conf /etc/a.conf\nRUN chown web /etc/a.conf\nUSER web\n",
            why="--chown=web gives it to the group of that number, too",
        ),
        Example(
            "FROM debian:12\nCOPY a.conf /etc/a.conf\nRUN chown web:web /etc/a.conf && make\n",
            why="the RUN does more",
        ),
    ),
)
