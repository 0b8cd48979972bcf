"""Which folder is the build context of a Dockerfile.

The file does not tell: the build command does. But what the file copies by name must lie there. So
these are tried: the folder of the Dockerfile, what Compose files say, and the folders above up to
the root of the repository. If the names are not found, the context is unknown: a wrong one would be
worse than none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dockfix.context import compose, disk
from dockfix.context.directory import DirectoryContext
from dockfix.context.ignore_names import read_by_builders
from dockfix.context.sources import is_built, is_sent, is_wild, sources_of
from dockfix.context.worktree import real_folder, worktree_of
from dockfix.dockerfile.tree import Dockerfile
from dockfix.records import Record

#: Folders for files about containers. They are hardly ever the context of their Dockerfiles.
_ASIDE = frozenset(
    (".ci", ".devcontainer", ".docker", "build", "ci", "container", "containers", "deploy",
     "deployment", "docker", "dockerfiles", "infra", "ops", "packaging")
)  # fmt: skip
#: Instructions that may take something from the context.
_TAKING = frozenset(("ADD", "COPY", "RUN"))


class FoundContext(Record):
    """The build context, or why it is unknown; `why` is "" if the file needs none."""

    context: DirectoryContext | None
    why: str = ""


def find_context(path: str, dockerfile: Dockerfile, named: str | None = None) -> FoundContext:
    """The build context of the Dockerfile at `path`; `named` is the folder that the user named."""
    found = _find(path, dockerfile, named)
    if found.context is None or found.context.agreed():
        return found
    names = " and ".join((found.context.ignore_file, *(name for name, _ in found.context.twins())))
    return FoundContext(
        None,
        f"build context unknown, because {names} differ, and builders read one or the other: "
        "make them the same",
    )


def _find(path: str, dockerfile: Dockerfile, named: str | None) -> FoundContext:
    if named is not None:
        return FoundContext(_context(path, real_folder(os.path.dirname(path)), named))
    wanted = _Wanted(dockerfile)
    if not wanted.any:
        return FoundContext(None)
    folder = real_folder(os.path.dirname(path))
    own = _context(path, folder, folder)
    if wanted.names_files and wanted.found_in(own):
        return FoundContext(own)
    declared = list(dict.fromkeys(build.context for build in compose.declared(path)))
    if not declared:
        from dockfix.context.named import contexts_of

        declared = list(dict.fromkeys(contexts_of(path)))
    for root in declared:
        context = _context(path, folder, root)
        if wanted.found_in(context):
            return FoundContext(context)
    if not wanted.names_files and not declared and os.path.basename(folder) not in _ASIDE:
        return FoundContext(own)
    if wanted.names_files:
        for root in _above(folder, worktree_of(folder) or os.getcwd()):
            context = _context(path, folder, root)
            if wanted.found_in(context):
                return FoundContext(context)
    # One mistyped name among many must not hide the context.
    for context in (own, *(_context(path, folder, root) for root in declared)):
        if wanted.mostly_in(context):
            return FoundContext(context)
    what = wanted.first_missing_in(own)
    reason = (
        f"neither this folder nor one above has {what}"
        if what
        else f"it may not be {os.path.basename(folder)}/"
    )
    return FoundContext(None, f"build context unknown, because {reason}: set it with --context")


def _above(folder: str, top: str) -> Iterator[str]:
    """The folders above a folder, the nearest first, up to `top`; none for one outside of it."""
    while folder.startswith(f"{top.rstrip('/')}/"):
        folder = os.path.dirname(folder)
        yield folder


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
        """True if a folder can be the context.

        Outputs of a build outside the image may be missing, if something else is there.
        """
        if not self.names_files:
            return True
        missing = self._missing(context)
        if not all(is_built(one) for one in missing if one not in self._patterns):
            return False
        return len(missing) < len(self._paths) + len(self._patterns)

    def mostly_in(self, context: DirectoryContext) -> bool:
        """True if more of the names are found in a folder than are missing."""
        return 2 * len(self._missing(context)) < len(self._paths) + len(self._patterns)

    def first_missing_in(self, context: DirectoryContext) -> str | None:
        """The first name that a folder lacks, so that it is not the context; None if it has all."""
        return next(iter(self._missing(context)), None)


def _context(path: str, own: str, root: str) -> DirectoryContext:
    """The folder `root` as context of the Dockerfile at `path`, whose folder is `own`."""
    dockerfile = os.path.join(own, os.path.basename(path))
    names = read_by_builders(dockerfile, lambda name: disk.is_file(os.path.join(root, name)))
    return DirectoryContext(
        root,
        tuple(
            os.path.relpath(name, disk.real(root)) if name.startswith(dockerfile) else name
            for name in names
        ),
        dockerfile=path,
    )
