"""Lists are fetched in the RUN that installs from them.

What it does: a RUN that installs with apt from the lists of an earlier RUN gets an `apt-get update`
of its own. An earlier RUN that did nothing else goes away. On official images, which ship no lists,
an install without any update before it gets one, too. `apt-get upgrade` and `dist-upgrade` are
pointed out.

Why: the builder keeps the layer of `RUN apt-get update` for as long as nothing above it changes, so
an install that is edited months later asks for versions that the servers no longer have: the build
fails, or installs without the security fixes since. What was installed from an image without lists
at all has never been built. An upgrade makes an image differ with the day of its build, and doubles
what it replaces; a newer base image does the same for everybody.

What it leaves alone: installs from the lists of an image outside this file that may have some;
commands that only look at lists; on an official image an install of what it may have already, which
succeeds without lists, even where the servers no longer have the release; installs behind something
that may have added a source, which perhaps cannot be fetched from yet, a program that nobody knows
among them; an update that may fail where the first one did not, without its secrets or network,
from sources in the image of which something was removed, behind a removal of keys or certificates,
or because a failure went by (`apt-get update; apt-get install …`); installs in a loop, a condition,
a group, after `||`, under a cache mount over the lists; installs by scripts, here-documents and
exec forms. An update that may be needed elsewhere, or does something else as well, stays where it
is.

Safety: the RUN installs from lists of the same servers, fetched when it runs. A failing update
fails the RUN, as it failed the RUN of its own: where errexit is in force the two are joined by `;`,
else by `&&`, and where neither holds the install is left alone. An update of its own goes only if
every program between is known not to install from its lists; scripts of the build context are read.
Where the image has no lists, one of the packages is surely not in it
(`dockfix.installs.present`), so that without an update nothing was built before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Blank, Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.edit.ignores import pragma_of
from dockfix.edit.style import as_beside, in_line
from dockfix.installs.list_states import (
    OWN_SOURCES,
    Run,
    State,
    behind,
    changes_sources,
    has_no_lists,
    read_run,
)
from dockfix.installs.lists import (
    SOURCES,
    UPDATE,
    are_covered,
    speaks_of_apt,
)
from dockfix.installs.present import surely_missing
from dockfix.installs.sight import Sight
from dockfix.installs.sudo import may_run_everything
from dockfix.managers import manager_of
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import call_of, calls_in, command_of, is_update
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.splice import before
from dockfix.shell.tree import Simple
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, outer_base, source_span
from dockfix.state.lineage import may_be_built_on
from dockfix.state.run_commands import run_commands

_KEEPING = lazy(r"(?i)\btype=(?:cache|tmpfs)\b")


class Found(Record):
    """RUNs that install from the lists of one RUN (None: of none), and what they get."""

    source: Run | None
    runs: list[Run]
    edits: list[Edit]


_MOVED = (
    "update the package lists in the RUN that installs, not in an earlier one: "
    "the build cache keeps the lists of an earlier RUN even if they are out of date"
)
_ADDED = "update the package lists in the RUN that installs: the base image has none"


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each install that gets an update, and a note for each upgrade."""
    if not speaks_of_apt(facts.source):
        return
    known = facts.places
    sight = Sight(facts, settings.context)
    own_sources = OWN_SOURCES.search(facts.source) is not None
    ends: list[tuple[State, Run | None]] = []
    found: dict[int, Found] = {}
    kept: set[int] = set()
    bases = may_be_built_on(facts)
    # the RUNs whose lists a stage may find, if a variable says what it is built on
    perhaps: list[frozenset[int]] = []
    for stage in facts.stages:
        state: State = "unknown"
        fetched: Run | None = None
        if stage.base_stage is not None:
            state, fetched = ends[stage.base_stage]
        elif has_no_lists(outer_base(facts, stage.index)):
            state = "none"
        inherited = frozenset().union(*(perhaps[base] for base in bases[stage.index]))
        if stage.base_stage is None:
            fetching = (ends[base][1] for base in bases[stage.index])
            inherited |= {one.owner.start for one in fetching if one is not None}
        perhaps.append(inherited)
        for item in stage.instructions:
            if (item.child or item).keyword != "RUN":
                if state == "fetched" and changes_sources(item, known[item.start].base):
                    state = "unknown"
                continue
            run = read_run(item, known[item.start], sight)
            yield from _upgrades(run)
            edit: Edit | None = None
            if run.lists.needy or run.hidden:
                kept |= inherited
            if run.lists.needy and state != "unknown":
                missing = state == "fetched" or _surely_fails(facts, run)
                edit = _update(facts, run, fetched, settings.context) if missing else None
                if edit is None and fetched is not None:
                    kept.add(fetched.owner.start)
                elif edit is not None:
                    start = fetched.owner.start if fetched else -1
                    found.setdefault(start, Found(fetched, [], [])).runs.append(run)
                    found[start].edits.append(edit)
            elif run.lists.needy and fetched is not None:
                kept.add(fetched.owner.start)
            if run.hidden and fetched is not None and not _updates_before(run, edit):
                kept.add(fetched.owner.start)
            state, fetched = behind(run, state, fetched, own_sources=own_sources)
        ends.append((state, fetched))
    kept |= {
        one.owner.start for one in _needed_elsewhere(facts.dockerfile, ends) if one is not None
    }
    for start, one in found.items():
        removal: tuple[Edit, ...] = ()
        if one.source and start not in kept:
            removal = _removal(facts.dockerfile, one.source, one.runs[0].owner)
        if removal:
            offset = one.runs[0].owner.keyword_offset
            yield Group(offset, _MOVED, (*removal, *one.edits))
            continue
        for run, edit in zip(one.runs, one.edits, strict=True):
            yield Group(run.owner.keyword_offset, _MOVED if one.source else _ADDED, (edit,))


def _may_add_source(run: Run, needs: Simple) -> bool:
    """True if a program of which nobody knows what it does comes before an install."""
    return run.hidden is not None and run.hidden.unknown and run.hidden.start < needs.start


def _updates_before(run: Run, edit: Edit | None) -> bool:
    """True if the update that a RUN gets comes before what may install in it."""
    needs = run.lists.needs
    return bool(edit and needs and run.hidden and needs.start < run.hidden.start)


def _surely_fails(facts: Facts, run: Run) -> bool:
    """True if an install without lists asks for what is surely not in its official image."""
    command = command_of(run.lists.needs) if run.lists.needs else None
    if command is None:
        return False
    names = [word.value or "$" for word in command.packages]
    return surely_missing(outer_base(facts, run.place.stage), names)


def _upgrades(run: Run) -> Iterator[Group]:
    for _, call in calls_in(run.script) if run.script else ():
        if call.verb and call.verb.value in call.manager.refreshes_all:
            at = source_span(run.owner.child or run.owner, call.verb.start, call.verb.end)[0]
            message = "an upgrade makes every build differ: use a newer base image instead"
            yield Group(at, message, (), Safety.NOTE)


def _update(facts: Facts, run: Run, fetched: Run | None, context: Context | None) -> Edit | None:
    """What puts an update, as in another RUN, before the first install; None if it cannot be."""
    script, needs = run.script, run.lists.needs
    if script is None or needs is None or run.owner.child is not None:
        return None
    call = call_of(needs)
    mounts = [flag.value or "" for flag in run.owner.flags if flag.name == "mount"]
    if (
        call is None
        or not call.manager.needs_update
        or call.action not in ("install", "upgrade")
        or call.program.value in shadowed(script)
        or "Dir::" in script.text
        or are_covered(mounts)
        or any(flag.name == "network" and flag.value == "none" for flag in run.owner.flags)
        or not set(_supplies(fetched)) <= set(mounts)
        or not _from_lists(needs)
        or SOURCES.search(script.text, 0, needs.start)
        or (fetched is not None and _may_add_source(run, needs))
    ):
        return None
    shell = run.place.shell
    joint = before(script, needs, errexit=shell.errexit, declared=shell.declared)
    if joint is None:
        return None
    at = source_span(run.owner, needs.start, needs.end)[0]
    between = in_line(sequence=joint.sequence)
    if joint.after is not None:
        gap = facts.source[source_span(run.owner, joint.after - 1, joint.after)[1] : at]
        between = as_beside(gap, sequence=joint.sequence, otherwise=between)
    update = _plain_update(fetched) or UPDATE
    if needs.words[0].value == "sudo" and not update.startswith("sudo "):
        if not may_run_everything(facts, run.place, context):
            return None
        update = f"sudo {update}"
    return Edit(at, at, update + between)


def _supplies(run: Run | None) -> Iterator[str]:
    """The mounts of a RUN that may supply an update with what it needs: a secret, a file."""
    for flag in run.owner.flags if run else ():
        if flag.name == "mount" and not _KEEPING.search(flag.value or ""):
            yield flag.value or ""


def _plain_update(run: Run | None) -> str:
    """The text of the update of a RUN, if it could stand anywhere."""
    fetches = run.lists.fetches if run else None
    if run is None or run.script is None or fetches is None or fetches.redirects:
        return ""
    if is_update(fetches) and all(word.value is not None for word in fetches.words):
        return run.script.text[fetches.start : fetches.end]
    return ""


def _from_lists(simple: Simple) -> bool:
    """True if anything but files of packages is asked for."""
    return not any(word.text.endswith(".deb") or "/" in word.text for word in simple.words[1:])


def _needed_elsewhere(
    dockerfile: Dockerfile, ends: list[tuple[State, Run | None]]
) -> Iterator[Run | None]:
    """The RUNs whose lists another stage may copy."""
    called = {stage.name: stage.index for stage in dockerfile.stages if stage.name}
    called |= {str(stage.index): stage.index for stage in dockerfile.stages}
    for stage in dockerfile.stages:
        for item in stage.instructions:
            source = next((flag.value for flag in item.flags if flag.name == "from"), None)
            texts = item.json or tuple(word.text for word in item.words)
            if source and source.lower() in called and any(map(_holds_lists, texts[:-1])):
                yield ends[called[source.lower()]][1]


def _holds_lists(path: str) -> bool:
    return path in ("/", "/.") or path.startswith("/var")


def _removal(dockerfile: Dockerfile, source: Run, first: Instruction) -> tuple[Edit, ...]:
    """What removes a RUN whose update others have now, if that is all it did.

    Comments above it are then some above the first of those.
    """
    owner, script = source.owner, source.script
    items, text = dockerfile.items, dockerfile.source
    number = top = bisect_left(items, owner.start, key=lambda item: item.start)
    while top and isinstance(items[top - 1], Comment):
        top -= 1
    comments = [one for one in items[top:number] if isinstance(one, Comment)]
    below = items[number + 1] if number + 1 < len(items) else None
    if (
        script is None
        or len(script.simples) != 1
        or not _plain_update(source)
        or len(script.items) > 1
        or script.comments
        or owner.comments
        or owner.flags
        or below is None
        or any(pragma_of(one.text) for one in comments)
        or any(_starts_apt(item) for item in dockerfile.instructions)
    ):
        return ()
    start, end = text.rfind("\n", 0, owner.start) + 1, owner.end
    if below is first:
        return (Edit(start, end, ""),)
    start = text.rfind("\n", 0, comments[0].start) + 1 if comments else start
    if top and isinstance(items[top - 1], Blank) and isinstance(below, Blank):
        end = below.end
    lines = text[start : owner.start] if comments else ""
    moved = (Edit(first.start, first.start, lines),) if lines else ()
    return (Edit(start, end, ""), *moved)


def _starts_apt(item: Instruction) -> bool:
    return item.keyword in ("CMD", "ENTRYPOINT") and speaks_of_apt(item.arguments)


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same order, updates aside."""
    old, new = run_commands(before, after)
    if _without_updates(old) != _without_updates(new):
        return "a command other than an update is not the same"
    return None


def _without_updates(commands: list[str]) -> list[str]:
    return [text for text in commands if not _updates(text.split())]


def _updates(words: list[str]) -> bool:
    """True if the words of a command may be those of an update of lists."""
    return "update" in words and any(
        manager.needs_update for word in words if (manager := manager_of(word))
    )


PASS = Pass(
    code="DF205",
    name="update-with-install",
    summary="Fetch package lists in the RUN that installs from them",
    safety=Safety.SAFE,
    aliases=("DL3005",),
    rewrite=rewrite,
    verify=verify,
)
