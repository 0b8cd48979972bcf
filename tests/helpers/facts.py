"""Facts of a text, for tests."""

from __future__ import annotations

from dockfix.dockerfile.parser import parse
from dockfix.state.facts import Facts


def facts_of(source: str) -> Facts:
    """The facts of a Dockerfile given as text."""
    return Facts(parse(source, "Dockerfile"))
