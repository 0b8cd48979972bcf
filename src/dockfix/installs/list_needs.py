"""Who needs the package lists that a RUN leaves in an image: later RUNs, and what is started."""

from __future__ import annotations

from collections.abc import Callable

from dockfix.context import Context
from dockfix.installs.children import child_with_needs
from dockfix.installs.lists import Lists, Need, hidden_install
from dockfix.installs.runs import Run, first_call
from dockfix.installs.sight import Sight
from dockfix.programs.deed import Deed, is_known
from dockfix.programs.executables import copied
from dockfix.programs.program_table import ANYTHING
from dockfix.state.facts import Facts
from dockfix.state.lineage import may_be_built_on


class ListNeeds:
    """The needs of one file's RUNs and starts."""

    def __init__(
        self,
        facts: Facts,
        context: Context | None,
        around: Callable[[], Context] | None = None,
    ) -> None:
        self._facts, self._context, self._sight = facts, context, Sight(facts, context)
        self._around = around
        # of a program in the table another may have been copied in front
        self._copied = frozenset(filter(is_known, copied(facts, context)))

    def of_run(self, run: Run, lists: Lists) -> Need:
        """What a RUN needs, before it fetches lists of its own."""
        if lists.needy:
            return Need(sure=True)
        found = self._sight.of_run(run.shell, run.owner, run.place, run.script)
        need = _need_of(hidden_install(found, lists.fetches))
        if need == Need() and run.script is not None and lists.fetches is None:
            return Need(doubt=first_call(run.script, self._copied))
        return need

    def of_starts(self) -> list[Need]:
        """For each stage, what an image of it needs when it is started.

        What the stages start that it is built on counts too. A stage that no image is made of
        starts nothing.
        """
        shipped, bases = self._facts.shipped_stages, may_be_built_on(self._facts)
        folder = self._context or (self._around() if self._around else None)
        child = child_with_needs(self._facts, folder) if folder else ""
        built_on = Deed(child, ANYTHING) if child else None
        found: list[Deed | None] = []
        for stage in self._facts.stages:
            deed = None
            if stage.index in shipped:
                deed = hidden_install(self._sight.of_starts(stage), None)
                below = [one for base in bases[stage.index] if (one := found[base])]
                deed = deed or next(iter(below), built_on)
            found.append(deed)
        return [_need_of(deed) for deed in found]


def _need_of(deed: Deed | None) -> Need:
    if deed is None:
        return Need()
    return Need(doubt=deed.program) if deed.unknown else Need(sure=True)
