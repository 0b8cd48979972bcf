"""What a later RUN deletes again is not copied in the first place.

    COPY . .                →        COPY ./app ./app
    RUN rm -rf docs

What it does: where a RUN does nothing but remove files that a COPY of its stage brought, and
nothing has used them in between, the RUN goes and the files are not copied: the COPY names the one
directory that is left of the context; or it gets `--exclude`, if the frontend that `# syntax=`
names has that; or the ignore file leaves them out.

Why: a layer keeps what it holds. The files that a later RUN removes are hidden, not gone: the image
is as large as with them, whoever pulls it can read them, and a change in them builds everything
again that stands below the COPY.

What it leaves alone: paths with patterns or variables in them; an `rm` that shares its RUN with
other commands, or that would fail (a directory without `-r`); files that something may have looked
at in between, a RUN above all, unless it only installs packages of the system; paths below `/usr`,
`/etc` and the like, where the base image has files of its own, and those that an earlier
instruction of the stage may have made; what another COPY, stage or Dockerfile of the same context
copies too, where only the ignore file could leave it out; a RUN with a comment, which would speak
of nothing then; stages with a VOLUME, in which a delete does not delete. Nothing is done without
the build context.

Safety: the files are those of the COPY and no others: the context is looked at, so is every
instruction above. Of the base image it is taken that it has nothing of its own where the project is
copied to; below the image of an application (wordpress, odoo) the change is unsafe. Nothing that
runs in between could tell that they were there. A COPY is narrowed only if one directory is left
beside what no image has a use for (the list of `dockerignore`), which is no longer copied then
either. That directory has mode 0755 in the context, because COPY makes it anew with that mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.context import Context
from dockfix.context.ignore_names import ENDINGS, is_ignore_file
from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.removal import comments_above, removal_of
from dockfix.installs.reads import reads_of
from dockfix.passes.base import Pass, Settings
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.state.base_images import has_a_project
from dockfix.state.facts import Facts, Place, script_of
from dockfix.state.paths import UNTOLD, Copy, bases, copy_of, resolve, within
from dockfix.state.run_commands import run_commands

_OF_THE_BASE = "the base image may have files of its own there, which would no longer be removed"
#: What tells nobody anything about files.
_SILENT = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL",
     "STOPSIGNAL", "USER")
)  # fmt: skip
#: Trees in which a base image has files, but for those where projects are copied to.
_OF_THE_SYSTEM = lazy(r"/(?:(?!app|code|data|home|mnt|opt|project|root|srv|tmp|work)[^/]*)(?:/.*)?")
_OF_PROJECTS = lazy(r"/(?:usr/src|usr/app|var/www|var/task|src|site|build|web|api|service)(?:/.*)?")
#: Commands that could have made anything, anywhere.
_MAKES_FILES = lazy(r"\b(?:git[ \t]+clone|tar|unzip|cp|mv|rsync|curl|wget|svn|npx|create-)\b")
_HAS_EXCLUDE = lazy(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::(?:latest|labs|1|1-labs|1\.(?:19|[2-9]\d)(?:[.\d]*)(?:-labs)?"
    r"|1\.(?:[7-9]|1[0-8])(?:\.\d+)?-labs))?(?:@.*)?"
)
_PLAIN_PATH = lazy(r"[\w.][\w.+@-]*(?:/[\w.][\w.+@-]*)*")


class _Late(Record):
    """A COPY and the paths of the context that it brings in vain."""

    copy: Copy
    paths: tuple[str, ...]


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each RUN that only removes what was copied."""
    context = settings.context
    if context is None or facts.dockerfile.escape == "`" or "rm " not in facts.source:
        return
    known, starting = facts.places, bases(facts)
    for stage in facts.stages:
        for index, run in enumerate(stage.instructions):
            if run.keyword != "RUN" or run.flags or "rm" not in run.arguments:
                continue
            removed = _removed(run, known[run.start])
            targets = {resolve(starting[run.start], path): deep for path, deep in removed.items()}
            if not targets or None in targets or comments_above(facts.dockerfile, run):
                continue
            late = _late(facts, stage, index, targets, context)
            removal = removal_of(facts.dockerfile, run)
            way = _way(facts.dockerfile, late, context) if late and removal else None
            if late is None or removal is None or way is None:
                continue
            edits, lines, declared = way
            what = " and ".join(late.paths)
            message = f"do not copy {what}: what a later RUN deletes stays in the layer of the COPY"
            edits = (*edits, removal)
            at = run.keyword_offset
            doubt = _OF_THE_BASE if has_a_project(facts.outermost[stage.index]) else ""
            safety = Safety.UNSAFE if doubt else Safety.SAFE
            yield Group(at, with_doubt(message, doubt), edits, safety, lines, declares=declared)


def _removed(run: Instruction, place: Place) -> dict[str, bool]:
    """The paths that a RUN removes, and whether with all that is below; empty if it does more."""
    script = script_of(run, place)
    found: dict[str, bool] = {}
    for item in script.items if isinstance(script, Script) else ():
        if item.terminator == "&" or any(one.text != "&&" for one in item.node.operators):
            return {}
        for pipeline in item.node.pipelines:
            command = pipeline.commands[0]
            if pipeline.negated or len(pipeline.commands) > 1 or not isinstance(command, Simple):
                return {}
            values = [word.value for word in command.words]
            if values[:1] != ["rm"] or command.assignments or command.redirects:
                return {}
            options = [one for one in values[1:] if one and one[0] == "-"]
            if not set(options) <= {"-r", "-R", "-f", "-rf", "-fr", "-Rf", "-fR", "--"}:
                return {}
            deep = any("r" in one.lower() for one in options)
            for value in values[1:]:
                if not value or (value[0] != "-" and not value.strip("./")):
                    return {}
                if value[0] != "-":
                    found[value] = deep
    return found


def _late(
    facts: Facts,
    stage: Stage,
    index: int,
    targets: dict[str | None, bool],
    context: Context,
) -> _Late | None:
    """The COPY that brings all of the targets, if nothing else does, or has to do with them."""
    found: list[tuple[Copy, str]] = []
    for target, deep in targets.items():
        copy = _bringing(facts, stage, index, target or "", context)
        brought = copy.brings(target or "", context) if copy else frozenset()
        path = next(iter(brought)) if len(brought) == 1 else UNTOLD
        kind = context.kind(path)
        if copy is None or path in (UNTOLD, "") or context.is_link(path):
            return None
        if kind is None or (kind == "directory" and not deep) or not _PLAIN_PATH.fullmatch(path):
            return None
        found.append((copy, path))
    if len({copy.instruction.start for copy, _ in found}) != 1:
        return None
    return _Late(found[0][0], tuple(path for _, path in found))


def _bringing(facts: Facts, stage: Stage, index: int, target: str, context: Context) -> Copy | None:
    if _OF_THE_SYSTEM.fullmatch(target) and not _OF_PROJECTS.fullmatch(target):
        return None
    starting = bases(facts)
    above = [*_line(facts.dockerfile, stage), *stage.instructions[:index]]
    name = target.rpartition("/")[2]
    found: Copy | None = None
    for one in reversed(above):
        if one.keyword in ("COPY", "ADD"):
            copy = copy_of(one, starting[one.start])
            if copy is None:
                return None
            if not copy.brings(target, context):
                continue
            if found or one.keyword == "ADD" or one not in stage.instructions:
                return None
            found = copy
        elif one.keyword == "WORKDIR":
            folder = resolve(starting[one.start], one.arguments)
            if folder is None or within(folder, target):
                return None
        elif one.keyword == "RUN":
            if found is None and not _only_installs(one, facts.places[one.start]):
                return None
            texts = (one.arguments, *(body.content for body in one.heredocs))
            if any(name in text or _MAKES_FILES.search(text) for text in texts):
                return None
        elif one.keyword not in _SILENT and one.keyword != "FROM":
            return None
    return found


def _line(dockerfile: Dockerfile, stage: Stage) -> list[Instruction]:
    """The instructions of the stages that a stage is built on, the first one's first."""
    found: list[Instruction] = []
    at = stage.base_stage
    while at is not None:
        found[:0] = dockerfile.stages[at].instructions
        at = dockerfile.stages[at].base_stage
    return found


def _only_installs(run: Instruction, place: Place) -> bool:
    """True if a RUN is the package manager's of the system, which looks at nobody's project."""
    script = script_of(run, place)
    reads = reads_of(script) if isinstance(script, Script) and not run.flags else None
    return bool(reads) and all(one.system for one in reads or ())


def _way(
    dockerfile: Dockerfile, late: _Late, context: Context
) -> tuple[tuple[Edit, ...], tuple[str, ...], tuple[str, ...]] | None:
    """Edits of the COPY, or lines for the ignore file, that leave the paths out.

    And globs of what the image is without then, too.
    """
    from dockfix.context.clutter import anywhere

    instruction = late.copy.instruction
    if late.copy.sources == ("",) and instruction.json is None:
        useless = _useless(dockerfile, context)
        rest = [
            name
            for name in context.entries("") or ()
            if name not in (*useless, *late.paths) and not is_ignore_file(name)
        ]
        if len(rest) == 1 and _PLAIN_PATH.fullmatch(rest[0]) and _is_tree(rest[0], context):
            source, target = instruction.words
            below = target.text.rstrip("/") if target.text.strip("./") else target.text.strip("/")
            into = f"{below}/{rest[0]}" if below else f"/{rest[0]}"
            return (
                (
                    Edit(source.start, source.end, f"./{rest[0]}"),
                    Edit(target.start, target.end, into),
                ),
                (),
                anywhere((*sorted(useless), *(f"*{ending}" for ending in ENDINGS))),
            )
        syntax = [one.value for one in dockerfile.directives if one.name == "syntax"]
        if syntax and _HAS_EXCLUDE.fullmatch(syntax[0]):
            flags = "".join(f"--exclude={path} " for path in late.paths)
            start = instruction.text_start
            return (Edit(start, start, flags),), (), ()
    if any(path in late.copy.sources for path in late.paths):
        return None
    if _wanted_elsewhere(dockerfile, late, context):
        return None
    return (), late.paths, ()


def _is_tree(path: str, context: Context) -> bool:
    """True for a directory that is the same whether it is copied or made: COPY makes mode 0755."""
    return (
        context.kind(path) == "directory"
        and not context.is_link(path)
        and context.mode(path) == 0o755
    )


def _useless(dockerfile: Dockerfile, context: Context) -> frozenset[str]:
    """What a COPY of the whole context brings that nobody needs."""
    from dockfix.context.clutter import Surroundings, find_clutter
    from dockfix.installs.made import asks_for_history

    around = Surroundings(dockerfile, context)
    return frozenset(
        path
        for one in find_clutter(context, [""])
        if one.kind in ("history", "cache", "editor", "containers")
        and not around.keeps(one, asks_for_history)
        for path in one.paths
    )


def _wanted_elsewhere(dockerfile: Dockerfile, late: _Late, context: Context) -> bool:
    """True if another instruction takes one of the paths from the context."""
    from dockfix.context.clutter import Surroundings
    from dockfix.context.sources import is_wild, sources_of

    around = Surroundings(dockerfile, context)
    if not around.told:
        return True
    others = [item for one in around.others(dockerfile) for item in one.instructions] + [
        item for item in dockerfile.instructions if item is not late.copy.instruction
    ]
    return any(
        source is None
        or is_wild(source)
        or not source
        or within(f"/{path}", f"/{source}")
        or within(f"/{source}", f"/{path}")
        for item in others
        for source in sources_of(item)
        for path in late.paths
    )


def verify(before: Facts, after: Facts) -> str | None:
    """Only commands that remove are gone; nothing else than COPYs and those RUNs is different."""
    old, new = run_commands(before, after)
    pending = iter(old)
    if any(one not in pending for one in new):
        return "the commands are not those that were there before"
    if [one for one in old if one[:3] != "rm "] != [one for one in new if one[:3] != "rm "]:
        return "a command that is no rm is gone"
    if _others(before.dockerfile) != _others(after.dockerfile):
        return "an instruction that is no COPY or RUN is not the same"
    return None


def _others(dockerfile: Dockerfile) -> Sequence[tuple[str, str]]:
    return [
        (one.keyword, one.logical.text if one.keyword not in ("COPY", "RUN") else "")
        for one in dockerfile.instructions
        if one.keyword != "RUN"
    ]


PASS = Pass(
    code="DF404",
    name="no-late-delete",
    summary="Do not copy what a later RUN removes: its bytes stay in the layer of the COPY",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
