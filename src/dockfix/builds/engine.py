"""What dockfix asks of an engine, whichever it is.

The user's own command line program is what is driven, so its contexts, builders, credentials and
proxies hold; remote builders too. Nothing here touches the work tree: what is to be built lies in
a folder of its own, with the ignore file that holds for it beside it (BuildKit looks there
first), and the build context is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from dockfix.builds.watched import Watched
from dockfix.context.ignore_names import Reader
from dockfix.records import Record
from dockfix.typed import Protocol


class Recipe(Record):
    """What is to be built: the text of a Dockerfile, and the folder of its build context.

    `ignore` is the text of the ignore file that is to hold; None: the one at the context's root.
    """

    dockerfile: bytes
    context: str
    ignore: bytes | None = None


class BuildStep(Record):
    """An instruction that was built. `name` is the engine's: `[2/4] RUN make`."""

    name: str
    cached: bool
    seconds: float


class ImageStore(Record):
    """Where an engine keeps images, by its name.

    `lays_over`: it lays what `COPY --link` brings over what is there (`builds.image_store`).
    """

    name: str
    lays_over: bool


class Built(Record):
    """An image that was built, by the name under which the engine has it."""

    image: str
    seconds: float
    steps: tuple[BuildStep, ...]


class Ran(Record):
    """What a command did in a container. `status` is None if it took too long."""

    status: int | None
    output: bytes


class Stopped(Record):
    """How a container took its signal to stop; `by_itself`: it had ended before it came."""

    seconds: float
    status: int
    by_itself: bool = False

    def is_worse_than(self, other: Stopped, grace: float) -> bool:
        """True if it stopped in a worse way: killed, or ended with another status."""
        if other.by_itself or self.by_itself:
            return (other.by_itself, other.status) != (self.by_itself, self.status)
        return self.seconds >= grace > other.seconds


class Hooks(Record):
    """Whom to tell: of the step that is being built, and of every line of the engine's log."""

    on_step: Callable[[str], None] = lambda step: None
    on_line: Callable[[str], None] = lambda line: None


class Engine(Protocol):
    """An engine. Everything made with it is gone after `close`, but for the build cache."""

    #: True if it can start containers, and not only build.
    starts: bool
    #: The ignore files that it looks for.
    reader: Reader

    def describe(self) -> str:
        """Its name and version, for people."""

    def image_store(self) -> ImageStore:
        """Where it keeps the images that it builds."""

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks = ...) -> Built:
        """Builds an image; `fresh`: without cached steps. Raises BuildFailed and EngineError."""

    def save(self, images: Sequence[str]) -> Sequence[AbstractContextManager[BinaryIO]]:
        """Archives as `docker save` writes them, each to be read once, from its beginning.

        Together they hold the images: one archive holds all, or each holds the next of them.
        """

    def run(self, image: str, command: str, timeout: float) -> Ran:
        """Runs a line of shell in an image, in the place of what the image starts."""

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        """Runs a line of shell in an image, and says what it opened and started.

        None: the image's own start, for some seconds.
        """

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        """Starts an image and runs the words of its HEALTHCHECK in it until they succeed.

        After so many seconds, or when the container has ended, what they said last counts.
        """

    def stop(self, image: str, grace: float) -> Stopped:
        """Starts an image and stops it, with a kill after a grace of so many seconds."""

    def remove(self, images: Sequence[str]) -> None:
        """Removes images that are no longer needed."""

    def free(self) -> int | None:
        """The bytes left where it keeps images; None: it cannot be told."""

    def close(self) -> None:
        """Removes all that was made."""
