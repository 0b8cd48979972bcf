"""What the instructions of a file take from the build context, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.context.globs import clean, compiled
from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.shell.patterns import lazy

_REMOTE = lazy(r"(?:https?|ssh|git)://|git@|[^/:]+@[^/:]+:")
_WILD = frozenset("*?[\\")
#: At most so many paths that match a pattern are looked at.
_MOST_FOUND = 1_000

#: Folders for outputs of a build outside the image. They are missing in a fresh checkout.
_BUILT = frozenset(
    ("_build", "artifacts", "bin", "build", "dist", "out", "output", "public", "publish",
     "release", "target")
)  # fmt: skip
_BUILT_ENDS = (".deb", ".ear", ".gz", ".jar", ".rpm", ".tgz", ".war", ".whl", ".zip")


def sources(dockerfile: Dockerfile) -> tuple[str, ...]:
    """The paths and patterns of the context that the whole file names, as `sources_of` has them.

    What cannot be told from the file is left out.
    """
    found = dict.fromkeys(
        source
        for instruction in dockerfile.instructions
        for source in sources_of(instruction)
        if source is not None
    )
    return tuple(found)


def sources_of(instruction: Instruction) -> list[str | None]:
    """The paths and patterns of the context that an instruction names (empty text: all of it).

    They are cleaned and have no slash at the start. None stands for one with variables. The child
    of an ONBUILD copies from the context of another build, so it has none.
    """
    if instruction.keyword == "RUN":
        return [
            _cleaned(source)
            for flag in instruction.flags
            if flag.name == "mount" and (source := _bound(flag.value or "")) is not None
        ]
    if instruction.keyword not in ("COPY", "ADD") or (
        instruction.flags and any(flag.name == "from" for flag in instruction.flags)
    ):
        return []
    words = (
        list(instruction.json)
        if instruction.json is not None
        else [word.text for word in instruction.words]
    )
    return [
        _cleaned(word)
        for word in words[:-1]
        if not (instruction.heredocs and word.startswith("<<"))
        and not (instruction.keyword == "ADD" and _is_remote(word))
    ]


def is_wild(source: str) -> bool:
    """True if a source is a pattern."""
    return not _WILD.isdisjoint(source)


def is_built(source: str) -> bool:
    """True if a source has the name of an output of a build outside the image."""
    return not _BUILT.isdisjoint(source.split("/")) or source.endswith(_BUILT_ENDS)


def is_sent(source: str, context: Context) -> bool:
    """True if a source names something that is sent to the builder."""
    if not is_wild(source):
        return context.kind(source) is not None
    return next(expanded(source, context), None) is not None


def expanded(source: str, context: Context) -> Iterator[str]:
    """The paths of the context that a pattern matches; not all if there are very many."""
    reached = [""]
    for part in source.split("/"):
        if not is_wild(part):
            reached = [_below(folder, part) for folder in reached]
            continue
        pattern = compiled(part)
        reached = [
            _below(folder, name)
            for folder in reached[:_MOST_FOUND]
            for name in context.entries(folder) or ()
            if pattern is not None and pattern.fullmatch(name)
        ]
    return (path for path in reached if context.kind(path) is not None)


def _bound(mount: str) -> str | None:
    """The path of the context that a mount of a RUN shows; None if it shows nothing of it."""
    fields = dict(field.partition("=")[::2] for field in mount.split(","))
    if fields.get("type", "bind") != "bind" or "from" in fields:
        return None
    return fields.get("source") or fields.get("src") or "/"


def _cleaned(word: str) -> str | None:
    if "$" in word:
        return None
    for quote in "\"'":
        word = word.replace(quote, "")
    return clean("/" + word)[1:]


def _is_remote(word: str) -> bool:
    return ("://" in word or "@" in word) and _REMOTE.match(word.strip("\"'")) is not None


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
