"""Points out a CMD or ENTRYPOINT in shell form that exec-form cannot make an array.

What it does: a note at the last CMD and ENTRYPOINT of each stage that a shell has to run, because
there are several commands, a pipe or the like, none of which is put in place of the shell by
`exec`.

Why: that shell is the first process of the container. It does not pass the SIGTERM of `docker stop`
on to the program, which is killed ten seconds later. `exec` before the last command, or a script
that ends so, lets it arrive.

What it leaves alone: what exec-form changes or offers to change; a text with `exec` in it, although
the builder warns there, too; instructions below a SHELL, as the builder's own check does; a
HEALTHCHECK.

Safety: a note. Where `exec` belongs in a longer script, its author knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts
from dockfix.state.starts import is_ignored


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each CMD and ENTRYPOINT that needs its shell."""
    for stage in facts.stages:
        last = {one.keyword: one for one in stage.instructions if one.keyword in _STARTS}
        for instruction in last.values():
            place = facts.places[instruction.start]
            if (
                instruction.json is not None
                or instruction.heredocs
                or place.shell.options
                or place.shell.dialect != "sh"
                or is_ignored(facts, stage, instruction)
            ):
                continue
            script = read_script(instruction.arguments, place.shell.dialect)
            if not isinstance(script, Script) or _is_replaced(script):
                continue
            message = (
                f"the shell of {instruction.keyword} passes no signals on: docker stop waits, "
                "then kills"
            )
            yield Group(instruction.keyword_offset, message, (), Safety.NOTE)


def _is_replaced(script: Script) -> bool:
    """True if there is only one command, or one of them takes the place of the shell."""
    simples = script.simples
    return len(simples) < 2 or any(
        word.value == "exec" for one in simples for word in one.words[:1]
    )


_STARTS = ("CMD", "ENTRYPOINT")


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF549",
    name="keep-signals",
    summary="Point out a CMD or ENTRYPOINT whose shell keeps signals from its program",
    safety=Safety.NOTE,
    aliases=("JSONArgsRecommended", "DL3025"),
    rewrite=rewrite,
    verify=verify,
)
