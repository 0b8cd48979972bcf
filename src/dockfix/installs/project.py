"""The project as an install finds it: the files of the build context that COPYs brought around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.context import Context
from dockfix.installs.surroundings import Answer, Surroundings, supplied
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import Reads, UnsureError
from dockfix.state.paths import UNTOLD, Copy, resolve
from dockfix.typed import Literal

#: Folders that installs alone fill, each for the machine that it runs on.
_INSTALLED = frozenset((".bundle", ".venv", "deps", "node_modules", "obj", "vendor"))


class Copied:
    """What the COPYs of a stage leave around `here`, the last one on top. See `shape.Project`.

    A COPY that is None is not understood; it may bring anything.
    """

    def __init__(self, copies: Sequence[Copy | None], here: str, context: Context) -> None:
        self._copies, self._here, self._context = copies, here, context

    def sources(self, path: str) -> tuple[str, ...]:
        """The paths of the context that are brought to a path, that of the last COPY first."""
        full = resolve(self._here, path)
        if full is None:
            raise UnsureError(f"where {path} lies cannot be seen")
        return self._brought(full, path)

    def _brought(self, full: str, path: str) -> tuple[str, ...]:
        found: list[str] = []
        for copy in reversed(self._copies):
            if copy is None:
                raise UnsureError(f"another COPY may bring {path}")
            brought = copy.brings(full, self._context)
            if UNTOLD in brought or len(brought) > 1:
                raise UnsureError(f"which {path} is copied cannot be seen")
            found += brought
        return tuple(dict.fromkeys(found))

    def read(self, path: str) -> str | None:
        """The text of a file; None if the context brings none there."""
        found = self.sources(path)
        return self._context.read(found[0]) if found else None

    def kind(self, path: str) -> Literal["file", "directory"] | None:
        """What the context brings to a path."""
        found = self.sources(path)
        return self._context.kind(found[0]) if found else None

    def above(self, name: str) -> str | None:
        """The text of the nearest file of a name in the directories above; None: there is none."""
        folder = self._here
        while "/" in folder and folder != "/":
            folder = folder.rpartition("/")[0] or "/"
            found = self._brought(f"{folder.rstrip('/')}/{name}", name)
            if found:
                return self._context.read(found[0]) or ""
        return None

    def entries(self, path: str) -> tuple[str, ...]:
        """The names that the context brings into a directory."""
        names: set[str] = set()
        for source in self.sources(path):
            listed = self._context.entries(source)
            if listed is None and self._context.kind(source) == "directory":
                raise UnsureError(f"too much lies in {path or 'the project'}")
            names.update(listed or ())
        return tuple(sorted(names))


def seen(copy: Copy, command: Reads, here: str, around: Surroundings) -> Answer:
    """What a command misses when a COPY comes below it: all its files can be seen.

    Raises UnsureError if it misses what cannot be copied by itself.
    """
    manager, context = manager_of(command.manager), around.context
    if manager is None or manager.needs is None or context is None:
        raise UnsureError(f"what {command.manager} reads cannot be seen")
    project = Copied((*around.above, copy), here, context)
    needs = manager.needs(project, command)
    found: dict[str, str] = {}
    for name in needs.files:
        path = resolve(here, name)
        if path is None:
            raise UnsureError(f"where {name} lies cannot be seen")
        for source in copy.brings(path, context):
            if source == UNTOLD:
                raise UnsureError(f"which {name} is copied cannot be seen")
            if supplied(path, around.above[around.fresh :], context) != source:
                found[path] = source
    written: list[str] = []
    expected: list[str] = []
    doubt = needs.doubt
    for tree in dict.fromkeys((*command.writes, *needs.writes)):
        path = resolve(here, tree)
        brought = copy.brings(path, context) if path else {UNTOLD}
        if UNTOLD in brought:
            raise UnsureError(f"{command.manager} writes to {tree}, and so may the COPY")
        written += brought
        if path and not brought:
            expected += _might_bring(copy, path, context)
        if brought and tree not in needs.cleared:
            doubt = doubt or f"{tree} of the build context is then left out"
    for name in command.updates:
        path = resolve(here, name)
        if not doubt and name not in needs.settled and (not path or copy.brings(path, context)):
            doubt = f"{command.manager} may rewrite {name}"
    return Answer(
        "",
        doubt,
        tuple((source, path) for path, source in found.items()),
        tuple(written),
        tuple(expected),
    )


def _might_bring(copy: Copy, path: str, context: Context) -> Iterator[str]:
    """What a COPY would bring to a path if the context had it and did not leave it out."""
    for candidate in copy.brings(path, None):
        folder, _, name = candidate.rpartition("/")
        if (
            name in _INSTALLED
            and (not folder or context.kind(folder) == "directory")
            and not context.ignored(candidate)
            and not context.ignored(f"{candidate}/x")
        ):
            yield candidate
