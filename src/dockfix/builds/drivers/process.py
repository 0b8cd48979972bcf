"""Programs of others: run to their end or their time-out, stopped together with dockfix.

Each gets a process group of its own, so that Ctrl-C reaches dockfix alone, which then stops the
program in its own way and cleans up behind it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from dockfix.errors import EngineError
from dockfix.records import Record

#: Seconds that a program gets to stop by itself before it is killed.
_PATIENCE = 10
#: Seconds after which a question to an engine counts as not answered.
ANSWER = 60


class Finished(Record):
    """How a program ended."""

    status: int
    output: bytes
    errors: bytes


def run_program(command: Sequence[str], *, timeout: float = ANSWER, given: bytes = b"") -> Finished:
    """Runs a short command. Raises EngineError if it is not there, TimeoutError if it hangs."""
    with _started(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            output, errors = process.communicate(given, timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"no answer in {timeout:g} s: {' '.join(command[:3])}") from None
    return Finished(process.returncode, output, errors)


def follow_program(
    command: Sequence[str], on_line: Callable[[str], None], *, timeout: float | None
) -> int | None:
    """Runs a command and hands on what it says, line by line; None: it took too long."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with _started(command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        rest = b""
        while True:
            left = 3600.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return None
            if not select.select([pipe], [], [], left)[0]:
                continue
            data = os.read(pipe, 1 << 16)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_line(line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            on_line(rest.decode("utf-8", "replace"))
        return process.wait()


@contextmanager
def output_of(command: Sequence[str], what: str) -> Iterator[BinaryIO]:
    """What a command writes, as a stream. Raises EngineError, at the end, if the command fails."""
    import tempfile

    with tempfile.TemporaryFile() as errors:
        with _started(command, stdin=subprocess.DEVNULL, stderr=errors) as process:
            assert process.stdout is not None
            yield process.stdout  # type: ignore[misc]
            while process.stdout.read(1 << 20):
                pass
            status = process.wait()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()
    if status:
        raise EngineError(f"{what}: {said or f'exit status {status}'}")


@contextmanager
def _started(
    command: Sequence[str], *, stdin: int, stderr: int | BinaryIO
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a program in a process group of its own; it has ended afterwards."""
    try:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{command[0]}: {error.strerror}") from error
    try:
        yield process
    finally:
        _stop(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program that still runs: politely, because it may have a build to call off."""
    for sent in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
