"""Runs the RUNs of a Dockerfile in real shells, without a builder, and compares what they leave.

One driver process per shell walks through many cases, each in a folder of its own, and starts a
fresh `SHELL -c TEXT` per RUN until one fails, which is what BuildKit does. Files, contents,
modes and the outcome are then compared.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dockfix.dockerfile.parser import parse

#: The shells a RUN may find under /bin/sh, and how each is asked to run a text.
SHELLS: dict[str, str] = {
    "dash": "dash -c",
    "bash": "bash -c",
    "busybox": "busybox sh -c",
}
#: The same with options that a base image's own SHELL may carry.
STRICT_SHELLS: dict[str, str] = {
    "dash -e": "dash -e -c",
    "bash -eo pipefail": "bash -eo pipefail -c",
    "busybox -e": "busybox sh -e -c",
}

Outcome = tuple[bool, dict[str, tuple[str, bytes]]]


def runs_of(dockerfile: str) -> list[str]:
    """The texts that the builder would hand to the shell, in order."""
    return [one.arguments for one in parse(dockerfile).instructions if one.keyword == "RUN"]


def outcomes(cases: Sequence[Sequence[str]], shell: str, folder: Path) -> list[Outcome]:
    """Runs each case's texts one after the other until one fails; whether all succeeded, and files.

    Files are compared only of cases that succeeded, as a failed build leaves none.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = [f"cd {shlex.quote(str(folder))}"]
    for number, texts in enumerate(cases):
        steps = " && ".join(f"{shell} {shlex.quote(text)}" for text in texts)
        lines.append(f"mkdir {number} && (cd {number} && {{ {steps}; }} && : > ../{number}.ok)")
    subprocess.run(
        ["dash"],
        input="\n".join(lines).encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "inherited": "1"},
        check=False,
        timeout=600,
    )
    return [_outcome(folder, number) for number in range(len(cases))]


def _outcome(folder: Path, number: int) -> Outcome:
    if not (folder / f"{number}.ok").exists():
        return False, {}
    files: dict[str, tuple[str, bytes]] = {}
    root = folder / str(number)
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        files[str(path.relative_to(root))] = (stat.filemode(status.st_mode), content)
    return True, files
