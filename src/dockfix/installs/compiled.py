"""Whether an install lives on what an earlier one has compiled, because the compiler is gone.

    RUN apt-get install -y gcc && pip install -r requirements.txt && apt-get purge -y gcc
    RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt

pip keeps in its cache what it has built of a source, and takes it from there the second time.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.installs.caches import Use
from dockfix.installs.runs import Run
from dockfix.managers.parts import Cache
from dockfix.programs.command import call_of


def is_compiled_before(stages: Sequence[Sequence[Run]], cache: Cache) -> bool:
    """True if packages of the system go between two installs of the same, in one stage."""
    return any(_again_behind_a_removal(runs, cache) for runs in stages)


def _again_behind_a_removal(runs: Sequence[Run], cache: Cache) -> bool:
    before: set[str] = set()
    compiled: frozenset[str] = frozenset()
    for run in runs:
        if run.script is None:
            continue
        uses = {use.simple.start: use for use in run.of(cache) if use.fills}
        for simple in run.script.nested:
            use = uses.get(simple.start)
            if use is not None:
                if not compiled.isdisjoint(wanted := _wanted(use)):
                    return True
                before |= wanted
            elif before and (call := call_of(simple)) is not None and call.manager.system:
                compiled = frozenset(before) if call.action == "remove" else compiled
    return False


def _wanted(use: Use) -> set[str]:
    """What an install is asked for: names of packages, or of files with their names."""
    words = [word.value or word.text for word in use.words]
    aside = {use.verb and use.verb.value, use.cache.name}
    return {word for word in words if word[:1] != "-" and word not in aside}
