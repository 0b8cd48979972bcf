"""Points out a COPY of the whole build context above an install that does not need it.

What it does: one note for each file, at the first `COPY . …` with an install of packages by name or
from a manifest below it in the same stage.

Why: any edited file makes every step below run again, the install and its downloads included.

What it leaves alone: it never changes a file; with the build context at hand install-before-source
does, wherever it can prove that the install reads nothing else. `pip install .` and the like, which
do need the source. Triggers.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Group, Safety
from dockfix.facts import places, script_of
from dockfix.packages import action_of
from dockfix.packages.language import NPM
from dockfix.passes.base import Example, Pass, Settings
from dockfix.passes.signs import EVERYTHING
from dockfix.shell.tree import Script, Simple
from dockfix.syntax.tree import Dockerfile, Instruction


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    for stage in dockerfile.stages:
        source: Instruction | None = None
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD") and source is None:
                source = instruction if _is_whole(instruction) else None
            elif instruction.keyword == "RUN" and source is not None:
                script = script_of(instruction, places(dockerfile)[instruction.start])
                if isinstance(script, Script) and any(map(_installs, script.simples)):
                    message = "any edited file installs everything again: copy the source later"
                    yield Group(source.keyword_offset, message, (), Safety.NOTE)
                    return


def _is_whole(instruction: Instruction) -> bool:
    words = instruction.json or tuple(word.text for word in instruction.words)
    return words[0] in EVERYTHING and not any(flag.name == "from" for flag in instruction.flags)


def _installs(simple: Simple) -> bool:
    """Whether packages are installed, by name or from a manifest, and not from the source."""
    found = action_of(simple)
    texts = [word.text for word in simple.words[1:]]
    return (
        found is not None
        and (found[1] == "install" or (found[0] is NPM and "ci" in texts))
        and not any(text[:1] in "./" or text in ("-e", "link") for text in texts)
    )


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF521",
    name="copy-source-late",
    summary="Point out a COPY of everything above an install",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM node:20\nCOPY . .\nRUN npm install\n",
            note="any edited file installs everything again: copy the source later",
        ),
        Example("FROM python:3\nCOPY . .\nRUN pip install .\n", why="it installs the source"),
        Example("FROM node:20\nCOPY src src\nRUN npm install\n", why="not everything is copied"),
    ),
)
