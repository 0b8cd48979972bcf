"""What a script needs of the directory it starts in."""

from __future__ import annotations

import pytest

from dockfix.programs.needs import needs_directory
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script


@pytest.mark.parametrize(
    ("script", "needing"),
    [
        ("tar -xzf /tmp/a.tgz", "tar"),
        ("unzip /tmp/a.zip", "unzip"),
        ("echo a > b", "echo a > b"),
        ("cd /srv && tar -xzf /tmp/a.tgz", ""),
        ("cp /tmp/a /tmp/b && rm -f /tmp/a", ""),
    ],
)
def test_what_looks_at_the_directory_it_was_started_in(script: str, needing: str) -> None:
    """A program that unpacks writes there though all its operands are absolute."""
    read = read_script(script, "sh")
    assert isinstance(read, Script)
    assert needs_directory(read) == needing
