"""Points out base images that get no security fixes any more.

What it does: one note for each image past its end of life, at the first FROM that names it: for the
version of a language (`python:3.7`), for the release of the distribution (`debian:10`,
`golang:1.26-buster`, `node:22-alpine3.16`), and for official images that are built no more under
their old name (`openjdk`, `java`).

Why: what is found in them stays in them. The packages of a release that has ended leave the mirrors
after a while, and then the build fails.

What it leaves alone: it changes nothing, because a newer release may need changes in the program.
Names with a variable, tags such as `latest` that go on to newer releases, and images that are not
known are passed over. The dates are those of endoflife.date on the day that
`dockfix/state/life_table.py` names; what ends after that day is not pointed out. Debian counts as
supported until the end of its long term support.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.end_of_life import Ended, ended
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each image."""
    told: set[str] = set()
    for stage in facts.stages:
        if stage.base is None or stage.base_stage is not None or stage.base in told:
            continue
        told.add(stage.base)
        end = ended(stage.base)
        if end is not None:
            start = stage.instructions[0].words[0].start
            yield Group(start, _message(stage.base, end), (), Safety.NOTE)


def _message(image: str, end: Ended) -> str:
    if not end.image:
        if not end.since:
            return f"{image}: {end.what} gets no security fixes any more; take a newer release"
        since = f"has had no security fixes since {end.since}"
        return f"{image}: {end.what} {since}; take a newer release"
    message = f"{image} has not been built since {end.since}"
    return f"{message}; {end.instead} has taken its place" if end.instead else message


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF530",
    name="renew-base",
    summary="Point out base images that get no security fixes any more",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
