"""Walks over a script: every command, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import (
    Arithmetic,
    Case,
    Command,
    Expansion,
    For,
    Function,
    Group,
    If,
    Item,
    Loop,
    Script,
    Simple,
    Subshell,
    Test,
    Word,
)


def simples(items: Iterable[Item], *, nested: bool = False) -> tuple[Simple, ...]:
    """The simple commands of a list in order; with `nested`, those in `$(…)` and `<(…)` too."""
    return tuple([one for one in commands(items, nested=nested) if isinstance(one, Simple)])


def commands(items: Iterable[Item], *, nested: bool = False) -> list[Command]:
    """Every command of a list, compound ones before what is inside them."""
    found: list[Command] = []
    _collect(items, nested, found)
    return found


def _collect(items: Iterable[Item], nested: bool, found: list[Command]) -> None:
    """Collects the commands of a list, compound ones before what is inside them."""
    for item in items:
        for pipeline in item.node.pipelines:
            for command in pipeline.commands:
                found.append(command)
                if not isinstance(command, Simple) or (nested and _may_nest(command)):
                    _inside(command, nested, found)


def _inside(command: Command, nested: bool, found: list[Command]) -> None:
    """Collects the commands inside a command; with `nested`, those of its expansions too."""
    if nested:
        for expansion in _expansions(_words(command)):
            _collect(expansion.body or (), True, found)
    if isinstance(command, Function):
        found.append(command.body)
        _inside(command.body, nested, found)
    for body in _bodies(command):
        _collect(body, nested, found)


def _may_nest(command: Simple) -> bool:
    if command.assignments or command.redirects:
        return True
    return any(word.expansions for word in command.words)


def _bodies(command: Command) -> Iterator[tuple[Item, ...]]:
    if isinstance(command, Subshell | Group | For):
        yield command.body
    elif isinstance(command, If):
        for condition, body in command.branches:
            yield condition
            yield body
        if command.orelse is not None:
            yield command.orelse
    elif isinstance(command, Loop):
        yield command.condition
        yield command.body
    elif isinstance(command, Case):
        for _, body in command.arms:
            yield body


def _words(command: Command) -> Iterator[Word | Arithmetic]:
    if isinstance(command, Simple):
        yield from (assignment.value for assignment in command.assignments)
    if isinstance(command, Simple | Test):
        yield from command.words
    elif isinstance(command, For):
        yield from command.words or ()
    elif isinstance(command, Case):
        yield command.word
        for patterns, _ in command.arms:
            yield from patterns
    elif isinstance(command, Arithmetic):
        yield command
    if not isinstance(command, Function):
        yield from (redirect.target for redirect in command.redirects)


def _expansions(words: Iterable[Word | Arithmetic]) -> Iterator[Expansion]:
    waiting = [expansion for word in words for expansion in word.expansions]
    while waiting:
        expansion = waiting.pop(0)
        yield expansion
        waiting[:0] = expansion.nested


@cached_by_identity
def shadowed(script: Script) -> frozenset[str]:
    """The names of functions and aliases of a script: these words run no programs."""
    names = set()
    for simple in script.simples:
        if simple.words and simple.words[0].value == "alias":
            names |= {word.text.partition("=")[0] for word in simple.words[1:]}
    if "(" in script.text or "function" in script.text:
        names |= {one.name for one in commands(script.items) if isinstance(one, Function)}
    return frozenset(names)
