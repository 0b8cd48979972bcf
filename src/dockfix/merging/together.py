"""What the RUNs of a chain do together, and what of it their names tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.installs.new_sources import changes_sources
from dockfix.managers import load
from dockfix.merging.work import Work
from dockfix.shell.patterns import lazy

#: What is slow and makes the files that it names.
_MAKES_FILES = frozenset(("download", "unpack"))
_NAME = lazy(r"[=<>~!\[;@ ]")


class Early:
    """What the RUNs of a chain do together, each of them taken in once."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.number = first
        self.slow: set[str] = set()
        self.managers: set[str] = set()
        self.updates: set[str] = set()
        self.makes_in: set[str] = set()
        self.is_long = False
        #: Families whose installs are done, and whose caches are emptied.
        self.finished: set[str] = set()
        #: They install what leads to other sources: an update behind them is no repetition.
        self.opens_sources = False
        self._paths: set[str] = set()
        self.folders: set[str] = set()
        self._names: set[str] = set()

    def take(self, works: Sequence[Work], number: int) -> None:
        """Takes in the RUNs from the last one that was taken in up to `number`."""
        for work in works[self.number : number]:
            self.slow |= work.slow
            self.managers |= work.managers
            self.updates |= work.updates
            self.makes_in |= work.makes_in
            self.is_long = self.is_long or _is_long(work)
            names = [one.partition(":")[2] for one in work.installs]
            # and what sets up a source goes with the install that needs it
            self.opens_sources = not sets_up(work) and (
                self.opens_sources or changes_sources(names)
            )
            self.finished -= work.slow
            self.finished.update(
                one for one in work.managers if empties(work, one) and not _are_joined(one)
            )
            self._paths |= work.paths
            self.folders.update(folder for one in work.paths for folder in folders(one))
            self._names.update(map(last_of, work.paths))
        self.number = number

    def made(self, name: str) -> bool:
        """True if they name a file of that name."""
        return name in self._names

    def touches(self, path: str) -> bool:
        """True if they name a path, or make one below it or a folder that it lies in.

        A program that is only told of a folder need not have made what lies in it.
        """
        paths = self._paths
        if path in paths or not self.slow <= _MAKES_FILES:
            return path in paths
        return path in self.folders or any(one in paths for one in folders(path))


def folders(path: str) -> Iterator[str]:
    """The folders that an absolute path lies in; of another path none. A variable holds one."""
    if path[:1] in ("/", "$"):
        slash = path.find("/", 1)
        while slash > 0:
            yield path[:slash]
            slash = path.find("/", slash + 1)


def sets_up(work: Work) -> bool:
    """True if a RUN does nothing with a manager but tell it where packages come from."""
    return bool(work.managers) and not (work.slow or work.updates or work.cleans or work.drops)


def empties(work: Work, manager: str) -> bool:
    """True if a RUN empties the cache of a manager, or a folder that it lies in."""
    cache = load(manager).cache
    if manager in work.cleans or cache is None:
        return manager in work.cleans
    folders = [one.replace("~", "/root", 1) for one in (*cache.folders, *cache.emptied)]
    removed = [one.replace("~", "/root", 1).rstrip("/*") for one in work.removes]
    return any(one and f"{folder}/".startswith(f"{one}/") for one in removed for folder in folders)


def _is_long(work: Work) -> bool:
    """True if a RUN installs a package of gigabytes, which nobody wants to fetch again."""
    return any(_is_huge(*_package(one).partition(":")[::2]) for one in work.installs)


def _is_huge(who: str, package: str) -> bool:
    return _NAME.split(package, maxsplit=1)[0] in load(who).huge


def _are_joined(who: str) -> bool:
    """True for a family whose installs merge-installs makes one, with what cleans up between."""
    cache = load(who).cache
    return cache is not None and cache.lists


def _package(text: str) -> str:
    """The name of a package, with its manager's; of a file, or a URL of one, as it names it."""
    manager, _, name = text.partition(":")
    return f"{manager}:{name.rpartition('/')[2].partition('-')[0]}" if "/" in name else text


def last_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
