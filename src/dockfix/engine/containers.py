"""Containers started by a command line program: the words are the same for Docker and Podman."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from itertools import count

from dockfix.engine.client import LABEL, Ran, Stopped
from dockfix.engine.process import Done, ask
from dockfix.errors import EngineError

#: Seconds that a program gets to start before it is stopped.
WARM_UP = 2.0
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
        ran = self._contained(image, ["sh", "-c", command], timeout)
        if ran.status == _NOT_FOUND and _NO_PROGRAM in ran.output:
            # no shell in there: the words themselves are the command
            ran = self._contained(image, shlex.split(command), timeout)
        return ran

    def stop(self, image: str, grace: float) -> Stopped:
        """See `Engine.stop`."""
        name = self._name()
        started = ask([self._program, "run", "--detach", *self._named(name), image])
        if started.status:
            raise EngineError(f"--stop: no container can be started: {said(started)}")
        time.sleep(WARM_UP)
        running = self._state(name, "{{.State.Running}}") == "true"
        start = time.monotonic()
        if running:
            ask([self._program, "stop", "--time", f"{grace:.0f}", name], timeout=grace + 60)
        seconds = time.monotonic() - start if running else 0.0
        status = int(self._state(name, "{{.State.ExitCode}}") or -1)
        self._discard(name)
        return Stopped(seconds, status, not running)

    def close(self) -> None:
        """Removes what is left."""
        for name in tuple(self._names):
            self._discard(name)

    def _contained(self, image: str, words: Sequence[str], timeout: float) -> Ran:
        name = self._name()
        command = [self._program, "run", *self._named(name), "--entrypoint", words[0], image]
        try:
            done = ask([*command, *words[1:]], timeout=timeout)
            # a command may end with this status, too
            if done.status == _NOT_STARTED and not self._started(name):
                raise EngineError(f"--run: no container can be started: {said(done)}")
        except TimeoutError:
            return Ran(None, b"")
        finally:
            self._discard(name)
        return Ran(done.status, done.output + done.errors)

    def _name(self) -> str:
        name = f"{self._run}-c{next(self._numbers)}"
        self._names.append(name)
        return name

    def _named(self, name: str) -> list[str]:
        return ["--name", name, "--label", f"{LABEL}={self._run}", *self._flags]

    def _state(self, name: str, form: str) -> str:
        done = ask([self._program, "container", "inspect", "--format", form, name])
        return done.output.decode("utf-8", "replace").strip()

    def _started(self, name: str) -> bool:
        # of one that was made and no more, this is the beginning of time
        when = self._state(name, "{{.State.StartedAt}}")
        return bool(when) and not when.startswith("0001-")

    def _discard(self, name: str) -> None:
        self._names.remove(name)
        ask([self._program, "container", "rm", "--force", "--volumes", name])


def said(done: Done) -> str:
    """What a program that failed had to say."""
    text = (done.errors or done.output).decode("utf-8", "replace").strip()
    return text or f"exit status {done.status}"
