"""Which packages bring which others, as dpkg has written it down for an image."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dockfix.builds.images.overlay import Overlay
from dockfix.builds.splits.packages import STATUS, records

_NAME = re.compile(r"[^\s:(]+")


class Dependencies:
    """What the packages of an image depend on; of apk nothing is read."""

    def __init__(self, overlay: Overlay) -> None:
        self._direct: dict[str, frozenset[str]] = {}
        states = [one for one in records(overlay.texts.get(STATUS, b"")) if _is_there(one)]
        there = {one.get("Package", "") for one in states}
        providers: dict[str, list[str]] = {}
        for one in states:
            for name in _names(one.get("Provides", ""), ","):
                providers.setdefault(name, []).append(one.get("Package", ""))
        #: The names of packages that are there, and those that stand for one.
        self.names = frozenset([*there, *providers])
        for one in states:
            found = set[str]()
            for group in f"{one.get('Depends', '')},{one.get('Pre-Depends', '')}".split(","):
                # another choice than the first may not be made again
                for name in _names(group, "|")[:1]:
                    found.update([name] if name in there else providers.get(name, [])[:1])
            self._direct[one.get("Package", "")] = frozenset(found)

    def direct(self, name: str) -> frozenset[str]:
        """The packages that a package depends on, of several choices the first."""
        return self._direct.get(name, frozenset())

    def reach(self, names: Iterable[str]) -> set[str]:
        """The packages that these bring, and they themselves."""
        waiting, found = list(names), set[str]()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.direct(name)
        return found

    def fewest(self, names: Iterable[str], there: Iterable[str]) -> tuple[str, ...]:
        """These packages without those that others of them bring, or that are there."""
        known = self.reach(there)
        left = sorted(name for name in names if name not in known)
        for name in tuple(left):
            rest = [one for one in left if one != name]
            if name in self.reach(rest):
                left = rest
        return tuple(left)


def _is_there(record: dict[str, str]) -> bool:
    return record.get("Status", "installed").endswith("installed")


def _names(text: str, separator: str) -> list[str]:
    """The names in a list, without versions and processors."""
    return [found[0] for part in text.split(separator) if (found := _NAME.search(part))]
