"""Points out a command whose program the base image no longer has.

What it does: one note for each program, at the first command that calls it: `corepack` in a stage
that is built on `node:25` or later.

Why: the build fails there, as soon as somebody takes the newer image; under `node:latest` it does
today.

What it leaves alone: files that mention the program anywhere else, because they may bring it
(`npm install -g corepack`) or ask whether it is there; and commands whose failure may not count.

Safety: a note. How the program is to come is the author's choice.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.programs.gone_programs import Gone, gone_from
from dockfix.shell.tree import Simple
from dockfix.state.facts import Facts, outer_base, source_span


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each program that is gone."""
    told: set[Gone] = set()
    for instruction, script in facts.scripts:
        image = outer_base(facts, facts.places[instruction.start].stage)
        for gone in gone_from(image):
            if gone in told or gone.program not in script.text or "||" in script.text:
                continue
            calls = [one for one in script.simples if _calls(one, gone.program)]
            if calls and not _is_mentioned_beside(facts, gone.program):
                told.add(gone)
                message = (
                    f"{gone.program} is not in {gone.image}:{gone.since} and later; {gone.instead}"
                )
                offset = source_span(instruction, calls[0].start, calls[0].end)[0]
                yield Group(offset, message, (), Safety.NOTE)


def _calls(command: Simple, program: str) -> bool:
    return bool(command.words) and command.words[0].value == program


def _is_mentioned_beside(facts: Facts, program: str) -> bool:
    """True if a file names a program otherwise than by plain calls of it."""
    calls = sum(
        text.count(program)
        for _, script in facts.scripts
        for one in script.simples
        if _calls(one, program)
        for text in [script.text[one.start : one.end]]
    )
    in_comments = sum(text.count(program) for text in _comments(facts))
    return facts.source.count(program) > calls + in_comments


def _comments(facts: Facts) -> Iterator[str]:
    for line in facts.source.splitlines():
        if line.lstrip().startswith("#"):
            yield line


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF528",
    name="find-program",
    summary="Point out a command whose program the base image no longer has",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
