"""RUNs that stand side by side, read for joining."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.arguments import KEYWORDS
from dockfix.dockerfile.tree import Comment, Directive, Dockerfile, Instruction
from dockfix.edit.ignores import pragma_of
from dockfix.records import Record
from dockfix.shell.joining import Part, part_of
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, Place, fact, script_of, source_span

_CAPITALS = lazy(r"#+[ \t]*([A-Z]+)[ \t]+[^ \t]")


class NeighborRun(Record):
    """A RUN (or the RUN inside an ONBUILD), the comments above it, and its text for joining.

    `number` is its index among the items of the file. `above` are the comment lines between the
    instruction before and this one. `opens` is true if nothing but parser directives stands above
    those.
    """

    number: int
    owner: Instruction
    shell: Instruction
    place: Place
    above: tuple[Comment, ...]
    opens: bool
    part: Part | None

    @property
    def is_one_line(self) -> bool:
        """True if it stands on one line: nobody puts `( )` around several."""
        return len(self.shell.logical.offsets) < 2


#: A RUN that stands beside others: `number`, `owner`, `above` and `opens` of a `NeighborRun`.
_Beside = tuple[int, Instruction, tuple[Comment, ...], bool]


def neighbors(facts: Facts, ignored_as: frozenset[str]) -> Iterator[list[NeighborRun]]:
    """Stretches of two or more RUNs with nothing but comments and blanks between them.

    A commented-out instruction separates the RUNs around it, because somebody may want it back. A
    RUN below a comment that ignores one of the names `ignored_as` gets no `part`.
    """
    if not _follow_one_another(facts.dockerfile):
        return
    stretch: list[_Beside] = []
    above: list[Comment] = []
    opens = True
    for number, item in enumerate(facts.dockerfile.items):
        if isinstance(item, Comment):
            above.append(item)
            if stretch and _is_commented_out(item):
                if len(stretch) > 1:
                    yield _runs(facts, stretch, ignored_as)
                stretch = []
        elif isinstance(item, Instruction):
            if (item.child or item).keyword != "RUN":
                if len(stretch) > 1:
                    yield _runs(facts, stretch, ignored_as)
                stretch, above, opens = [], [], False
                continue
            if stretch and stretch[-1][1].keyword != item.keyword:
                if len(stretch) > 1:
                    yield _runs(facts, stretch, ignored_as)
                stretch = []
            stretch.append((number, item, tuple(above), opens))
            above, opens = [], False
        elif isinstance(item, Directive):
            # There may be one behind a comment, below a `#!` line.
            above = []
    if len(stretch) > 1:
        yield _runs(facts, stretch, ignored_as)


def _follow_one_another(dockerfile: Dockerfile) -> bool:
    """True if two RUNs have no instruction between them."""
    above = ""
    for item in dockerfile.instructions:
        keyword = item.child.keyword if item.child else item.keyword
        if keyword == above == "RUN":
            return True
        above = keyword
    return False


def _is_commented_out(comment: Comment) -> bool:
    """True if a comment looks like a commented-out instruction."""
    found = _CAPITALS.match(comment.text)
    return found is not None and found[1] in KEYWORDS


def _runs(facts: Facts, stretch: list[_Beside], ignored_as: frozenset[str]) -> list[NeighborRun]:
    """The RUNs of a stretch, with their parts. Most RUNs stand alone and are never read here."""
    known = facts.places
    runs: list[NeighborRun] = []
    for number, owner, above, opens in stretch:
        shell, place = owner.child or owner, known[owner.start]
        apart = above and _ignored(above, ignored_as)
        part = None if apart else _part(facts, owner, shell, place)
        runs.append(NeighborRun(number, owner, shell, place, above, opens, part))
    return runs


def _ignored(above: tuple[Comment, ...], names: frozenset[str]) -> bool:
    """True if a comment switches off a pass with one of the names."""
    pragmas = [found for comment in above if (found := pragma_of(comment.text))]
    return any(name.lower() in names for pragma in pragmas for name in pragma.names)


def _part(facts: Facts, owner: Instruction, shell: Instruction, place: Place) -> Part | None:
    """The script of a RUN, read for joining; None if it must stay apart."""
    script = script_of(shell, place)
    if (
        not isinstance(script, Script)
        or place.shell.dialect is None
        or place.shell.errexit
        or place.shell.login
        or (place.shell.dialect == "bash" and "BASH_ENV" in place.names)
        or (shell.flags and any(_unshared(one.name, one.value or "") for one in shell.flags))
        or (script.comments and swallows(facts.dockerfile, shell, script) is not None)
    ):
        return None
    workdir, user = place.workdir, place.user
    if owner is not shell:
        if place.stage in _stages_with_shell(facts):
            return None  # An ONBUILD runs under the last SHELL of its stage.
        workdir = user = None
    return part_of(script.text, place.shell.dialect, workdir, user)


@fact
def _stages_with_shell(facts: Facts) -> frozenset[int]:
    return frozenset(
        stage.index
        for stage in facts.stages
        if any(instruction.keyword == "SHELL" for instruction in stage.instructions)
    )


def _unshared(name: str, value: str) -> bool:
    """True if a flag may give each RUN something of its own, which joined RUNs would share.

    What is written to a bind mount is gone after its RUN, and so is a tmpfs. Names of options and
    types may be in any case. Values are booleans as Go reads them (BuildKit,
    instructions/commands_runmount.go).
    """
    if name != "mount":
        return name != "network"
    kind, read_only = "bind", True
    for option in value.split(","):
        key, equals, said = option.partition("=")
        key = key.strip().lower()
        if key == "type":
            kind = said.lower()
        elif key in ("ro", "readonly"):
            read_only = read_only and (not equals or said in _TRUE)
        elif key in ("rw", "readwrite"):
            read_only = read_only and said in _FALSE
    if '"' in value or kind not in ("bind", "cache", "secret", "ssh"):
        return True
    return kind == "bind" and not read_only


#: The values that Go's strconv.ParseBool accepts.
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def swallows(dockerfile: Dockerfile, shell: Instruction, script: Script) -> int | None:
    """The start of a comment that goes on over the end of a line, hardly on purpose."""
    comment = script.last_comment
    if comment is None:
        return None
    start, end = source_span(shell, comment.start, comment.end)
    return start if "\n" in dockerfile.source[start:end] else None
