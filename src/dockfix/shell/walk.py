"""Walking a script: every simple command, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


def walk(script: Script, *, nested: bool = False) -> Iterator[Simple]:
    """The simple commands of a script in order; with `nested`, those in `$(…)` and `<(…)` too."""
    for command in commands(script.items, nested=nested):
        if isinstance(command, Simple):
            yield command


def commands(items: Iterable[Item], *, nested: bool = False) -> Iterator[Command]:
    """Every command of a list, compound ones before what is inside them."""
    for item in items:
        for pipeline in item.node.pipelines:
            for command in pipeline.commands:
                yield from _inside(command, nested)


def _inside(command: Command, nested: bool) -> Iterator[Command]:
    yield command
    if isinstance(command, Simple) and not (nested and _may_nest(command)):
        return
    if nested:
        for expansion in _expansions(_words(command)):
            yield from commands(expansion.body or (), nested=True)
    if isinstance(command, Function):
        yield from _inside(command.body, nested)
    for body in _bodies(command):
        yield from commands(body, nested=nested)


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


def shadowed(script: Script) -> frozenset[str]:
    """The names that functions and aliases of a script hide: no longer the programs they seem."""
    if not any(sign in script.text for sign in ("(", "alias", "function", "\\", "'", '"')):
        return frozenset()
    names = set()
    for command in commands(script.items):
        if isinstance(command, Function):
            names.add(command.name)
        elif isinstance(command, Simple) and command.words and command.words[0].value == "alias":
            names |= {word.text.partition("=")[0] for word in command.words[1:]}
    return frozenset(names)
