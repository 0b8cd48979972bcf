"""Whether installs that follow one another may be made one: what merge-installs knows."""

from __future__ import annotations

from dockfix.installs.frames import frame, values
from dockfix.installs.influence import builds_others, chosen_beside
from dockfix.installs.new_sources import changes_sources
from dockfix.managers.manager import Command, base
from dockfix.programs.command import command_of
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Simple


@cached_by_identity
def settled(simple: Simple) -> bool:
    """True if every package of an install is known by name, and nothing speaks against a merge."""
    command = command_of(simple)
    if command is None or not command.packages:
        return False
    words = [word for option in command.options for word in option.words]
    words += [assignment.value for assignment in simple.assignments]
    return (
        all(_known(command, word.value) for word in command.packages)
        and not any(_keeps_apart(command, option.option) for option in command.options)
        and not any(one.kind != "parameter" for word in words for one in word.expansions)
    )


class Together:
    """Installs of which one can be made: what the later ones have to get along with."""

    def __init__(self, first: Simple) -> None:
        self._frame = frame(first)
        self._settled = settled(first)
        #: Each package, by its name, as it was asked for last.
        self._asked: dict[str, str] = {}
        self._new: list[str] = []
        self._take(values(first))

    def add(self, later: Simple) -> bool:
        """Takes an install, if it may be made together with those before it."""
        command = command_of(later)
        if command is None or self._frame != frame(later):
            return False
        if not self._settled or not settled(later):
            return False
        wanted = values(later)
        # No package may be asked for in two ways.
        if any(self._asked.get(base(value), value) != value for value in wanted):
            return False
        if command.manager.build_tools:
            fits = not builds_others(command.manager.build_tools, self._new + wanted)
        else:
            fits = (
                command.manager.transactions
                and not changes_sources(self._new)
                and not chosen_beside(self._asked, wanted, chooses=command.manager.chooses)
            )
        if fits:
            self._take(wanted)
        return fits

    def _take(self, packages: list[str]) -> None:
        self._asked.update((base(value), value) for value in packages)
        self._new = packages  # those before were looked at when these came


def _known(command: Command, value: str | None) -> bool:
    manager = command.manager
    return value is not None and manager.is_plain(value) and not manager.is_ordered(value)


def _keeps_apart(command: Command, option: str) -> bool:
    return any(
        option == one or option.startswith(f"{one}=") or (one[1] != "-" and option.startswith(one))
        for one in command.manager.apart
    )
