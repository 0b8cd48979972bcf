"""Where paths of an image lie: what a COPY brings and where it lands.

A path is resolved to `/a/b`. Where the working directory is unknown, because it is that of the base
image, it is resolved to `?0.2/a/b`: the stage, and how many of its WORKDIRs came before. Two paths
with the same beginning are relative to the same directory. A path that cannot be resolved is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.state.environment import environment
from dockfix.state.facts import Facts, fact

_UNCLEAR = frozenset("$\\\"'`")
_REMOTE = lazy(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE)

#: A source with such an ending is taken for a file. Nobody calls a directory so.
_FILE_ENDINGS = frozenset(
    ("c", "cfg", "conf", "cpp", "css", "env", "go", "h", "html", "ini", "jar", "java", "js", "json",
     "lock", "md", "mjs", "php", "py", "rb", "rs", "sh", "sql", "toml", "ts", "txt", "war", "xml",
     "yaml", "yml")
)  # fmt: skip
_FILES = frozenset(("Gemfile", "Pipfile", "Makefile", "Procfile", "go.mod", "go.sum"))

_ARCHIVE = lazy(r"\.(?:t?gz|tar|t?bz2?|t?xz|tzst|zst|tlz|lzma)$", re.IGNORECASE)

#: The element of `Copy.brings` that stands for a file whose path is not known.
UNTOLD = "*"


@fact
def bases(facts: Facts) -> dict[int, str]:
    """The directory that relative paths start from, by the start of each instruction of a stage."""
    return {start: place.base for start, place in facts.places.items()}


def led_to(facts: Facts, workdir: Instruction) -> str | None:
    """The directory that a WORKDIR leads to, as a path; None if that is not known."""
    found = facts.workdirs.get(workdir.start)
    return found or resolve(bases(facts)[workdir.start], workdir.arguments)


def resolve(base: str, path: str) -> str | None:
    """`path` seen from `base`, without `.` and `..`; None if a builder would expand it."""
    return _resolve(base, path) if _UNCLEAR.isdisjoint(path) else None


def _resolve(base: str, path: str) -> str | None:
    root, parts = "/", path.split("/")
    if not path.startswith("/"):
        root, _, rest = base.partition("/")
        root, parts = root or "/", rest.split("/") + parts
    kept: list[str] = []
    for part in parts:
        if part == "..":
            if not kept and root != "/":
                return None
            kept[-1:] = []
        elif part not in ("", "."):
            kept.append(part)
    if root == "/":
        return "/" + "/".join(kept)
    return "/".join([root, *kept])


def within(path: str, tree: str) -> bool:
    """True if a path is `tree` or lies below it."""
    stem = tree.rstrip("/")
    return path.rstrip("/") == stem or path.startswith(stem + "/")


def apart(one: str, other: str) -> bool:
    """True if two trees surely have no path in common."""
    return (
        one.partition("/")[0] == other.partition("/")[0]
        and not within(one, other)
        and not within(other, one)
    )


class Copy(Record):
    """A COPY or ADD, as far as paths go.

    `sources` are paths, "" for the root. They lie in the build context if `origin` is None, else in
    the stage or image that it names; if `origin` is "", somewhere else. `into` is true if the
    destination is written as a directory.
    """

    instruction: Instruction
    sources: tuple[str, ...]
    target: str
    into: bool
    origin: str | None

    def landings(self, context: Context | None) -> tuple[str, ...]:
        """The trees it writes to: the files themselves where they are known to be files."""
        if self.into and self.origin is None and not self.unpacks:
            files = [source for source in self.sources if _is_file(source, context)]
            if len(files) == len(self.sources):
                return tuple(_below(self.target, source.rpartition("/")[2]) for source in files)
        return (self.target,)

    def brings_trees(self, context: Context | None) -> bool:
        """True if a directory may be among the sources."""
        return any(
            not _is_file(one, context) and not (is_pattern(one) and _fits_files_only(one, context))
            for one in self.sources
        )

    def brings(self, path: str, context: Context | None) -> frozenset[str]:
        """The paths of the context that may land at `path`; with a context only those that exist.

        If it is empty, nothing lands there or below.
        """
        if apart(path, self.target):
            return frozenset()
        if path.partition("/")[0] != self.target.partition("/")[0]:
            return frozenset((UNTOLD,))
        if within(self.target, path) and path != self.target:
            return frozenset((UNTOLD,))
        rest = path[len(self.target) :].strip("/")
        return frozenset(
            found for source in self.sources for found in self._candidates(source, rest, context)
        )

    def _candidates(self, source: str, rest: str, context: Context | None) -> Iterable[str]:
        """The paths of the context that one source may bring to `rest` below the target."""
        if self.origin is not None or self.unpacks:
            yield UNTOLD
        elif is_pattern(source):
            if rest or not self.into:
                yield from _matches(source, rest, context)
        elif _is_file(source, context):
            # A target without a slash at its end may still be an existing directory.
            if rest == source.rpartition("/")[2] or (rest == "" and not self.into):
                yield source
        elif context is not None and source and context.kind(source) is None:
            yield UNTOLD  # It may be made before the build.
        else:
            candidate = f"{source}/{rest}".strip("/")
            if context is None or context.kind(candidate) is not None:
                yield candidate
            if context is None and (rest == source.rpartition("/")[2] or rest == ""):
                yield source

    @property
    def unpacks(self) -> bool:
        """True if an archive that ADD unpacks may be among the sources."""
        return self.instruction.keyword == "ADD" and any(
            _ARCHIVE.search(source) or is_pattern(source) for source in self.sources
        )

    def names(self, path: str, context: Context | None) -> str | None:
        """The file that this COPY takes from the context by name and puts at `path`; else None."""
        for source in self.sources:
            parent, _, name = source.rpartition("/")
            wanted = path.rpartition("/")[2]
            if self.origin is not None or path not in (self.target, _below(self.target, wanted)):
                continue
            if is_pattern(source):
                if not is_pattern(parent) and _fits(wanted, name):
                    return f"{parent}/{wanted}".lstrip("/")
            elif name and (path == _below(self.target, name) or path == self.target):
                kind = context.kind(source) if context else "file"
                if kind == "file" and (path != self.target or not self.into):
                    return source
        return None


def copy_of(instruction: Instruction, base: str) -> Copy | None:
    """A COPY or ADD with its paths resolved; None if some path is not known from the file."""
    if instruction.keyword not in ("COPY", "ADD"):
        return None
    known = _copies_of(instruction)
    if base not in known:
        known[base] = _resolved(instruction, base)
    return known[base]


@cached_by_identity
def _copies_of(instruction: Instruction) -> dict[str, Copy | None]:
    """The resolved forms of a COPY so far, by the directory that its paths start from."""
    return {}


def _resolved(instruction: Instruction, base: str) -> Copy | None:
    words = (
        list(instruction.json)
        if instruction.json is not None
        else [word.text for word in instruction.words]
    )
    flags = {flag.name: flag.value for flag in instruction.flags}
    if len(words) < 2 or "parents" in flags or not _UNCLEAR.isdisjoint("".join(words)):
        return None
    target = _resolve(base, words[-1])
    if target is None:
        return None
    sources = tuple([_context_path(word) for word in words[:-1]])
    into = words[-1].endswith("/") or words[-1] in (".", "..") or words[-1].endswith("/.")
    origin = flags.get("from")
    if instruction.heredocs or any(map(_is_remote, words[:-1])):
        origin = ""
    return Copy(
        instruction,
        sources,
        target,
        into or len(sources) > 1,
        origin,
    )


def _is_remote(source: str) -> bool:
    return ("://" in source or source[3:4] == "@") and _REMOTE.match(source) is not None


def is_pattern(source: str) -> bool:
    """True if a source of a COPY is a pattern rather than a path."""
    return "*" in source or "?" in source or "[" in source


def _context_path(word: str) -> str:
    return (_resolve("/", word) or "").lstrip("/")


def _is_file(source: str, context: Context | None) -> bool:
    if is_pattern(source):
        return False
    if context is not None and (kind := context.kind(source)) is not None:
        return kind == "file"
    return _looks_like_file(source)


def _looks_like_file(path: str) -> bool:
    """True if a path has a name that only files have."""
    name = path.rpartition("/")[2]
    _, dot, ending = name.rpartition(".")
    return name in _FILES or bool(
        dot
        and (
            ending in _FILE_ENDINGS
            or (ending.endswith(("rc", "ignore")) and ending.replace("_", "a").isalnum())
        )
    )


def _below(tree: str, name: str) -> str:
    return f"{tree.rstrip('/')}/{name}"


def _fits(name: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern)


def _fits_files_only(source: str, context: Context | None) -> bool:
    """True if a pattern matches files only. Of a directory, the content would be copied."""
    parent, _, pattern = source.rpartition("/")
    if is_pattern(parent):
        return False
    names = context.entries(parent) if context is not None else None
    if context is None or names is None:
        return _looks_like_file(pattern)
    fitting = (f"{parent}/{name}".lstrip("/") for name in names if _fits(name, pattern))
    return all(context.kind(path) == "file" for path in fitting)


def _matches(source: str, rest: str, context: Context | None) -> Iterable[str]:
    """The paths of the context that a pattern may bring to `rest` below the target."""
    parent, _, pattern = source.rpartition("/")
    if not _fits_files_only(source, context):
        yield UNTOLD
    elif rest == "" or _fits(rest, pattern):
        candidate = f"{parent}/{rest}".strip("/")
        if rest == "" or context is None or context.kind(candidate) is not None:
            yield candidate if rest else UNTOLD


def search_path(stage: Stage) -> tuple[str, ...]:
    """The entries that a stage puts on its PATH, as written, with variables."""
    entries: list[str] = []
    for instruction in stage.instructions:
        if instruction.keyword == "ENV" and "PATH" in instruction.logical.text:
            for name, value in environment(instruction):
                if name == "PATH":
                    entries += value.split(":")
    return tuple(entry for entry in entries if not re.fullmatch(r"\$PATH|\$\{PATH\}", entry))
