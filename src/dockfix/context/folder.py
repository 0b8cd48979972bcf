"""Which folder is the build context of a Dockerfile.

The file does not say; whoever builds it does. What it copies by name must lie there, though. So
the Dockerfile's own folder is tried, then what Compose files say, then the root of the repository,
and where the names are not found, the context is unknown: a wrong one would be worse than none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache

from dockfix.context.directory import IGNORE_FILE, DirectoryContext
from dockfix.context.sources import is_built, is_sent, is_wild, sources_of
from dockfix.records import Record
from dockfix.syntax.tree import Dockerfile
from dockfix.worktree import real_folder, real_path, worktree_of

#: Folders for what belongs to containers: the context of their Dockerfiles is hardly ever they.
_ASIDE = frozenset(
    (".ci", ".devcontainer", ".docker", "build", "ci", "container", "containers", "deploy",
     "deployment", "docker", "dockerfiles", "infra", "ops", "packaging")
)  # fmt: skip
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
#: Instructions that may take something from the context.
_TAKING = frozenset(("ADD", "COPY", "RUN"))


class Found(Record):
    """The build context, or why it is unknown (`why` is empty where nobody needs one)."""

    context: DirectoryContext | None
    why: str = ""


def find(path: str, dockerfile: Dockerfile, named: str | None = None) -> Found:
    """The build context of the Dockerfile at `path`; `named` is the folder that the user named."""
    if named is not None:
        return Found(_context(path, real_folder(os.path.dirname(path)), named))
    wanted = _Wanted(dockerfile)
    if not wanted.any:
        return Found(None)
    folder = real_folder(os.path.dirname(path))
    own = _context(path, folder, folder)
    if wanted.names_files and wanted.found_in(own):
        return Found(own)
    declared = list(_declared(real_path(path), folder))
    for root in declared:
        context = _context(path, folder, root)
        if wanted.found_in(context):
            return Found(context)
    if not wanted.names_files and not declared and os.path.basename(folder) not in _ASIDE:
        return Found(own)
    top = worktree_of(folder)
    if wanted.names_files and top is not None and top != folder:
        context = _context(path, folder, top)
        if wanted.found_in(context):
            return Found(context)
    # a slip in one name of many does not hide the others
    for context in (own, *(_context(path, folder, root) for root in declared)):
        if wanted.mostly_in(context):
            return Found(context)
    what = wanted.first_missing_in(own)
    reason = f"{what} is not in it" if what else f"it may not be {os.path.basename(folder)}/"
    return Found(None, f"the build context is unknown, for {reason}: say it with --context")


class _Wanted:
    """What a file copies of its context: paths, and patterns that say something."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        found = [
            one
            for item in dockerfile.instructions
            if item.keyword in _TAKING
            for one in sources_of(item)
        ]
        named = dict.fromkeys(one for one in found if one)
        self.any = bool(found)
        self._paths = [one for one in named if not is_wild(one)]
        self._patterns = [one for one in named if is_wild(one) and one.strip("*./")]
        self.names_files = bool(self._paths or self._patterns)
        self._looked: dict[DirectoryContext, list[str]] = {}

    def _missing(self, context: DirectoryContext) -> list[str]:
        """The names that are not found in a folder."""
        if context not in self._looked:
            self._looked[context] = [
                one for one in (*self._paths, *self._patterns) if not is_sent(one, context)
            ]
        return self._looked[context]

    def found_in(self, context: DirectoryContext) -> bool:
        """Whether a folder can be the context.

        What a build outside the image makes need not be there, as long as something else is.
        """
        if not self.names_files:
            return True
        missing = self._missing(context)
        if not all(is_built(one) for one in missing if one not in self._patterns):
            return False
        return len(missing) < len(self._paths) + len(self._patterns)

    def mostly_in(self, context: DirectoryContext) -> bool:
        """Whether more of the names are found in a folder than are missing."""
        return 2 * len(self._missing(context)) < len(self._paths) + len(self._patterns)

    def first_missing_in(self, context: DirectoryContext) -> str | None:
        """What tells that a folder is not the context."""
        return next(iter(self._missing(context)), None)


def _context(path: str, own: str, root: str) -> DirectoryContext:
    """The folder `root` as context, with the ignore file that holds there for the Dockerfile at
    `path`, whose folder is `own`."""
    beside = os.path.join(own, os.path.basename(path) + IGNORE_FILE)
    if os.path.isfile(beside):
        return DirectoryContext(root, os.path.relpath(beside, os.path.realpath(root)))
    return DirectoryContext(root)


def _declared(dockerfile: str, folder: str) -> Iterator[str]:
    """The contexts that the Compose files in the folders above name for a Dockerfile."""
    top = worktree_of(folder) or os.getcwd()
    at = folder
    while True:
        if names := _compose_files(at):
            from dockfix.context.compose import builds

            yield from (context for context, file in builds(at, names) if file == dockerfile)
        if at == top or not at.startswith(top.rstrip("/") + "/"):
            return
        at = os.path.dirname(at)


@lru_cache(maxsize=256)
def _compose_files(folder: str) -> tuple[str, ...]:
    """The names of the Compose files in a folder, sorted."""
    try:
        return tuple(sorted(filter(_is_compose, os.listdir(folder))))
    except OSError:
        return ()


def _is_compose(name: str) -> bool:
    stem, dot, end = name.rpartition(".")
    return name in _COMPOSE_FILES or (
        bool(dot) and end in ("yml", "yaml") and stem.startswith(("docker-compose", "compose."))
    )
