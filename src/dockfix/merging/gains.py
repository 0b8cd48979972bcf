"""What a merge of two neighboring RUNs brings, and what it costs: the `gains` strategy.

A merge brings bytes, if the second RUN deletes or changes what the first one made, and it keeps
together what belongs together. It costs time: an edit of the second RUN then runs the first one
again. `Scales` weighs the two for the RUNs of one stretch, and gives the reason in plain words.

Nothing here says that a merge is safe: that is for `dockfix.shell.joining`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from dockfix.merging.comments import SEPARATE, barrier, begins_a_step, kept_separate
from dockfix.merging.together import Early, empties, folders, last_of, sets_up
from dockfix.merging.work import OTHER_KINDS, Work, is_system, work_of
from dockfix.records import Record
from dockfix.state.facts import Facts, fact
from dockfix.state.neighbors import NeighborRun
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context import Context

#: How many RUNs a search for the RUN that removes something looks ahead.
_REACH = 32
#: More slow RUNs between the one that brings something and the one that removes it stay apart: an
#: edit of any of them would run them all again.
_MOST_BETWEEN = 3
_FETCHED = "the package lists of {} are fetched in the RUN that installs, so they are up to date"


class Gain(Record):
    """Whether a RUN is worth merging with those above it, and why, in plain words.

    `bytes` says that the image gets smaller, so that `( )` or `{ }` around one line are worth it.
    Around several they are only if that was asked for: `asked`.
    """

    merges: bool
    reason: str
    bytes: bool = False
    asked: bool = False


class _Span(Record):
    """RUNs `first` to `last` of a stretch, of which the last removes what the first brought."""

    first: int
    last: int
    reason: str


class Scales:
    """Weighs merges in one stretch of neighboring RUNs. `ships`: an image gets their layers."""

    def __init__(self, facts: Facts, runs: Sequence[NeighborRun], context: Context | None) -> None:
        self._facts, self._runs, self._context = facts, runs, context
        self._works = [work_of(run) for run in runs]
        self._ships = runs[0].place.stage in facts.shipped_stages
        self._barriers = {
            number: why for number in range(1, len(runs)) if (why := barrier(runs, number))
        }
        self._barriers |= dict.fromkeys(kept_separate(facts, runs), SEPARATE)
        self._idle = self._find_idle()
        self._spans = self._find_spans()
        self._reasons = _reasons(self._spans)
        self._early = Early(0)

    def forget(self, first: int, last: int) -> bool:
        """Forgets what would have gone on behind RUN `last`, if those from `first` to it are all
        that may be merged; True if there was something."""
        kept = [one for one in self._spans if not first <= one.first < last < one.last]
        less = len(kept) < len(self._spans)
        if less:
            self._spans, self._reasons, self._early = kept, _reasons(kept), Early(0)
        return less

    def gain(self, first: int, number: int) -> Gain:
        """What it brings to merge RUN `number` with the RUNs from `first` up to it."""
        why = self._barriers.get(number)
        if why:
            return Gain(False, why)
        found = self._weighed(first, number)
        if found.merges and not found.bytes and begins_a_step(self._runs[number]):
            return Gain(False, "the comment between them begins a step of its own")
        if found.merges and self._early.slow and number in self._idle:
            return Gain(False, "nothing is installed from the source of packages yet")
        if found.merges and self._is_shared(number - 1):
            return Gain(False, "other Dockerfiles share the build cache of the steps above")
        return found

    def _weighed(self, first: int, number: int) -> Gain:
        reasons = self._reasons.get(number)
        if reasons:
            return Gain(True, "; ".join(dict.fromkeys(reasons)), bytes=True)
        if self._early.first != first or self._early.number > number:
            self._early = Early(first)
        self._early.take(self._works, number)
        early, late = self._early, self._works[number]
        return _belongs(early, late, ships=self._ships) or (
            _cheaply(early, late) if self._ships else _UNSHIPPED
        )

    def _find_idle(self) -> set[int]:
        """RUNs that only say where packages come from, and behind which none is installed."""
        found: set[int] = set()
        installs = False
        for number in range(len(self._works) - 1, -1, -1):
            work = self._works[number]
            if not sets_up(work):
                installs = bool(work.slow & work.managers or work.updates)
            elif not installs:
                found.add(number)
            installs = installs and number not in self._barriers
        return found

    def _find_spans(self) -> list[_Span]:
        """What is brought, used and removed: from the RUN that brings to the one that removes."""
        found: list[_Span] = []
        for last, late in enumerate(self._works):
            if not self._ships and not (late.slow & late.managers):
                continue  # what a layer keeps that no image gets costs nobody a byte
            if not (late.removes or late.drops or late.cleans or late.slow & late.managers):
                continue
            for first in range(max(0, last - _REACH), last):
                between = self._works[first + 1 : last]
                reason = ""
                if self._ships and sum(1 for one in between if one.slow) <= _MOST_BETWEEN:
                    reason = _removal(self._works[first], late, between)
                reason = reason or _fetched(self._works[first], late, between)
                if reason and self._is_open(first, last):
                    found.append(_Span(first, last, reason))
                    break
        return found

    def _is_open(self, first: int, last: int) -> bool:
        """True if nothing keeps RUNs in between apart."""
        inner = self._runs[first : last + 1]
        flags = [flag.text for flag in inner[0].shell.flags]
        return all(
            one.part is not None and [flag.text for flag in one.shell.flags] == flags
            for one in inner
        ) and not any(number in self._barriers for number in range(first + 1, last + 1))

    def _is_shared(self, number: int) -> bool:
        """True if another Dockerfile has the same steps up to RUN `number`, one of them slow."""
        if self._context is None or not self._works[number].slow:
            return False
        from dockfix.merging.shared import shared_runs

        run = self._runs[number]
        shared = shared_runs(self._context).get(run.place.stage)
        return shared is not None and _runs_above(self._facts)[run.owner.start] < shared


def _reasons(spans: Sequence[_Span]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for span in spans:
        for number in range(span.first + 1, span.last + 1):
            found.setdefault(number, []).append(span.reason)
    return found


class _Asked:
    """What is merged because the user said so. `numbers` are those merged with the one above."""

    def __init__(self, numbers: Container[int]) -> None:
        self._numbers = numbers

    def gain(self, first: int, number: int) -> Gain:
        return _ANY if number in self._numbers else _UNRELATED

    def forget(self, first: int, last: int) -> bool:
        return False


def scales(
    strategy: str, facts: Facts, runs: Sequence[NeighborRun], context: Context | None
) -> Scales | _Asked:
    """What says whether RUN `number` is worth merging with those from `first` on.

    `runs` is a stretch of neighbors; `strategy` is the user's `merge-strategy`.
    """
    if strategy == "gains":
        return Scales(facts, runs, context)
    if strategy == "all":
        return _Asked(range(len(runs)))
    from dockfix.merging.related import related_spans

    spans = related_spans([run.shell.arguments for run in runs])
    return _Asked({number for span in spans for number in span[1:]})


_ANY = Gain(True, "", bytes=True, asked=True)
_UNSHIPPED = Gain(False, "no image gets a layer of this stage")
_UNRELATED = Gain(False, "the RUNs are not related")


@fact
def _runs_above(facts: Facts) -> dict[int, int]:
    """How many RUNs of its stage stand above an instruction, by its start."""
    found: dict[int, int] = {}
    for stage in facts.stages:
        count = 0
        for one in stage.instructions:
            found[one.start] = count
            count += one.keyword == "RUN"
    return found


def _removal(early: Work, late: Work, between: Sequence[Work]) -> str:
    """What `late` removes of what `early` brought; empty if nothing, or if it is not worth it."""
    packages = early.installs & late.drops
    if packages:
        names = sorted(one.partition(":")[2] for one in packages)
        return f"{_list(names)} {_are(names)} installed and removed in one layer, {_saves(names)}"
    strange = _slow(between) - OTHER_KINDS - early.slow - late.slow
    paths = sorted(
        one for one in late.removes - early.removes if not strange and _brought(one, early)
    )
    if paths:
        return f"{_list(paths)} {_are(paths)} created and removed in one layer, {_saves(paths)}"
    # what installs and empties its own cache need not empty another RUN's
    caches = {
        one
        for one in early.slow - OTHER_KINDS - late.slow
        if empties(late, one) and not empties(early, one)
    }
    if caches and _slow((late, *between)) <= caches:
        whose = _list(sorted(caches))
        return f"the cache of {whose} is filled and emptied in one layer, {_saves(('',))}"
    return ""


def _fetched(early: Work, late: Work, between: Sequence[Work]) -> str:
    """Whose lists `early` fetches for `late`; empty if nobody's."""
    lists = early.updates & late.slow - late.updates
    if lists and not _slow(between) and not early.slow:
        return _FETCHED.format(_list(sorted(lists)))
    return ""


def _slow(works: Sequence[Work]) -> frozenset[str]:
    none: frozenset[str] = frozenset()
    return none.union(*(one.slow for one in works))


def _brought(path: str, early: Work) -> bool:
    """True if an `rm` of a path removes something that `early` made."""
    stem = path.removesuffix("*").rstrip("/")
    if stem in ("", ".", "..") or (early.slow and early.slow.isdisjoint(("download", "unpack"))):
        return False  # a program that is only told of a file need not have made it
    if path.endswith("/*") and not early.slow:
        return False
    return any(
        one == stem or one.startswith(stem + "/") or (last_of(one) == last_of(stem) and "." in stem)
        for one in early.paths
        if not _removed(one, early)
    )


def _removed(path: str, work: Work) -> bool:
    """True if a RUN removes a path that it names, or a folder that it lies in."""
    return path in work.removes or any(one in work.removes for one in folders(path))


def _belongs(early: Early, late: Work, *, ships: bool) -> Gain | None:
    """What belongs together in any stage: the first row of the table.

    Two installs of a manager that fetches no lists first only save a layer, if an image gets it.
    """
    common = early.managers & late.managers
    if (
        common
        and early.slow <= common
        and (not early.slow or not late.slow or early.slow == late.slow)
        and not (late.slow and early.is_long)
        and not (late.slow & early.finished)
        and not (late.updates & early.slow and early.opens_sources)
    ):
        name = _list(sorted(common))
        if (early.updates & late.slow) - late.updates:
            # then the lists can be removed in the RUN that fetches them
            return Gain(True, _FETCHED.format(name), bytes=ships)
        if ships or any(map(is_system, common)):
            return Gain(True, f"the commands of {name} belong together")
    if ships and early.slow == {"download"}:
        archives = sorted(one for one in late.extracts if early.made(last_of(one)))
        if archives:
            return Gain(
                True, f"the download and the unpacking of {_list(archives)} belong together"
            )
    return None


def _cheaply(early: Early, late: Work) -> Gain:
    """Cheap steps of an image: with each other, and with the neighbor whose files they change."""
    if not early.slow and not late.slow:
        return Gain(not early.updates and not late.updates, "")
    if not late.slow:
        changed = sorted(filter(early.touches, late.paths))
        if late.owns & early.makes_in:
            return Gain(True, "the changed files are not stored twice", bytes=True)
        if changed:
            return Gain(
                True,
                f"{_list(changed)} {_are(changed)} created and changed in one layer",
                bytes=bool(late.owns),
            )
    elif not early.slow and late.slow <= OTHER_KINDS and any(map(early.touches, late.paths)):
        return Gain(True, "")
    return Gain(False, "an edit of the second would repeat a slow step")


def _list(names: Sequence[str]) -> str:
    shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _saves(names: Sequence[str]) -> str:
    return f"so the image does not store {'it' if len(names) == 1 else 'them'}"
