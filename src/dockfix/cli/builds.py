"""What the commands have in common that have images built: their files, an engine, progress."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from dockfix.builds.connect import connect
from dockfix.builds.engine import Hooks
from dockfix.builds.target import PassSelection, Target
from dockfix.builds.trial import Watch
from dockfix.cli.build_options import Request
from dockfix.cli.config import Finder, check_options
from dockfix.cli.library import folder_around
from dockfix.cli.options import Options
from dockfix.cli.registry import registry_for
from dockfix.cli.streams import StandardStreams, Terminal
from dockfix.errors import ConfigError, DockfixError, EngineError
from dockfix.passes.base import Settings
from dockfix.reports.text import failure, visible


def run_command(arguments: Sequence[str]) -> int:
    """Does what a command line says that begins with the name of such a command.

    Returns the exit status. Raises SystemExit for --help, and DockfixError for a wrong command line
    or configuration and where there is no engine.
    """
    from dockfix.cli.build_options import COMMANDS
    from dockfix.cli.command_line import read

    command = COMMANDS[arguments[0]]
    request = read(arguments[1:], command)
    if request is None:
        from dockfix.cli.usage import answer

        answer(arguments[1:], command)
        return 0
    check_options(request.options)
    terminal = StandardStreams(request.options)
    targets, failed = _targets(request.options, terminal)
    if not targets:
        return 2
    return max(run_with_engine(command.name, request, targets, terminal), 2 * failed)


def complete(name: str) -> None:
    """Tells a shell how the command line of the command of this name may go on."""
    from dockfix.cli.build_options import COMMANDS
    from dockfix.cli.usage import answer

    answer([], COMMANDS[name]._replace(name=""))


def _targets(options: Options, terminal: Terminal) -> tuple[list[Target], bool]:
    """The files to be built, and whether others were meant that cannot be. Raises ConfigError."""
    from dockfix.cli.discovery import find

    finder = Finder(options)
    found = find(options.paths or (".",), finder.settings, options.exclude)
    if not found.files and not found.errors:
        raise ConfigError("no Dockerfile found")
    for message in found.errors:
        terminal.say(failure(message))
    targets = []
    failed = bool(found.errors)
    for path in found.files:
        try:
            target = _target(path, finder)
            targets.append(target)
            if target.unknown:
                taken = os.path.relpath(target.context)
                terminal.say(f"warning: {path}: {target.unknown}; it is built from {taken}\n")
        except (DockfixError, OSError) as error:
            failed = True
            reason = error.strerror if isinstance(error, OSError) else None
            terminal.say(failure(f"{path}: {reason}" if reason else str(error)))
    return targets, failed


def _target(path: str, finder: Finder) -> Target:
    """A file to be built. Raises DockfixError and OSError."""
    from dockfix.cli.work import read
    from dockfix.context.folder import find_context
    from dockfix.dockerfile.parser import parse
    from dockfix.dockerfile.source import decode
    from dockfix.embedded import may_hold_blocks

    if may_hold_blocks(path):
        raise ConfigError(f"{path}: only Dockerfiles are built, not those inside of other files")
    config = finder.settings(os.path.dirname(path))
    source = read(path)
    context, unknown = find_context(path, parse(decode(source), path), config.context)
    folder = config.context or os.path.dirname(path) or "."
    settings = Settings(
        config.merge_strategy,
        context,
        registry=registry_for(config),
        refresh=config.refresh,
        around=partial(folder_around, path),
    )
    root = folder if context is None else context.root
    passes = PassSelection(config.select, config.extend_select, config.ignore, config.unsafe_fixes)
    return Target(path, source, passes, settings, root, unknown)


def read_other(path: str | None, targets: Sequence[Target]) -> bytes | None:
    """The Dockerfile of --against; None: there is none. Raises EngineError."""
    if path is None:
        return None
    if len(targets) != 1:
        raise EngineError(f"--against: {len(targets)} Dockerfiles are to be compared with one")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise EngineError(f"--against: {path}: {error.strerror}") from error


def run_with_engine(
    name: str, request: Request, targets: Sequence[Target], terminal: Terminal
) -> int:
    """Runs a command with an engine, which is left without anything made; the exit status."""
    from importlib import import_module

    command = import_module(f"dockfix.cli.{name}").run
    try:
        with _stopped_politely():
            engine = connect(request.build)
            try:
                if request.options.verbose:
                    store = engine.image_store().name
                    terminal.say(f"engine: {engine.describe()}; image store: {store}\n")
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


def watching(terminal: Terminal, *, verbose: bool) -> Watch:
    """Shows what is going on during a build: a line that moves, the engine's log, or nothing."""
    if verbose:
        return partial(_with_log, terminal)
    return _with_moving_line if terminal.lively else _in_silence


@contextmanager
def _with_log(terminal: Terminal, what: str) -> Iterator[Hooks]:
    """Shows all that the engine says."""
    terminal.say(f"{what}\n")
    yield Hooks(on_line=lambda line: terminal.say(f"  {line}\n"))


@contextmanager
def _in_silence(what: str) -> Iterator[Hooks]:
    """Shows nothing."""
    yield Hooks()


@contextmanager
def _with_moving_line(what: str) -> Iterator[Hooks]:
    """Shows the step that is being built, in a line that is gone afterwards."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)

    def line(step: str) -> Text:
        """What is being built, in one line of the terminal."""
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
        """Raises KeyboardInterrupt."""
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
