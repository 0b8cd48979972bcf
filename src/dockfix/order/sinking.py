"""How far down its row a COPY of the build context may go, and what has to be copied before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dockfix.context import Context
from dockfix.facts import Place, script_of
from dockfix.order.rows import COPIES
from dockfix.packages.independence import Answer, Surroundings, judge
from dockfix.packages.reads import Chain, chain_of
from dockfix.paths import Copy, apart, copy_of, resolve, within
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import cached_by_value
from dockfix.shell.reader import read
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Instruction

#: What a row may have that is looked at: pairs of a COPY and a command. The answer is sought for
#: each pair; of 3,200 files that people wrote none has more than 660.
_MOST_PAIRS = 2_500
#: A file that has to be copied: its path in the context, and the one in the image.
Needed = tuple[str, str]

#: Why a COPY of manifests alone stays where it is.
NOTHING_ELSE = "the install reads all that it brings"

_INSTALLS = lazy(r"\bapt(?:-get|itude)?\b[^;&|]*\binstall\b|\bapk\b[^;&|]*\badd\b")
_REFRESHES = lazy(r"\bupdate\b|--no-cache\b|--update-cache\b|-U\b")


class Step(Record):
    """An instruction of a row, read: a COPY, or the commands and cache mounts of a RUN."""

    instruction: Instruction
    copy: Copy | None
    chain: Chain | None
    base: str
    mounts: tuple[str, ...] | None

    @property
    def keyword(self) -> str:
        """The keyword of the instruction."""
        return self.instruction.keyword

    @property
    def copies(self) -> bool:
        """Whether it is a COPY or ADD."""
        return self.instruction.keyword in COPIES


class Sinking(Record):
    """A COPY that goes below a RUN, or, with a `cut`, in between two commands of it.

    `needs` are, for each RUN that misses some of its files then, these files; `doubt` is why the
    move has to be taken on trust, `written` what the context must leave out for it, `expected` what
    it would have to on other machines.
    """

    step: Step
    below: Step
    cut: int
    doubt: str
    needs: tuple[tuple[Step, tuple[Needed, ...]], ...]
    written: tuple[str, ...]
    expected: tuple[str, ...]


class Stay(Record):
    """Why a COPY stays above an install."""

    step: Step
    manager: str
    reason: str


class Around(Record):
    """What a row is judged by: the COPYs of its stage above it, and how many of them come before
    something that may have changed their files; what of the environment may lead to files; where
    the last RUN starts that relies on lists an earlier one fetched (few rows ask); all COPYs of the
    file."""

    before: tuple[Copy | None, ...]
    fresh: int
    variables: tuple[tuple[str, str], ...]
    last_relier: Callable[[], int]
    context: Context | None
    everywhere: tuple[Copy | None, ...]


def is_too_long(row: Sequence[Instruction]) -> bool:
    """Whether a row has too many pairs already where its RUNs are one command each."""
    return sum([one.keyword in COPIES for one in row]) * len(row) > _MOST_PAIRS


def step_of(instruction: Instruction, base: str, place: Place) -> Step:
    """An instruction of a row, read."""
    if instruction.keyword != "RUN":
        return Step(instruction, copy_of(instruction, base), None, base, None)
    return Step(instruction, None, _chain(instruction, place), base, _mounts(instruction, base))


def may_change_files(run: Step) -> bool:
    """Whether a RUN may change what was copied above it."""
    chain = run.chain
    return chain is None or not chain.whole or any(one.updates for one in chain.reads)


def _is_owned(step: Step) -> bool:
    return "chown" in [flag.name for flag in step.instruction.flags]


def _chain(run: Instruction, place: Place) -> Chain | None:
    if run.heredocs:
        return None
    if run.json:
        import shlex  # brings more with it than most files need

        words = read(shlex.join(run.json), "sh")
        found = chain_of(words) if isinstance(words, Script) else None
        return found if found and found.whole else None
    script = script_of(run, place)
    if not isinstance(script, Script) or script.comments:
        return None
    chain = chain_of(script)
    return chain._replace(cuts=()) if run.comments else chain


def _mounts(run: Instruction, base: str) -> tuple[str, ...] | None:
    """Where caches and secrets are mounted; None for other mounts."""
    found: list[str] = []
    for flag in run.flags:
        if flag.name != "mount":
            continue
        options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        target = next((options[k] for k in ("target", "dst", "destination") if k in options), None)
        path = resolve(base, target) if target else None
        if options.get("type") not in ("cache", "secret", "ssh") or "from" in options:
            return None
        if path is None and options["type"] == "cache":
            return None
        found += [path] if path else []
    return tuple(found)


def relies(run: Instruction) -> bool:
    """Whether a RUN installs from lists that an earlier one fetched."""
    return run.keyword == "RUN" and _relies(run.arguments)


@cached_by_value
def _relies(text: str) -> bool:
    return (
        ("apt" in text or "apk" in text)
        and not _REFRESHES.search(text)
        and _INSTALLS.search(text) is not None
    )


class Row:
    """A row of steps whose COPYs sink one after the other, the last one first."""

    def __init__(self, steps: Sequence[Step], around: Around, *, trusting: bool) -> None:
        self.around = around
        self.trusting = trusting
        self.order = list(steps)
        self.moves: list[Sinking] = []
        self.stays: list[Stay] = []
        #: Whether a doubt was met, without which trust would change nothing.
        self.doubted = False
        #: Copies of manifests that moves bring, by the RUN they stand above.
        self.extra: dict[int, list[Copy]] = {}
        self.cuts: dict[int, int] = {}
        copies = sum([step.copies for step in steps])
        commands = sum([len(step.chain.reads) + 1 for step in steps if step.chain])
        if copies * (commands + len(steps)) <= _MOST_PAIRS:
            for step in reversed(steps):
                if step.copy and step.copy.origin is None and not step.instruction.heredocs:
                    self._sink(step, step.copy)

    def _sink(self, step: Step, copy: Copy) -> None:
        position = self.order.index(step)
        owned = _is_owned(step)
        fixed = "$" not in step.instruction.logical.text
        above, fresh = self._above(position)
        best: Sinking | None = None
        needs: list[tuple[Step, tuple[Needed, ...]]] = []
        provided: set[str] = set()
        written: tuple[str, ...] = ()
        expected: tuple[str, ...] = ()
        doubts, refreshed, late, owner = "", False, False, True
        for other in self.order[position + 1 :]:
            if other.copies:
                if not _apart(copy, other.copy, self.around.context):
                    break
                above.append(other.copy)
                late = True
                continue
            if other.keyword != "RUN":
                if other.keyword in ("ENV", "ARG") and not fixed:
                    break
                if other.keyword == "WORKDIR" and owned and not needs:
                    made = resolve(other.base, other.instruction.arguments)
                    owner = owner and made is not None and within(step.base, made)
                continue
            moved = copy_of(step.instruction, other.base)
            if moved is None or moved.target != copy.target:
                self._stay(step, other, "where it copies to depends on the WORKDIR above it")
                break
            above += self.extra.get(other.instruction.start, ())
            found = self._cross(step, copy, other, tuple(above), fresh)
            if found is None:
                break
            answer, count = found
            assert other.chain is not None
            commands = other.chain.reads[:count]
            missing = tuple(one for one in answer.needs if one[1] not in provided)
            if missing:
                needs.append((other, missing))
                provided.update(path for _, path in missing)
            if not owner and (late or not missing):
                break
            owner, late = True, True
            doubts = doubts or answer.doubt
            written = tuple(dict.fromkeys((*written, *answer.written)))
            expected = tuple(dict.fromkeys((*expected, *filter(self._unasked, answer.expected))))
            refreshed = refreshed or any(one.refreshes for one in commands)
            cut = count if count < len(other.chain.reads) or not other.chain.whole else 0
            if any(one.installs for one in commands) and not (
                refreshed and other.instruction.start < self.around.last_relier()
            ):
                best = Sinking(step, other, cut, doubts, tuple(needs), written, expected)
            if cut:
                break
        if best:
            self._take(best, copy, position)

    def _above(self, position: int) -> tuple[list[Copy | None], int]:
        """The COPYs above a position, and how many of them come before what may change files."""
        above, fresh = list(self.around.before), self.around.fresh
        for other in self.order[:position]:
            if other.copies:
                above.append(other.copy)
            elif other.keyword == "RUN":
                above += self.extra.get(other.instruction.start, ())
                if may_change_files(other):
                    fresh = len(above)
        return above, fresh

    def _cross(
        self, step: Step, copy: Copy, run: Step, above: tuple[Copy | None, ...], fresh: int
    ) -> tuple[Answer, int] | None:
        """What a COPY that comes below a RUN leaves it to miss, and how many of its commands it
        comes below; None if it must stay above all of them."""
        if run.chain is None or run.mounts is None or not run.chain.reads:
            return None
        if any(copy.brings(mount, self.around.context) for mount in run.mounts):
            return None
        around = Surroundings(run.base, above, fresh, self.around.variables, self.around.context)
        reads = run.chain.reads
        chosen = self.cuts.get(run.instruction.start)
        for count in range(len(reads), 0, -1):
            whole = run.chain.whole and count == len(reads)
            if chosen is not None and count != chosen:
                continue
            if not whole and (count >= len(run.chain.cuts) or not run.chain.cuts[count]):
                continue
            # a single file is not worth another layer
            if not whole and not copy.brings_trees(self.around.context):
                break
            if not whole and not any(one.installs for one in reads[:count]):
                break
            answer = judge(copy, reads[:count], around)
            if not answer.refusal and answer.needs:
                from dockfix.order.splits import splittable

                answer = splittable(copy, answer, self.around.context)
            if answer.written and not answer.doubt and _is_owned(step):
                answer = answer._replace(doubt=f"{answer.written[0]} may be somebody else's then")
            for tree in answer.written:
                if any(_may_bring(one, tree) for one in self.around.everywhere if one != copy):
                    answer = Answer(f"{tree} of the context would come over what is installed")
            if answer.refusal:
                self._stay(step, run, answer.refusal)
            elif self.trusting or not answer.doubt:
                return answer, count
            else:
                self.doubted = True
        return None

    def _unasked(self, tree: str) -> bool:
        """Whether no COPY of the file names a folder, which it may have from outside the image."""
        name = tree.rpartition("/")[2]
        return not any(
            one is None or (one.origin is None and any(name in it.split("/") for it in one.sources))
            for one in self.around.everywhere
        )

    def _stay(self, step: Step, run: Step, reason: str) -> None:
        """Takes down why a COPY stays above an install of the project's packages, if it does.

        What is installed above the COPY, too, was divided by somebody already.
        """
        reads = run.chain.reads if run.chain else ()
        managers = [one.manager for one in reads if one.manifests or one.optional or one.source]
        done = {
            one.manager
            for other in self.order[: self.order.index(step)]
            if other.chain
            for one in other.chain.reads
            if one.manifests
        }
        if managers and managers[0] not in done and reason != NOTHING_ELSE:
            self.stays.append(Stay(step, managers[0], reason))

    def _take(self, move: Sinking, copy: Copy, position: int) -> None:
        self.moves.insert(0, move)
        if move.cut:
            self.cuts[move.below.instruction.start] = move.cut
        for run, needs in move.needs:
            found = self.extra.setdefault(run.instruction.start, [])
            for source, path in needs:
                folder = path.rpartition("/")[0] or "/"
                found.append(copy._replace(sources=(source,), target=folder, into=True))
        self.order.insert(self.order.index(move.below) + 1, move.step)
        del self.order[position]


def _may_bring(copy: Copy | None, tree: str) -> bool:
    """Whether a COPY anywhere in the file takes something of a tree of the context."""
    if copy is None:
        return True
    from fnmatch import fnmatchcase

    return copy.origin is None and any(
        source == ""
        or all(
            fnmatchcase(part, pattern)
            for part, pattern in zip(tree.split("/"), source.split("/"), strict=False)
        )
        for source in copy.sources
    )


def _apart(copy: Copy, other: Copy | None, context: Context | None) -> bool:
    return other is not None and all(
        apart(one, two) for one in copy.landings(context) for two in other.landings(context)
    )
