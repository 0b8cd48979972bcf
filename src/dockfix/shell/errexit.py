"""Whether `set -e` in the shell could change what a script does (POSIX XCU 2.8.1).

In doubt the answer is yes.
"""

from __future__ import annotations

from dockfix.shell.patterns import lazy
from dockfix.shell.tree import (
    Case,
    Command,
    Expansion,
    For,
    Function,
    Group,
    If,
    Item,
    Loop,
    Simple,
    Subshell,
    Word,
)

_INFALLIBLE = frozenset((":", "true", "echo", "printf", "export", "set", "umask", "unset"))
_IDENTIFIER = lazy(r"[A-Za-z_][A-Za-z0-9_]*")


def is_chain(items: tuple[Item, ...]) -> bool:
    """True if a list is nothing but simple commands and pipelines of them, joined by `&&`.

    Errexit changes nothing in one: a command that fails ends the list and the script with its
    status anyway.
    """
    return (
        len(items) == 1
        and items[0].terminator != "&"
        and "||" not in [operator.text for operator in items[0].node.operators]
        and all(
            isinstance(command, Simple)
            for pipeline in items[0].node.pipelines
            for command in pipeline.commands
        )
    )


def sensitive(items: tuple[Item, ...]) -> bool:
    """True if errexit could change what a list does, were it in force.

    True if a command that can fail is followed by another whatever its status, here or inside a
    compound command, a function or a command substitution.
    """
    return any(map(_can_fail, items[:-1])) or any(map(sensitive_item, items))


def sensitive_item(item: Item) -> bool:
    """`sensitive`, of what lies inside one and-or list."""
    commands = [one for pipeline in item.node.pipelines for one in pipeline.commands]
    return any(map(_sensitive_command, commands))


def _sensitive_command(command: Command) -> bool:
    """True if errexit could change what goes on inside a command."""
    if isinstance(command, Simple):
        bodies = [expansion.body for expansion in _expansions(command) if expansion.body]
        return any(map(sensitive, bodies))
    if isinstance(command, (Subshell, Group)):
        return sensitive(command.body)
    if isinstance(command, (For, Loop)):
        inside = command.body if isinstance(command, For) else command.condition + command.body
        return any(map(_can_fail, inside)) or sensitive(command.body)
    if isinstance(command, If):
        bodies = [body for branch in command.branches for body in branch]
        return any(map(sensitive, [*bodies, command.orelse or ()]))
    if isinstance(command, Case):
        return any(sensitive(body) for _, body in command.arms)
    return isinstance(command, Function)


def _can_fail(item: Item) -> bool:
    """True if a command of an item may fail."""
    for pipeline in item.node.pipelines:
        for command in pipeline.commands:
            if not isinstance(command, Simple) or command.redirects:
                return True
            if "command" in [expansion.kind for expansion in _expansions(command)]:
                return True
            if command.words and not _is_infallible(command.words):
                return True
    return False


def _is_infallible(words: tuple[Word, ...]) -> bool:
    """True if a command succeeds in every shell: not `export a-b`, which names no variable."""
    name = words[0].value
    return name in _INFALLIBLE and (
        name not in ("export", "unset")
        or all(_IDENTIFIER.fullmatch(word.text.partition("=")[0]) for word in words[1:])
    )


def _expansions(command: Simple) -> list[Expansion]:
    """The expansions of a command, nested ones too. Most commands have none."""
    found: list[Expansion] = []
    for word in command.words:
        found += word.expansions
    for assignment in command.assignments:
        found += assignment.value.expansions
    for redirect in command.redirects:
        found += redirect.target.expansions
        found += redirect.expansions
    for expansion in found:
        found += expansion.nested  # and so are those inside them
    return found
