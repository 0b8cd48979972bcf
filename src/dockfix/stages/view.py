"""The stage that is to be divided, and what every ecosystem asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.project import Copied
from dockfix.managers.distributions.bases import Base, base_of
from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.stages.sides import Kind, Run, runs_of
from dockfix.stages.source import files_of
from dockfix.state.facts import Facts
from dockfix.state.image_variants import Image
from dockfix.state.paths import bases, copy_of
from dockfix.typed import Protocol


class Cut(Record):
    """What an ecosystem says of a stage.

    `build` are the starts of the instructions that are for the build alone. `image` is the base
    of the final stage. `above` are lines of the build stage, with the instruction above which
    each stands, `carried` those of the final stage that bring what the build leaves. `linked`
    are packages of Debian whose libraries the result needs, `called` those whose programs it
    calls; `unknown` says that the result may be linked with what only a compiler brings. `left`
    are globs of what the new image is without, `lost` programs that only the image of the
    language has, `there` such as its image has anyway. `tools` are packages that are of use to a
    build alone in its image. `begins` are lines that the final stage begins with. `again` are the
    starts of instructions that both sides get, whatever they leave. `users`: it is known what
    belongs to whom if the build runs as another user than root. `gains`: there is something to gain
    beside packages that only build, and another base. `starts`: the image says what it starts.
    `fits`: the image is right whatever a variable in the name of the base is given.
    `manifests`: what runs reads the manifests of its packages. `repeats` are lines of the final
    stage that do a part of what an instruction of the build does, by its start. `below` are lines
    that the build stage ends with.
    """

    build: frozenset[int]
    image: str
    carried: tuple[str, ...]
    above: tuple[tuple[Instruction, tuple[str, ...]], ...] = ()
    linked: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    unknown: bool = False
    left: tuple[str, ...] = ()
    gains: bool = False
    what: str = ""
    lost: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    again: frozenset[int] = frozenset()
    users: bool = False
    fits: bool = False
    there: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    starts: bool = False
    manifests: bool = False
    repeats: Mapping[int, str] = {}
    below: tuple[str, ...] = ()


class Ecosystem(Protocol):
    """A module for one language."""

    def concerns(self, view: View) -> bool:
        """True if a stage is one of the language."""

    def cut(self, view: View) -> Cut:
        """How it is divided. Raises UnsureError."""

    def calls(self, path: str, text: str) -> frozenset[str]:
        """The programs that a file of the context calls. Raises UnsureError."""


class View:
    """The last stage of a file, on an image that has a row in the table of images."""

    def __init__(self, facts: Facts, image: Image, context: Context | None) -> None:
        self.facts = facts
        self.image = image
        self.context = context
        self.stage: Stage = facts.stages[-1]
        self.runs: dict[int, Run] = runs_of(facts, self.stage)

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions of the stage, without its FROM."""
        return self.stage.instructions[1:]

    @cached_property
    def base(self) -> Base | None:
        """What apt finds in the image: by the release that it is on, unless that may change."""
        release = self.image.release
        if release is not None and release.distribution == "alpine":
            return None  # there are no tables of it
        if release is not None and release.suite and not release.moving:
            return Base((release.suite,), exact=False)
        return base_of(self.image.expanded)

    @property
    def slim_image(self) -> str:
        """The slim form of the image, as FROM names it. Raises UnsureError if none is known."""
        image = self.image.slim_image()
        if not image:
            raise UnsureError(f"no slim form of {self.stage.base} is known")
        return image

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files of the context that the stage copies. Raises UnsureError."""
        return files_of(self.stage, self.context)

    @cached_property
    def text(self) -> str:
        """The text of the stage."""
        last = self.stage.instructions[-1].end
        return self.facts.source[self.stage.instructions[0].start : last]

    def above(self, one: Instruction) -> str:
        """The text of the stage above an instruction, and the instruction itself."""
        return self.facts.source[self.stage.instructions[0].start : one.end]

    def read(self, path: str) -> str:
        """The text of a file of the context, as far as a large one goes."""
        text = self.context.head(path, 400_000) if self.context else None
        return text or ""

    def project(self, one: Instruction, here: str = "") -> Copied:
        """The project as an instruction finds it, in its own folder or another one. Raises
        UnsureError."""
        if self.context is None:
            raise UnsureError("the build context was not found")
        starting = bases(self.facts)
        copies = [
            copy_of(item, starting[item.start])
            for item in self.stage.instructions
            if item.keyword in ("COPY", "ADD") and item.start < one.start
        ]
        return Copied(copies, here or starting[one.start], self.context)

    def only(self, run: Run, *kinds: Kind) -> None:
        """Raises UnsureError if a RUN has commands of other kinds."""
        line = self.line(run.instruction)
        if run.done is None:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        other = next((done for done in run.done if done.kind not in kinds), None)
        if other is not None:
            raise UnsureError(f"line {line} installs and does something else: {other.program}")

    def line(self, one: Instruction) -> int:
        """The line of an instruction."""
        return self.facts.dockerfile.position(one.keyword_offset)[0]
