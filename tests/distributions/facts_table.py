"""Writes the file of tables; `dockfix.managers.distributions.table` says what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate, takewhile
from zlib import compress

from debian_packages import Archive, wishes

from dockfix.managers.distributions.table import HEADER, Suite
from dockfix.records import Record

#: Paths of programs and traits in Contents files, without the leading slash.
#: (The maintainer scripts of Java's packages make an alternative of each of their programs.)
_PROGRAM = re.compile(r"(?:(?:usr/)?s?bin|usr/lib/jvm/[^/ ]+/(?:jre/)?bin)/([^/ ]+)")
_SERVICE = re.compile(r"etc/init\.d/.|(?:usr/)?lib/systemd/system/[^/]+\.(?:service|socket|timer)")
_PROFILE = re.compile(r"etc/profile\.d/.")
_LIBRARY = re.compile(r"(?:usr/)?lib/(?:[a-z0-9_]+-linux-gnu/)?lib[^/ ]+\.so\.[^/ ]*")
#: How the paths of all these begin; other lines of a Contents file are passed over.
_BEGINNINGS = (
    "bin/", "sbin/", "usr/bin/", "usr/sbin/", "usr/lib/jvm/", "etc/init.d/", "etc/profile.d/",
    "lib/systemd/system/", "usr/lib/systemd/system/", "lib/lib", "usr/lib/lib",
    "lib/x86_64-linux-gnu/lib", "usr/lib/x86_64-linux-gnu/lib",
)  # fmt: skip
#: Names of Debian's list of virtual packages whose providers register alternatives.
_ALTERNATIVES = frozenset(
    (
        "awk", "c-compiler", "c++-compiler", "editor", "emacsen", "java-runtime",
        "java-runtime-headless", "java-sdk", "java-sdk-headless", "java-compiler", "pager",
        "x-terminal-emulator", "x-window-manager", "x-www-browser", "www-browser",
        "libblas.so.3", "liblapack.so.3",
    )
)  # fmt: skip
#: Size of a block before it is packed, in characters.
_BLOCK = 1 << 16


class Contents:
    """What packages have on PATH, and their traits, from Contents files."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.programs: dict[str, set[str]] = {}
        self.traits: dict[str, set[str]] = {}
        for line in lines:
            if line.startswith(_BEGINNINGS):
                # a path may hold spaces; Ubuntu has a tab behind a long one
                path, places = line.rsplit(maxsplit=1)
                for place in places.split(","):
                    self._add(path, place.rpartition("/")[2])

    def _add(self, path: str, package: str) -> None:
        if program := _PROGRAM.fullmatch(path):
            self.programs.setdefault(package, set()).add(program[1])
        for letter, pattern in (("s", _SERVICE), ("p", _PROFILE), ("l", _LIBRARY)):
            if pattern.match(path):
                self.traits.setdefault(package, set()).add(letter)


class SuiteTable(Record):
    """What goes into the file for one suite: `lines` by name, each without the suites."""

    suite: Suite
    lines: dict[str, tuple[str, ...]]


def table_of(
    archive: Archive, contents: Contents, names: Iterable[str], suite: Suite
) -> SuiteTable:
    """The table that answers for `names` on the archive's base."""
    asked, aliases = _resolved(archive, names)
    within = _reach(archive, asked)
    choosing = _choosing(archive, within)
    lines: dict[str, tuple[str, ...]] = {}
    for name, provider in aliases.items():
        lines[name] = ("v", provider)
    for name in within | archive.base:
        letters = "b" if name in archive.base else "n" * (name in asked) + "c" * (name in choosing)
        letters += "".join(sorted(contents.traits.get(name, ())))
        provided = {group[0][0] for group in wishes(archive.packages[name].get("Provides", ""))}
        letters += "a" * bool(provided & _ALTERNATIVES)
        groups, rivals = "", ""
        if name not in archive.base:
            groups = " ".join(
                ("" if depends else "~")
                + ",".join(one for one in solutions if one in within)
                + "?" * (not within.issuperset(solutions))
                for solutions, depends in archive.groups(name).items()
            )
            against = archive.rivals(name)
            rivals = " ".join([*sorted(against & within), *["!"] * bool(against & archive.base)])
        programs = sorted(contents.programs.get(name, ()))
        # lines of packages that nothing is to be said of are kept: they say that they are known
        lines[name] = (
            letters or "-",
            groups,
            rivals,
            " ".join("=" if one == name else one for one in programs),
        )
    return SuiteTable(suite, lines)


def write(tables: Iterable[SuiteTable]) -> bytes:
    """The file of some suites, in the order in which they are given."""
    tables = tuple(tables)
    lines: list[tuple[str, str]] = []
    for name in sorted({name for table in tables for name in table.lines}):
        variants: dict[tuple[str, ...], int] = {}
        for index, table in enumerate(tables):
            if name in table.lines:
                fields = table.lines[name]
                variants[fields] = variants.get(fields, 0) + (1 << index)
        lines += [
            (name, "\t".join([name, f"{suites:x}", *fields]).rstrip("\t"))
            for fields, suites in variants.items()
        ]
    head = [HEADER, *("\t".join(("suite", *table.suite)) for table in tables)]
    packed = []
    while lines:
        size = sum(
            1 for _ in takewhile(lambda total: total < _BLOCK, accumulate(map(_size, lines)))
        )
        # all lines of a name are in one block
        while 0 < size < len(lines) and lines[size][0] == lines[size - 1][0]:
            size += 1
        block, lines = lines[: max(size, 1)], lines[max(size, 1) :]
        packed.append(compress("\n".join(line for _, line in block).encode(), 9))
        head.append(f"block\t{len(packed[-1])}\t{block[0][0]}")
    return "\n".join([*head, "", ""]).encode() + b"".join(packed)


def _size(line: tuple[str, str]) -> int:
    return len(line[1])


def _resolved(archive: Archive, names: Iterable[str]) -> tuple[set[str], dict[str, str]]:
    """The packages that names stand for, and the virtual ones among them with their provider."""
    asked, aliases = set(), {}
    for name in names:
        if name in archive.packages:
            asked.add(name)
        elif len(providers := {one for one, _ in archive.providers.get(name, ())}) == 1:
            aliases[name] = providers.pop()
            asked.add(aliases[name])
    return asked - archive.base - archive.uninstallable, aliases


def _reach(archive: Archive, asked: Iterable[str]) -> set[str]:
    """All that any install of the names could bring."""
    found: set[str] = set()
    todo = list(asked)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [solutions[0] for solutions in archive.groups(name)]
    return found


def _choosing(archive: Archive, within: set[str]) -> set[str]:
    """The packages that a choice hangs on: solutions of a group, rivals, what leads to them."""
    todo: list[str] = []
    owners: dict[str, set[str]] = {}
    for name in within:
        for solutions in archive.groups(name):
            owners.setdefault(solutions[0], set()).add(name)
            inside = [one for one in solutions if one in within]
            if len(inside) > 1:
                todo += [name, *inside]
        rivals = archive.rivals(name)
        inside = [one for one in rivals if one in within]
        if inside or not archive.base.isdisjoint(rivals):
            todo += [name, *inside]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += owners.get(name, ())
    return found
