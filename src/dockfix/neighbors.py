"""RUNs that stand side by side, each read as far as joining it with its neighbors matters."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.facts import Place, places, source_span
from dockfix.ignores import pragma_of
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.joining import Part, part_of
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Blank, Comment, Directive, Dockerfile, Instruction


class Run(Record):
    """A RUN (or the RUN inside an ONBUILD), the comments above it, and its text for joining.

    `above` are the comment lines between the instruction before and this one, `opens` says that
    nothing but parser directives stands above those.
    """

    owner: Instruction
    shell: Instruction
    above: tuple[Comment, ...]
    opens: bool
    part: Part | None


def neighbors(dockerfile: Dockerfile, ignored_as: frozenset[str]) -> Iterator[list[Run]]:
    """Stretches of two or more RUNs with nothing but comments and blanks between them.

    A RUN with a comment above that ignores one of the names `ignored_as` has no part.
    """
    facts: dict[int, Place] = {}
    stretch: list[Run] = []
    above: list[Comment] = []
    opens = True
    for item in (*dockerfile.items, None):
        if isinstance(item, Comment):
            above.append(item)
            continue
        if isinstance(item, Blank):
            continue
        run = item if isinstance(item, Instruction) else None
        shell = (run.child or run) if run else None
        if run is None or shell is None or shell.keyword != "RUN":
            if len(stretch) > 1:
                yield stretch
            stretch, above = [], []
            opens = opens and isinstance(item, Directive)
            continue
        if stretch and (stretch[-1].owner.keyword != run.keyword or _ignored(above, ignored_as)):
            if len(stretch) > 1:
                yield stretch
            stretch = []
        facts = facts or places(dockerfile)
        part = (
            None if _ignored(above, ignored_as) else _part(dockerfile, run, shell, facts[run.start])
        )
        stretch.append(Run(run, shell, tuple(above), opens, part))
        above, opens = [], False


def _ignored(above: list[Comment], names: frozenset[str]) -> bool:
    pragmas = [found for comment in above if (found := pragma_of(comment.text))]
    return any(name.lower() in names for pragma in pragmas for name in pragma.names)


def _part(
    dockerfile: Dockerfile, owner: Instruction, shell: Instruction, place: Place
) -> Part | None:
    if (
        shell.json is not None
        or shell.heredocs
        or place.shell.dialect is None
        or place.shell.errexit
        or place.shell.login
        or (place.shell.dialect == "bash" and "BASH_ENV" in place.names)
        or any(_unshared(flag.name, flag.value or "") for flag in shell.flags)
    ):
        return None
    workdir, user = place.workdir, place.user
    if owner is not shell:
        if place.stage in _stages_with_shell(dockerfile):
            return None  # an ONBUILD runs under the last SHELL of its stage
        workdir = user = None
    part = part_of(
        shell.arguments,
        place.shell.dialect,
        declared=place.shell.declared,
        workdir=workdir,
        user=user,
        names=place.names,
    )
    if part is None or swallows(dockerfile, shell, part.script) is not None:
        return None
    return part


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
