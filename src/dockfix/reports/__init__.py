"""What people and programs are told about a run: one record of it, and a module for each format.

A format is a module of this room with a function `report(outcomes, request)` that yields text: as
each file is done, so that nobody waits for the last one. It takes a name in `Format`, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.reports.run import Outcome, Request

#: The formats, each the name of its module: the values of --output-format.
Format = Literal[
    "text",
    "json",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "markdown",
]


def writer(name: str) -> Callable[[Iterable[Outcome], Request], Iterator[str]]:
    """The function that writes a report in a format."""
    # importlib would cost more than the module
    found: Callable[[Iterable[Outcome], Request], Iterator[str]]
    found = __import__(f"dockfix.reports.{name}", fromlist=("report",)).report
    return found
