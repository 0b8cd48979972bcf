"""RUNs as clean-package-cache looks at them, and those that do nothing but clean up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.installs import caches
from dockfix.installs.caches import Use, cleans_up, covered
from dockfix.installs.lists import Lists, lists_of, speaks_of_apt
from dockfix.managers import manager_of
from dockfix.managers.parts import Cache
from dockfix.programs.command import program_of
from dockfix.programs.effects import deeds
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, Place, ReadRun


class Run(Record):
    """A RUN, its script (None if it was not read), and the managers' commands in it, in order."""

    owner: Instruction
    shell: Instruction
    place: Place
    script: Script | None
    uses: tuple[Use, ...]

    def of(self, cache: Cache) -> list[Use]:
        """The commands of one manager."""
        return [use for use in self.uses if use.cache is cache] if self.uses else []


def with_uses(run: ReadRun) -> Run:
    """A RUN with what its script calls."""
    owner, shell, place, script = run
    if not isinstance(script, Script):
        return Run(owner, shell, place, None, ())
    return Run(owner, shell, place, script, caches.uses(script))


def undecided(run: Run, cache: Cache, last: Simple | None = None) -> bool:
    """True if nobody has made up his mind about a manager's cache in a RUN.

    `last` is the last command that fills the cache: what is removed above comes back with it.
    """
    script = run.script
    return (
        script is not None
        and not (
            any(map(script.text.__contains__, cache.cleaned))
            and any(map(_without_removals(script, cache, last).__contains__, cache.cleaned))
        )
        and not (cache.names and any(map(run.place.names.__contains__, cache.names)))
        and not (
            run.shell.flags
            and any(
                flag.name == "mount" and covered(cache, flag.value or "")
                for flag in run.shell.flags
            )
        )
        and not any(_fills(cache, name) for name in shadowed(script))
    )


def _fills(cache: Cache, program: str) -> bool:
    """True if a program is one of the manager that the cache belongs to."""
    manager = manager_of(program)
    return manager is not None and manager.cache is cache


def _without_removals(script: Script, cache: Cache, last: Simple | None) -> str:
    """The text of a script, without the commands above `last` that remove something."""
    if last is None or shadowed(script):
        return script.text
    parts: list[str] = []
    done = 0
    for one in script.simples:
        text = script.text[one.start : one.end]
        if one.end <= last.start and (removes(one) or cleans_up(text, (cache,))):
            parts.append(script.text[done : one.start])
            done = one.end
    return "".join((*parts, script.text[done:]))


def lists_in(run: Run) -> Lists:
    """What a RUN does with apt's lists, as far as it says so."""
    if run.script is not None:
        return lists_of(run.script)
    body = "\n".join((run.shell.arguments, *(one.content for one in run.shell.heredocs)))
    return Lists(opaque=speaks_of_apt(body))


def runs_own_cleanup(run: Run, above: Simple) -> bool:
    """True if a script runs behind a command that is called so that it may clean up itself."""
    if run.script is None or "clean" not in run.script.text:
        return False
    for simple in run.script.simples:
        found = program_of(simple) if simple.start > above.start else None
        name = found[0].rpartition("/")[2] if found else ""
        if "clean" in name.lower() and manager_of(name) is None:
            return True
    return False


def first_call(script: Script, names: frozenset[str]) -> str:
    """The first of some programs that a script calls, or an empty text."""
    for simple in script.nested if names else ():
        found = program_of(simple)
        if found is not None and found[0] in names:
            return found[0]
    return ""


def own_cleanup(
    facts: Facts, later: Iterable[Run], cache: Cache
) -> tuple[str, tuple[str, ...], Edit] | None:
    """A later RUN that does nothing but clean up: its text, its comments, its removal.

    Only if no RUN before it has to do with the manager, or might out of sight.
    """
    run = cleaning_run(later, cache)
    if run is None or run.script is None:
        return None
    from dockfix.edit.removal import removal_from

    above = _directly_above(facts.dockerfile, run.owner)
    start = above[0].start if above else run.owner.start
    removal = removal_from(facts.dockerfile, start, run.owner)
    return run.script.text.rstrip(" \t;"), tuple(one.text for one in above), removal


def cleaning_run(later: Iterable[Run], cache: Cache) -> Run | None:
    """The first of later RUNs that does nothing but clean up; None if one stands before it that has
    to do with the manager, or might out of sight."""
    for run in later:
        if run.script is None:
            return None
        if _cleans_only(run, cache):
            return run
        if run.of(cache) or (cache.lists and _touches_apt(run)):
            return None
    return None


def _touches_apt(run: Run) -> bool:
    return (
        speaks_of_apt(run.shell.arguments)
        or run.script is None
        or any("installs" in deed.kinds for deed in deeds(run.script))
    )


def _cleans_only(run: Run, cache: Cache) -> bool:
    script = run.script
    if (
        script is None
        or script.comments
        or run.shell.comments
        or run.shell.flags
        or run.owner is not run.shell
        or len(script.items) != 1
        or any(operator.text == "||" for operator in script.items[0].node.operators)
    ):
        return False
    return all(
        not pipeline.negated
        and len(pipeline.commands) == 1
        and isinstance(command := pipeline.commands[0], Simple)
        and not command.redirects
        and not command.assignments
        and cleans_up(script.text[command.start : command.end], (cache,))
        for pipeline in script.items[0].node.pipelines
    ) and (not cache.lists or any(map(removes, script.simples)))


def _directly_above(dockerfile: Dockerfile, owner: Instruction) -> tuple[Comment, ...]:
    first = number = bisect_left(dockerfile.items, owner.start, key=lambda item: item.start)
    while first and isinstance(dockerfile.items[first - 1], Comment):
        first -= 1
    return tuple(one for one in dockerfile.items[first:number] if isinstance(one, Comment))


def removes(simple: Simple) -> bool:
    """True if a command is `rm`."""
    return bool(simple.words) and simple.words[0].value == "rm"
