"""Which copies above the cut the final stage needs, too."""

from __future__ import annotations

from itertools import islice

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.managers import every_manager
from dockfix.managers.manifests.shape import UnsureError
from dockfix.stages.source import files_below, landings
from dockfix.stages.view import View
from dockfix.state.paths import Copy, bases, copy_of

#: A copy of more files is not looked at file by file.
_MOST = 50


def needed_copies(view: View, last: Instruction, *, manifests: bool) -> frozenset[int]:
    """The starts of the copies above the end of the build that the final stage needs.

    It does not need what a copy below the cut brings to the same place again, nor the manifests of
    an install, unless a file that it gets names them, or (`manifests`) what runs reads them anyway.
    """
    starting = bases(view.facts)
    copies = [
        (one, copy_of(one, starting[one.start]))
        for one in view.instructions
        if one.keyword in ("COPY", "ADD")
    ]
    below = [copy for one, copy in copies if one.start > last.start and copy is not None]
    needed = set()
    for one, copy in copies:
        if one.start > last.start:
            continue
        if copy is None:
            needed.add(one.start)
            continue
        only = _only_manifests(view, copy)
        if not ((only and not manifests) or _is_covered(copy, below, view.context, any_owner=only)):
            needed.add(one.start)
    return frozenset(needed)


def _is_covered(copy: Copy, below: list[Copy], context: Context | None, *, any_owner: bool) -> bool:
    """True if all that a copy brings is brought again to the same place, as it is; with `any_owner`
    it may belong to somebody else then, as it did in the end."""
    if copy.origin is not None or context is None:
        return False
    flags = [flag.text for flag in copy.instruction.flags]
    try:
        found = list(islice(landings(copy, context), _MOST + 1))
        single = all(top == path for top, path in files_below(copy.instruction, context))
    except UnsureError:
        return False
    # a folder may have more in it than is looked at
    if not single or not found or len(found) > _MOST or len(found) < len(copy.sources):
        return False
    return all(
        any(
            other.origin is None
            and (any_owner or [flag.text for flag in other.instruction.flags] == flags)
            and other.brings(path, context) == {source}
            for other in below
        )
        for path, source in found
    )


def _only_manifests(view: View, copy: Copy) -> bool:
    """True if a copy brings nothing but manifests and lock files, which no other file names."""
    if copy.origin is not None:
        return False
    names = [source.rpartition("/")[2] for source in copy.sources]
    managers = every_manager()
    if not all(name and any(one.is_manifest(name) for one in managers) for name in names):
        return False
    plain = [name.replace("*", "") for name in names]
    own = set(copy.sources)
    if view.context is None:
        return False
    return not any(
        name in view.read(path)
        for path in view.files
        if path not in own and path.endswith((".py", ".sh", ".js", ".rb", ".mjs", ".ts", ".cjs"))
        for name in plain
    )
