"""The tables of packages, one for each suite of a distribution, in one file of this package.

`facts.bin` begins with text: a line `dockfix-facts 1`, a line for each suite (`suite`, its name,
the date of the newest of its sources, the version of its apt, and its sources, with tabs between
them), a line for each block (`block`, its size in bytes, the first name in it), an empty line.
Then come the blocks, each compressed by zlib on its own: who asks for a few packages has a few
blocks unpacked. tests/distributions/refresh.py writes the file; docs/facts.md says where its
facts are from.

A block is lines, in the order of names; suites of which a package's line is the same share it. The
fields of a line have tabs between them, and those at the end may be missing:

1. the name;
2. the suites, as a sum of powers of two in hexadecimal digits, by their order above;
3. letters: `b` part of the base (no more is said of its needs), `n` the table answers for it by
   name, `v` a virtual package with one provider, which stands in the next field, `c` it can matter
   to a choice, `s` it brings a service (an init script or systemd unit), `p` a file in
   /etc/profile.d, `a` an alternative by Debian's list of virtual packages, `l` a shared library;
4. groups of Depends and Recommends that the base does not satisfy, in apt's order: names with
   commas between them, `~` before a group of Recommends, `?` behind one with more solutions that
   no install of known names brings;
5. packages that it conflicts with or breaks; `!` for one of the base;
6. programs that it has on PATH; `=` for one that is called as the package.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache

from dockfix.managers.distributions.choices import IN_BASE, OUTSIDE, Group
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What begins the file; the number changes with the format.
HEADER = "dockfix-facts 1"

#: How a suite's apt looks at a list: in the order of its cache, in the order of the command line,
#: or as one question to its solver 3.0.
Mode = Literal["unordered", "ordered", "solver3"]


class Suite(Record):
    """A suite that there is a table of."""

    name: str
    #: When the newest of its sources was made, as YYYY-MM-DD.
    date: str
    #: The version of its apt.
    apt: str
    source: str

    @property
    def mode(self) -> Mode:
        """How its apt looks at a list.

        apt's changelog: 2.5.3 respects the order of the command line; 3.1 makes solver 3.0 the
        default.
        """
        major, minor, patch = (int(number) for number in f"{self.apt}.0".split(".")[:3])
        if (major, minor, patch) < (2, 5, 3):
            return "unordered"
        return "ordered" if (major, minor) < (3, 1) else "solver3"


class Package(Record):
    """What a table says of a package."""

    name: str
    letters: str = ""
    groups: str = ""
    rivals: str = ""
    programs: str = ""


class Tables:
    """The file, its blocks unpacked as they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError if `data` is no file of this version."""
        first, _, rest = data.partition(b"\n")
        if first != HEADER.encode():
            raise ValueError(f"not a file of facts of this version: {first[:40]!r}")
        text, _, self._packed = rest.partition(b"\n\n")
        rows = [line.split("\t") for line in text.decode().split("\n")]
        #: The suites, each with a table.
        self.suites = {row[1]: Suite(*row[1:]) for row in rows if row[0] == "suite"}
        self._bits = {suite: 1 << index for index, suite in enumerate(self.suites)}
        self._firsts = [row[2] for row in rows if row[0] == "block"]
        self._starts = [0]
        for row in rows:
            if row[0] == "block":
                self._starts.append(self._starts[-1] + int(row[1]))
        self._blocks: dict[int, list[str]] = {}
        self._packages: dict[str, list[tuple[int, Package]]] = {}

    def package(self, suite: str, name: str) -> Package:
        """What a suite's table says of a package; empty fields for one that is not in it."""
        if name not in self._packages:
            self._packages[name] = self._read(name)
        bit = self._bits[suite]
        for suites, package in self._packages[name]:
            if suites & bit:
                return package
        return Package(name)

    def _read(self, name: str) -> list[tuple[int, Package]]:
        """What the lines of a name say, each with its suites."""
        if "\t" in name or "\n" in name:  # they part the fields and lines
            return []
        found: list[tuple[int, Package]] = []
        block = self._block(self._number(name))
        begin = f"{name}\t"
        # a tab sorts before all that names are made of, so the lines are in order with it, too
        at = bisect_left(block, begin)
        while at < len(block) and block[at].startswith(begin):
            _, suites, *fields = block[at].split("\t")
            found.append((int(suites, 16), Package(name, *fields)))
            at += 1
        return found

    def names(self, suite: str) -> list[str]:
        """The names of all packages that a suite's table says something of."""
        found = []
        for number in range(len(self._firsts)):
            for line in self._block(number):
                name, suites, _ = line.split("\t", 2)
                if int(suites, 16) & self._bits[suite]:
                    found.append(name)
        return found

    def _number(self, name: str) -> int:
        """The number of the block where a name belongs."""
        return max(0, bisect_right(self._firsts, name) - 1)

    def _block(self, number: int) -> list[str]:
        """The lines of a block."""
        if number not in self._blocks:
            from zlib import decompress

            packed = self._packed[self._starts[number] : self._starts[number + 1]]
            self._blocks[number] = decompress(packed).decode().split("\n")
        return self._blocks[number]


class Table:
    """The table of one suite."""

    def __init__(self, tables: Tables, suite: str) -> None:
        """Raises KeyError if there is no table of the suite."""
        self._tables = tables
        self.suite = tables.suites[suite]
        self._packages: dict[str, Package] = {}

    def package(self, name: str) -> Package:
        """What the table says of a package; empty fields for one that is not in it."""
        if name not in self._packages:
            self._packages[name] = self._tables.package(self.suite.name, name)
        return self._packages[name]

    def names(self) -> list[str]:
        """The names of all packages that the table says something of."""
        return self._tables.names(self.suite.name)

    def resolve(self, name: str) -> str | None:
        """The package that apt installs for a name; None if the table does not answer for it."""
        package = self.package(name)
        if "v" in package.letters:
            package = self.package(package.groups)
        return package.name if "n" in package.letters or "b" in package.letters else None

    def groups(self, name: str, *, recommends: bool) -> tuple[Group, ...]:
        """What a package leaves to settle, in apt's order."""
        return _groups(self.package(name).groups, recommends)

    def programs(self, name: str) -> list[str]:
        """The programs that a package has on PATH."""
        return [name if one == "=" else one for one in self.package(name).programs.split()]

    def reach(self, names: Iterable[str], *, recommends: bool) -> frozenset[str]:
        """What an install of packages brings at most; packages of the base are left out."""
        return self._grown(names, lambda group: group.depends or recommends)

    def certain(self, names: Iterable[str], *, exact: bool) -> frozenset[str]:
        """What an install of packages brings whatever happens; packages of the base are left out.

        `exact`: the base is the table's and no more, so that only the install itself can bring
        another solution of a group than the first.
        """
        names = list(names)
        possible = self.reach(names, recommends=True) if exact else None

        def comes(group: Group) -> bool:
            return group.depends and (
                len(group.solutions) == 1
                or (possible is not None and possible.isdisjoint(group.solutions[1:]))
            )

        return self._grown(names, comes)

    def _grown(self, names: Iterable[str], comes: Callable[[Group], bool]) -> frozenset[str]:
        """Packages with the first solutions of those of their groups that `comes` lets through."""
        seen: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in seen and "b" not in self.package(name).letters:
                seen.add(name)
                groups = self.groups(name, recommends=True)
                todo += [group.solutions[0] for group in groups if comes(group)]
        return frozenset(seen)


@lru_cache(maxsize=4096)
def _groups(line: str, recommends: bool) -> tuple[Group, ...]:
    """The groups of a line: suites have many lines in common."""
    found: dict[tuple[str, ...], bool] = {}
    for text in line.split():
        depends = text[0] != "~"
        if depends or recommends:
            solutions = tuple(text.strip("~?").split(","))
            if text[-1] == "?":
                solutions += (OUTSIDE,)
            found.setdefault(solutions, depends)
    return tuple([Group(solutions, depends) for solutions, depends in found.items()])


class ChoiceGraph:
    """The part of a table that can matter to a choice, as a `choices.Graph`."""

    def __init__(self, table: Table, *, recommends: bool) -> None:
        self._table = table
        self._recommends = recommends
        self._groups: dict[str, tuple[Group, ...]] = {}
        self._rivals: dict[str, frozenset[str]] = {}

    def matters(self, name: str) -> bool:
        """True if a package can matter to a choice."""
        return "c" in self._table.package(name).letters

    def groups(self, package: str) -> tuple[Group, ...]:
        """See `choices.Graph`."""
        if package not in self._groups:
            found: dict[tuple[str, ...], bool] = {}
            for group in self._table.groups(package, recommends=self._recommends):
                if self.matters(group.solutions[0]):
                    solutions = [one if self.matters(one) else OUTSIDE for one in group.solutions]
                    found.setdefault(tuple(dict.fromkeys(solutions)), group.depends)
            self._groups[package] = tuple([Group(one, how) for one, how in found.items()])
        return self._groups[package]

    def rivals(self, package: str) -> frozenset[str]:
        """See `choices.Graph`."""
        if package not in self._rivals:
            names = self._table.package(package).rivals.split()
            self._rivals[package] = frozenset([IN_BASE if name == "!" else name for name in names])
        return self._rivals[package]
