"""The commands that have images built: an engine for all targets, and what all have in common."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dockfix.engine.client import Engine, Hooks, connect
from dockfix.engine.options import Request
from dockfix.engine.targets import Target
from dockfix.engine.terminal import Terminal
from dockfix.errors import EngineError
from dockfix.report.text import visible

#: Bytes that must be free where the engine keeps its images; a build fills more than it leaves.
_LEAST = 1 << 30


def run_command(name: str, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Does what a command line says, and returns the exit status."""
    from importlib import import_module

    command = import_module(f"dockfix.engine.{name}").run
    try:
        with _stopped_politely():
            engine = connect(request.build)
            try:
                if request.options.verbose:
                    terminal.say(f"engine: {engine.describe()}\n")
                status: int = command(engine, request, targets, terminal)
            except KeyboardInterrupt:
                terminal.say("Stopped: what was made is removed, the build cache stays.\n")
                raise
            finally:
                with _undisturbed():
                    engine.close()
    except TimeoutError as error:
        raise EngineError(str(error)) from error
    return status


def need_space(engine: Engine, more: int = 0) -> None:
    """Raises EngineError unless there is room for so many bytes, and some to work with."""
    free = engine.free()
    if free is not None and free < _LEAST + more:
        raise EngineError(
            f"{free / 1e9:.1f} GB free where the engine keeps images, and "
            f"{(_LEAST + more) / 1e9:.1f} GB are needed: docker system prune, or podman's, makes "
            "room"
        )


@contextmanager
def watched(terminal: Terminal, request: Request, what: str) -> Iterator[Hooks]:
    """Shows what is going on during a build: a line that moves, the engine's log, or nothing."""
    if request.options.verbose:
        terminal.say(f"{what}\n")
        yield Hooks(on_line=lambda line: terminal.say(f"  {line}\n"))
        return
    if not terminal.lively:
        yield Hooks()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)

    def line(step: str) -> Text:
        text = Text.assemble(visible(what), "  ", (" ".join(visible(step).split()), "dim"))
        # beside what turns; a line that is too long would leave its rest behind
        text.truncate(max(console.width - 3, 1), overflow="ellipsis")
        return text

    with console.status(line("")) as status:
        yield Hooks(on_step=lambda step: status.update(line(step)))


@contextmanager
def _stopped_politely() -> Iterator[None]:
    """Lets a kill or a closed terminal stop the builds as Ctrl-C does: what was made is removed."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets nobody who presses Ctrl-C once more keep things from being removed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def shown(path: str) -> str:
    """A path as it is said: without what leads to the working directory."""
    return os.path.normpath(path)
