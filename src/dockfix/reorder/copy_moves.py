"""How far down a consecutive group a COPY may move, and which files must be copied before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.context import Context
from dockfix.installs.independence import judge
from dockfix.installs.reads import Chain, FirstInstall
from dockfix.installs.surroundings import Answer, Needed, Surroundings
from dockfix.managers.manifests.shape import Reads
from dockfix.records import Record
from dockfix.reorder.group_members import (
    GroupSurroundings,
    ReadInstruction,
    has_too_many_pairs,
    may_change_files,
)
from dockfix.state.paths import Copy, apart, copy_of, resolve, within


class Move(Record):
    """A COPY that moves below a RUN.

    With `split_at`, the RUN is split behind that many commands, and the COPY goes in between. With
    `first_install`, the last of these commands is called on both sides: see there.
    `needs_first` are the files that RUNs would miss then, by RUN: they are copied by name above it.
    `reason` says why the move cannot be proven, "" if it can. The move relies on `ignore_lines` in
    the ignore file. On a machine where somebody has run the install outside the image, it also
    relies on `likely_ignore_lines`.
    """

    copy: ReadInstruction
    below: ReadInstruction
    split_at: int
    first_install: FirstInstall | None
    reason: str
    needs_first: tuple[tuple[ReadInstruction, tuple[Needed, ...]], ...]
    ignore_lines: tuple[str, ...]
    likely_ignore_lines: tuple[str, ...]


class _Place(Record):
    """A place in a RUN that a COPY may go to, behind that many commands.

    With `first_install`, the last of them is called on both sides. `commands` are those that run
    before the COPY then, `answer` says what that takes.
    """

    behind: int
    first_install: FirstInstall | None
    commands: tuple[Reads, ...]
    answer: Answer


class Stay(Record):
    """Why a COPY stays above an install."""

    copy: ReadInstruction
    manager: str
    reason: str


class MovePlan:
    """The moves of a group's COPYs, and the reasons of those that stay.

    COPYs are moved one after the other, the last one first. `allow_unproven` also makes moves that
    have a reason not to be safe.
    """

    def __init__(
        self,
        members: Sequence[ReadInstruction],
        surroundings: GroupSurroundings,
        *,
        allow_unproven: bool,
    ) -> None:
        self.surroundings = surroundings
        self.allow_unproven = allow_unproven
        #: The members of the group, in the order that the moves so far lead to.
        self.order = list(members)
        self.moves: list[Move] = []
        self.stays: list[Stay] = []
        #: True if an unproven move was left out. If not, `allow_unproven` changes nothing.
        self.left_out_unproven = False
        #: The COPYs of manifests that moves add, by the start of the RUN they stand above.
        self.added_copies: dict[int, list[Copy]] = {}
        #: Behind how many commands a RUN is split, by its start, and which one is called twice.
        self.splits: dict[int, tuple[int, FirstInstall | None]] = {}
        if not has_too_many_pairs(members):
            for member in reversed(members):
                copy = member.copy
                if copy and copy.origin is None and not member.instruction.heredocs:
                    move = _CopyDescent(self, member, copy).lowest_move()
                    if move:
                        self._add(move, copy)

    def copies_above(self, position: int) -> tuple[list[Copy | None], int]:
        """The COPYs above a position of the group, and how many of them come before a RUN that may
        have changed their files."""
        above, above_changes = list(self.surroundings.above), self.surroundings.above_changes
        for other in self.order[:position]:
            if other.is_copy:
                above.append(other.copy)
            elif other.keyword == "RUN":
                above += self.added_copies.get(other.instruction.start, ())
                if may_change_files(other):
                    above_changes = len(above)
        return above, above_changes

    def record_stay(self, member: ReadInstruction, run: ReadInstruction, reason: str) -> None:
        """Records why a COPY stays above an install of the project's packages.

        Nothing is recorded if an install of the same manager stands above the COPY already: then
        somebody has divided the install on purpose.
        """
        reads = run.chain.reads if run.chain else ()
        managers = [one.manager for one in reads if one.manifests or one.optional or one.source]
        if managers and managers[0] not in self.installed_above(member):
            from dockfix.reorder.split_copies import NOTHING_ELSE

            if reason != NOTHING_ELSE:
                self.stays.append(Stay(member, managers[0], reason))

    def installed_above(self, member: ReadInstruction) -> set[str]:
        """The managers that install the project's packages above a member of the group."""
        return {
            one.manager
            for other in self.order[: self.order.index(member)]
            if other.chain
            for one in other.chain.reads
            if one.manifests
        }

    def _add(self, move: Move, copy: Copy) -> None:
        """Makes a move: it changes the order, and what the COPYs above are judged by."""
        self.moves.insert(0, move)
        if move.split_at:
            self.splits[move.below.instruction.start] = move.split_at, move.first_install
        for run, needs in move.needs_first:
            added = self.added_copies.setdefault(run.instruction.start, [])
            for source, path in needs:
                folder = path.rpartition("/")[0] or "/"
                added.append(copy._replace(sources=(source,), target=folder, into=True))
        old_position = self.order.index(move.copy)
        self.order.insert(self.order.index(move.below) + 1, move.copy)
        del self.order[old_position]


class _CopyDescent:
    """One COPY on its way down its group: what it has passed, and what moving it there takes."""

    def __init__(self, plan: MovePlan, member: ReadInstruction, copy: Copy) -> None:
        self.plan = plan
        self.surroundings = plan.surroundings
        self.member = member
        self.copy = copy
        self.position = plan.order.index(member)
        self.has_variables = "$" in member.instruction.logical.text
        self.above, self.above_changes = plan.copies_above(self.position)
        #: The lowest move that was possible so far.
        self.lowest: Move | None = None
        self.needs_first: list[tuple[ReadInstruction, tuple[Needed, ...]]] = []
        #: The paths in the image of all files in `needs_first`.
        self.provided: set[str] = set()
        self.ignore_lines: tuple[str, ...] = ()
        self.likely_ignore_lines: tuple[str, ...] = ()
        self.reason = ""
        #: True if a command that was passed fetches package lists.
        self.passed_fetch = False
        #: True if a COPY or a RUN was passed.
        self.passed_any = False
        #: False if a WORKDIR would now make the COPY's directory, and `--chown` be lost for it.
        self.keeps_owner = True

    def lowest_move(self) -> Move | None:
        """The move as far down as the COPY may go; None if it has to stay."""
        for other in self.plan.order[self.position + 1 :]:
            if other.is_copy:
                goes_on = self._pass_copy(other)
            elif other.keyword == "RUN":
                goes_on = self._pass_run(other)
            else:
                goes_on = self._pass_metadata(other)
            if not goes_on:
                break
        return self.lowest

    def _pass_copy(self, other: ReadInstruction) -> bool:
        """Passes a COPY; False if the two may write to the same place."""
        if not _write_apart(self.copy, other.copy, self.surroundings.context):
            return False
        self.above.append(other.copy)
        self.passed_any = True
        return True

    def _pass_metadata(self, other: ReadInstruction) -> bool:
        """Passes what is no COPY and no RUN; False if it may set a variable that the COPY uses."""
        if other.keyword in ("ENV", "ARG") and self.has_variables:
            return False
        if other.keyword == "WORKDIR" and self.member.is_owned and not self.needs_first:
            made = resolve(other.base, other.instruction.arguments)
            inside = made is not None and within(self.member.base, made)
            self.keeps_owner = self.keeps_owner and inside
        return True

    def _pass_run(self, run: ReadInstruction) -> bool:
        """Passes a RUN, or the first of its commands; False if the COPY cannot go further."""
        moved = copy_of(self.member.instruction, run.base)
        if moved is None or moved.target != self.copy.target:
            reason = "the place of the copy depends on the WORKDIR above"
            self.plan.record_stay(self.member, run, reason)
            return False
        self.above += self.plan.added_copies.get(run.instruction.start, ())
        place = self._lowest_place(run)
        if place is None:
            return False
        answer, commands = place.answer, place.commands
        if not self._keeps_owner_with(self._add_needs(run, answer)):
            return False
        self.reason = self.reason or answer.doubt
        self._add_ignore_lines(answer)
        assert run.chain is not None
        self.passed_fetch = self.passed_fetch or any(one.refreshes for one in commands)
        is_split = (
            place.first_install is not None
            or place.behind < len(run.chain.reads)
            or not run.chain.whole
        )
        if (
            any(one.installs for one in commands)
            and not self._makes_lists_stale(run)
            and not self._parts_commented_runs(run)
        ):
            split_at = place.behind if is_split else 0
            self.lowest = self._move_below(run, split_at, place.first_install)
        return not is_split

    def _parts_commented_runs(self, run: ReadInstruction) -> bool:
        """True if the COPY would land between RUNs that belong to one comment above both."""
        first = self.surroundings.commented.get(run.instruction.start)
        return first is not None and first > self.member.instruction.start

    def _add_needs(self, run: ReadInstruction, answer: Answer) -> bool:
        """Adds the files that a RUN would miss; True if there are such that are not copied yet."""
        missing = tuple(one for one in answer.needs if one[1] not in self.provided)
        if missing:
            self.needs_first.append((run, missing))
            self.provided.update(path for _, path in missing)
        return bool(missing)

    def _keeps_owner_with(self, adds_copy: bool) -> bool:
        """True if the directory of the COPY keeps its owner; `adds_copy` if files of it are copied
        right here, which makes the directory as the COPY did."""
        if not self.keeps_owner and (self.passed_any or not adds_copy):
            return False
        self.keeps_owner, self.passed_any = True, True
        return True

    def _add_ignore_lines(self, answer: Answer) -> None:
        self.ignore_lines = tuple(dict.fromkeys((*self.ignore_lines, *answer.written)))
        likely = filter(self._is_named_by_no_copy, answer.expected)
        self.likely_ignore_lines = tuple(dict.fromkeys((*self.likely_ignore_lines, *likely)))

    def _makes_lists_stale(self, run: ReadInstruction) -> bool:
        """True if a later RUN installs from package lists that were fetched on the way here."""
        last = self.surroundings.last_run_from_earlier_lists
        return self.passed_fetch and run.instruction.start < last()

    def _move_below(
        self, run: ReadInstruction, split_at: int, first_install: FirstInstall | None
    ) -> Move:
        needs, lines, likely = self.needs_first, self.ignore_lines, self.likely_ignore_lines
        reason = self.reason
        return Move(self.member, run, split_at, first_install, reason, tuple(needs), lines, likely)

    def _lowest_place(self, run: ReadInstruction) -> _Place | None:
        """The lowest place in a RUN, or below it, that the COPY may go to; None if it must stay
        above all of it."""
        if run.chain is None or run.mounts is None or not run.chain.reads:
            return None
        if any(self.copy.brings(mount, self.surroundings.context) for mount in run.mounts):
            return None
        earlier_split = self.plan.splits.get(run.instruction.start)
        refused = 0
        for count, first_install in self._splits(run, run.chain):
            if earlier_split is not None and (count, first_install) != earlier_split:
                continue
            # where an install need not be divided to let the COPY pass, it is not
            if first_install and earlier_split is None and refused != count:
                continue
            commands = run.chain.reads[:count]
            if first_install:
                commands = (*commands[:-1], first_install.reads)
            answer = self._judge(run, commands)
            if answer.refusal:
                refused = count
                self.plan.record_stay(self.member, run, answer.refusal)
            elif self.plan.allow_unproven or not answer.doubt:
                return _Place(count, first_install, commands, answer)
            else:
                self.plan.left_out_unproven = True
        return None

    def _splits(
        self, run: ReadInstruction, chain: Chain
    ) -> Iterator[tuple[int, FirstInstall | None]]:
        """Where a RUN may be split, the lowest place first: behind how many commands, and which of
        them is called twice. All commands are the whole RUN."""
        # A single file is not worth another layer.
        trees = self.copy.brings_trees(self.surroundings.context)
        for count in range(len(chain.reads), 0, -1):
            may_split = trees and any(one.installs for one in chain.reads[:count])
            passes_whole_run = chain.whole and count == len(chain.reads)
            if passes_whole_run or (
                may_split and count < len(chain.cuts) and chain.cuts[count] is not None
            ):
                yield count, None
            first_install = chain.first_installs[count - 1] if chain.first_installs else None
            if may_split and first_install and self._may_call_twice(first_install.reads.manager):
                yield count, first_install

    def _may_call_twice(self, manager: str) -> bool:
        """True if the installs of a manager may be divided into one without the project and one
        with it."""
        return (
            self.surroundings.context is not None
            and manager not in self.surroundings.in_one
            and manager not in self.plan.installed_above(self.member)
        )

    def _judge(self, run: ReadInstruction, commands: Sequence[Reads]) -> Answer:
        """Whether the COPY may go below the first commands of a RUN."""
        here, context = self.surroundings, self.surroundings.context
        above = tuple(self.above)
        around = Surroundings(
            run.base,
            above,
            self.above_changes,
            here.variables,
            context,
            here.true,
            here.versions,
            here.linked,
        )
        answer = judge(self.copy, commands, around)
        if not answer.refusal and answer.needs:
            from dockfix.reorder.split_copies import splittable

            answer = splittable(self.copy, answer, context)
        if answer.written and not answer.doubt and self.member.is_owned:
            answer = answer._replace(doubt=f"{answer.written[0]} may then get another owner")
        for tree in answer.written:
            others = (one for one in self.surroundings.all_copies if one != self.copy)
            if any(_may_bring(one, tree) for one in others):
                answer = Answer(f"{tree} of the build context would replace what is installed")
        return answer

    def _is_named_by_no_copy(self, tree: str) -> bool:
        """True if no COPY of the file names a folder. One that does may want it from outside the
        image."""
        name = tree.rpartition("/")[2]
        return not any(
            one is None or (one.origin is None and any(name in it.split("/") for it in one.sources))
            for one in self.surroundings.all_copies
        )


def _may_bring(copy: Copy | None, tree: str) -> bool:
    """True if a COPY may take something out of a tree of the context."""
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


def _write_apart(copy: Copy, other: Copy | None, context: Context | None) -> bool:
    """True if two COPYs surely write to different places."""
    return other is not None and all(
        apart(one, two) for one in copy.landings(context) for two in other.landings(context)
    )
