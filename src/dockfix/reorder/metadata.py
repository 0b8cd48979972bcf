"""How far down ARG, ENV and LABEL may move: below installs that do not use them."""

from __future__ import annotations

from itertools import groupby

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.onlookers import is_metadata, look
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.environment import environment, names_set_by
from dockfix.state.facts import Facts, script_of

_METADATA = ("ARG", "ENV", "LABEL")
_MOST_MOVED = 50
_MENTION = lazy(r"\$\{?(\w+)")
_WORD = lazy(r"\w+")
_NUMBER = lazy(r"[1-9]")


class NewOrder(Record):
    """The new order of a stage.

    `moved` are the starts of those that stand further down in it. `doubt` says why the order cannot
    be proven harmless, "" if it can.
    """

    order: list[Instruction]
    moved: set[int]
    doubt: str


class _StageOrder(Record):
    """The order of a stage so far, and what the next move is judged by.

    `block` are the instructions that move together, `scripts` those of all RUNs, `installs` the
    RUNs that install. Instructions are given by their starts.
    """

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
    """The ARGs, ENVs and LABELs of a stage that only describe what is built: a version, a date.

    An ARG with a number as its default, such as `v5.x`, is a choice that the file makes, and is
    hardly given anew with each build; `0.0.0` holds a place.
    """
    names: set[str] = set()
    found: list[Instruction] = []
    for instruction in stage.instructions:
        keyword = instruction.keyword
        if keyword not in _METADATA or (not names and instruction.start not in speaking):
            continue
        if keyword == "ARG" and _NUMBER.search(instruction.arguments.partition("=")[2]):
            continue
        own = names_set_by(instruction)
        if all(map(is_metadata, own)) and (keyword == "ARG" or names & mentions(instruction)):
            found.append(instruction)
            names.update(own)
    return found if len(found) <= _MOST_MOVED else []


def below_installs(facts: Facts, stage: Stage, speaking: frozenset[int]) -> NewOrder | None:
    """The order in which metadata stands below installs; None if none of it may go there.

    `speaking` are the starts of those whose values may differ with each build. Unproven moves are
    only tried where no proven one is possible.
    """
    volatile = _volatile(stage, speaking)
    if not volatile:
        return None
    scripts = _scripts(facts, stage)
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
            stage_order = _StageOrder(
                order, frozenset(one.start for one in block), scripts, installs
            )
            target, why = _lowest_install(block, stage_order, trusting)
            if target is not None:
                order, moved_now = _move_below(order, block, target, moved)
                moved |= moved_now
                doubt = doubt or why
        if moved:
            return NewOrder(_as_before(order, moved), moved, doubt)
    return None


def _as_before(order: list[Instruction], moved: set[int]) -> list[Instruction]:
    """The order in which those that moved to one place stand there as they stood before."""
    return [
        one
        for is_moved, row in groupby(order, key=lambda one: one.start in moved)
        for one in (sorted(row, key=lambda one: one.start) if is_moved else row)
    ]


def _scripts(facts: Facts, stage: Stage) -> dict[int, Script | None]:
    """The scripts of a stage's RUNs; None for one that is not read."""
    known = facts.places
    found: dict[int, Script | None] = {}
    for one in stage.instructions:
        if one.keyword == "RUN":
            script = script_of(one, known[one.start])
            found[one.start] = script if isinstance(script, Script) else None
    return found


def _installs(script: Script) -> bool:
    """True if a script is known to install packages."""
    seen = look(script, frozenset())
    return seen is not None and seen.installs


def _block(argument: Instruction, volatile: list[Instruction]) -> list[Instruction]:
    """An ARG and those of the `volatile` instructions that use it, in order."""
    names = set(names_set_by(argument))
    block = [argument]
    for one in volatile:
        if one.start > argument.start and names & mentions(one):
            block.append(one)
            names.update(names_set_by(one))
    return block


def _lowest_install(
    block: list[Instruction], stage_order: _StageOrder, trusting: bool
) -> tuple[Instruction | None, str]:
    """The last install that a whole block can go below, and why that cannot be proven harmless."""
    end, doubts = len(stage_order.order), []
    for one in block:
        stop, found = _first_obstacle(one, stage_order, end, trusting)
        end = min(end, stop)
        doubts += found
    first = stage_order.order.index(block[0])
    for index in range(end - 1, first, -1):
        if stage_order.order[index].start in stage_order.installs:
            return stage_order.order[index], next((why for at, why in doubts if at <= index), "")
    return None, ""


def _first_obstacle(
    moved: Instruction, stage_order: _StageOrder, end: int, trusting: bool
) -> tuple[int, list[tuple[int, str]]]:
    """The index of the first instruction that metadata cannot go below, and the doubts about those
    above it, each with its index."""
    names = frozenset(names_set_by(moved))
    uses = mentions(moved) | names
    keys = labels(moved)
    doubts: list[tuple[int, str]] = []
    for index in range(stage_order.order.index(moved) + 1, end):
        other = stage_order.order[index]
        if other.start in stage_order.block:
            continue
        if uses & set(names_set_by(other)) or keys & labels(other) or names & mentions(other):
            return index, doubts
        if other.child is not None:
            return index, doubts
        if other.keyword == "RUN" and names:
            script = stage_order.scripts[other.start]
            seen = look(script, names) if script else None
            if seen is None or (seen.doubt and not trusting):
                return index, doubts
            doubts += [(index, seen.doubt)] if seen.doubt else []
    return end, doubts


def _move_below(
    order: list[Instruction], block: list[Instruction], target: Instruction, moved: set[int]
) -> tuple[list[Instruction], set[int]]:
    """The order with the block below the target, and the starts of those that had to move."""
    at = order.index(target)
    moving = [one for one in block if order.index(one) < at]
    rest = [one for one in order if one not in moving]
    place = rest.index(target) + 1
    while place < len(rest) and rest[place].start in moved and rest[place].start < moving[-1].start:
        place += 1
    return [*rest[:place], *moving, *rest[place:]], {one.start for one in moving}
