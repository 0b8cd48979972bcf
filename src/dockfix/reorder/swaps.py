"""Whether two COPYs may change places, and which of the two changes more often.

If it cannot be shown that the order does not matter, it matters. If two COPYs cannot be compared,
neither changes more often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dockfix.context import Context
from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.errors import ExpansionError
from dockfix.managers.manager import Manager
from dockfix.records import Record
from dockfix.state.environment import environment
from dockfix.state.facts import Facts, fact
from dockfix.state.paths import Copy, apart, copy_of, is_pattern, within

#: Directories that every base image has, links to others resolved.
_ALWAYS_THERE = frozenset(
    ("/", "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib",
     "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/lib")
)  # fmt: skip
#: Two names of the same directory, in the images of most distributions.
_LINKS = (
    ("/bin", "/usr/bin"), ("/sbin", "/usr/sbin"), ("/usr/sbin", "/usr/bin"), ("/lib", "/usr/lib"),
    ("/lib64", "/usr/lib64"), ("/var/run", "/run"), ("/var/lock", "/run/lock"),
)  # fmt: skip
_ACCOUNTS = ("/etc/passwd", "/etc/group")
#: Folder names of foreign code, and of the project's own code. The first one in a path decides.
_TAKEN_OVER = frozenset(
    ("dependencies", "dependency", "deps", "node_modules", "site-packages", "third_party",
     "third-party", "vendor", "wheelhouse", "wheels")
)  # fmt: skip
_LIBRARIES = frozenset(("lib", "libs"))
_BUILT = frozenset(("BOOT-INF", "WEB-INF", "build", "dist", "target", "unpack", "unpacked"))
_OWN = frozenset(("", "app", "application", "classes", "code", "source", "sources", "src"))

#: As many bytes are not light any more.
_LIGHT = 64 * 1024
#: What each file weighs at least, so that few of them are looked at.
_LEAST = 256
#: Endings of files that people write by hand.
_LIGHT_ENDINGS = (
    ".cfg", ".cnf", ".conf", ".env", ".ini", ".json", ".properties", ".py", ".sh", ".toml", ".txt",
    ".xml", ".yaml", ".yml",
)  # fmt: skip


class MovableCopy(Record):
    """A COPY of the build context that may move, and what decides whether it may.

    `base` is where its relative paths start, `links` what RUNs above it say of symbolic links,
    `managers` are those that the file names.
    """

    copy: Copy
    base: str
    links: str
    managers: tuple[Manager, ...]

    @property
    def owner(self) -> str:
        """The value of `--chown`, "" without one."""
        flags = self.copy.instruction.flags
        return next((flag.value or "" for flag in flags if flag.name == "chown"), "")


def movable_copy(
    instruction: Instruction,
    base: str,
    values: Mapping[str, str],
    links: str,
    managers: tuple[Manager, ...],
) -> MovableCopy | None:
    """A COPY or ADD that brings files of the context and could stand elsewhere.

    `values` are the variables known at its place. A COPY with `--link` gains nothing by another
    place, because its layer does not depend on those above it. What comes from a stage or a URL
    does not change with the source.
    """
    if instruction.heredocs or any(one.name in ("from", "link") for one in instruction.flags):
        return None
    copy = copy_of(_with_known_variables(instruction, values), base)
    if copy is None or copy.origin is not None or not copy.sources:
        return None
    return MovableCopy(copy, base, links, managers)


def _with_known_variables(instruction: Instruction, values: Mapping[str, str]) -> Instruction:
    """The instruction, with the known variables in its sources replaced by their values."""
    from dockfix.dockerfile.expansion import expand, variables

    if "$" not in instruction.arguments or instruction.json is not None:
        return instruction
    words = list(instruction.words)
    for index, word in enumerate(words[:-1]):
        try:
            if variables(word.text) <= values.keys():
                words[index] = word._replace(text=expand(word.text, values))
        except ExpansionError:
            continue
    return instruction._replace(words=tuple(words))


@fact
def values_at(facts: Facts) -> dict[int, dict[str, str]]:
    """The variables that ARG and ENV have set, at each COPY that uses any, by its start."""
    found: dict[int, dict[str, str]] = {}
    for stage in facts.stages:
        if any(_uses_variables(one) for one in stage.instructions):
            found.update(_values(facts.dockerfile, stage))
    return found


def _uses_variables(instruction: Instruction) -> bool:
    return instruction.keyword in ("COPY", "ADD") and "$" in instruction.arguments


def _values(dockerfile: Dockerfile, stage: Stage) -> Iterator[tuple[int, dict[str, str]]]:
    given = {name: value for one in dockerfile.preamble for name, value in environment(one)}
    values: dict[str, str] = {}
    for instruction in stage.instructions:
        if _uses_variables(instruction):
            yield instruction.start, dict(values)
        elif instruction.keyword in ("ENV", "ARG"):
            for name, value in environment(instruction):
                value = value or (given.get(name, "") if instruction.keyword == "ARG" else "")
                if value and "$" not in value and "\\" not in value:
                    values[name] = value
                else:
                    values.pop(name, None)


def may_swap(one: MovableCopy, other: MovableCopy, context: Context | None) -> str | None:
    """Whether two neighboring COPYs leave the same files in either order.

    Returns "" if they do, a reason for doubt if they probably do, None if they may not.
    """
    doubt = ""
    by_name = any(movable.owner.strip("0123456789:") for movable in (one, other))
    for landing in one.copy.landings(context):
        for opposite in other.copy.landings(context):
            paths = _real(landing), _real(opposite)
            if any(_may_be_link(path, movable) for movable in (one, other) for path in paths):
                return None
            if by_name and any(within(file, path) for path in paths for file in _ACCOUNTS):
                return None
            if apart(*paths):
                if one.owner != other.owner and not _is_there(_common(*paths), one.base):
                    return None
                continue
            answer = _nested(one, other, paths, context)
            if answer is None:
                return None
            doubt = doubt or answer
    return doubt


def _nested(
    one: MovableCopy, other: MovableCopy, paths: tuple[str, str], context: Context | None
) -> str | None:
    """The same for two COPYs of which one writes inside the target of the other."""
    outer, inner = (one, other) if within(paths[1], paths[0]) else (other, one)
    place, inside = paths if outer is one else paths[::-1]
    # COPY leaves the mode and owner of a directory that exists, and gives its own to a new one.
    if place == inside or not _is_there(place, outer.base):
        return None
    if context is None:
        if any(within(source, top) for source in inner.copy.sources for top in outer.copy.sources):
            return None
        return f"what {_spelled(outer.copy)} holds cannot be seen here"
    steps = inside[len(place.rstrip("/")) + 1 :].split("/")
    for depth in range(1, len(steps) + 1):
        path = "/".join((place.rstrip("/"), *steps[:depth]))
        for found in outer.copy.brings(path, context):
            if depth == len(steps) or context.is_link(found) or context.kind(found) == "file":
                return None
        for source in outer.copy.sources:
            if context.is_link(f"{source}/{'/'.join(steps[:depth])}".strip("/")):
                return None
    return ""


@lru_cache(maxsize=1024)
def _real(path: str) -> str:
    """The path with the links that most images have resolved."""
    for link, target in _LINKS:
        if within(path, link):
            path = target + path[len(link) :]
    return path


def _may_be_link(path: str, movable: MovableCopy) -> bool:
    """True if RUNs that make links name a path, or the directory it lies in."""
    return bool(movable.links) and any(
        part and part in movable.links for part in path.split("/")[-2:]
    )


def _common(one: str, other: str) -> str:
    """The deepest directory that two paths lie in."""
    parts = []
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        parts.append(left)
    return "/".join(parts) or "/"


def _is_there(path: str, base: str) -> bool:
    """True if a directory exists before anything is copied."""
    return path in _ALWAYS_THERE or within(base, path)


def _spelled(copy: Copy) -> str:
    return copy.sources[0] or "the context"


def changes_more_often(
    one: MovableCopy, other: MovableCopy, group: tuple[MovableCopy, ...], context: Context | None
) -> bool:
    """True if the files of one COPY surely change more often than those of another.

    If one brings all that the other does, it changes more often. Otherwise the history decides, if
    it knows all COPYs of the `group`: twice as often, and by at least two changes. Without history,
    the names decide.
    """
    whole, part = _holds(one, other), _holds(other, one)
    if whole or part:
        return not part
    if context is not None and group:
        counts = {id(movable): _count(movable, context) for movable in group}
        if None not in counts.values():
            return (counts[id(one)] or 0) >= 2 * (counts[id(other)] or 0) + 2
    return _rank(one) == 1 and _rank(other) == 0


def is_light(movable: MovableCopy, context: Context | None) -> bool:
    """True if a COPY brings a few kB: doing it again costs nothing.

    Without a context the names have to tell, and a whole folder counts as heavy; so does what
    others wrote, which is small in an example only.
    """
    room = _LIGHT
    for source in movable.copy.sources:
        for path in (source,) if context is None else _named(source, context):
            if context is None or context.kind(path) is None:
                if not path.lower().endswith(_LIGHT_ENDINGS):
                    return False
            elif context.kind(path) == "directory" and _rank(movable) == 0:
                return False
            else:
                room -= _weight(path, context, room)
                if room <= 0:
                    return False
    return True


def _weight(path: str, context: Context, room: int) -> int:
    """The bytes of a file, or of all in a folder, as far as they fit in `room`."""
    entries = context.entries(path) if context.kind(path) == "directory" else None
    if entries is None:
        # a file that is not sent, or cannot be read, weighs nothing
        return max(_LEAST, min(room, len(context.head(path, room) or "")))
    total = 0
    for name in entries:
        total += _weight(f"{path}/{name}".lstrip("/"), context, room - total)
        if total >= room:
            break
    return total


def is_copied_above(one: MovableCopy, other: MovableCopy, above: Iterable[MovableCopy]) -> bool:
    """True if files of one COPY are copied above already, so that moving it below another saves
    nothing: a change of them rebuilds both anyway.

    Copying a part of them above does not count if the other COPY is such a part too.
    """
    from fnmatch import fnmatchcase

    whole = _holds(one, other)
    tops = [top for movable in above for top in movable.copy.sources]
    return any(
        (fnmatchcase(source, top) if is_pattern(top) else not top or within(source, top))
        or (not whole and (not source or within(top, source)))
        for source in one.copy.sources
        for top in tops
    )


def _holds(one: MovableCopy, other: MovableCopy) -> bool:
    """True if one COPY brings all sources of another."""
    return all(
        any(not top or within(source, top) for top in one.copy.sources if not is_pattern(top))
        for source in other.copy.sources
    )


def _count(movable: MovableCopy, context: Context) -> int | None:
    """The number of changes of the source that changed most often; None if one is not known."""
    most = 0
    for source in movable.copy.sources:
        for path in _named(source, context):
            count = context.changes(path)
            if count is None:
                return None
            most = max(most, count)
    return most


def _named(source: str, context: Context) -> tuple[str, ...]:
    """The paths that a source names: those that match, if it is a pattern."""
    if not is_pattern(source):
        return (source,)
    from fnmatch import fnmatchcase

    parent, _, pattern = source.rpartition("/")
    names = () if is_pattern(parent) else context.entries(parent) or ()
    found = tuple(f"{parent}/{one}".lstrip("/") for one in names if fnmatchcase(one, pattern))
    return found or (source,)


def _rank(movable: MovableCopy) -> int | None:
    """0: what others wrote; 1: the project itself; None: who knows."""
    ranks = {_rank_of(source, movable) for source in movable.copy.sources}
    if None in ranks:
        return None
    return max(rank for rank in ranks if rank is not None)


def _rank_of(source: str, movable: MovableCopy) -> int | None:
    parts = source.split("/")
    if any(one.is_manifest(parts[-1]) for one in movable.managers):
        return 0
    for part in parts:
        if part in _TAKEN_OVER:
            return 0
        if part in _LIBRARIES:
            return 0 if not _BUILT.isdisjoint((*parts, *movable.copy.target.split("/"))) else None
        if part in _OWN:
            return 1
    return None
