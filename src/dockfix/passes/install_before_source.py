"""A COPY of source goes below the install that does not read it; the manifests alone stay above.

What it does: a COPY (or ADD) of files of the build context moves below the last RUN that installs
packages and reads none of them. Where the install reads a few (package.json, a lock file), these
are copied by name right above it, to the same place, with the same flags, and the COPY of
everything comes after. A RUN that installs and then builds is divided, if the COPY can go between.
What the install writes into the project (node_modules, obj, a vendor folder) is left out by a line
in .dockerignore, even where there is none yet: it would come over that of the image.

    COPY . .                           COPY package.json package-lock.json ./
    RUN npm ci && npm run build        RUN npm ci
                                       COPY . .
                                       RUN npm run build

Where uv or poetry installs the project itself, too, it is called twice: first without the project,
above the source, then as before, below it.

    COPY . .                           COPY pyproject.toml uv.lock ./
    RUN uv sync --locked               RUN uv sync --locked --no-install-project
                                       COPY . .
                                       RUN uv sync --locked

Why: an edited file rebuilds every instruction below its COPY. With the source above `pip install -r
requirements.txt`, one changed line installs everything again; with the source below, it copies one
file.

What an install reads is told by its words and, with the build context at hand, by its manifests: a
list of requirements may name other lists, a workspace has manifests of its own, a go.mod may
replace a module by a folder. `managers/manifests` has the rules of each manager; one that is unsure
says why, and that is reported. Without a context, the move is safe for installs that read no
manifest, and for `pip install -r` where what is copied lands beside the manifest's directory and
does not look like packaging; else it is unsafe, or left alone.

What it leaves alone: an install that reads the source (`pip install .`, a `postinstall` script, a
`gemspec`), unless it can be called twice; two calls of uv or poetry where the file names a version
that does not know the option, or where the stage has a call with the option already; a COPY that
would come over what the install writes (a node_modules in the context), unless a line in
.dockerignore can keep that out; destinations with variables, or that cannot be compared because the
working directory is the base image's own; a RUN with a command, option or package that is not
understood, a bind mount or a here-document; VOLUME and ONBUILD in between, a WORKDIR that a
relative destination depends on, or that would make the directory first where `--chown` gives it to
somebody; a RUN whose rest removes something, which would then stay in a layer; a row with more than
2,500 pairs of a COPY and a command, or below more than 400 COPYs; COPY --from and ADD of a URL,
which do not change with the source; a RUN that fetches lists of packages for a later RUN below the
source, which would find them stale; and, on images that nobody knows and where asdf, mise, pyenv
and their like are named, a COPY that brings `.tool-versions` or another file by which these choose
what `npm` or `pip` is. Where an install of the project's packages is concerned, a note says why.

Safety: every install finds the same files, and what it writes stays: the image holds the same
files, times aside, and the mode of a directory that the COPY itself would have made. Of two calls
the second finds the packages installed, and adds the project. Safe where the above proves it,
unsafe where it has to be taken on trust: install scripts of unknown packages, a lock file that the
install may bring up to date, another Dockerfile of the context that may copy what a new line of the
ignore file leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.dockerfile.tree import Dockerfile, Stage
from dockfix.edit.edits import Group, Safety, with_doubt
from dockfix.managers import named_in
from dockfix.passes.base import Pass, Settings
from dockfix.reorder.groups import consecutive_groups
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, script_of
from dockfix.state.paths import Copy, bases, copy_of
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.reorder.copy_moves import Move, Stay
    from dockfix.reorder.group_members import ReadInstruction


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One group of edits for each consecutive group that gets a better order."""
    found = consecutive_groups(facts, settings.context)
    if not any(one.may_improve for stage_groups in found for one in stage_groups):
        return
    from dockfix.reorder.copy_moves import MovePlan
    from dockfix.reorder.read_groups import read_groups

    for stage, members, surroundings in read_groups(facts, found, settings.context):
        proven = MovePlan(members, surroundings, allow_unproven=False)
        plan = proven
        if proven.left_out_unproven and not proven.moves:
            plan = MovePlan(members, surroundings, allow_unproven=True)
        if plan.moves:
            yield _moving(facts, stage, members, plan.moves, settings)
        elif proven.stays:
            yield from _note(proven.stays[0], settings)


def _note(stay: Stay, settings: Settings) -> Iterator[Group]:
    """The note on a COPY of a directory that stays above an install of its packages."""
    copy = stay.copy.copy
    if copy is None or not copy.brings_trees(settings.context):
        return
    reason = stay.reason
    if settings.context is None:
        reason = f"what {stay.manager} reads is unknown, since the build context was not found"
    message = (
        f"every edit re-runs the install: this COPY is not moved below {stay.manager}, "
        f"because {reason}"
    )
    yield Group(stay.copy.instruction.keyword_offset, message, (), Safety.NOTE)


def _moving(
    facts: Facts,
    stage: Stage,
    members: Sequence[ReadInstruction],
    moves: list[Move],
    settings: Settings,
) -> Group:
    from dockfix.reorder.move_edits import move_edits

    reason = next((move.reason for move in moves if move.reason), "")
    message = _message(facts.dockerfile, stage, members, moves)
    ignored = tuple(
        dict.fromkeys(
            tree
            for move in moves
            for tree in (
                *move.ignore_lines,
                *(() if settings.alone else move.likely_ignore_lines),
            )
        )
    )
    if ignored and settings.context and not settings.alone:
        from dockfix.reorder.other_builds import missed_by

        managers = {
            reads.manager
            for move in moves
            for run in (*(run for run, _ in move.needs_first), move.below)
            for reads in (run.chain.reads if run.chain else ())
        }
        missing = missed_by(facts.dockerfile, ignored, managers, settings.context)
        reason = reason or (missing and f"{missing} may copy what then is left out of the build")
        verb = "go" if ignored[1:] else "goes"
        message += f"; {_listed(ignored)} {verb} into {settings.context.ignore_file}"
    return Group(
        moves[0].copy.instruction.keyword_offset,
        with_doubt(message, reason),
        move_edits(facts, members, moves, settings.context),
        Safety.UNSAFE if reason else Safety.SAFE,
        ignored,
    )


def _listed(lines: Sequence[str]) -> str:
    return ", ".join(lines[:3]) + (f" and {len(lines) - 3} more" if lines[3:] else "")


def _message(
    dockerfile: Dockerfile,
    stage: Stage,
    members: Sequence[ReadInstruction],
    moves: list[Move],
) -> str:
    """What an install reads of a COPY, and what an edited file rebuilds before and after."""
    from dockfix.reorder.rebuilds import count_rebuilt, is_build_step

    move = next((one for one in moves if one.needs_first), moves[0])
    start, below = move.copy.instruction.start, move.below.instruction.start
    moved = {one.copy.instruction.start for one in moves}
    passed = sum(
        start < one.start <= below and one.start not in moved and is_build_step(one)
        for one in (member.instruction for member in members)
    ) - bool(move.split_at)
    before = count_rebuilt(dockerfile, stage, start)
    chains = [*(run.chain for run, needs in move.needs_first if needs), move.below.chain]
    installs = [one for chain in chains if chain for one in chain.reads if one.installs]
    reading = [one for one in installs if move.needs_first and (one.manifests or one.optional)]
    managers = list(dict.fromkeys(one.manager for one in reading or installs[:1]))
    names = [source for _, needs in move.needs_first for source, _ in needs]
    reads = f"only {' and '.join(names)}" if 0 < len(names) < 3 else str(len(names) or "none")
    other = "one" if reads == "none" else "another one"
    read = "reads" if len(managers) < 2 else "read"
    first = next((one.first_install for one in moves if one.first_install), None)
    keyword = move.copy.instruction.keyword
    again = before - passed
    counted = f"re-runs {again} step{'s' * (again != 1)} instead of {before}" if passed > 0 else ""
    begin = f"move this {keyword} below the install"
    end = "and no longer the install" if counted else "no longer re-runs the install"
    if first:
        begin = f"install in two steps, the first with {first.option}, above this {keyword}"
        end = ("and" if counted else "re-runs") + " only the install of the project"
    return (
        f"{begin}: {' and '.join(managers)} {read} {reads} of these files, and an edit of "
        f"{other} then {', '.join(filter(None, (counted, end)))}"
    )


def verify(before: Facts, after: Facts) -> str | None:
    """Whether all instructions are there, and no COPY but of files that are copied again below.

    COPY and ADD may stand further down, and copy to the same place; a RUN may be two.
    """
    for old, new in zip(before.stages, after.stages, strict=True):
        commands, copies = _order(before, old)
        others, copies_after = _order(after, new)
        added = _first_installs(commands, others)
        if added is None:
            return "something else than COPY and ADD has changed"
        for key, places_after in copies_after.items():
            places_before = copies.pop(key, [])
            extra = len(places_after) - len(places_before)
            if extra < 0:
                return "a COPY is missing, or copies to another place"
            if any(
                now - sum(at < now for at in added) < was
                for (was, _), (now, _) in zip(places_before, places_after[extra:], strict=True)
            ):
                return "a COPY moved up"
            for index, copy in places_after[:extra]:
                below = [one for rows in copies_after.values() for at, one in rows if at > index]
                if not any(_is_part(copy, one) for one in below):
                    return "a COPY is added of what is not copied below it"
        if copies:
            return "a COPY is missing, or copies to another place"
    return None


def _first_installs(
    commands: list[tuple[str, ...]], others: list[tuple[str, ...]]
) -> list[int] | None:
    """Which of the `others` are installs without the project that the same install with it
    follows; None if they are not the `commands` beside these."""
    found: list[int] = []
    count = 0
    for index, one in enumerate(others):
        if count == len(commands):
            return None
        if one == commands[count]:
            count += 1
        elif one[:-1] == commands[count][:-1] and any(
            way.without_project and one[-1] == f"{commands[count][-1]} {way.without_project.option}"
            for way in named_in(one[-1])
        ):
            found.append(index)
        else:
            return None
    return found if count == len(commands) else None


_Key = tuple[str, str, int]


def _order(
    facts: Facts, stage: Stage
) -> tuple[list[tuple[str, ...]], dict[_Key, list[tuple[int, Copy | None]]]]:
    """The instructions of a stage that do not copy, the commands of RUNs one by one, and, for each
    COPY, how many of these stand above it.

    A COPY is known by its text, where it copies to and, if it has variables, how many instructions
    above it may set one.
    """
    from dockfix.installs.reads import chained

    known, starting = facts.places, bases(facts)
    commands: list[tuple[str, ...]] = []
    copies: dict[_Key, list[tuple[int, Copy | None]]] = {}
    setters = 0
    for one in stage.instructions:
        text = facts.source[one.keyword_offset : one.end].rstrip("\r\n")
        setters += one.keyword in ("ARG", "ENV")
        if one.keyword in ("COPY", "ADD"):
            copy = copy_of(one, starting[one.start])
            target = copy.target if copy else starting[one.start]
            key = (text, target, setters if "$" in text else 0)
            copies.setdefault(key, []).append((len(commands), copy))
            continue
        script = script_of(one, known[one.start]) if one.keyword == "RUN" else None
        chain = chained(script) if isinstance(script, Script) and not one.comments else None
        flags = [flag.text for flag in one.flags]
        commands += [("RUN", *flags, *part) for part in chain] if chain else [(one.keyword, text)]
    return commands, copies


def _is_part(copy: Copy | None, whole: Copy | None) -> bool:
    """True if all that a COPY brings is brought again, to the same place, by another."""
    if copy is None or whole is None or copy.origin is not None or whole.origin is not None:
        return False
    flags = [[flag.text for flag in one.instruction.flags] for one in (copy, whole)]
    return flags[0] == flags[1] and all(
        source in whole.brings(copy.target, None)
        or source in whole.brings(f"{copy.target.rstrip('/')}/{source.rpartition('/')[2]}", None)
        for source in copy.sources
    )


PASS = Pass(
    code="DF401",
    name="install-before-source",
    summary="Install dependencies before copying source, so that a changed line installs nothing",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
