"""Cache mounts: where managers keep what they download, for builds to come.

Kept there, it is no part of the image, and nobody has to clean up. What a program may run from
(`Mount.store`: Go's modules, Maven's repository) is mounted only in stages whose results are copied
out. Not known as mounts are the caches of pnpm, which links out of its store and would have to copy
across the mount, unless it is told where the store is, and of yarn from 2 on, which runs from it.
"""

from __future__ import annotations

from dockfix.installs.caches import cleans_up
from dockfix.managers import every_manager, manager_of, named_in
from dockfix.managers.manager import Manager
from dockfix.managers.parts import Cache, Mount
from dockfix.programs.command import program_of
from dockfix.shell.tree import Simple


class CacheMount:
    """A cache with a mount over it. `targets` are the folders, as root has them."""

    def __init__(self, cache: Cache, mount: Mount) -> None:
        self.cache, self.mount, self.name = cache, mount, cache.name
        folders = mount.folders or cache.folders
        self.targets = tuple(f"/root{one[1:]}" if one[0] == "~" else one for one in folders)
        #: Whether it lies in somebody's home.
        self.home = any(folder[0] == "~" for folder in folders)
        #: The variables that move it.
        self.names = (*cache.names, *mount.names, *(("HOME",) if self.home else ()))
        #: The option that would keep it empty.
        self.option = mount.option or cache.option

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of RUN that mount it."""
        sharing = ",sharing=locked" if self.mount.locked else ""
        return tuple(f"--mount=type=cache,target={target}{sharing}" for target in self.targets)

    def serves(self, simple: Simple) -> bool:
        """True if a command profits from it."""
        found = program_of(simple)
        manager = manager_of(found[0]) if found else None
        if found is None or manager is None or manager.cache is not self.cache:
            return False
        rest = [word.value or "" for word in simple.words[found[1] :]]
        if not self.mount.offline.isdisjoint(rest):
            return False
        verbs = self.mount.verbs or self.cache.fills
        return not verbs or any(word in verbs for word in rest)

    def is_emptied_by(self, text: str) -> bool:
        """True if a command, given as text, only empties what it keeps out of the image."""
        words = text.split()
        if words[:1] == ["rm"]:
            operands = [
                f"/root{word[1:]}" if word[:2] == "~/" else word
                for word in words[1:]
                if word[:1] != "-"
            ]
            return bool(operands) and all(
                any(f"{operand}/".startswith(f"{target}/") for target in self.targets)
                for operand in operands
            )
        return cleans_up(text, (self.cache,))


def mounts_in(text: str) -> tuple[CacheMount, ...]:
    """The mounts for the managers that a text names, in their order."""
    return _mounts(named_in(text))


def every_mount() -> tuple[CacheMount, ...]:
    """The mounts for all managers."""
    return _mounts(every_manager())


def _mounts(managers: tuple[Manager, ...]) -> tuple[CacheMount, ...]:
    found: dict[str, CacheMount] = {}
    for manager in managers:
        cache = manager.cache
        if cache is not None and cache.mount is not None:
            found.setdefault(cache.name, CacheMount(cache, cache.mount))
    return tuple(found.values())
