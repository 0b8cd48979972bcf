"""Whether the order of an apt install, or its split in two, can change which packages it brings.

apt marks all named packages first. Then it works off each name in turn, depth first: Pre-Depends,
Depends, then Recommends, each group from left to right. A group that a marked or installed package
satisfies brings nothing; else apt takes the group's first solution. (apt-pkg/depcache.cc,
`MarkInstall`, of apt 2.6.1; the same in 2.2.4 and 3.0.4.) So a group `f | a` depends on whether
`a` is there when apt comes to it.

A group is harmless, that is, it is decided the same way in every order, if one of these holds:

- named: one of its solutions is a name;
- no rival early: without `f`, none of its other solutions is within reach of the names;
- certain: `f` comes anyhow;
- settled before: on every way to the group, one of its solutions is marked earlier;
- one name's own affair: of all names, only one reaches anything with a say in the group.

All functions are pure; packages are their names. What cannot be shown to be harmless counts as a
difference: "same" is never wrong, "differs" may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dockfix.records import Record
from dockfix.shell.remembered import cached_by_identity
from dockfix.typed import Protocol

#: Stands for solutions of which no more is known than that no install of known names brings them.
OUTSIDE = "another package"
#: Stands for the packages of the base.
IN_BASE = "a package of the base image"


class Group(Record):
    """One group of Depends or Recommends that the base does not satisfy."""

    #: Packages that satisfy it, in the order in which apt tries them; at least one.
    solutions: tuple[str, ...]
    #: True for Pre-Depends and Depends, False for Recommends.
    depends: bool


class Graph(Protocol):
    """What a question is asked of. Only first solutions are asked for their groups."""

    def groups(self, package: str) -> tuple[Group, ...]:
        """What a package leaves to settle on the base, in apt's order."""

    def rivals(self, package: str) -> frozenset[str]:
        """The packages that it conflicts with or breaks; `IN_BASE` for those of the base."""


class _Firsts(Record):
    """The groups of a package, apart: most have one solution, and no choice."""

    #: The solutions of those with one.
    only: frozenset[str]
    #: The others, each with its place among all.
    choices: tuple[tuple[int, tuple[str, ...]], ...]


@cached_by_identity
def _firsts(groups: tuple[Group, ...]) -> _Firsts:
    """The groups of a package, as a walk over many packages needs them."""
    return _Firsts(
        frozenset([solutions[0] for solutions, _ in groups if len(solutions) == 1]),
        tuple(
            [
                (index, solutions)
                for index, (solutions, _) in enumerate(groups)
                if len(solutions) > 1
            ]
        ),
    )


class Place(Record):
    """A group, by its package and its place among its groups, from 0."""

    package: str
    position: int


class Question:
    """One list of names, or the names of two installs, asked of a graph."""

    def __init__(
        self,
        graph: Graph,
        names: Iterable[str],
        *,
        first: Iterable[str] | None = None,
        exact: bool = True,
        depth_first: bool = True,
    ) -> None:
        """`names`: all of them. `first`: of two installs, the names of the first.

        `exact`: the base holds what the graph was made for and no more; else only packages without
        a substitute are certain. `depth_first`: apt's own solver; else nothing is known about when
        a group is looked at.
        """
        self.graph = graph
        self.names = tuple(dict.fromkeys(names))
        self.named = frozenset(self.names)
        self.exact = exact
        self.depth_first = depth_first
        self.early: frozenset[str] | None = None
        self.first_reach: frozenset[str] = frozenset()
        if first is not None:
            self.early = frozenset(first)
            self.first_reach = self._reach_of_first(self.early)
        #: Groups that are settled before apt comes to them.
        self.settled: set[Place] = set()
        self._leading: dict[str, frozenset[str]] = {}
        self._owners: dict[str, set[str]] | None = None
        self.reached = self.reach(self.names)
        self._ways = self._open_groups_by_first()
        while depth_first and (more := self._newly_settled()):
            # a settled group brings nothing, so that the reach gets smaller
            self.settled |= more
            self.reached = self.reach(self.names)
            self._ways = self._open_groups_by_first()

    def difference(self, *, in_order: bool = False) -> str | None:
        """Why two ways may bring different packages; None if they cannot.

        `in_order`: of two installs, the joined one keeps the first's names before the second's.
        """
        if rivals := self._rivals():
            return f"{' and '.join(rivals)} exclude each other"
        if in_order and not self._second_seen_early():
            return None
        for place, group in self._undecided():
            if not self.depth_first or not self._one_names_affair(place, group):
                return (
                    f"{place.package} brings {group.solutions[0]}"
                    f" unless {self._others(group)[0]} is installed first"
                )
        return None

    def is_named(self, package: str, group: Group) -> bool:
        """True if a name satisfies the group from the start, in each way that is compared."""
        return not self._named_for(package).isdisjoint(group.solutions)

    def _named_for(self, package: str) -> frozenset[str]:
        """The names that are there from the start when apt comes to a package."""
        if self.early is not None and package in self.first_reach:
            return self.early
        return self.named

    def reach(self, names: Iterable[str], without: str | None = None) -> frozenset[str]:
        """All that some order could bring; what only `without` brings, and itself, left out."""
        groups_of, settled = self.graph.groups, self.settled
        left_out = () if without is None else (without,)
        seen: set[str] = set()
        todo = list(names)
        while todo:
            package = todo.pop()
            if package in seen:
                continue
            seen.add(package)
            groups = groups_of(package)
            if not groups:
                continue
            there = self._named_for(package)
            only, choices = _firsts(groups)
            todo += only.difference(seen, there, left_out)
            for index, solutions in choices:
                if (
                    solutions[0] != without
                    and there.isdisjoint(solutions)
                    and (package, index) not in settled
                ):
                    todo.append(solutions[0])
        return frozenset(seen)

    def _reach_of_first(self, early: frozenset[str]) -> frozenset[str]:
        seen: set[str] = set()
        todo = list(early)
        while todo:
            package = todo.pop()
            if package not in seen:
                seen.add(package)
                todo += [
                    group.solutions[0]
                    for group in self.graph.groups(package)
                    if early.isdisjoint(group.solutions)
                ]
        return frozenset(seen)

    def _is_open(self, package: str, index: int, group: Group) -> bool:
        return (package, index) not in self.settled and not self.is_named(package, group)

    def _open_groups_by_first(self) -> dict[str, list[Place]]:
        """The open groups of the reach, by their first solution; none if all are decided, so that
        nobody asks for the ways to one."""
        if not self._has_choice():
            return {}
        found: dict[str, list[Place]] = {}
        for package in sorted(self.reached):
            for index, group in enumerate(self.graph.groups(package)):
                if self._is_open(package, index, group):
                    found.setdefault(group.solutions[0], []).append(Place(package, index))
        return found

    def _has_choice(self) -> bool:
        """True if another solution of an open group than its first is within reach."""
        reached = self.reached
        for package in reached:
            for index, solutions in _firsts(self.graph.groups(package)).choices:
                if (
                    not reached.isdisjoint(solutions[1:])
                    and (package, index) not in self.settled
                    and self._named_for(package).isdisjoint(solutions)
                ):
                    return True
        return False

    def _open_groups(self) -> Iterable[tuple[Place, Group]]:
        for places in self._ways.values():
            for place in places:
                yield place, self.graph.groups(place.package)[place.position]

    def _others(self, group: Group) -> list[str]:
        """The solutions within reach that could be there instead of the first."""
        return [other for other in group.solutions[1:] if other in self.reached]

    def _newly_settled(self) -> set[Place]:
        return {
            place
            for place, group in self._open_groups()
            if self._others(group) and self._settled_before(place, frozenset(group.solutions))
        }

    def _settled_before(self, place: Place, wanted: frozenset[str]) -> bool:
        """True if on every way to a group, one of `wanted` is marked before apt comes to it."""
        todo = [place]
        seen: set[Place] = set()
        while todo:
            place = todo.pop()
            if place in seen:
                continue
            seen.add(place)
            if self._marks_one(place, wanted):
                continue
            if place.package in self.named:
                return False
            todo += self._ways.get(place.package, ())
        return True

    def _marks_one(self, place: Place, wanted: frozenset[str]) -> bool:
        """True if a package is one of `wanted`, or its groups before this one bring one."""
        if place.package in wanted:
            return True
        for group in self.graph.groups(place.package)[: place.position]:
            if wanted.issuperset(group.solutions):
                return True
            if len(group.solutions) == 1 and self._brings_one(
                group.solutions[0], place.package, wanted
            ):
                return True
        return False

    def _brings_one(self, start: str, behind: str, wanted: frozenset[str]) -> bool:
        """True if a package that was come to from `behind` is one of `wanted`, or brings one.

        Only Depends count. A package that leads back to `behind` may be half done, and a named one
        is marked long before it is worked off: what these bring does not count.
        """
        todo = [start]
        seen: set[str] = set()
        while todo:
            package = todo.pop()
            if package in wanted:
                return True
            if package in seen:
                continue
            seen.add(package)
            if package in self.named or package in self._leading_to(behind):
                continue
            for group in self.graph.groups(package):
                if not group.depends:
                    continue
                if len(group.solutions) == 1:
                    todo.append(group.solutions[0])
                elif wanted.issuperset(group.solutions):
                    return True
        return False

    def _leading_to(self, package: str) -> frozenset[str]:
        """The packages from which apt can come to `package`, and itself."""
        if package not in self._leading:
            if self._owners is None:
                self._owners = self._owners_by_first()
            self._leading[package] = _closure([package], self._owners)
        return self._leading[package]

    def _owners_by_first(self) -> dict[str, set[str]]:
        """Who has a group with this first solution, with nothing left out as settled or named."""
        found: dict[str, set[str]] = {}
        seen: set[str] = set()
        todo = list(self.names)
        while todo:
            package = todo.pop()
            if package not in seen:
                seen.add(package)
                for group in self.graph.groups(package):
                    found.setdefault(group.solutions[0], set()).add(package)
                    todo.append(group.solutions[0])
        return found

    def _rivals(self) -> tuple[str, str] | None:
        """Two of the reach and the base that exclude each other: apt then takes other ways."""
        for package in sorted(filter(self.graph.rivals, self.reached)):
            for rival in sorted(self.graph.rivals(package)):
                if rival in self.reached or rival == IN_BASE:
                    return package, rival
        return None

    def _second_seen_early(self) -> bool:
        """True if a group that the first install looks at has a name of the second as a solution.

        Joined, that name is marked from the start; it was not there when the first ran alone.
        """
        assert self.early is not None
        late = self.named - self.early
        return any(
            self.early.isdisjoint(group.solutions) and not late.isdisjoint(group.solutions)
            for package in self.first_reach
            for group in self.graph.groups(package)
        )

    def _undecided(self) -> list[tuple[Place, Group]]:
        """The groups where another solution can be there first, and the first may not come."""
        reaches: dict[str, frozenset[str]] = {}

        def has_early_rival(group: Group) -> bool:
            best = group.solutions[0]
            if best not in reaches:
                reaches[best] = self.reach(self.names, without=best)
            return not reaches[best].isdisjoint(self._others(group))

        open_groups = [
            (place, group)
            for place, group in self._open_groups()
            if self._others(group) and has_early_rival(group)
        ]
        if not open_groups:
            return []
        undecided = {place for place, _ in open_groups}
        certain: set[str] = set()
        todo = list(self.names)
        while todo:
            package = todo.pop()
            if package in certain:
                continue
            certain.add(package)
            for index, group in enumerate(self.graph.groups(package)):
                if self._is_open(package, index, group) and (
                    len(group.solutions) == 1 or (self.exact and (package, index) not in undecided)
                ):
                    todo.append(group.solutions[0])
        return [item for item in open_groups if item[1].solutions[0] not in certain]

    def _one_names_affair(self, place: Place, group: Group) -> bool:
        """True if of all names only one reaches what has a say in the group.

        That is whatever leads to its package or to one of its solutions, by first solutions; the
        other solutions of a group lead to its first.
        """
        before: dict[str, set[str]] = {}
        for best, places in self._ways.items():
            leading = before.setdefault(best, set())
            for owner, index in places:
                leading.add(owner)
                leading.update(self._others(self.graph.groups(owner)[index]))
        targets = {place.package, *group.solutions} & self.reached
        zone = _closure(targets, before)
        return sum(not zone.isdisjoint(self.reach([name])) for name in self.names) <= 1


def _closure(start: Iterable[str], before: Mapping[str, Iterable[str]]) -> frozenset[str]:
    seen: set[str] = set()
    todo = list(start)
    while todo:
        package = todo.pop()
        if package not in seen:
            seen.add(package)
            todo += before.get(package, ())
    return frozenset(seen)


def order_matters(graph: Graph, names: Sequence[str], *, exact: bool) -> str | None:
    """Why a list may bring other packages in another order; None if it cannot."""
    return Question(graph, names, exact=exact).difference()


def join_changes(
    graph: Graph,
    first: Sequence[str],
    second: Sequence[str],
    *,
    in_order: bool,
    exact: bool,
    depth_first: bool,
) -> str | None:
    """Why one install may bring other packages than two in turn; None if it cannot.

    `in_order`: the joined list has the first's names before the second's, as they stand, and apt
    goes by the order of the command line.
    """
    question = Question(graph, [*first, *second], first=first, exact=exact, depth_first=depth_first)
    return question.difference(in_order=in_order)
