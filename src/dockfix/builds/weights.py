"""What an image weighs: which instruction made which bytes, and what of them is lost again."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.builds.engine import BuildStep
from dockfix.builds.images.archive import HistoryLine, Image
from dockfix.builds.images.layers import shown
from dockfix.builds.images.overlay import Overlay
from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.records import Record

#: What engines write into the history beside the instruction.
_SHELL = "/bin/sh -c "


class WastedFile(Record):
    """A file that a layer carries in vain. `by` is the place of the layer that hides it."""

    path: str
    size: int
    by: int
    deleted: bool


class WeighedLayer(Record):
    """A layer. `base`: it is of the base image; `line`: that of its instruction, 0 for none."""

    digest: str
    instruction: str
    line: int
    base: bool
    size: int
    wasted: int
    lost: tuple[WastedFile, ...]


class EditCost(Record):
    """What an edit of one line costs: the steps, and the layers that are new then."""

    seconds: float
    steps: tuple[BuildStep, ...]
    layers: tuple[str, ...]
    size: int
    packed: int

    @property
    def rebuilt(self) -> int:
        """The steps that were not cached."""
        return sum(not step.cached for step in self.steps)


class WeighedImage(Record):
    """An image, and how it was built. `edit` is None if there is nothing to edit."""

    seconds: float
    layers: tuple[WeighedLayer, ...]
    edit: EditCost | None = None

    @property
    def size(self) -> int:
        """The bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def wasted(self) -> int:
        """The bytes of files that a later layer deletes or replaces."""
        return sum(layer.wasted for layer in self.layers)


def weigh_layers(
    image: Image, dockerfile: Dockerfile, target: str | None
) -> tuple[WeighedLayer, ...]:
    """The layers of an image, each with the instruction that made it."""
    lost: dict[int, list[WastedFile]] = {}
    for one in Overlay(image.layers).hidden_files():
        part = WastedFile("/" + shown(one.path), one.size, one.by, one.deleted)
        lost.setdefault(one.layer, []).append(part)
    makers = _makers(image, dockerfile, target)
    found = []
    for place, layer in enumerate(image.layers):
        text, line, base = makers[place]
        parts = sorted(lost.get(place, ()), key=lambda part: (-part.size, part.path))
        wasted = sum(part.size for part in parts)
        found.append(WeighedLayer(layer.digest, text, line, base, layer.size, wasted, tuple(parts)))
    return tuple(found)


def first_own_layer(image: Image, dockerfile: Dockerfile, target: str | None) -> int:
    """The place of the first layer that is not of the base image; 0 if that cannot be told."""
    of_base = [place for place, (_, _, base) in _makers(image, dockerfile, target).items() if base]
    return max(of_base, default=-1) + 1


def lines_of_layers(image: Image, dockerfile: Dockerfile, target: str | None) -> dict[int, int]:
    """By the place of each layer the line of its instruction, as far as it is of the file."""
    makers = _makers(image, dockerfile, target)
    return {place: line for place, (_, line, _) in makers.items() if line}


def edit_cost(before: Image, after: Image, seconds: float, steps: Sequence[BuildStep]) -> EditCost:
    """What became new by an edit; the new layers were read with their packed size."""
    known = {layer.digest for layer in before.layers}
    # a base image is looked up each time and built never
    built = tuple(step for step in steps if "] FROM " not in step.name)
    new = [layer for layer in after.layers if layer.digest not in known]
    return EditCost(
        seconds,
        built,
        tuple(layer.digest for layer in new),
        sum(layer.size for layer in new),
        sum(layer.packed or 0 for layer in new),
    )


def _makers(
    image: Image, dockerfile: Dockerfile, target: str | None
) -> dict[int, tuple[str, int, bool]]:
    """By the place of each layer: instruction, line, and whether it is of the base image."""
    instructions = _instructions(dockerfile, target)
    first_own = _first_own(image.history, instructions)
    if first_own is None:
        # BuildKit writes no word of those down that are for images made from this one
        instructions = [one for one in instructions if one.keyword != "ONBUILD"]
        first_own = _first_own(image.history, instructions)
    found: dict[int, tuple[str, int, bool]] = {}
    for place, made in enumerate(image.history):
        if made.layer is None:
            continue
        number = -1 if first_own is None else place - first_own
        if 0 <= number < len(instructions):
            one = instructions[number]
            text = " ".join(one.logical.text.split())
            found[made.layer] = text, dockerfile.position(one.start)[0], False
        else:
            text = _instruction_of(made.by) or "(imported)"
            found[made.layer] = text, 0, number < 0 and first_own is not None
    return found


def _first_own(history: Sequence[HistoryLine], instructions: Sequence[Instruction]) -> int | None:
    """The place in the history where the base image ends; None if the two do not fit."""
    # some engines write down as a last step that the build was given a label
    for end in (len(history), len(history) - 1):
        start = end - len(instructions)
        own = history[start:end] if start >= 0 else ()
        if len(own) == len(instructions) and all(
            one.keyword in made.by.upper() or one.keyword == "RUN"
            for one, made in zip(instructions, own, strict=True)
        ):
            return start
    return None


def _instruction_of(by: str) -> str:
    """A line of a history without what the engine adds: its shell, build arguments, its name."""
    text = by.strip().removesuffix("# buildkit").rstrip()
    before, shell, command = text.partition(_SHELL)
    keyword = "RUN " if before.startswith("RUN ") else ""
    # between the two: how many build arguments there are, and which
    if shell and (before == keyword or before.startswith(f"{keyword}|")):
        text = keyword + command.removeprefix("#(nop)").strip()
    return text


def _instructions(dockerfile: Dockerfile, target: str | None) -> list[Instruction]:
    """The instructions that an image is made of, those of the stages below included."""
    stages = dockerfile.stages
    stage = stages[-1]
    if target is not None:
        named = [one for one in stages if one.name == target.lower()]
        if target.isdigit() and int(target) < len(stages):
            named.append(stages[int(target)])
        stage = named[0] if named else stage
    found: list[Instruction] = []
    while True:
        found[:0] = [one for one in stage.instructions if one.keyword != "FROM"]
        if stage.base_stage is None:
            return found
        stage = stages[stage.base_stage]
