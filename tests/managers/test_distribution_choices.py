"""Whether the order of a list matters, and whether two installs may be one: decided as by the rules
written down plainly, and never against what all orders of small graphs show.
"""

from __future__ import annotations

import random
from itertools import permutations

import choice_oracle
import pytest

from dockfix.managers.distributions import choices
from dockfix.managers.distributions.bases import Base
from dockfix.managers.distributions.choices import Group
from dockfix.managers.distributions.questions import join_changes, order_matters, table_of
from dockfix.managers.distributions.table import ChoiceGraph

SEED = 20_261_130
BOOKWORM = Base(("bookworm",), exact=True)
TRIXIE = Base(("trixie",), exact=True)
BULLSEYE = Base(("bullseye",), exact=True)
#: (in_order, depth_first): as apt before 2.5.3, from then on, and with solver 3.0.
MODES = ((False, True), (True, True), (False, False))


class Small:
    """A graph of a few packages, from text: `a: b|c, ~d; e: f`."""

    def __init__(self, text: str) -> None:
        self._groups: dict[str, tuple[Group, ...]] = {}
        for line in text.split(";"):
            name, _, groups = line.strip().partition(":")
            self._groups[name] = tuple(
                Group(tuple(group.strip(" ~").split("|")), "~" not in group)
                for group in groups.split(",")
                if group.strip()
            )

    def groups(self, package: str) -> tuple[Group, ...]:
        return self._groups.get(package, ())

    def rivals(self, package: str) -> frozenset[str]:
        return frozenset()


def small(chance: random.Random) -> Small:
    """A graph of up to nine packages; Recommends stand behind Depends."""
    names = "abcdefghi"[: chance.randint(4, 9)]
    lines = []
    for name in names:
        others = [one for one in names if one != name]
        groups = [
            "|".join(chance.sample(others, chance.choice((1, 1, 2, 2, 3))))
            for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))
        ]
        recommended = chance.randint(0, len(groups))
        groups[recommended:] = [f"~{group}" for group in groups[recommended:]]
        lines.append(f"{name}: {', '.join(groups)}")
    return Small("; ".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_order_of_a_small_graph_shows_a_difference_that_is_denied(part: int) -> None:
    chance = random.Random(SEED + part)
    same = differs = 0
    for _ in range(1500):
        graph = small(chance)
        names = chance.sample("abcd", chance.randint(2, 4))
        found = {choice_oracle.chosen(graph, order) for order in permutations(names)}
        if choices.order_matters(graph, names, exact=True) is None:
            assert len(found) == 1, (graph._groups, names)
            same += 1
        else:
            differs += len(found) > 1
    # both happen, and most real differences are not the only ones that are suspected
    assert same > 300
    assert differs > 50


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_joining_in_a_small_graph_shows_a_difference_that_is_denied(part: int) -> None:
    chance = random.Random(SEED - part)
    same = differs = 0
    for _ in range(1500):
        graph = small(chance)
        names = chance.sample("abcd", chance.randint(2, 4))
        cut = chance.randint(1, len(names) - 1)
        first, second = names[:cut], names[cut:]
        for in_order in (True, False):
            why = choices.join_changes(
                graph, first, second, in_order=in_order, exact=True, depth_first=True
            )
            # each of the two installs may be in any order, too, where apt keeps none
            apart = {
                choice_oracle.chosen(graph, two, choice_oracle.chosen(graph, one))
                for one in ([first] if in_order else permutations(first))
                for two in ([second] if in_order else permutations(second))
            }
            joined = {
                choice_oracle.chosen(graph, order)
                for order in ([names] if in_order else permutations(names))
            }
            if why is None:
                assert len(apart | joined) == 1, (graph._groups, first, second, in_order)
                same += 1
            else:
                differs += len(apart | joined) > 1
    assert same > 300
    assert differs > 50


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["bookworm", "trixie", "bullseye"])
def test_the_rules_put_plainly_decide_alike(suite: str) -> None:
    chance = random.Random(SEED)
    table = table_of(suite)
    assert table is not None
    known = [name for name in table.names() if "n" in table.package(name).letters]
    counts = {True: 0, False: 0}
    for number in range(60):
        names = chance.sample(known, chance.randint(2, 6))
        graph = ChoiceGraph(table, recommends=number % 3 > 0)
        names = [name for name in names if graph.matters(name)]
        exact = number % 4 > 0
        if len(graph_reach(graph, names)) > 60:
            continue
        expected = choice_oracle.order_matters(graph, names, exact=exact)
        assert (choices.order_matters(graph, names, exact=exact) is not None) == expected, names
        counts[expected] += 1
        for in_order, depth_first in MODES:
            how = {"in_order": in_order, "exact": exact, "depth_first": depth_first}
            for cut in range(1, min(len(names), 3)):
                first, second = names[:cut], names[cut:]
                expected = choice_oracle.join_changes(graph, first, second, **how)
                found = choices.join_changes(graph, first, second, **how)
                assert (found is not None) == expected, (first, second, how)
                counts[expected] += 1
    assert min(counts.values()) > 5, counts


def graph_reach(graph: ChoiceGraph, names: list[str]) -> frozenset[str]:
    return choices.Question(graph, names).reached


@pytest.mark.slow
def test_the_plain_rules_decide_small_graphs_alike() -> None:
    chance = random.Random(SEED)
    for number in range(1500):
        graph, exact = small(chance), number % 2 == 0
        names = chance.sample("abcd", chance.randint(2, 4))
        expected = choice_oracle.order_matters(graph, names, exact=exact)
        found = choices.order_matters(graph, names, exact=exact)
        assert (found is not None) == expected, (graph._groups, names)
        for in_order, depth_first in MODES:
            how = {"in_order": in_order, "exact": exact, "depth_first": depth_first}
            expected = choice_oracle.join_changes(graph, names[:1], names[1:], **how)
            found = choices.join_changes(graph, names[:1], names[1:], **how)
            assert (found is not None) == expected, (graph._groups, names, how)


@pytest.mark.parametrize("recommends", [True, False])
@pytest.mark.parametrize("names", ["nginx php-fpm php", "openjdk-17-jdk maven ant"])
def test_lists_whose_order_is_known_to_matter(names: str, recommends: bool) -> None:
    found = order_matters(BOOKWORM, names.split(), recommends=recommends)
    if recommends or "php" in names:
        assert found.verdict == "differs"
        assert " brings " in found.reason
    # Debian 11's apt goes by no order
    assert order_matters(BULLSEYE, ["php-fpm", "php", "nginx"]).verdict == "same"


def test_installs_whose_joining_is_known_to_matter() -> None:
    assert join_changes(BOOKWORM, ["gettext"], ["wget"]).verdict == "differs"
    assert join_changes(BOOKWORM, ["gettext"], ["wget"], recommends=False).verdict == "same"
    # joined in this order nothing changes; an apt that goes by no order loses Apache
    assert join_changes(BOOKWORM, ["php"], ["php-fpm"]).verdict == "same"
    later = Base(("bookworm",), exact=True, moving=True)
    assert join_changes(later, ["php"], ["php-fpm"]).verdict == "differs"


@pytest.mark.parametrize(
    "name",
    ["libgtk2.0-dev", "libxrender-dev", "build-essential"],
)
def test_a_name_alone_has_no_order(name: str) -> None:
    assert order_matters(BOOKWORM, [name]).verdict == "same"


@pytest.mark.parametrize(
    "names",
    [
        "libgtk2.0-dev pkg-config",
        "software-properties-common python3",
        "r-base-dev libncurses-dev",
        "curl git ca-certificates",
        "build-essential cmake git libssl-dev pkg-config",
    ],
)
def test_alternatives_within_reach_that_decide_nothing(names: str) -> None:
    assert order_matters(BOOKWORM, names.split()).verdict == "same"


@pytest.mark.parametrize("names", ["php php-fpm", "php-fpm git curl php", "curl git default-jdk"])
def test_why_an_order_matters_does_not_depend_on_the_order_asked(names: str) -> None:
    table = table_of("bookworm")
    assert table is not None
    graph = ChoiceGraph(table, recommends=True)
    orders = permutations(names.split())
    assert len({choices.order_matters(graph, one, exact=True) for one in orders}) == 1


def test_a_name_that_no_table_has_is_unknown() -> None:
    found = order_matters(BOOKWORM, ["curl", "google-chrome-stable"])
    assert found.verdict == "unknown"
    assert "google-chrome-stable" in found.reason
    for name in ("curl=7.88.1-10", "curl/bookworm", "curl:arm64", "curl-", "lib*", "$X", "curl\ta"):
        assert order_matters(BOOKWORM, [name, "git"]).verdict == "unknown", name
        assert join_changes(BOOKWORM, ["git"], [name]).verdict == "unknown", name


def test_every_suite_of_a_base_has_to_agree() -> None:
    names = ["nginx", "php-fpm", "php"]
    assert order_matters(BULLSEYE, names).verdict == "same"
    assert order_matters(Base(("bullseye", "bookworm"), exact=True), names).verdict == "differs"
