"""What passes ask of the tables: about one install of apt, or two next to each other.

Who asks has to know what else decides: the tables hold for the sources of the image alone. Unknown
whatever the tables say are lists with `name=version`, `name/suite`, `name:architecture`, `name+`,
`name-` or a pattern; an install with `-t` or with a source, a pin or apt's configuration changed
before it; two installs with different options, or with something between them that installs or
removes.
"""

from __future__ import annotations

from functools import cache

from dockfix.managers.distributions.bases import Base
from dockfix.managers.distributions.choices import join_changes as _join_changes
from dockfix.managers.distributions.choices import order_matters as _order_matters
from dockfix.managers.distributions.table import ChoiceGraph, Table, Tables
from dockfix.records import Record
from dockfix.shell.remembered import cached_by_value
from dockfix.typed import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The file of facts, beside this module.
_FILE = "facts.bin"


class Answer(Record):
    """Whether two ways to install bring the same packages."""

    #: `differs`: they may; `unknown`: the tables do not know.
    verdict: Literal["same", "differs", "unknown"]
    #: Why, for people; empty for `same`.
    reason: str = ""


class Brought(Record):
    """What an install brings, the packages of the base left out.

    Links that maintainer scripts make are not known, but for the programs of Java's packages.
    """

    #: Programs that it brings whatever happens, and all that it could bring.
    programs: frozenset[str]
    possible_programs: frozenset[str]
    #: Packages that could bring an init script or systemd unit, a file in /etc/profile.d, an
    #: alternative.
    services: frozenset[str]
    profiles: frozenset[str]
    alternatives: frozenset[str]


_SAME = Answer("same")


def order_matters(
    base: Base, names: Sequence[str], *, recommends: bool = True, fresh: bool = True
) -> Answer:
    """Whether `apt-get install names` brings other packages in another order.

    `recommends`: False behind `--no-install-recommends`. `fresh`: nothing is installed or removed
    between FROM and here.
    """
    return _order_answer(base, tuple(names), recommends, fresh)


@cached_by_value
def _order_answer(base: Base, names: tuple[str, ...], recommends: bool, fresh: bool) -> Answer:
    def asked(table: Table, lists: list[list[str]]) -> str | None:
        if not base.moving and (base.old or table.suite.mode != "ordered"):
            return None
        return _order_difference(table, recommends, frozenset(lists[0]), base.exact and fresh)

    return _asked(base, [names], asked, recommends=recommends)


@cached_by_value
def _order_difference(
    table: Table, recommends: bool, names: frozenset[str], exact: bool
) -> str | None:
    """Why the order of some names may matter; None if it cannot. Of most lists few names have a
    say, so that many lists ask the same."""
    return _order_matters(_graph(table, recommends), sorted(names), exact=exact)


@cache
def _graph(table: Table, recommends: bool) -> ChoiceGraph:
    """The choices of a table: what is worked out for one question serves the next."""
    return ChoiceGraph(table, recommends=recommends)


def join_changes(
    base: Base,
    first: Sequence[str],
    second: Sequence[str],
    *,
    recommends: bool = True,
    fresh: bool = True,
) -> Answer:
    """Whether one install brings other packages than `first` and then `second`.

    The joined list is `first`, then `second`, as they stand; if it is sorted or mixed, that is
    a question of its own: `order_matters`.
    """
    return _join_answer(base, tuple(first), tuple(second), recommends, fresh)


@cached_by_value
def _join_answer(
    base: Base, first: tuple[str, ...], second: tuple[str, ...], recommends: bool, fresh: bool
) -> Answer:
    def asked(table: Table, lists: list[list[str]]) -> str | None:
        mode = "unordered" if base.old else "solver3" if base.moving else table.suite.mode
        return _join_changes(
            _graph(table, recommends),
            lists[0],
            lists[1],
            in_order=mode == "ordered",
            exact=base.exact and fresh,
            depth_first=mode != "solver3",
        )

    return _asked(base, [first, second], asked, recommends=recommends)


def brought(
    base: Base, names: Sequence[str], *, recommends: bool = True, fresh: bool = True
) -> Brought | None:
    """What an install brings; None if a name is unknown. See `order_matters` for the options."""
    found: Brought | None = None
    for suite in base.suites:
        table = table_of(suite)
        packages = [table and table.resolve(name) for name in names]
        if table is None or not all(packages):
            return None
        known = [name for name in packages if name]
        certain = table.certain(known, exact=base.exact and fresh)
        possible = table.reach(known, recommends=recommends)
        one = Brought(
            _programs(table, certain),
            _programs(table, possible),
            *(
                frozenset([name for name in possible if letter in table.package(name).letters])
                for letter in "spa"
            ),
        )
        if found is None:
            found = one
        else:
            pairs = zip(found[1:], one[1:], strict=True)
            found = Brought(found[0] & one[0], *(before | now for before, now in pairs))
    return found


def base_programs(base: Base) -> frozenset[str]:
    """Programs that an image has at least, because Debian's smallest system has them."""
    every = [_smallest_programs(suite) for suite in base.suites]
    return frozenset() if None in every else frozenset.intersection(*filter(None, every))


@cache
def _smallest_programs(suite: str) -> frozenset[str] | None:
    """Programs of a suite's smallest system; None without a table. It reads the whole table."""
    table = table_of(suite)
    if table is None:
        return None
    return _programs(table, [name for name in table.names() if "b" in table.package(name).letters])


def runtime_libraries(suite: str, name: str) -> tuple[str, ...] | None:
    """The packages with the shared libraries that a `-dev` package is for, sorted.

    They are those among what it depends on, and what further `-dev` packages do that it depends on;
    None if it is unknown, or is for none outside the base.
    """
    table = table_of(suite)
    package = table.resolve(name) if table is not None else None
    if table is None or package is None or not package.endswith("-dev"):
        return None
    found: set[str] = set()
    seen: set[str] = set()
    todo = [package]
    while todo:
        package = todo.pop()
        if package in seen:
            continue
        seen.add(package)
        for group in table.groups(package, recommends=False):
            needed = group.solutions[0]
            if "l" in table.package(needed).letters:
                found.add(needed)
            if needed.endswith("-dev"):
                todo.append(needed)
    return tuple(sorted(found)) or None


def table_of(suite: str) -> Table | None:
    """The table of a suite; None if there is none."""
    if suite not in _by_suite:
        tables = _tables()
        _by_suite[suite] = Table(tables, suite) if suite in tables.suites else None
    return _by_suite[suite]


#: What has been read: constants of the program, like its modules.
_read: list[Tables] = []
_by_suite: dict[str, Table | None] = {}


def _tables() -> Tables:
    if not _read:
        # the loader that has read this module reads the file beside it, from an archive, too
        module: Any = __spec__
        folder = module.origin[: -len("questions.py")]
        _read.append(Tables(module.loader.get_data(folder + _FILE)))
    return _read[0]


def _asked(
    base: Base,
    lists: Sequence[Sequence[str]],
    ask: Callable[[Table, list[list[str]]], str | None],
    *,
    recommends: bool,
) -> Answer:
    """The answer for all suites of a base: unknown before differs before same.

    A suite without a package that the table of another has fails to install it either way, so that
    it has no say: the tables are of the same names. One suite has to have them all.
    """
    tables: list[Table] = []
    for suite in base.suites:
        table = table_of(suite)
        if table is None:
            return Answer("unknown", f"dockfix has no package tables of {suite}")
        tables.append(table)
    wanted = dict.fromkeys([name for names in lists for name in names])
    for name in wanted:
        if not any(table.resolve(name) for table in tables):
            where = ", ".join(base.suites)
            return Answer("unknown", f"{name} is not in the package tables of {where}")
    tables = [table for table in tables if all(map(table.resolve, wanted))]
    if not tables:
        return Answer("unknown", "no release has all of these packages")
    answer = _SAME
    for table in tables:
        suite = table.suite.name
        packages = [[table.resolve(name) or name for name in names] for names in lists]
        if base.hidden:
            every = [name for names in packages for name in names]
            for name in sorted(table.reach(every, recommends=recommends)):
                if name.startswith(base.hidden):
                    return Answer("unknown", f"the image does not let {name} be installed")
        choosing = [
            [name for name in names if "c" in table.package(name).letters] for names in packages
        ]
        if answer is _SAME and (reason := ask(table, choosing)):
            answer = Answer("differs", f"{reason} ({suite})")
    return answer


def _programs(table: Table, names: Sequence[str] | frozenset[str]) -> frozenset[str]:
    return frozenset([program for name in names for program in table.programs(name)])
