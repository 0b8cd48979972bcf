"""COPY with the owner and mode that a RUN right below it would give.

What it does: `COPY app.sh /usr/bin/app` and `RUN chown web:web /usr/bin/app` become
`COPY --chown=web:web app.sh /usr/bin/app`; `RUN chmod 755 …` becomes `--chmod=755`. Where that is
not known to be the same, a `chown -R` or `chmod -R` of what was just copied is pointed out.

Why: a file whose owner or mode changes in a later layer is stored twice.

What it leaves alone: directories, where the command also reaches what lay there before; a file
whose directory the builder might have to make, for COPY would give it the same owner; `chown web`,
which leaves the group as it is while --chown does not; a file that is setuid or setgid, or gets
such a mode by --chmod, because chown clears these bits; a RUN with another command in it. Only
offered: `chmod +x`, which depends on the mode in the build context; chown, where the mode of the
file is not known; and `--chmod` in a file that shows no sign of BuildKit.

Safety: safe. One regular file is copied to one path whose directory is there already, because every
image with a shell has it or WORKDIR made it. chown and chmod then set for this file what the flags
set, and names are looked up in the same /etc/passwd.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from itertools import pairwise

from dockfix.context import Context
from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.removal import removal_of
from dockfix.passes.base import Pass, Settings
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, script_of
from dockfix.state.paths import Copy, bases, copy_of, is_pattern, resolve, within

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


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each COPY with such a RUN below it."""
    noted = False
    for stage in facts.stages:
        for copying, run in pairwise(stage.instructions):
            if copying.keyword != "COPY" or run.keyword != "RUN" or run.flags:
                continue
            changes = _changes(facts, run)
            copy = copy_of(copying, bases(facts)[copying.start]) if changes else None
            if copy is None:
                continue
            landing = _landing(facts, copy, settings.context)
            base = bases(facts)[run.start]
            if landing and all(_is_of(one, landing, base) for one in changes):
                mode = settings.context.mode(copy.sources[0]) if settings.context else None
                yield from _joined(facts.dockerfile, copying, run, changes, mode)
            elif not noted and any(_is_below(one, copy, base) for one in changes):
                noted = True
                program = changes[0].program
                message = f"{program} -R stores every file a second time: COPY --{program} does not"
                yield Group(run.keyword_offset, message, (), Safety.NOTE)


def _changes(facts: Facts, run: Instruction) -> list[_Change]:
    """What a RUN changes, if it does nothing else; empty if it does, or is not root."""
    if "chown" not in run.arguments and "chmod" not in run.arguments:
        return []
    place = facts.places[run.start]
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


def _landing(facts: Facts, copy: Copy, context: Context | None) -> str | None:
    """Where the one file that is copied lands, if its directory is there already."""
    if len(copy.sources) != 1 or is_pattern(copy.sources[0]):
        return None
    (landing,) = copy.landings(context)
    folder = landing.rpartition("/")[0] or "/"
    if copy.into and landing == copy.target:
        return None
    if not copy.into and not _stays_a_file(copy.sources[0], landing, folder, context):
        return None
    workdir = facts.places[copy.instruction.start].workdir
    return landing if folder in _THERE or folder == workdir else None


def _stays_a_file(source: str, landing: str, folder: str, context: Context | None) -> bool:
    """True if a source is a file, and where it lands no directory, which would take it in."""
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
    """True if a change goes through all that a COPY brought."""
    paths = [resolve(base, path) for path in change.paths]
    return change.recursive and any(path and within(copy.target, path) for path in paths)


def _joined(
    dockerfile: Dockerfile,
    copying: Instruction,
    run: Instruction,
    changes: list[_Change],
    mode: int | None,
) -> Iterator[Group]:
    """The group for a COPY and the RUN below it. `mode` is that of the file, if it is known."""
    gone = removal_of(dockerfile, run)
    if gone is None or {flag.name for flag in copying.flags} & {one.program for one in changes}:
        return
    given = next((flag.value for flag in copying.flags if flag.name == "chmod"), None)
    if _has_special_bits(given, mode):
        return
    flags = ""
    doubts = []
    if given is None and mode is None and all(one.program == "chown" for one in changes):
        doubts.append("the file may be setuid or setgid, which chown clears")
    for program, value, _, _ in changes:
        if program == "chmod" and value in _EXECUTABLE:
            flags += "--chmod=755 "
            doubts.append("the mode of the file may be neither 644 nor 755 in the build context")
        elif _OWNER_AND_GROUP.fullmatch(value) if program == "chown" else _MODE.fullmatch(value):
            flags += f"--{program}={value} "
        else:
            return
        if program == "chmod" and not _BUILDKIT.search(dockerfile.source):
            doubts.append("the builder may be older than BuildKit")
    programs = " and ".join(change.program for change in changes)
    message = f"write COPY {flags.strip()} instead of RUN {programs}: the file is then stored once"
    message = with_doubt(message, " and ".join(doubts))
    at = copying.text_start
    safety = Safety.UNSAFE if doubts else Safety.SAFE
    yield Group(copying.keyword_offset, message, (Edit(at, at, flags), gone), safety)


def _has_special_bits(given: str | None, mode: int | None) -> bool:
    """True if a file may be setuid or setgid: chown clears these bits, and `--chown` keeps them.

    `given` is the value of `--chmod`, which counts instead of the `mode` of the file.
    """
    if given is None:
        return mode is not None and bool(mode & (stat.S_ISUID | stat.S_ISGID))
    return _MODE.fullmatch(given) is None


def verify(before: Facts, after: Facts) -> str | None:
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
)
