"""Standard output and standard error: what the command writes to, and what they can show.

No other module writes to them, but for the entry point that closes them.
"""

from __future__ import annotations

import os
import sys

from dockfix.cli.options import Options
from dockfix.typed import Protocol, TextIO

#: Characters to a line of a table, unless the terminal is narrower.
_WIDTH = 100


class Terminal(Protocol):
    """What a command that has images built knows of who reads what it says.

    `colored`: standard output takes colors; `width`: characters to a line of a table; `lively`:
    somebody is watching standard error.
    """

    colored: bool
    width: int
    lively: bool

    def print(self, text: str) -> None:
        """Writes what was asked for, at once."""

    def say(self, text: str) -> None:
        """Writes what is going on, after what was printed before."""


class StandardStreams:
    """`Terminal`, as it is: standard output and standard error."""

    def __init__(self, options: Options) -> None:
        self.colored = takes_colors(options, sys.stdout)
        self.width = _WIDTH
        if is_terminal(sys.stdout):
            from shutil import get_terminal_size

            self.width = min(self.width, get_terminal_size().columns)
        self.lively = is_terminal(sys.stderr) and not options.quiet

    def print(self, text: str) -> None:
        """See `Terminal`."""
        write_text(text)
        flush()

    def say(self, text: str) -> None:
        """See `Terminal`."""
        flush()
        say(text)


def takes_colors(options: Options, stream: TextIO | None) -> bool:
    """True if colors are asked for, or nobody asked and the stream is a terminal that has them."""
    if options.color != "auto":
        return options.color == "always"
    return (
        not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and is_terminal(stream)
    )


def is_terminal(stream: TextIO | None) -> bool:
    """True if the stream is open, and a terminal."""
    return stream is not None and stream.isatty()


def write_text(text: str) -> None:
    """Writes to standard output. Raises OSError."""
    write_bytes(text.encode("utf-8", "surrogateescape"))


def write_bytes(data: bytes) -> None:
    """Writes to standard output. Raises OSError."""
    if sys.stdout is not None:
        sys.stdout.buffer.write(data)


def say(text: str) -> None:
    """Writes to standard error. Where nobody can be told, work goes on."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stderr.flush()
    except OSError:
        return


def flush() -> None:
    """Brings what was written to standard output to whoever reads it. Raises OSError."""
    if sys.stdout is not None:
        sys.stdout.flush()


def all_written() -> bool:
    """True if nothing that was said still waits to be written."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return False
    return True
