"""Consecutive ENV, LABEL or EXPOSE as one instruction.

What it does: `ENV A=1` above `ENV B=2` becomes one ENV with a pair per line; the same for LABEL.
Ports of consecutive EXPOSE come to stand on one line where there is room. Comments between them
keep their place between the pairs.

Why: what belongs together is seen together, and files of some ages had to save layers this way.
Today's builders make no layer of any of them, so that this is a matter of taste: off unless
selected.

What it leaves alone: an ENV that uses a variable that one above it sets, for all values of one
instruction are replaced from what was in force before it. A name set twice, a name with a variable
in it, the old form with a space, instructions with an empty line or an ignore comment between them,
triggers.

Safety: safe. The image's environment, labels and ports are the same, in the same order: where no
value speaks of a name set in the same group, replacing all at once is replacing them one by one.
`verify` carries both out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockfix.dockerfile.expansion import expand, variables
from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.edit.ignores import pragma_of
from dockfix.edit.one_instruction import as_one
from dockfix.errors import ExpansionError
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

_KEYWORDS = ("ENV", "LABEL", "EXPOSE")
_NAME = lazy(r"[A-Za-z0-9_.\-/]+")
#: Longest line of ports.
_WIDTH = 80


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group of edits for instructions that can be one."""
    for alike in _consecutive(facts.dockerfile):
        edits = _joined(facts, alike)
        if edits:
            count = f"{len(alike)} consecutive {alike[0].keyword} instructions"
            message = f"merge {count}: what belongs together then stands together"
            yield Group(alike[0].keyword_offset, message, edits)


def _consecutive(dockerfile: Dockerfile) -> Iterator[list[Instruction]]:
    alike: list[Instruction] = []
    names: set[str] = set()
    for item in dockerfile.items:
        if isinstance(item, Comment) and alike and not pragma_of(item.text):
            continue
        if isinstance(item, Instruction):
            own = _names_set(item)
            if (
                alike
                and own is not None
                and item.keyword == alike[0].keyword
                and names.isdisjoint(own)
                and not _uses(item, names, dockerfile.escape)
            ):
                alike.append(item)
                names |= own
                continue
        else:
            own = None
        if len(alike) > 1:
            yield alike
        alike = []
        if own is not None and isinstance(item, Instruction):
            alike, names = [item], own
    if len(alike) > 1:
        yield alike


def _names_set(instruction: Instruction) -> set[str] | None:
    """What an instruction sets; None if it is not one to merge."""
    if instruction.keyword not in _KEYWORDS or instruction.flags:
        return None
    if instruction.keyword == "EXPOSE":
        return set()
    pairs = [word.text.partition("=") for word in instruction.words]
    if any(not equals or not _NAME.fullmatch(name) for name, equals, _ in pairs):
        return None
    found = {name for name, _, _ in pairs}
    return found if len(found) == len(pairs) else None


def _uses(instruction: Instruction, names: set[str], escape: str) -> bool:
    """True if an instruction may ask for one of the variables."""
    if instruction.keyword != "ENV" or "$" not in instruction.arguments:
        return False
    try:
        return any(not names.isdisjoint(variables(word.text, escape)) for word in instruction.words)
    except ExpansionError:
        return True


def _joined(facts: Facts, alike: list[Instruction]) -> tuple[Edit, ...]:
    texts = [one.arguments for one in alike]
    if alike[0].keyword == "EXPOSE" and len(" ".join(("EXPOSE", *texts))) <= _WIDTH:
        found = [
            Edit(one.text_end, other.text_start, " ")
            for one, other in pairwise(alike)
            if one.end == other.start and not one.comments and not other.comments
        ]
        if len(found) == len(alike) - 1:
            return tuple(found)
    return as_one(facts.style.of(alike[0]), alike)


def verify(before: Facts, after: Facts) -> str | None:
    """Names, labels and ports come to the same values, everything else stays."""
    old, new = _flat(before.dockerfile), _flat(after.dockerfile)
    if [text for _, text in old] != [text for _, text in new]:
        return "words came or went"
    if [_environment(before.dockerfile)] != [_environment(after.dockerfile)]:
        return "a variable has another value"
    return None


def _flat(dockerfile: Dockerfile) -> list[tuple[str, str]]:
    found = []
    for one in dockerfile.instructions:
        if one.keyword in _KEYWORDS:
            found += [(one.keyword, f"{one.keyword} {word.text}") for word in one.words]
        else:
            found.append((one.keyword, dockerfile.source[one.start : one.end]))
    return found


def _environment(dockerfile: Dockerfile) -> list[tuple[str, str]]:
    """What ENVs come to, one after the other, where every other variable is its name."""
    found: list[tuple[str, str]] = []
    for stage in dockerfile.stages:
        known: dict[str, str] = {}
        for one in stage.instructions:
            if one.keyword == "ENV" and _names_set(one) is not None:
                values = {}
                for word in one.words:
                    name, _, value = word.text.partition("=")
                    try:
                        names = variables(value, dockerfile.escape)
                        around = {**{other: f"<{other}>" for other in names}, **known}
                        values[name] = expand(value, around, dockerfile.escape)
                    except ExpansionError:
                        values[name] = value
                known.update(values)
                found += values.items()
    return found


PASS = Pass(
    code="DF310",
    name="merge-metadata",
    summary="Merge consecutive ENV, LABEL or EXPOSE",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    default=False,
)
