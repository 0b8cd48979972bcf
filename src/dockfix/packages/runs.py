"""RUNs as clean-package-cache looks at them, and those that do nothing but clean up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from dockfix.edits import Edit
from dockfix.facts import Place, ReadRun
from dockfix.layout import style_of
from dockfix.packages import caches
from dockfix.packages.caches import APT, Cache, Use, cleans_up, covered
from dockfix.packages.command import program_of
from dockfix.packages.lists import Lists, lists_of, speaks_of_apt, text_hides, words_hide
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Comment, Dockerfile, Instruction


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
    """Whether nobody has made up his mind about a manager's cache in a RUN.

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
        and cache.programs.isdisjoint(shadowed(script))
    )


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


def lists_in(run: Run, copied: frozenset[str] = frozenset()) -> Lists:
    """What a RUN does with apt's lists; `copied` are names of programs that nobody knows."""
    if run.script is not None:
        lists = lists_of(run.script)
        if copied and not lists.needy:
            call = _first_call(run.script, copied)
            if call and (lists.fetches is None or call.start < lists.fetches.start):
                return lists._replace(needs=call)
        return lists
    body = "\n".join((run.shell.arguments, *(one.content for one in run.shell.heredocs)))
    opaque = speaks_of_apt(body) or (
        words_hide(run.shell.json) if run.shell.json is not None else text_hides(body)
    )
    return Lists(opaque=opaque)


def _first_call(script: Script, names: frozenset[str]) -> Simple | None:
    for simple in script.nested:
        found = program_of(simple)
        if found is not None and found[0] in names:
            return simple
    return None


def own_cleanup(
    dockerfile: Dockerfile, later: Iterable[Run], cache: Cache
) -> tuple[str, tuple[str, ...], Edit] | None:
    """A later RUN that does nothing but clean up: its text, its comments, its removal.

    Only if no RUN before it has to do with the manager, or might out of sight.
    """
    for run in later:
        if run.script is None:
            return None
        if _cleans_only(run, cache):
            above = _directly_above(dockerfile, run.owner)
            start = above[0].start if above else run.owner.start
            start = dockerfile.source.rfind("\n", 0, start) + 1
            if not dockerfile.source.endswith("\n", start, run.owner.end):
                start -= len(style_of(dockerfile).eol)  # the line above becomes the open end
            removal = Edit(start, run.owner.end, "")
            return run.script.text.rstrip(" \t;"), tuple(one.text for one in above), removal
        if run.of(cache) or (cache is APT and _touches_apt(run)):
            return None
    return None


def _touches_apt(run: Run) -> bool:
    return lists_in(run).needy or speaks_of_apt(run.shell.arguments)


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
    ) and (cache is not APT or any(map(removes, script.simples)))


def _directly_above(dockerfile: Dockerfile, owner: Instruction) -> tuple[Comment, ...]:
    first = number = bisect_left(dockerfile.items, owner.start, key=lambda item: item.start)
    while first and isinstance(dockerfile.items[first - 1], Comment):
        first -= 1
    return tuple(one for one in dockerfile.items[first:number] if isinstance(one, Comment))


def removes(simple: Simple) -> bool:
    """Whether a command is `rm`."""
    return bool(simple.words) and simple.words[0].value == "rm"
