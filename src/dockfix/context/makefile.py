"""What `make` does, as far as a Makefile says it plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.shell.patterns import lazy

_RULE = lazy(r"(?m)^([\w./ -]++)::?(?!=)[ \t]*+([^\n#]*+)\n((?:\t[^\n]*+(?:\n|\Z)|[ \t]*+\n)*)")


def recipes(text: str, calls: Iterable[Iterable[str]]) -> Iterator[str]:
    """The recipes of the targets that some calls of `make` name, and of those that they depend on.

    Each call is the words behind `make`. One without a target makes the first of the file.
    """
    rules: dict[str, list[tuple[str, str]]] = {}
    for targets, needs, recipe in _RULE.findall(text):
        for target in targets.split():
            rules.setdefault(target, []).append((needs, recipe))
    first = next((name for name in rules if name[0] != "."), "")
    waiting: list[str] = []
    for words in calls:
        waiting += [word for word in words if word in rules] or [first]
    for target in waiting:
        for needs, recipe in rules.pop(target, ()):
            yield recipe
            waiting += needs.split()
