"""What a manager's record says is enough for the passes: a wrong entry is seen here."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.managers import every_manager
from dockfix.managers.manager import Manager
from dockfix.managers.parts import Cache

CLEANED = [one for one in every_manager() if one.cache and one.cache.is_cleaned]
MOUNTED = [one for one in every_manager() if one.cache and one.cache.mount]
#: Words that an install has to have to be one; of others, that of a package.
INSTALLS = {"yarn": "global add x", "apt": "update && apt-get install x", "pacman": "-S x",
            "aptitude": "update && apt-get install x"}  # fmt: skip


def installs(manager: Manager, cache: Cache) -> list[str]:
    """Commands that fill the cache of a manager, by any of its verbs."""
    verbs = sorted(cache.fills & manager.verbs.keys())
    words = INSTALLS.get(manager.name)
    program = min(manager.programs, key=lambda name: (name != manager.name, name))
    program = "apt-get" if manager.name == "apt" else program
    return [f"{program} {one}" for one in ([words] if words else [f"{verb} x" for verb in verbs])]


@pytest.mark.parametrize("manager", CLEANED, ids=lambda one: one.name)
def test_a_cache_is_kept_out_of_the_image_and_then_it_rests(manager: Manager) -> None:
    assert manager.cache is not None
    cache = manager.cache
    for command in installs(manager, cache):
        source = f"FROM example.org/base\nRUN {command}\n"
        found = rewrite(source, select=["clean-package-cache"])
        assert found.changed, command
        assert cache.option in found.after
        assert all(text.partition("{}")[2] in found.after for text in cache.cleanup)
        assert not rewrite(found.after, select=["clean-package-cache"]).changed


@pytest.mark.parametrize("manager", MOUNTED, ids=lambda one: one.name)
def test_a_cache_that_is_mounted_is_left_alone_by_the_cleanup(manager: Manager) -> None:
    assert manager.cache is not None
    assert manager.cache.mount is not None
    folders = manager.cache.mount.folders or manager.cache.folders
    flags = " ".join(f"--mount=type=cache,target={one.replace('~', '/root')}" for one in folders)
    for command in installs(manager, manager.cache):
        source = f"FROM example.org/base\nRUN {flags} {command}\n"
        assert not rewrite(source, select=["clean-package-cache"]).changed


@pytest.mark.parametrize(
    "manager", [one for one in CLEANED if one.cache and one.cache.cleanup], ids=lambda one: one.name
)
def test_a_cleanup_above_the_install_does_not_count(manager: Manager) -> None:
    assert manager.cache is not None
    cleanup = " && ".join(manager.cache.cleanup)
    for command in installs(manager, manager.cache):
        source = f"FROM example.org/base\nRUN {cleanup.replace('{}', manager.name)} && {command}\n"
        found = rewrite(source, select=["clean-package-cache"])
        assert found.changed, command
        last = manager.cache.cleanup[-1].partition("{}")[2] or manager.cache.cleanup[-1]
        assert found.after.rstrip("\n").endswith(last), command
