"""A manifest that leaves versions open is pointed out where it is installed.

What it does: the manifests that an install reads are looked into. Requirements without `==` are
named, `*`, `latest` and `>=` in a package.json without a lock file, ranges, LATEST and RELEASE in a
pom.xml, and `1.+` of Gradle.

Why: the same Dockerfile gives another image tomorrow, and it breaks on a day when nobody changed
anything. A lock file says once what was tried.

What it leaves alone: a manifest with a lock file that is there; requirements under constraints
(`-c`), URLs and paths; a file whose context is not known. One note for each manifest.

Safety: a note. Nothing is changed: which versions are the right ones, a test has to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.edit.edits import Group, Safety
from dockfix.installs.installs import Install, installs
from dockfix.installs.project import Copied
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import UnsureError
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

_MOST_NAMED = 3
_CONSTRAINED = lazy(r"\s(?:-c|--constraint)[ =]\S*\.txt")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each manifest that leaves versions open."""
    context = settings.context
    if context is None:
        return
    told: set[str] = set()
    for install in installs(facts):
        if _CONSTRAINED.search(install.run.arguments):
            continue
        for name in install.reads.manifests:
            path = _source(install, name, context)
            found = _loose(install, name, path, context) if path else []
            if found and path not in told:
                told.add(path)
                listed = ", ".join(found[:_MOST_NAMED])
                more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
                message = (
                    f"{path} leaves versions open: {listed}{more}; a later build may install "
                    "other versions"
                )
                yield Group(install.run.keyword_offset, message, (), Safety.NOTE)


def _loose(install: Install, name: str, path: str, context: Context) -> list[str]:
    """The dependencies that a manifest at a path of the context leaves open, as it spells them.

    None if a lock file of its manager lies beside it.
    """
    manager, text = manager_of(install.reads.manager), context.read(path)
    if manager is None or manager.loose is None or text is None:
        return []
    folder = path[: -len(name.rpartition("/")[2])]
    locks = manager.lock.files if manager.lock else ()
    if any(context.kind(folder + lock) == "file" for lock in locks):
        return []
    return manager.loose(name, text)


def _source(install: Install, name: str, context: Context) -> str:
    """The file of the context that an install finds as a manifest; empty if nobody can tell."""
    try:
        return next(iter(Copied(install.copies, install.here, context).sources(name)), "")
    except UnsureError:
        return ""


def verify(before: Facts, after: Facts) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF502",
    name="pin-dependencies",
    summary="Point out manifests that leave the versions of dependencies open",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
