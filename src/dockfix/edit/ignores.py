"""Comments that switch passes off: dockfix's own, hadolint's and BuildKit's.

# dockfix: ignore=merge-runs,DF103     above an instruction (or `all`)
# dockfix: ignore-file                 anywhere
# hadolint ignore=DL3009               above an instruction, through each pass's aliases
# hadolint global ignore=DL3009        anywhere
# check=skip=JSONArgsRecommended       the parser directive, likewise
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from dockfix.dockerfile.tree import Blank, Comment, Directive, Dockerfile, Instruction
from dockfix.edit.edits import Group
from dockfix.records import Record
from dockfix.shell.patterns import lazy

_PRAGMA = lazy(
    r"#[ \t]*(?:(?P<own>dockfix:[ \t]*ignore=)|(?P<hadolint>hadolint[ \t]+ignore=)"
    r"|(?P<check>check=skip=))"
    r"[ \t]*(?P<names>[\w-]+(?:[ \t]*[,;][ \t]*[\w-]+)*)",
    re.IGNORECASE,
)
_GLOBAL = lazy(r"#[ \t]*hadolint[ \t]+global[ \t]+ignore=[ \t]*([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)")
_IGNORE_FILE = lazy(r"#[ \t]*dockfix:[ \t]*ignore-file\b")


class Pragma(Record):
    """A comment about the next instruction: the text before the names, and the names.

    `rest` is the text behind the names, usually a reason.
    """

    kind: str
    prefix: str
    names: tuple[str, ...]
    rest: str


class Ignores(Record):
    """The passes that a file's comments switch off.

    `everywhere` are names of passes. `starts`, `ends` and `local` have one entry for each
    instruction with such a comment above it.
    """

    whole_file: bool
    everywhere: frozenset[str]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    local: tuple[frozenset[str], ...]

    @property
    def speaks(self) -> bool:
        """True if a pass is switched off anywhere."""
        return self is not _NONE

    def covers(self, group: Group, names: frozenset[str]) -> bool:
        """True if a group of the pass with these `names` is switched off at its place."""
        if self.whole_file or names & self.everywhere:
            return True
        if not self.local:
            return False
        spans = [(group.offset, group.offset + 1), *((e.start, e.end) for e in group.edits)]
        return any(names & self.local[index] for span in spans for index in self._touched(*span))

    def _touched(self, start: int, end: int) -> Iterable[int]:
        index = max(bisect_right(self.starts, start) - 1, 0)
        while index < len(self.starts) and self.starts[index] < max(end, start + 1):
            if self.ends[index] > start:
                yield index
            index += 1


_NONE = Ignores(False, frozenset(), (), (), ())


def pragma_of(comment: str) -> Pragma | None:
    """Reads a comment about the next instruction; None for other comments."""
    found = _PRAGMA.match(comment)
    if found is None:
        return None
    return Pragma(
        kind=str(found.lastgroup and next(k for k in ("own", "hadolint", "check") if found[k])),
        prefix=comment[: found.start("names")],
        names=tuple(_separated(found["names"])),
        rest=comment[found.end() :],
    )


def ignores(dockerfile: Dockerfile, everywhere_too: frozenset[str] = frozenset()) -> Ignores:
    """Reads all ignore comments of a file; `everywhere_too` are names that hold without any."""
    source = dockerfile.source.lower()
    if "ignore" not in source and "skip" not in source and not everywhere_too:
        return _NONE
    everywhere: set[str] = set(everywhere_too)
    whole_file = False
    starts: list[int] = []
    ends: list[int] = []
    local: list[frozenset[str]] = []
    above: set[str] = set()
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            if above:
                starts.append(item.start)
                ends.append(item.end)
                local.append(frozenset(above))
                above = set()
        elif isinstance(item, Blank):
            above = set()
        elif isinstance(item, Directive):
            if item.name == "check":
                everywhere.update(_skipped(item.value))
        elif isinstance(item, Comment):
            whole_file |= _IGNORE_FILE.match(item.text) is not None
            found = _GLOBAL.match(item.text)
            if found:
                everywhere.update(name.lower() for name in _separated(found[1]))
            pragma = pragma_of(item.text)
            if pragma:
                above.update(name.lower() for name in pragma.names)
    return Ignores(whole_file, frozenset(everywhere), tuple(starts), tuple(ends), tuple(local))


def _separated(names: str) -> list[str]:
    return [name.strip(" \t") for name in names.replace(";", ",").split(",")]


def _skipped(value: str) -> list[str]:
    """The names in `skip=A,B;error=true` (BuildKit, linter/linter.go ParseLintOptions)."""
    for option in value.split(";"):
        name, _, names = option.partition("=")
        if name.strip().lower() == "skip":
            return [part.strip().lower() for part in names.split(",")]
    return []
