"""Merges consecutive RUNs into one.

    RUN apt-get update                      RUN apt-get update \\
    RUN apt-get install -y git       →          && apt-get install -y git

Why: every RUN is a layer, and what a later layer deletes still weighs: an archive that one RUN
downloads and another removes, a compiler that is installed, used and purged, package lists. In one
RUN they leave no trace. An `apt-get update` of its own also goes stale in the build cache.

Strategy: `merge-strategy = "gains"`, the default, merges where it pays. An edit of one command of a
RUN runs all of them again, so a merge has to bring something:

- what is installed, used and removed; what is downloaded, unpacked and deleted; a cache and its
  cleanup: the image gets smaller;
- an update of package lists and the install; a repository or a key and the install that needs it;
  installs of one manager: they belong together;
- cheap steps (mkdir, chmod, ln, echo, sed, useradd) with each other, and with the RUN whose files
  they change.

A slow step (a compile, the install of another manager, a download that nobody deletes) stays a RUN
of its own. So do the steps of a stage that no image gets the layers of, and whatever would need
`( )`, `{ }` or a `;` beside the `&&`, or stands below a comment of its own, without making the
image smaller. Around several lines nobody writes `( )` or `{ }`, even if it got smaller. What
stands below a comment about the cache, layers or order, one that calls the RUNs below it separate,
or a command that is commented out stays apart, too. So does what is brought and removed with more
than three slow steps between. What other Dockerfiles of the build context begin with, too, is left
alone: they share its build cache. `"all"` merges every pair that may be merged, `"related"` RUNs
that gain bytes or call one manager, and all between them.

What it leaves alone: RUNs with other flags between them or in exec form, with here-documents, under
a SHELL that is not sh, bash, dash or ash, on Windows; ONBUILD RUNs beside ordinary ones; scripts
dockfix does not understand; jobs in the background and daemons; what changes /bin/sh, /etc/hosts,
/dev or the working directory's existence; RUNs that write to a bind mount; a merged text over
128 KiB; RUNs whose own comment swallows the rest of a command (that is pointed out); RUNs that an
ignore comment names; RUNs with an instruction between them that is commented out (inside a RUN it
could never count again).

Safety: a merged RUN keeps what the two promised: the second runs if and only if the first
succeeded, from the same state of the shell as in a fresh one, and the status is that of the part
that failed or of the last. What a part leaves in its shell is either contained in a subshell, or is
a variable that no later part names or inherits, or the directory, if the later parts do the same in
any: they name absolute paths only, or go to one first. `set -e` does nothing to the left of `&&`,
so it never stands there; two parts with the same `set -e` prelude are joined by `;`. The rules and
their sources are in `dockfix.shell.joining`, `effects` and `fresh`. Comments stay, as lines inside
the merged RUN. The lines of a command move with it, but for what is in quotes, and `&&` comes to
stand at one end of the lines, where most of the RUNs have it. What does change: the image has fewer
layers, and an edit of one part runs all of them again.

A RUN is also the end of what its programs leave: processes, a working directory that is gone. In a
layer of its own a change to one of two hard links is a copy; in the same layer it changes both. A
base image that is not an official one may have a login shell, which reads profiles anew in each
RUN. So every program of the first RUN has to be known not to leave that behind, or every program of
the second not to depend on it. What programs do is in a table (`dockfix.programs.effects`), and
scripts of the build context are read (`dockfix.installs.sight`). Where a program is in no table and
the other RUN depends on what it might leave, the merge is only offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.dockerfile.tree import Comment
from dockfix.edit.edits import Group, Safety
from dockfix.edit.ignores import Pragma, pragma_of
from dockfix.installs.sight import Sight
from dockfix.passes.base import Pass, Settings
from dockfix.programs.deed import Deed, first
from dockfix.shell.joining import Chain
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, script_of
from dockfix.state.neighbors import NeighborRun, neighbors, swallows
from dockfix.state.run_commands import run_commands
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.merging.gains import Gain
    from dockfix.programs.program_table import Kind

#: Bytes that joining adds to a part at most: operator, grouping, and spaces.
_OVERHEAD = 12


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """Yields a group for every chain of RUNs that may be merged, and notes on lost commands."""
    sight = Sight(facts, settings.context)
    for runs in neighbors(facts, PASS.ignore_names):
        if len(runs) < 2:
            continue
        surely = _whole_chains(facts, runs, sight, settings, doubtful=False)
        found = surely or _whole_chains(facts, runs, sight, settings, doubtful=True)
        if found:
            from dockfix.merging.joined import joined

            for one in found:
                yield joined(facts, *one)
    yield from _swallowed(facts)


def _whole_chains(
    facts: Facts, runs: list[NeighborRun], sight: Sight, settings: Settings, *, doubtful: bool
) -> list[tuple[list[NeighborRun], Chain, list[str], str]]:
    """The chains that bring what they are made for: none ends above the RUN that would bring it."""
    from dockfix.merging.gains import scales

    worth = scales(settings.merge_strategy, facts, runs, settings.context)
    numbers = {run.number: index for index, run in enumerate(runs)}
    while True:
        found = list(_chains(facts, runs, sight, worth.gain, doubtful=doubtful))
        ends = [(numbers[row[0].number], numbers[row[-1].number]) for row, *_ in found]
        if not any(worth.forget(first, last) for first, last in ends):
            return found


def _swallowed(facts: Facts) -> Iterator[Group]:
    for item in facts.instructions:
        shell = item.child or item
        if shell.keyword == "RUN" and "#" in shell.logical.text:
            script = script_of(shell, facts.places[item.start])
            offset = (
                swallows(facts.dockerfile, shell, script) if isinstance(script, Script) else None
            )
            if offset is not None:
                message = (
                    "this # makes a comment of the rest of the command, the lines below included"
                )
                yield Group(offset, message, (), Safety.NOTE)


def _chains(
    facts: Facts,
    runs: list[NeighborRun],
    sight: Sight,
    gain: Callable[[int, int], Gain],
    *,
    doubtful: bool,
) -> Iterator[tuple[list[NeighborRun], Chain, list[str], str]]:
    """The chains of two or more that a stretch of RUNs falls into, what each brings, and why it is
    doubtful.

    Only if they are `doubtful` are RUNs in one chain of which one may harm the other.
    """
    chained: list[NeighborRun] = []
    left = _Left(sight)
    chain: Chain | None = None
    reasons: list[str] = []
    doubt = ""
    for number, run in enumerate(runs):
        if (
            chained
            and chained[0].part is not None
            and run.part is not None
            and _have_same_flags(run, chained[-1])
            and not (chained[0].opens and any(_pragmas(run.above)))
            and (worth := gain(number - len(chained), number)).merges
        ):
            found = left.doubt(chained, run)
            if doubtful or not found:
                chain = chain or _begun(facts, chained[0], asked=worth.asked)
                if chain.add(
                    run.part,
                    _OVERHEAD,
                    grouping=worth.bytes,
                    may_group=worth.asked or run.is_one_line,
                ):
                    doubt = doubt or found
                    reasons.append(worth.reason)
                    chained.append(run)
                    continue
        if chain is not None and len(chained) > 1:
            yield chained, chain, reasons, doubt
        chained, left, chain, reasons, doubt = [run], _Left(sight), None, [], ""
    if chain is not None and len(chained) > 1:
        yield chained, chain, reasons, doubt


def _begun(facts: Facts, run: NeighborRun, *, asked: bool) -> Chain:
    """A chain of one RUN so far: most RUNs have no neighbor, and need none."""
    from dockfix.programs.needs import starts_anywhere
    from dockfix.programs.path import first_in_path, lookups, replaced

    assert run.part is not None
    place = run.place
    return Chain(
        run.part,
        declared=place.shell.declared,
        names=place.names,
        lookups=lookups,
        replaced=replaced,
        starts_anywhere=starts_anywhere,
        never_replaced=first_in_path(facts, place),
        may_group=asked or run.is_one_line,
    )


class _Left:
    """What the RUNs of a chain may leave behind, each of them looked at once."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._seen = 0
        self._programs: dict[Kind, str] = {}

    def doubt(self, chained: list[NeighborRun], run: NeighborRun) -> str:
        """What a RUN might notice of those before it, if they shared a shell; empty: surely
        nothing. `chained` are the RUNs of the last call and those that came behind them."""
        assert run.part is not None
        script, place = run.part.script, run.place
        for one in chained[self._seen :]:
            for deed in self._deeds(one):
                for kind in deed.kinds:
                    self._programs.setdefault(kind, deed.program)
        self._seen = len(chained)
        if not self._programs:
            return ""
        then, left = self._deeds(run), self._programs.get
        leaving, meeting = left("leaves"), first(then, "meets")
        if leaving and meeting:
            return f"{leaving} may leave a process running, which {meeting} would meet"
        linking, changing = left("links"), first(then, "changes")
        if linking and changing:
            return (
                f"{linking} may make hard links, and {changing} then changes a file under all "
                "its names"
            )
        if changing := left("apart", ""):
            return f"{changing} changes what the builder sets up anew for each RUN"
        losing = left("loses") if place.workdir != "/" else ""
        writing = left("profile") if not place.shell.declared else ""
        if not losing and not writing:
            return ""
        from dockfix.programs.needs import needs_directory, needs_profile

        if losing and (needing := needs_directory(script)):
            return f"{losing} may remove the working directory, which {needing} needs"
        if writing and (needing := needs_profile(script)):
            return (
                f"{writing} may write a login profile, which a login shell then reads before "
                f"{needing}"
            )
        return ""

    def _deeds(self, run: NeighborRun) -> tuple[Deed, ...]:
        script = run.part.script if run.part else None
        return self._sight.of_run(run.shell, run.owner, run.place, script)


def _have_same_flags(one: NeighborRun, other: NeighborRun) -> bool:
    flags, others = one.shell.flags, other.shell.flags
    return len(flags) == len(others) and (
        not flags or [flag.text for flag in flags] == [flag.text for flag in others]
    )


def _pragmas(comments: tuple[Comment, ...]) -> list[Pragma]:
    return [found for comment in comments if (found := pragma_of(comment.text))]


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same order, preludes that became one aside."""
    old, new = run_commands(before, after)
    if _without_preludes(old) != _without_preludes(new):
        return "the commands are not the same, or not in the same order"
    return None


def _without_preludes(commands: list[str]) -> list[str]:
    from dockfix.shell.quotes import single_spaced

    return [single_spaced(text) for text in commands if not text.startswith("set ")]


PASS = Pass(
    code="DF101",
    name="merge-runs",
    summary="Merge consecutive RUNs into one layer",
    safety=Safety.SAFE,
    aliases=("DL3059",),
    rewrite=rewrite,
    verify=verify,
    restates=("OnBuild",),
)
