"""Containers started by a command line program: the words are the same for Docker and Podman."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from dockfix.builds.drivers.command_line import LABEL
from dockfix.builds.drivers.process import Finished, output_of, run_program
from dockfix.builds.engine import Ran, Stopped
from dockfix.builds.watched import FOLDER, VARIABLES, Watched, watched
from dockfix.errors import EngineError

#: Seconds that a program gets to start before it is stopped.
WARM_UP = 2.0
#: Seconds between two questions whether a container is well.
_PAUSE = 0.5
#: What is said when there is no such program in an image: status and words of the message.
_NOT_FOUND, _NO_PROGRAM = 127, b"executable file"
#: With what the programs end when it was they that failed.
_NOT_STARTED = 125


class Containers:
    """Starts containers under names and a label of this run, and removes them."""

    def __init__(self, program: str, run: str, flags: Sequence[str]) -> None:
        self._program = program
        self._run = run
        self._flags = flags
        self._numbers = count()
        self._names: list[str] = []

    def run(self, image: str, command: str, timeout: float) -> Ran:
        """See `Engine.run`."""
        ran = self._run_contained(image, ["sh", "-c", command], timeout)
        if ran.status == _NOT_FOUND and _NO_PROGRAM in ran.output:
            # no shell in there: the words themselves are the command
            ran = self._run_contained(image, shlex.split(command), timeout)
        return ran

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        """See `Engine.watch`."""
        name = self._new_name()
        told = [part for one in VARIABLES.items() for part in ("--env", "=".join(one))]
        words = [self._program, "run", *self._name_flags(name), *told]
        try:
            if command is None:
                run_program([*words, "--detach", image])
                time.sleep(2 * WARM_UP)
            else:
                with suppress(TimeoutError):
                    run_program(
                        [*words, "--entrypoint", "sh", image, "-c", command], timeout=timeout
                    )
            with output_of([self._program, "cp", f"{name}:{FOLDER}", "-"], "watching") as archive:
                return watched(archive)
        finally:
            self._discard(name)

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        """See `Engine.health`."""
        name = self._new_name()
        started = run_program([self._program, "run", "--detach", *self._name_flags(name), image])
        if started.status:
            self._discard(name)
            return Ran(started.status, started.output + started.errors)
        end = time.monotonic() + timeout
        try:
            while True:
                time.sleep(_PAUSE)
                done = run_program([self._program, "exec", name, *command], timeout=timeout)
                running = self._state(name, "{{.State.Running}}") == "true"
                if not done.status or not running or time.monotonic() > end:
                    return Ran(done.status, done.output + done.errors)
        except TimeoutError:
            return Ran(None, b"")
        finally:
            self._discard(name)

    def stop(self, image: str, grace: float) -> Stopped:
        """See `Engine.stop`."""
        name = self._new_name()
        started = run_program([self._program, "run", "--detach", *self._name_flags(name), image])
        if started.status:
            raise EngineError(f"--stop: no container can be started: {error_text(started)}")
        time.sleep(WARM_UP)
        running = self._state(name, "{{.State.Running}}") == "true"
        start = time.monotonic()
        if running:
            run_program([self._program, "stop", "--time", f"{grace:.0f}", name], timeout=grace + 60)
        seconds = time.monotonic() - start if running else 0.0
        status = int(self._state(name, "{{.State.ExitCode}}") or -1)
        self._discard(name)
        return Stopped(seconds, status, not running)

    def close(self) -> None:
        """Removes what is left."""
        for name in tuple(self._names):
            self._discard(name)

    def _run_contained(self, image: str, words: Sequence[str], timeout: float) -> Ran:
        """Runs words in a container, which is gone afterwards."""
        name = self._new_name()
        command = [self._program, "run", *self._name_flags(name), "--entrypoint", words[0], image]
        try:
            done = run_program([*command, *words[1:]], timeout=timeout)
            # a command may end with this status, too
            if done.status == _NOT_STARTED and not self._started(name):
                raise EngineError(f"--run: no container can be started: {error_text(done)}")
        except TimeoutError:
            return Ran(None, b"")
        finally:
            self._discard(name)
        return Ran(done.status, done.output + done.errors)

    def _new_name(self) -> str:
        """A name for a new container, which `close` removes."""
        name = f"{self._run}-c{next(self._numbers)}"
        self._names.append(name)
        return name

    def _name_flags(self, name: str) -> list[str]:
        """The flags of a new container of this name."""
        return ["--name", name, "--label", f"{LABEL}={self._run}", *self._flags]

    def _state(self, name: str, form: str) -> str:
        """What the program tells of a container, in its own template language."""
        done = run_program([self._program, "container", "inspect", "--format", form, name])
        return done.output.decode("utf-8", "replace").strip()

    def _started(self, name: str) -> bool:
        """True if a container was not only created."""
        # of one that was made and no more, this is the beginning of time
        when = self._state(name, "{{.State.StartedAt}}")
        return bool(when) and not when.startswith("0001-")

    def _discard(self, name: str) -> None:
        """Removes a container."""
        self._names.remove(name)
        run_program([self._program, "container", "rm", "--force", "--volumes", name])


def error_text(done: Finished) -> str:
    """What a program that failed had to say."""
    text = (done.errors or done.output).decode("utf-8", "replace").strip()
    return text or f"exit status {done.status}"
