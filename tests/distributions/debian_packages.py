"""Packages files of Debian and Ubuntu: candidates, and the groups of their dependencies as apt
orders them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, cmp_to_key

_FIELDS = [
    "Package", "Version", "Architecture", "Priority", "Essential", "Pre-Depends", "Depends",
    "Conflicts", "Breaks", "Recommends", "Suggests", "Replaces", "Enhances", "Provides",
]  # fmt: skip
#: The fields in the order of deblistparser.cc, in which apt's cache first meets the names in them.
_NAMING = [
    "Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests", "Replaces",
    "Enhances",
]  # fmt: skip
_FIELD = re.compile(rf"^({'|'.join(_FIELDS)}): *(.*(?:\n[ \t].*)*)", re.MULTILINE)
_ALTERNATIVE = re.compile(
    r"\s*([^\s(:\[]+)(?::\S+)?\s*(?:\(\s*(<<|<=|>=|>>|=|<|>)\s*([^)\s]+)\s*\))?"
)
_PRIORITIES = {"required": 0, "important": 1, "standard": 2, "optional": 3, "extra": 4}

#: A package's name with a relation and a version, both None if any version will do.
Wish = tuple[str, str | None, str | None]
#: The fields of a package.
Stanza = dict[str, str]


@cache
def compare(one: str, other: str) -> int:
    """Below, equal to or above 0, as `dpkg --compare-versions` has it."""
    first, second = _split(one), _split(other)
    if first[0] != second[0]:
        return first[0] - second[0]
    return _compare_part(first[1], second[1]) or _compare_part(first[2], second[2])


def _split(version: str) -> tuple[int, str, str]:
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    return int(epoch), upstream if dash else rest, revision if dash else ""


def _compare_part(one: str, other: str) -> int:
    """Text and numbers by turns, `~` before the end, letters before all else (deb-version(7))."""
    while one or other:
        first, one = _cut(r"\D*", one)
        second, other = _cut(r"\D*", other)
        for index in range(max(len(first), len(second))):
            left, right = _rank(first[index : index + 1]), _rank(second[index : index + 1])
            if left != right:
                return left - right
        first, one = _cut(r"\d*", one)
        second, other = _cut(r"\d*", other)
        if int(first or 0) != int(second or 0):
            return int(first or 0) - int(second or 0)
    return 0


def _cut(pattern: str, text: str) -> tuple[str, str]:
    match = re.match(pattern, text)
    assert match is not None
    return match[0], text[match.end() :]


def _rank(character: str) -> int:
    if not character:
        return 0
    if character == "~":
        return -1
    return ord(character) + (0 if character.isalpha() else 256)


def satisfies(version: str | None, relation: str | None, wanted: str | None) -> bool:
    """True if a version is as wanted; no version at all only satisfies a wish without one."""
    if not relation or wanted is None:
        return True
    if not version:
        return False
    order = compare(version, wanted)
    return {
        "<<": order < 0,
        "<": order <= 0,
        "<=": order <= 0,
        "=": order == 0,
        ">=": order >= 0,
        ">": order >= 0,
        ">>": order > 0,
    }[relation]


@cache
def wishes(text: str) -> tuple[tuple[Wish, ...], ...]:
    """The groups of a field, each with its alternatives in order."""
    found = []
    for group in text.split(","):
        matches = map(_ALTERNATIVE.match, group.split("|"))
        if alternatives := tuple((match[1], match[2], match[3]) for match in matches if match):
            found.append(alternatives)
    return tuple(found)


def stanzas(text: str) -> Iterator[Stanza]:
    """The packages of a Packages file, with the fields that are used here."""
    for paragraph in text.split("\n\n"):
        stanza = dict(_FIELD.findall(paragraph))
        if "Package" in stanza:
            yield stanza


class Archive:
    """The newest version of each package of some Packages files, and what it needs."""

    def __init__(self, texts: Iterable[str], architecture: str = "amd64") -> None:
        """`texts`: Packages files, in the order in which the image's sources name them."""
        self.packages: dict[str, Stanza] = {}
        self.base: frozenset[str] = frozenset()
        # apt numbers packages as it meets them; of providers that nothing else parts, it takes the
        # one with the highest number
        self._order: dict[str, int] = {}
        for text in texts:
            for stanza in stanzas(text):
                if stanza.get("Architecture") not in (architecture, "all"):
                    continue
                self._meet(stanza)
                old = self.packages.get(stanza["Package"])
                if old is None or compare(stanza["Version"], old["Version"]) > 0:
                    self.packages[stanza["Package"]] = stanza
        self.providers: dict[str, list[tuple[str, str | None]]] = {}
        for name, stanza in self.packages.items():
            for group in wishes(stanza.get("Provides", "")):
                self.providers.setdefault(group[0][0], []).append((name, group[0][2]))
        self.uninstallable: frozenset[str] = frozenset()
        self._solutions: dict[tuple[Wish, ...], tuple[str, ...]] = {}

    def _meet(self, stanza: Stanza) -> None:
        self._order.setdefault(stanza["Package"], len(self._order))
        for field in _NAMING:
            for group in wishes(stanza.get(field, "")):
                for name, _, _ in group:
                    self._order.setdefault(name, len(self._order))

    def set_base(self, base: Iterable[str]) -> None:
        """Has some packages count as installed; finds those that apt can never install."""
        self.base = frozenset(base)
        self.uninstallable = frozenset()
        self._solutions.clear()
        users: dict[tuple[Wish, ...], list[str]] = {}
        for name, stanza in self.packages.items():
            if name not in self.base:
                for group in _depends(stanza):
                    users.setdefault(group, []).append(name)
        more = {name for group in users if not self.solutions(group) for name in users[group]}
        while more:
            self.uninstallable |= more
            affected = [one for one, found in self._solutions.items() if not more.isdisjoint(found)]
            for group in affected:
                del self._solutions[group]
            more = {
                name
                for group in affected
                if not self.solutions(group)
                for name in users.get(group, ())
            }

    def solutions(self, group: tuple[Wish, ...]) -> tuple[str, ...]:
        """The candidates that satisfy a group, in the order in which apt tries them.

        For each alternative the real package, then its providers: essential ones first, then by
        priority, then the one that apt's cache met last (CompareProviders in depcache.cc).
        """
        if group not in self._solutions:
            found: list[str] = []
            for name, relation, version in group:
                stanza = self.packages.get(name)
                if stanza is not None and satisfies(stanza["Version"], relation, version):
                    found.append(name)
                providers = {
                    provider
                    for provider, provided in self.providers.get(name, ())
                    if provider != name and satisfies(provided, relation, version)
                }
                found += sorted(providers, key=self._rank)
            self._solutions[group] = tuple(
                name for name in dict.fromkeys(found) if name not in self.uninstallable
            )
        return self._solutions[group]

    def _rank(self, name: str) -> tuple[bool, int, int]:
        stanza = self.packages[name]
        priority = _PRIORITIES.get(stanza.get("Priority", ""), 4)
        return stanza.get("Essential") != "yes", priority, -self._order[name]

    def groups(self, name: str) -> dict[tuple[str, ...], bool]:
        """What a package leaves to settle on the base: solutions, and True for Depends."""
        stanza = self.packages[name]
        found: dict[tuple[str, ...], bool] = {}
        fields = [(True, _depends(stanza)), (False, wishes(stanza.get("Recommends", "")))]
        for depends, groups in fields:
            for group in groups:
                solutions = self.solutions(group)
                if solutions and name not in solutions and self.base.isdisjoint(solutions):
                    found.setdefault(solutions, depends)
        return found

    def rivals(self, name: str) -> frozenset[str]:
        """The candidates that a package conflicts with or breaks."""
        found: set[str] = set()
        for field in ("Conflicts", "Breaks"):
            for group in wishes(self.packages[name].get(field, "")):
                rival, relation, version = group[0]
                stanza = self.packages.get(rival)
                if stanza is not None and satisfies(stanza["Version"], relation, version):
                    found.add(rival)
                found |= {
                    provider
                    for provider, provided in self.providers.get(rival, ())
                    if satisfies(provided, relation, version)
                }
        return frozenset(found - {name})

    def minimal_base(self) -> frozenset[str]:
        """What debootstrap's minbase installs: required packages and apt, with their Depends."""
        found: set[str] = set()
        todo = [
            name
            for name, stanza in self.packages.items()
            if stanza.get("Priority") == "required" or stanza.get("Essential") == "yes"
        ]
        todo.append("apt")
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += [
                    solutions[0]
                    for group in _depends(self.packages[name])
                    if (solutions := self.solutions(group))
                ]
        return frozenset(found)


def _depends(stanza: Stanza) -> tuple[tuple[Wish, ...], ...]:
    return wishes(stanza.get("Pre-Depends", "")) + wishes(stanza.get("Depends", ""))


def newest(versions: Iterable[str]) -> str:
    """The highest of some versions."""
    return max(versions, key=cmp_to_key(compare))
