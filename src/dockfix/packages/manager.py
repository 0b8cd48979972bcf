"""What dockfix knows of a package manager: the shape of one table, and the names of packages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.typed import Literal

#: What a command does to an image. "reads": looks into the lists of what can be had.
Action = Literal["update", "install", "upgrade", "remove", "clean", "reads", "other"]


class Manager(Record):
    """One package manager, frozen.

    `verbs` maps its subcommands to what they do. `flags` are options without a value, `valued`
    those with one (`-t x`, `-tx`, `--opt x`, `--opt=x`); an option in neither is not known, and a
    command with such an option is not understood. Before the verb `early_flags` and `early_valued`
    hold, for a manager that means something else there (None: the same as behind it).

    `plain` matches a package word that may be moved within its list, `ordered` one that makes the
    order of the whole list count: ask `is_plain` and `is_ordered`. `single` are options that speak
    of one package only. `same` maps an option to the spelling it is compared by.
    `lists` is where it keeps the lists of what can be had ("" if dockfix has no use for them).
    """

    name: str
    programs: frozenset[str]
    verbs: dict[str, Action]
    flags: frozenset[str]
    valued: frozenset[str]
    plain: re.Pattern[str]
    ordered: re.Pattern[str] | None = None
    early_flags: frozenset[str] | None = None
    early_valued: frozenset[str] | None = None
    single: frozenset[str] = frozenset()
    same: tuple[tuple[str, str], ...] = ()
    lists: str = ""

    def is_plain(self, word: str) -> bool:
        """Whether a package word may be moved within its list."""
        return _is_simple(word) or self.plain.fullmatch(word) is not None

    def is_ordered(self, word: str) -> bool:
        """Whether a package word makes the order of the whole list count."""
        return (
            self.ordered is not None
            # apt removes `name-`
            and not (_is_simple(word) and word[-1] != "-")
            and self.ordered.fullmatch(word) is not None
        )


@lru_cache(maxsize=4096)
def _is_simple(word: str) -> bool:
    """Whether a word is a name for every manager: most are, and then no pattern is compiled."""
    return (
        word.isascii()
        and word.replace("-", "").isalnum()
        and word[0] != "-"
        # npm takes these for values
        and word not in ("true", "false", "null")
    )


_BEHIND_NAME = lazy(r"[=<>~!/:@\[;\s]")


@lru_cache(maxsize=4096)
def base(name: str) -> str:
    """The name of a package without version, suite, architecture, extras."""
    if name.replace("-", "").isalnum():
        # nearly all are, and then no pattern is compiled
        return name.lower()
    return _BEHIND_NAME.split(name.lstrip("@"), maxsplit=1)[0].lower()


def versions(program: str, *versions: str) -> frozenset[str]:
    """The names of a program that is installed with its version in its name, too."""
    return frozenset((program, *(f"{program}{version}" for version in versions)))


def words(*texts: str) -> frozenset[str]:
    """The words of several texts."""
    return frozenset(" ".join(texts).split())


def verbs(**actions: str) -> dict[str, Action]:
    """Verbs by action: `verbs(install="install add")`."""
    return {verb: action for action, text in _typed(actions) for verb in text.split()}


def _typed(actions: dict[str, str]) -> Iterable[tuple[Action, str]]:
    known: dict[str, Action] = {
        "update": "update", "install": "install", "upgrade": "upgrade", "remove": "remove",
        "clean": "clean", "reads": "reads", "other": "other",
    }  # fmt: skip
    return [(known[name], text) for name, text in actions.items()]
