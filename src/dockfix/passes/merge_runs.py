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

from dockfix.dockerfile.tree import Blank, Comment, Dockerfile
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.ignores import Pragma, pragma_of
from dockfix.edit.style import Style, line_above
from dockfix.installs.sight import Sight
from dockfix.passes.base import Pass, Settings
from dockfix.programs.deed import Deed, first
from dockfix.shell.joining import Chain
from dockfix.shell.tree import Item, Script
from dockfix.state.facts import Facts, script_of
from dockfix.state.neighbors import NeighborRun, neighbors, swallows
from dockfix.state.run_commands import run_commands
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.merging.gains import Gain
    from dockfix.programs.program_table import Kind

_OPEN = {"plain": "", "group": "{ ", "subshell": "( "}
_CLOSE = {"plain": "", "group": "; }", "subshell": " )"}
#: Bytes that joining adds to a part at most: operator, grouping, and spaces.
_OVERHEAD = 12


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """Yields a group for every chain of RUNs that may be merged, and notes on lost commands."""
    sight = Sight(facts, settings.context)
    for runs in neighbors(facts, PASS.ignore_names):
        if len(runs) < 2:
            continue
        surely = _whole_chains(facts, runs, sight, settings, doubtful=False)
        for found in surely or _whole_chains(facts, runs, sight, settings, doubtful=True):
            yield _join(facts, *found)
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
            return f"{linking} may make hard links, and {changing} then changes all names of a file"
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
            return f"{writing} may write a profile, which a login shell would read for {needing}"
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


def _join(
    facts: Facts, runs: list[NeighborRun], chain: Chain, reasons: list[str], doubt: str
) -> Group:
    from dockfix.edit.commands import relaid

    top, safety = runs[0], Safety.SAFE
    spans = [(_start(run), _end(run)) for run in runs]
    style = facts.style.of_several([run.owner for run in runs])
    plain = style.joint(sequence=chain.sequence)
    head, edits = _head(runs, style)
    if chain.forms[0] == "subshell":
        start = spans[0][0]
        edits.append(Edit(start, start, "( "))
    for index in range(1, len(runs)):
        before, run = runs[index - 1], runs[index]
        end, start = spans[index - 1][1], spans[index][0]
        ended = chain.sequence and _last_item(before).terminator == ";"
        if ended:
            end = _end(before, ended=True)
        close, opening = _CLOSE[chain.forms[index - 1]], _OPEN[chain.forms[index]]
        comments = [c.text for c in before.owner.comments if c.start >= end]
        comments += [comment.text for comment in run.above if not pragma_of(comment.text)]
        comments += [c.text for c in run.owner.comments if c.end <= start]
        if index == 1 and not head:
            comments = _lifted(top) + comments
        comments += _lifted(run)
        joint = plain
        if comments:
            joint = style.joint(sequence=chain.sequence, comments=comments)
        if ended:
            joint = joint.removeprefix(";")
        edits.append(Edit(end, start, close + joint + opening))
    for run in runs:
        edits += relaid(style, run.shell, _commands(run), moves=run is not top)
    last = runs[-1]
    close = _CLOSE[chain.forms[-1]]
    if close or _lifted(last):
        edits.append(Edit(spans[-1][1], _end_with_rest(last), close))
    if _joins_paragraphs(facts.dockerfile, runs):
        at = last.owner.end
        edits.append(Edit(at, at, style.lines(("",))))
    message = f"merge {len(runs)} consecutive RUNs: {_brings(facts, runs, reasons)}"
    if doubt:
        message, safety = with_doubt(message, doubt), Safety.UNSAFE
    return Group(top.owner.keyword_offset, message, tuple(edits), safety)


def _commands(run: NeighborRun) -> list[tuple[int, int]]:
    """The spans of the commands at the top of a RUN's script, in its logical text."""
    assert run.part is not None
    base = run.shell.arguments_start
    return [
        (base + one.start, base + one.end) for item in run.part.items for one in item.node.pipelines
    ]


def _brings(facts: Facts, runs: list[NeighborRun], reasons: list[str]) -> str:
    """What a merge brings, in words: layers, and the reasons why it is worth it."""
    fewer = len(runs) - 1
    ships = runs[0].place.stage in facts.shipped_stages
    layers = f"{fewer} fewer layer{'s' * (fewer > 1)}" if ships or not any(reasons) else ""
    return "; ".join(dict.fromkeys(filter(None, (layers, *reasons))))


def _joins_paragraphs(dockerfile: Dockerfile, runs: list[NeighborRun]) -> bool:
    """True if an empty line between RUNs is the only one that sets them off from what follows."""
    items, first, last = dockerfile.items, runs[0].number, runs[-1].number
    if last + 1 == len(items) or isinstance(items[last + 1], Blank):
        return False
    return any(isinstance(item, Blank) for item in items[first:last])


def _head(runs: list[NeighborRun], style: Style) -> tuple[bool, list[Edit]]:
    """What goes above the merged RUN: ignore comments of the later ones, the first's own comment.

    Returns whether the first's comment was lifted there, and the edits.
    """
    first = runs[0]
    existing = {found.kind: c for c in first.above if (found := pragma_of(c.text))}
    added: dict[str, list[str]] = {}
    lines: list[str] = []
    for run in runs[1:]:
        for comment in run.above:
            pragma = pragma_of(comment.text)
            if pragma is None:
                continue
            if pragma.rest.strip():
                lines.append(comment.text)
            elif pragma.kind in existing or pragma.kind in added:
                added.setdefault(pragma.kind, []).extend(pragma.names)
            else:
                added[pragma.kind] = [pragma.prefix, *pragma.names]
    edits: list[Edit] = []
    for kind, names in added.items():
        if kind in existing:
            comment = existing[kind]
            old = pragma_of(comment.text)
            assert old is not None
            more = [name for name in dict.fromkeys(names) if name not in old.names]
            at = comment.end - len(old.rest)
            if more:
                edits.append(Edit(at, at, "," + ",".join(more)))
        else:
            lines.append(names[0] + ",".join(dict.fromkeys(names[1:])))
    lifted = [] if first.opens and not first.above else _lifted(first)
    if lifted or lines:
        edits.append(line_above(first.owner, lifted + lines, style))
    return bool(lifted), edits


def _lifted(run: NeighborRun) -> list[str]:
    """The comment at the end of a RUN's text, which would swallow what follows."""
    assert run.part is not None
    comment = run.part.script.last_comment
    return [run.part.script.text[comment.start : comment.end].rstrip(" \t")] if comment else []


def _start(run: NeighborRun) -> int:
    """Where the text to join begins in the source: behind a prelude that is already there."""
    assert run.part is not None
    shell = run.shell
    return shell.logical.offset(shell.arguments_start + run.part.items[0].start)


def _last_item(run: NeighborRun) -> Item:
    assert run.part is not None
    return run.part.items[-1]


def _end(run: NeighborRun, *, ended: bool = False) -> int:
    """Where a RUN's text ends in the source; behind the `;` at its end if it is `ended` by one."""
    item = _last_item(run)
    end = item.terminator_start + len(item.terminator) if ended else item.end
    return run.shell.logical.offset_end(run.shell.arguments_start + end)


def _end_with_rest(run: NeighborRun) -> int:
    """Where a RUN's text ends in the source, with a `;` or a comment at its end."""
    item = _last_item(run)
    assert run.part is not None
    comment = run.part.script.last_comment
    end = comment.end if comment else item.terminator_start + len(item.terminator)
    return run.shell.logical.offset_end(run.shell.arguments_start + end)


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
