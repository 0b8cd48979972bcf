"""Runs the dockfix command as a process of its own, the way people do."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import dockfix

MENDABLE = (
    b"FROM debian:12\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends git\n"
)
CLEAN = b"FROM scratch\nWORKDIR /a\n"
BROKEN = b"FROM debian:12\nBOGUS instruction\n"

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")},
    "PYTHONPATH": str(Path(dockfix.__file__).parents[1]),
    "TERM": "xterm",
}


def dockfix_command(
    *arguments: str | bytes, cwd: Path, given: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """`python -m dockfix` with arguments; what it printed is bytes."""
    return subprocess.run(
        [sys.executable, "-m", "dockfix", *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        check=False,
        env={**ENVIRONMENT, **environment},
        timeout=60,
    )


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """What a person sees of stdout and stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dockfix", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    process.wait()
    return seen.decode()


def git(*arguments: str, cwd: Path, given: bytes = b"") -> bytes:
    """What git prints; fails when git does."""
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
