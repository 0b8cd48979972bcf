"""What commands beside a build change that the final stage would not have.

A RUN of the build is not done again in the final stage. So what it makes, or changes of files that
the final stage copies anew, must be among what is carried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manifests.shape import UnsureError
from dockfix.stages.project import Language, here_of
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import landings
from dockfix.stages.view import View
from dockfix.state.paths import copy_of, resolve, within

#: Commands that make files, those that change some, and those that remove some; of the latter two,
#: how many of their first words are no files.
_MAKE = frozenset(("mkdir", "tee", "touch"))
_CHANGE = {"chgrp": 1, "chmod": 1, "chown": 1, "dos2unix": 0, "sed": 1, "strip": 0, "rm": 0}
#: Where nothing lies that a program needs.
_SCRATCH = ("/dev", "/proc", "/root/.cache", "/tmp", "/var/cache", "/var/lib/apt", "/var/tmp")


def check_side_effects(
    view: View,
    language: Language,
    build: Collection[int],
    carried: Collection[str],
    consumed: Collection[Instruction],
) -> None:
    """Raises UnsureError if a RUN of the build changes more than what is carried.

    `build` are the starts of the instructions of the build, `consumed` the copies among them.
    """
    again: list[str] = []
    folders: list[str] = []
    brought: list[str] = []
    for one in view.instructions:
        if one.keyword not in ("COPY", "ADD"):
            continue
        copy = copy_of(one, here_of(view, one, language))
        if copy is not None:
            (folders if one in consumed else again).extend(
                [copy.target] if one in consumed else copy.landings(view.context)
            )
        if copy is not None and one in consumed and view.context is not None:
            brought += [path for path, _ in landings(copy, view.context)]
    for run in view.runs.values():
        if run.instruction.start not in build:
            continue
        line = view.line(run.instruction)
        for done, here in _with_places(view, run, language):
            for kind, word in _touched(done):
                path = resolve(here, word)
                if path is not None and any(within(path, one) for one in _SCRATCH):
                    continue
                if path is None and kind == "removed":
                    continue
                if path is None or any(_meet(path, one) for one in again):
                    raise UnsureError(
                        f"what {done.program} in line {line} does to {word} is lost in the final"
                        " stage"
                    )
                if kind == "removed" or any(_meet(path, one) for one in carried):
                    continue
                if any(_meet(path, one) and one.endswith(language.source) for one in brought):
                    continue  # it stands for source that comes later
                if kind == "made" or not any(within(path, one) for one in folders):
                    raise UnsureError(
                        f"line {line} works on {word}, which the final stage would not have"
                    )


def _meet(path: str, other: str) -> bool:
    """True if one of two paths, which may be patterns, lies in the other."""
    return (
        within(path, other)
        or within(other, path)
        or fnmatchcase(path, other)
        or fnmatchcase(other, path)
    )


def _with_places(view: View, run: Run, language: Language) -> Iterator[tuple[Done, str]]:
    """The commands of a RUN, and where each works."""
    here = here_of(view, run.instruction, language)
    for done in run.done or ():
        if done.program == "cd":
            here = resolve(here, (done.values[1:] or [""])[0]) or here
        yield done, here


def _touched(done: Done) -> Iterator[tuple[str, str]]:
    """What a command makes, changes or removes, and in which of these ways."""
    words = [value for value in done.values[1:] if value[:1] != "-"]
    if done.program in _MAKE:
        yield from (("made", word) for word in words)
    elif done.program in _CHANGE:
        kind = "removed" if done.program == "rm" else "changed"
        yield from ((kind, word) for word in words[_CHANGE[done.program] :])
    if done.program in ("echo", "printf", "cat", *_MAKE):
        for redirect in done.simple.redirects:
            to = redirect.target.value or redirect.target.text
            if ">" in redirect.operator and not to.isdecimal():
                yield "made", to
