"""What dockfix leaves behind in an engine that several processes of the tests share."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path


def leftovers() -> list[str]:
    """Images and containers of dockfix that are still there, though the process that made them has
    ended; other processes of the tests have some of their own meanwhile."""
    # one that ends takes its own away, and an image is without its name for a moment then
    for _ in range(40):
        found = [one for one in _made() if not _is_in_use(one)]
        if not found:
            return []
        time.sleep(0.25)
    return found


def _made() -> list[str]:
    found: list[str] = []
    for command in (
        ["image", "ls", "--format={{.Repository}}"],
        ["container", "ls", "--all", "--format={{.Names}}"],
    ):
        done = subprocess.run(
            ["docker", *command, "--filter", "label=dockfix.run"],
            capture_output=True,
            check=True,
            text=True,
        )
        found += done.stdout.split()
    return found


def _is_in_use(name: str) -> bool:
    """Whether the process that a name tells (`dockfix-PID-...`) is another one that still runs."""
    process = name.split("-")[1] if name.startswith("dockfix-") else ""
    return process != str(os.getpid()) and process != "" and Path(f"/proc/{process}").exists()
