"""The rules of dockfix.managers.distributions.choices once more, as plainly as they can be put, and
apt's own way to choose, for graphs small enough to try all orders.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from dockfix.managers.distributions.choices import IN_BASE, Graph, Group

#: A package and the position of one of its groups.
Spot = tuple[str, int]


class Oracle:
    """One question. Nothing is kept, everything is computed when it is asked for."""

    def __init__(
        self, graph: Graph, names: list[str], first: list[str] | None, exact: bool, depth: bool
    ) -> None:
        self.graph, self.names, self.first = graph, names, first
        self.exact, self.depth = exact, depth
        self.quiet: set[Spot] = set()
        self.seen_by_first: set[str] = set()
        if first is not None:
            self.seen_by_first = self.grow(
                first, lambda spot, group: not set(first) & set(group.solutions)
            )
        while depth:
            found = {spot for spot in self.spots() if self.rivals_of(spot) and self.before(spot)}
            if found <= self.quiet:
                break
            self.quiet |= found

    def grow(self, start: Iterable[str], follow: Callable[[Spot, Group], bool]) -> set[str]:
        """The least set with `start` and the first solutions of the groups that are followed."""
        found = set(start)
        while True:
            more = {
                group.solutions[0]
                for package in found
                for position, group in enumerate(self.graph.groups(package))
                if follow((package, position), group)
            }
            if more <= found:
                return found
            found |= more

    def named(self, spot: Spot) -> bool:
        names = self.names
        if self.first is not None and spot[0] in self.seen_by_first:
            names = self.first
        return bool(set(names) & set(self.group(spot).solutions))

    def group(self, spot: Spot) -> Group:
        return self.graph.groups(spot[0])[spot[1]]

    def is_open(self, spot: Spot) -> bool:
        return spot not in self.quiet and not self.named(spot)

    def reach(self, names: Iterable[str], without: str = "") -> set[str]:
        return set(
            self.grow(
                names,
                lambda spot, group: group.solutions[0] != without and self.is_open(spot),
            )
        )

    def spots(self) -> list[Spot]:
        """The open groups of the reach."""
        return [
            (package, position)
            for package in self.reach(self.names)
            for position in range(len(self.graph.groups(package)))
            if self.is_open((package, position))
        ]

    def rivals_of(self, spot: Spot) -> set[str]:
        return set(self.group(spot).solutions[1:]) & self.reach(self.names)

    def before(self, spot: Spot) -> bool:
        """Settled before: on every way, one of the solutions is marked earlier."""
        wanted = set(self.group(spot).solutions)
        pending, done = {spot}, set[Spot]()
        every = self.spots()
        while pending:
            place = pending.pop()
            done.add(place)
            if place[0] in wanted or any(
                self.surely(group, place[0], wanted)
                for group in self.graph.groups(place[0])[: place[1]]
            ):
                continue
            if place[0] in self.names:
                return False
            pending |= {one for one in every if self.group(one).solutions[0] == place[0]} - done
        return True

    def surely(self, group: Group, behind: str, wanted: Collection[str]) -> bool:
        """True if working off a group marks one of `wanted`, whatever is there."""
        if set(group.solutions) <= set(wanted):
            return True
        if len(group.solutions) > 1:
            return False
        half_done = self.leading_to(behind)
        found, todo = set[str](), {group.solutions[0]}
        while todo:
            package = todo.pop()
            found.add(package)
            if package in wanted:
                return True
            if package in self.names or package in half_done:
                continue
            for one in self.graph.groups(package):
                if one.depends and set(one.solutions) <= set(wanted):
                    return True
                if one.depends and len(one.solutions) == 1:
                    todo |= {one.solutions[0]} - found
        return False

    def leading_to(self, package: str) -> set[str]:
        """The packages from which first solutions lead to one."""
        every = self.grow(self.names, lambda spot, group: True)
        return {one for one in every if package in self.grow([one], lambda spot, group: True)} | {
            package
        }

    def clash(self) -> bool:
        reach = self.reach(self.names) | {IN_BASE}
        return any(self.graph.rivals(one) & reach for one in reach - {IN_BASE})

    def undecided(self) -> list[Spot]:
        found = [
            spot
            for spot in self.spots()
            if self.rivals_of(spot) & self.reach(self.names, without=self.group(spot).solutions[0])
        ]
        certain = self.grow(
            self.names,
            lambda spot, group: (
                self.is_open(spot)
                and (len(group.solutions) == 1 or (self.exact and spot not in found))
            ),
        )
        return [spot for spot in found if self.group(spot).solutions[0] not in certain]

    def concerns_one_name(self, spot: Spot) -> bool:
        zone = ({spot[0]} | set(self.group(spot).solutions)) & self.reach(self.names)
        while True:
            more = set(zone)
            for one in self.spots():
                if self.group(one).solutions[0] in zone:
                    more |= {one[0]} | self.rivals_of(one)
            if more == zone:
                break
            zone = more
        return sum(bool(zone & self.reach([name])) for name in set(self.names)) <= 1

    def differs(self, in_order: bool) -> bool:
        if self.clash():
            return True
        if in_order and self.first is not None:
            late = set(self.names) - set(self.first)
            if not any(
                set(group.solutions) & late and not set(group.solutions) & set(self.first)
                for package in self.seen_by_first
                for group in self.graph.groups(package)
            ):
                return False
        return any(not self.depth or not self.concerns_one_name(spot) for spot in self.undecided())


def order_matters(graph: Graph, names: list[str], *, exact: bool) -> bool:
    """See `choices.order_matters`."""
    return Oracle(graph, names, None, exact, True).differs(False)


def join_changes(
    graph: Graph,
    first: list[str],
    second: list[str],
    *,
    in_order: bool,
    exact: bool,
    depth_first: bool,
) -> bool:
    """See `choices.join_changes`."""
    return Oracle(graph, first + second, first, exact, depth_first).differs(in_order)


def chosen(
    graph: Graph, names: Iterable[str], installed: frozenset[str] = frozenset()
) -> frozenset[str]:
    """What is there after `apt-get install names`, as apt chooses from 2.5.3 on."""
    marked = set(installed)

    def work_off(package: str) -> None:
        for group in graph.groups(package):
            if marked.isdisjoint(group.solutions):
                marked.add(group.solutions[0])
                work_off(group.solutions[0])

    wanted = [name for name in names if name not in installed]
    marked.update(wanted)
    for name in wanted:
        work_off(name)
    return frozenset(marked)
