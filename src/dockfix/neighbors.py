"""RUNs that stand side by side, each read as far as joining it with its neighbors matters."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.facts import Place, places, script_of, source_span
from dockfix.ignores import pragma_of
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.joining import Part, part_of
from dockfix.shell.tree import Script
from dockfix.syntax.arguments import KEYWORDS
from dockfix.syntax.tree import Comment, Directive, Dockerfile, Instruction

_CAPITALS = lazy(r"#+[ \t]*([A-Z]+)[ \t]+[^ \t]")


class Run(Record):
    """A RUN (or the RUN inside an ONBUILD), the comments above it, and its text for joining.

    `number` is its own among the lines of the file. `above` are the comment lines between the
    instruction before and this one, `opens` says that nothing but parser directives stands above
    those.
    """

    number: int
    owner: Instruction
    shell: Instruction
    place: Place
    above: tuple[Comment, ...]
    opens: bool
    part: Part | None


#: A RUN that stands beside others: its number, itself, what is above it, and whether it opens.
_Beside = tuple[int, Instruction, tuple[Comment, ...], bool]


def neighbors(dockerfile: Dockerfile, ignored_as: frozenset[str]) -> Iterator[list[Run]]:
    """Stretches of two or more RUNs with nothing but comments and blanks between them.

    An instruction that is commented out keeps apart what stands around it: the day it counts again
    it has to be an instruction. A RUN with a comment above that ignores one of the names
    `ignored_as` has no part.
    """
    if not _follow_one_another(dockerfile):
        return
    stretch: list[_Beside] = []
    above: list[Comment] = []
    opens = True
    for number, item in enumerate(dockerfile.items):
        if isinstance(item, Comment):
            above.append(item)
            if stretch and _is_commented_out(item):
                if len(stretch) > 1:
                    yield _runs(dockerfile, stretch, ignored_as)
                stretch = []
        elif isinstance(item, Instruction):
            if (item.child or item).keyword != "RUN":
                if len(stretch) > 1:
                    yield _runs(dockerfile, stretch, ignored_as)
                stretch, above, opens = [], [], False
                continue
            if stretch and stretch[-1][1].keyword != item.keyword:
                if len(stretch) > 1:
                    yield _runs(dockerfile, stretch, ignored_as)
                stretch = []
            stretch.append((number, item, tuple(above), opens))
            above, opens = [], False
        elif isinstance(item, Directive):
            # one may stand behind a comment, below a `#!`
            above = []
    if len(stretch) > 1:
        yield _runs(dockerfile, stretch, ignored_as)


def _follow_one_another(dockerfile: Dockerfile) -> bool:
    """Whether there are two RUNs with no instruction between them: most files have none left."""
    above = ""
    for item in dockerfile.instructions:
        keyword = item.child.keyword if item.child else item.keyword
        if keyword == above == "RUN":
            return True
        above = keyword
    return False


def _is_commented_out(comment: Comment) -> bool:
    found = _CAPITALS.match(comment.text)
    return found is not None and found[1] in KEYWORDS


def _runs(dockerfile: Dockerfile, stretch: list[_Beside], ignored_as: frozenset[str]) -> list[Run]:
    """A stretch with its parts: only here, because most RUNs stand alone."""
    known = places(dockerfile)
    runs: list[Run] = []
    for number, owner, above, opens in stretch:
        shell, place = owner.child or owner, known[owner.start]
        apart = above and _ignored(above, ignored_as)
        part = None if apart else _part(dockerfile, owner, shell, place)
        runs.append(Run(number, owner, shell, place, above, opens, part))
    return runs


def _ignored(above: tuple[Comment, ...], names: frozenset[str]) -> bool:
    pragmas = [found for comment in above if (found := pragma_of(comment.text))]
    return any(name.lower() in names for pragma in pragmas for name in pragma.names)


def _part(
    dockerfile: Dockerfile, owner: Instruction, shell: Instruction, place: Place
) -> Part | None:
    script = script_of(shell, place)
    if (
        not isinstance(script, Script)
        or place.shell.dialect is None
        or place.shell.errexit
        or place.shell.login
        or (place.shell.dialect == "bash" and "BASH_ENV" in place.names)
        or (shell.flags and any(_unshared(one.name, one.value or "") for one in shell.flags))
        or (script.comments and swallows(dockerfile, shell, script) is not None)
    ):
        return None
    workdir, user = place.workdir, place.user
    if owner is not shell:
        if place.stage in _stages_with_shell(dockerfile):
            return None  # an ONBUILD runs under the last SHELL of its stage
        workdir = user = None
    return part_of(script.text, place.shell.dialect, workdir, user)


@remembered
def _stages_with_shell(dockerfile: Dockerfile) -> frozenset[int]:
    return frozenset(
        stage.index
        for stage in dockerfile.stages
        if any(instruction.keyword == "SHELL" for instruction in stage.instructions)
    )


def _unshared(name: str, value: str) -> bool:
    """Whether a flag gives every RUN something of its own that would now be shared."""
    options = value.split(",")
    return name not in ("mount", "network") or (
        name == "mount" and bool({"type=tmpfs", "rw", "readwrite", "rw=true"} & set(options))
    )


def swallows(dockerfile: Dockerfile, shell: Instruction, script: Script) -> int | None:
    """Where a comment begins that reaches over the end of a line, which was hardly meant."""
    comment = script.last_comment
    if comment is None:
        return None
    start, end = source_span(shell, comment.start, comment.end)
    return start if "\n" in dockerfile.source[start:end] else None
