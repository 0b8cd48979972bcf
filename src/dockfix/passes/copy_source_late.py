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

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Group, Safety
from dockfix.managers.manager import Manager
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import EVERYTHING
from dockfix.programs.command import action_of
from dockfix.shell.tree import Script, Simple
from dockfix.state.facts import Facts, script_of


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    for stage in facts.stages:
        source: Instruction | None = None
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD") and source is None:
                source = instruction if _is_whole(instruction) else None
            elif instruction.keyword == "RUN" and source is not None:
                script = script_of(instruction, facts.places[instruction.start])
                if isinstance(script, Script) and any(map(_installs, script.simples)):
                    message = (
                        "an edit of any copied file re-runs the install below: copy the source "
                        "after the install"
                    )
                    yield Group(source.keyword_offset, message, (), Safety.NOTE)
                    return


def _is_whole(instruction: Instruction) -> bool:
    words = instruction.json or tuple(word.text for word in instruction.words)
    return words[0] in EVERYTHING and not any(flag.name == "from" for flag in instruction.flags)


def _installs(simple: Simple) -> bool:
    """True if packages are installed, by name or from a manifest, and not from the source."""
    found = action_of(simple)
    texts = [word.text for word in simple.words[1:]]
    return (
        found is not None
        and (found[1] == "install" or _keeps_to_lock(found[0], texts))
        and not any(text[:1] in "./" or text in ("-e", "link") for text in texts)
    )


def _keeps_to_lock(manager: Manager, words: list[str]) -> bool:
    """True if a command installs what a lock file says."""
    return manager.lock is not None and bool(manager.lock.verb) and manager.lock.verb in words


def verify(before: Facts, after: Facts) -> str | None:
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
)
