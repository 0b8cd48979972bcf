"""What a merge of two neighboring RUNs brings, and what it costs: the `gains` strategy.

A merge brings bytes, if the second RUN deletes or changes what the first one made, and it keeps
together what belongs together. It costs time: an edit of the second RUN then runs the first one
again. `Scales` weighs the two for the RUNs of one stretch, and gives the reason in plain words.

Nothing here says that a merge is safe: that is for `dockfix.shell.joining`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dockfix.installs.new_sources import changes_sources
from dockfix.managers import load
from dockfix.merging.comments import SEPARATE, barrier, begins_a_step, kept_separate
from dockfix.merging.work import DISTRIBUTION, OTHER_KINDS, Work, work_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
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
#: Packages that bring gigabytes, the libraries of a graphics card among them.
_HUGE = frozenset(
    f"pip:{name}"
    for name in ("flash-attn", "jax", "mxnet", "paddlepaddle-gpu", "tensorflow", "tensorflow-gpu",
                 "torch", "vllm", "xformers")
)  # fmt: skip
#: What is slow and makes the files that it names.
_MAKES_FILES = frozenset(("download", "unpack"))
#: Families whose installs become one by merge-installs, with what cleans up between them.
_JOINED = frozenset(("apt",))
_FETCHED = "the package lists of {} are fetched in the RUN that installs, so they are up to date"
_NAME = lazy(r"[=<>~!\[;@ ]")


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
        self._reasons: dict[int, list[str]] = {}
        for span in self._find_spans():
            for number in range(span.first + 1, span.last + 1):
                self._reasons.setdefault(number, []).append(span.reason)
        self._early = _Early(0)

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
            self._early = _Early(first)
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
            if not _sets_up(work):
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


def scales(
    strategy: str, facts: Facts, runs: Sequence[NeighborRun], context: Context | None
) -> Callable[[int, int], Gain]:
    """The function that says whether RUN `number` is worth merging with those from `first` on.

    `runs` is a stretch of neighbors; `strategy` is the user's `merge-strategy`.
    """
    if strategy == "gains":
        return Scales(facts, runs, context).gain
    if strategy == "all":
        return lambda first, number: _ANY
    from dockfix.merging.related import related_spans

    spans = related_spans([run.shell.arguments for run in runs])
    inside = {number for span in spans for number in span[1:]}
    return lambda first, number: _ANY if number in inside else _UNRELATED


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


class _Early:
    """What the RUNs of a chain do together, each of them taken in once."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.number = first
        self.slow: set[str] = set()
        self.managers: set[str] = set()
        self.updates: set[str] = set()
        self.makes_in: set[str] = set()
        self.is_long = False
        #: Families whose installs are done, and whose caches are emptied.
        self.finished: set[str] = set()
        #: They install what leads to other sources: an update behind them is no repetition.
        self.opens_sources = False
        self._paths: set[str] = set()
        self._folders: set[str] = set()
        self._names: set[str] = set()

    def take(self, works: Sequence[Work], number: int) -> None:
        """Takes in the RUNs from the last one that was taken in up to `number`."""
        for work in works[self.number : number]:
            self.slow |= work.slow
            self.managers |= work.managers
            self.updates |= work.updates
            self.makes_in |= work.makes_in
            self.is_long = self.is_long or _is_long(work)
            names = [one.partition(":")[2] for one in work.installs]
            # and what sets up a source goes with the install that needs it
            self.opens_sources = not _sets_up(work) and (
                self.opens_sources or changes_sources(names)
            )
            self.finished -= work.slow
            self.finished.update(one for one in work.managers - _JOINED if _empties(work, one))
            self._paths |= work.paths
            self._folders.update(folder for one in work.paths for folder in _folders(one))
            self._names.update(map(_last, work.paths))
        self.number = number

    def made(self, name: str) -> bool:
        """True if they name a file of that name."""
        return name in self._names

    def touches(self, path: str) -> bool:
        """True if they name a path, or make one below it or a folder that it lies in.

        A program that is only told of a folder need not have made what lies in it.
        """
        paths = self._paths
        if path in paths or not self.slow <= _MAKES_FILES:
            return path in paths
        return path in self._folders or any(one in paths for one in _folders(path))


def _folders(path: str) -> Iterator[str]:
    """The folders that an absolute path lies in; of another path none. A variable holds one."""
    if path[:1] in ("/", "$"):
        slash = path.find("/", 1)
        while slash > 0:
            yield path[:slash]
            slash = path.find("/", slash + 1)


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
        if _empties(late, one) and not _empties(early, one)
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


def _empties(work: Work, manager: str) -> bool:
    """True if a RUN empties the cache of a manager, or a folder that it lies in."""
    cache = load(manager).cache
    if manager in work.cleans or cache is None:
        return manager in work.cleans
    folders = [one.replace("~", "/root", 1) for one in (*cache.folders, *cache.emptied)]
    removed = [one.replace("~", "/root", 1).rstrip("/*") for one in work.removes]
    return any(one and f"{folder}/".startswith(f"{one}/") for one in removed for folder in folders)


def _brought(path: str, early: Work) -> bool:
    """True if an `rm` of a path removes something that `early` made."""
    stem = path.removesuffix("*").rstrip("/")
    if stem in ("", ".", "..") or (early.slow and early.slow.isdisjoint(("download", "unpack"))):
        return False  # a program that is only told of a file need not have made it
    if path.endswith("/*") and not early.slow:
        return False
    return any(
        one == stem or one.startswith(stem + "/") or (_last(one) == _last(stem) and "." in stem)
        for one in early.paths
        if not _removed(one, early)
    )


def _removed(path: str, work: Work) -> bool:
    """True if a RUN removes a path that it names, or a folder that it lies in."""
    return path in work.removes or any(one in work.removes for one in _folders(path))


def _sets_up(work: Work) -> bool:
    """True if a RUN does nothing with a manager but tell it where packages come from."""
    return bool(work.managers) and not (work.slow or work.updates or work.cleans or work.drops)


def _belongs(early: _Early, late: Work, *, ships: bool) -> Gain | None:
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
        if ships or common & DISTRIBUTION:
            return Gain(True, f"the commands of {name} belong together")
    if ships and early.slow == {"download"}:
        archives = sorted(one for one in late.extracts if early.made(_last(one)))
        if archives:
            return Gain(
                True, f"the download and the unpacking of {_list(archives)} belong together"
            )
    return None


def _is_long(work: Work) -> bool:
    """True if a RUN installs a package of gigabytes, which nobody wants to fetch again."""
    return any(_NAME.split(one, maxsplit=1)[0] in _HUGE for one in work.installs)


def _cheaply(early: _Early, late: Work) -> Gain:
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


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
