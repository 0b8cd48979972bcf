"""Whether two COPYs may change places, and which of them changes more often.

Both questions have careful answers: what cannot be shown not to matter, matters, and of two COPYs
that cannot be compared neither changes more often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dockfix.context import Context
from dockfix.errors import ExpansionError
from dockfix.paths import Copy, apart, copy_of, environment, is_pattern, within
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

#: Directories that every base image has, links to others resolved.
_THERE = frozenset(
    ("/", "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib",
     "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/lib")
)  # fmt: skip
#: Names for one and the same directory, in the images of most distributions.
_LINKS = (
    ("/bin", "/usr/bin"), ("/sbin", "/usr/sbin"), ("/usr/sbin", "/usr/bin"), ("/lib", "/usr/lib"),
    ("/lib64", "/usr/lib64"), ("/var/run", "/run"), ("/var/lock", "/run/lock"),
)  # fmt: skip
_ACCOUNTS = ("/etc/passwd", "/etc/group")
#: Names of what a project takes from elsewhere, and of what it is itself. The first in a path says.
_TAKEN_OVER = frozenset(
    ("dependencies", "dependency", "deps", "node_modules", "site-packages", "third_party",
     "third-party", "vendor", "wheelhouse", "wheels")
)  # fmt: skip
_LIBRARIES = frozenset(("lib", "libs"))
_BUILT = frozenset(("BOOT-INF", "WEB-INF", "build", "dist", "target", "unpack", "unpacked"))
_OWN = frozenset(("", "app", "application", "classes", "code", "source", "sources", "src"))
_MANIFESTS = lazy(
    r"(?:[\w-]*requirements[\w.-]*\.(?:txt|in)|package(?:-lock)?\*?\.json|npm-shrinkwrap\.json|yarn\.lock"
    r"|pnpm-lock\.yaml|Gemfile(?:\.lock|\*)?|Pipfile(?:\.lock|\*)?|pyproject\.toml|poetry\.lock|uv\.lock"
    r"|go\.(?:mod|sum|\*)|composer\.(?:json|lock|\*)|Cargo\.(?:toml|lock|\*)|pom\.xml)"
)


class Mover(Record):
    """A COPY of the build context that may move, and what decides whether it may.

    `base` is where its relative paths start, `links` what RUNs above it say of symbolic links.
    """

    copy: Copy
    base: str
    links: str

    @property
    def owner(self) -> str:
        flags = self.copy.instruction.flags
        return next((flag.value or "" for flag in flags if flag.name == "chown"), "")


def mover(
    instruction: Instruction, base: str, values: Mapping[str, str], links: str
) -> Mover | None:
    """A COPY or ADD that brings files of the context and could stand elsewhere.

    `values` are the variables known at its place. A layer that `--link` makes for itself gains
    nothing by another place, and what comes from a stage or a URL does not change with the source.
    """
    if instruction.heredocs or any(one.name in ("from", "link") for one in instruction.flags):
        return None
    copy = copy_of(_settled(instruction, values), base)
    return Mover(copy, base, links) if copy and copy.origin is None and copy.sources else None


def _settled(instruction: Instruction, values: Mapping[str, str]) -> Instruction:
    """The instruction with the variables of its sources replaced, as far as they are known."""
    from dockfix.syntax.expansion import expand, variables

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


@remembered
def values_at(dockerfile: Dockerfile) -> dict[int, dict[str, str]]:
    """What ARG and ENV have set where each COPY stands that asks for a variable."""
    found: dict[int, dict[str, str]] = {}
    for stage in dockerfile.stages:
        if any(_asks(one) for one in stage.instructions):
            found.update(_values(dockerfile, stage))
    return found


def _asks(instruction: Instruction) -> bool:
    return instruction.keyword in ("COPY", "ADD") and "$" in instruction.arguments


def _values(dockerfile: Dockerfile, stage: Stage) -> Iterator[tuple[int, dict[str, str]]]:
    given = {name: value for one in dockerfile.preamble for name, value in environment(one)}
    values: dict[str, str] = {}
    for instruction in stage.instructions:
        if _asks(instruction):
            yield instruction.start, dict(values)
        elif instruction.keyword in ("ENV", "ARG"):
            for name, value in environment(instruction):
                value = value or (given.get(name, "") if instruction.keyword == "ARG" else "")
                if value and "$" not in value and "\\" not in value:
                    values[name] = value
                else:
                    values.pop(name, None)


def may_swap(one: Mover, other: Mover, context: Context | None) -> str | None:
    """Whether two COPYs, side by side, leave the same files in either order.

    "": they do; a reason for doubt; or None: they may not.
    """
    doubt = ""
    by_name = any(mover.owner.strip("0123456789:") for mover in (one, other))
    for landing in one.copy.landings(context):
        for opposite in other.copy.landings(context):
            paths = _real(landing), _real(opposite)
            if any(_linked(path, mover) for mover in (one, other) for path in paths):
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
    one: Mover, other: Mover, paths: tuple[str, str], context: Context | None
) -> str | None:
    """The same for two that land one inside the other."""
    outer, inner = (one, other) if within(paths[1], paths[0]) else (other, one)
    place, inside = paths if outer is one else paths[::-1]
    # A copied directory leaves the one that is there already as it is; it makes a new one its own.
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


def _real(path: str) -> str:
    for link, target in _LINKS:
        if within(path, link):
            path = target + path[len(link) :]
    return path


def _linked(path: str, mover: Mover) -> bool:
    """Whether RUNs that make links speak of a path, or of the directory it lies in."""
    return bool(mover.links) and any(part and part in mover.links for part in path.split("/")[-2:])


def _common(one: str, other: str) -> str:
    parts = []
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        parts.append(left)
    return "/".join(parts) or "/"


def _is_there(path: str, base: str) -> bool:
    """Whether a directory is there before anything is copied."""
    return path in _THERE or within(base, path)


def _spelled(copy: Copy) -> str:
    return copy.sources[0] or "the context"


def changes_more(one: Mover, other: Mover, row: tuple[Mover, ...], context: Context | None) -> bool:
    """Whether what one COPY brings surely changes more often than what another brings.

    One that brings all that the other does: surely. Else the history decides, if it knows all COPYs
    of the row: twice as often, and more than by chance. Else the names.
    """
    whole, part = _holds(one, other), _holds(other, one)
    if whole or part:
        return not part
    if context is not None and row:
        counts = {id(mover): _count(mover, context) for mover in row}
        if None not in counts.values():
            return (counts[id(one)] or 0) >= 2 * (counts[id(other)] or 0) + 2
    return _rank(one) == 1 and _rank(other) == 0


def comes_again(one: Mover, other: Mover, above: Iterable[Mover]) -> bool:
    """Whether a change of what one COPY brings is felt above already, where another brings it.

    A part of it that stands above does not matter if the other one is such a part, too.
    """
    from fnmatch import fnmatchcase

    whole = _holds(one, other)
    tops = [top for mover in above for top in mover.copy.sources]
    return any(
        (fnmatchcase(source, top) if is_pattern(top) else not top or within(source, top))
        or (not whole and (not source or within(top, source)))
        for source in one.copy.sources
        for top in tops
    )


def _holds(one: Mover, other: Mover) -> bool:
    """Whether one COPY brings all sources of another."""
    return all(
        any(not top or within(source, top) for top in one.copy.sources if not is_pattern(top))
        for source in other.copy.sources
    )


def _count(mover: Mover, context: Context) -> int | None:
    """How often the source that changes most often has changed; None if one is not known."""
    most = 0
    for source in mover.copy.sources:
        for path in _named(source, context):
            count = context.changes(path)
            if count is None:
                return None
            most = max(most, count)
    return most


def _named(source: str, context: Context) -> tuple[str, ...]:
    if not is_pattern(source):
        return (source,)
    from fnmatch import fnmatchcase

    parent, _, pattern = source.rpartition("/")
    names = () if is_pattern(parent) else context.entries(parent) or ()
    found = tuple(f"{parent}/{one}".lstrip("/") for one in names if fnmatchcase(one, pattern))
    return found or (source,)


def _rank(mover: Mover) -> int | None:
    """0: what others wrote; 1: the project itself; None: who knows."""
    ranks = {_rank_of(source, mover.copy.target) for source in mover.copy.sources}
    if None in ranks:
        return None
    return max(rank for rank in ranks if rank is not None)


def _rank_of(source: str, target: str) -> int | None:
    parts = source.split("/")
    if _MANIFESTS.fullmatch(parts[-1]):
        return 0
    for part in parts:
        if part in _TAKEN_OVER:
            return 0
        if part in _LIBRARIES:
            return 0 if not _BUILT.isdisjoint((*parts, *target.split("/"))) else None
        if part in _OWN:
            return 1
    return None
