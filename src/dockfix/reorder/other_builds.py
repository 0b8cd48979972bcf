"""Whether other builds of a context miss what a move has its ignore file leave out.

    .dockerignore: node_modules        ops/Dockerfile: COPY node_modules /app/node_modules

A line of the ignore file holds for every Dockerfile of the context. One that copies the path by its
name no longer builds; one that copies a folder around it, and does not install the same itself,
makes another image.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dockfix.context import Context
from dockfix.context.clutter import Surroundings
from dockfix.context.sources import sources_of
from dockfix.dockerfile.tree import Dockerfile
from dockfix.managers import named_in


def missed_by(
    dockerfile: Dockerfile, lines: Sequence[str], managers: Collection[str], context: Context
) -> str:
    """Who may miss what these lines leave out, for a message; "" if nobody does.

    `managers` are those whose installs of this file write there.
    """
    around = Surroundings(dockerfile, context)
    if not around.told:
        return "a Dockerfile that is not known"
    if any(_names(dockerfile, line) for line in lines):
        return "this Dockerfile"
    for other in around.others(dockerfile):
        if any(_names(other, line) or _brings(other, line, managers) for line in lines):
            return other.filename
    return ""


def _sources(dockerfile: Dockerfile) -> list[str]:
    found = [one for item in dockerfile.instructions for one in sources_of(item)]
    return [one for one in found if one is not None]


def _names(dockerfile: Dockerfile, line: str) -> bool:
    return any(one == line or one.startswith(f"{line}/") for one in _sources(dockerfile))


def _brings(dockerfile: Dockerfile, line: str, managers: Collection[str]) -> bool:
    """True if a file copies a folder around a path, and does not install by the same managers."""
    around = any(one in ("", "*") or line.startswith(f"{one}/") for one in _sources(dockerfile))
    if not around:
        return False
    texts = [
        "\n".join((run.arguments, *(body.content for body in run.heredocs)))
        for run in ((one.child or one) for one in dockerfile.instructions)
        if run.keyword == "RUN"
    ]
    return not any(one.name in managers for text in texts for one in named_in(text))
