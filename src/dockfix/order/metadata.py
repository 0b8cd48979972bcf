"""How far down metadata may go: ARG, ENV and LABEL, below installs that have no use for them."""

from __future__ import annotations

from dockfix.facts import names_set_by, places, script_of
from dockfix.packages.onlookers import is_metadata, look
from dockfix.paths import environment
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_METADATA = ("ARG", "ENV", "LABEL")
_MOST_MOVED = 50
_MENTION = lazy(r"\$\{?(\w+)")
_WORD = lazy(r"\w+")


class Reordered(Record):
    """The new order of a stage, those that stand further down in it, by where they start, and why
    that has to be taken on trust."""

    order: list[Instruction]
    moved: set[int]
    doubt: str


class _Row(Record):
    """A stage on its way to another order. `block` moves as one; `scripts` and `installs` are
    those of its RUNs; all by where an instruction starts."""

    order: list[Instruction]
    block: frozenset[int]
    scripts: dict[int, Script | None]
    installs: set[int]


def mentions(instruction: Instruction) -> set[str]:
    """The names that an instruction uses; of a RUN those that it may use."""
    shell = instruction.child or instruction
    text = instruction.logical.text + "".join(one.content for one in instruction.heredocs)
    if shell.keyword == "RUN":
        return set(_WORD.findall(text))
    return set(_MENTION.findall(text)) if "$" in text else set()


def labels(instruction: Instruction) -> set[str]:
    """The keys that a LABEL sets; of other instructions none."""
    if instruction.keyword != "LABEL":
        return set()
    return {key for key, _ in environment(instruction)}


def _volatile(stage: Stage, speaking: frozenset[int]) -> list[Instruction]:
    """The ARGs, ENVs and LABELs of a stage that say what is built, if they say no more."""
    names: set[str] = set()
    found: list[Instruction] = []
    for instruction in stage.instructions:
        keyword = instruction.keyword
        if keyword not in _METADATA or (not names and instruction.start not in speaking):
            continue
        own = names_set_by(instruction)
        if all(map(is_metadata, own)) and (keyword == "ARG" or names & mentions(instruction)):
            found.append(instruction)
            names.update(own)
    return found if len(found) <= _MOST_MOVED else []


def below_installs(
    dockerfile: Dockerfile, stage: Stage, speaking: frozenset[int]
) -> Reordered | None:
    """The order in which metadata stands below installs; None if none of it may go there.

    `speaking` are those that may say what is built, by where they start. What is safe comes first;
    only where nothing is, what is in doubt.
    """
    volatile = _volatile(stage, speaking)
    if not volatile:
        return None
    scripts = _scripts(dockerfile, stage)
    installs = {start for start, one in scripts.items() if one and _installs(one)}
    used = {name for one in stage.instructions for name in mentions(one)} if installs else set()
    for trusting in (False, True) if installs else ():
        order = list(stage.instructions)
        moved: set[int] = set()
        doubt = ""
        for argument in volatile:
            if argument.keyword != "ARG" or not used.issuperset(names_set_by(argument)):
                continue
            block = _block(argument, volatile)
            row = _Row(order, frozenset(one.start for one in block), scripts, installs)
            target, why = _target(block, row, trusting)
            if target is not None:
                order, sunk = _below(order, block, target, moved)
                moved |= sunk
                doubt = doubt or why
        if moved:
            return Reordered(order, moved, doubt)
    return None


def _scripts(dockerfile: Dockerfile, stage: Stage) -> dict[int, Script | None]:
    """The scripts of a stage's RUNs; None for one that is not read."""
    known = places(dockerfile)
    found: dict[int, Script | None] = {}
    for one in stage.instructions:
        if one.keyword == "RUN":
            script = script_of(one, known[one.start])
            found[one.start] = script if isinstance(script, Script) else None
    return found


def _installs(script: Script) -> bool:
    seen = look(script, frozenset())
    return seen is not None and seen.installs


def _block(argument: Instruction, volatile: list[Instruction]) -> list[Instruction]:
    """An ARG and what uses it, in order, of what may move at all."""
    names = set(names_set_by(argument))
    block = [argument]
    for one in volatile:
        if one.start > argument.start and names & mentions(one):
            block.append(one)
            names.update(names_set_by(one))
    return block


def _target(block: list[Instruction], row: _Row, trusting: bool) -> tuple[Instruction | None, str]:
    """The last install that a whole block can go below, and why that is in doubt."""
    end, doubts = len(row.order), []
    for one in block:
        stop, found = _reach(one, row, end, trusting)
        end = min(end, stop)
        doubts += found
    first = row.order.index(block[0])
    for index in range(end - 1, first, -1):
        if row.order[index].start in row.installs:
            return row.order[index], next((why for at, why in doubts if at <= index), "")
    return None, ""


def _reach(
    moved: Instruction, row: _Row, end: int, trusting: bool
) -> tuple[int, list[tuple[int, str]]]:
    """Where in a stage the first instruction stands that metadata cannot go below, and the doubts
    about those above it, each with its index."""
    names = frozenset(names_set_by(moved))
    uses = mentions(moved) | names
    keys = labels(moved)
    doubts: list[tuple[int, str]] = []
    for index in range(row.order.index(moved) + 1, end):
        other = row.order[index]
        if other.start in row.block:
            continue
        if uses & set(names_set_by(other)) or keys & labels(other) or names & mentions(other):
            return index, doubts
        if other.child is not None:
            return index, doubts
        if other.keyword == "RUN" and names:
            script = row.scripts[other.start]
            seen = look(script, names) if script else None
            if seen is None or (seen.doubt and not trusting):
                return index, doubts
            doubts += [(index, seen.doubt)] if seen.doubt else []
    return end, doubts


def _below(
    order: list[Instruction], block: list[Instruction], target: Instruction, moved: set[int]
) -> tuple[list[Instruction], set[int]]:
    """The order with what of a block stands above the target moved below it."""
    at = order.index(target)
    sunk = [one for one in block if order.index(one) < at]
    rest = [one for one in order if one not in sunk]
    place = rest.index(target) + 1
    while place < len(rest) and rest[place].start in moved and rest[place].start < sunk[-1].start:
        place += 1
    return [*rest[:place], *sunk, *rest[place:]], {one.start for one in sunk}
