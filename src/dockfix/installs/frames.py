"""Commands of a package manager without their packages, in which those that may be one agree."""

from __future__ import annotations

from dockfix.programs.command import command_of, commands_in
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple


@cached_by_identity
def frame(simple: Simple) -> tuple[object, ...]:
    """All of a manager's command but its packages: equal for two that differ in nothing else.

    How much a command prints makes no difference, nor in which spelling it is told to go on.
    """
    command = command_of(simple)
    if command is None:
        return (simple,)
    manager = command.manager
    letters = frozenset(manager.brief)
    spoken = [one for one in command.options if not _is_brief(one.option, letters)]
    brief = "".join(one.option for one in command.options if _is_brief(one.option, letters))
    return (
        manager.name,
        command.program,
        command.verb.text,
        tuple((one.name, one.value.text) for one in simple.assignments),
        tuple(sorted((one.option, one.early and not manager.anywhere) for one in spoken)),
        command.action == "install" and _goes_on(brief, manager.silence_agrees),
    )


def _is_brief(option: str, letters: frozenset[str]) -> bool:
    return len(option) > 1 and option[0] == "-" and letters.issuperset(option[1:])


def _goes_on(brief: str, silence_agrees: int) -> bool:
    return "y" in brief or (silence_agrees > 0 and brief.count("q") >= silence_agrees)


def is_quiet(simple: Simple) -> bool:
    """True if all that a command redirects is what it prints, and that goes nowhere."""
    return all(
        one.target.value == "/dev/null"
        if one.operator in (">", ">>", "&>")
        else one.operator == ">&" and one.target.value in ("1", "2")
        for one in simple.redirects
    )


def values(simple: Simple) -> list[str]:
    """The packages of an install, as the manager gets them, as far as they are known."""
    command = command_of(simple)
    return [word.value or "" for word in command.packages] if command else []


@cached_by_identity
def has_alike(script: Script) -> bool:
    """True if two installs of a script, or two updates, differ in nothing but their packages."""
    found = [
        (command.action, simple)
        for simple, command in commands_in(script)
        if command.action in ("install", "update")
    ]
    actions = [action for action, _ in found]
    if len(set(actions)) == len(actions):
        return False  # one update and one install, as in most scripts
    frames = [(action, frame(simple)) for action, simple in found]
    return len(set(frames)) < len(frames)
