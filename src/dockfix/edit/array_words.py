"""The words of an exec form as a shell would be given them, with the variables that it replaces."""

from __future__ import annotations

from dockfix.dockerfile.exec_form import NotStringsError, read_strings
from dockfix.dockerfile.tree import Instruction
from dockfix.shell.patterns import lazy

VARIABLE = lazy(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-+][^}]*)?\})")
_BARE_VARIABLE = lazy(r"([\[,][ \t]*)(\$(?:\w+|\{\w+\}))(?=[ \t]*[,\]])")
_PLAIN_WORD = lazy(r"[\w./:@%+,=-]+")
_SHELLS = frozenset(("ash", "bash", "dash", "ksh", "sh", "zsh"))
_IN_QUOTES = lazy(r"[\"\\`]")


def strings_and_variables(instruction: Instruction) -> tuple[str, ...] | None:
    """The strings of an array, or what they are meant to be where a variable has no quotes."""
    if instruction.json is not None or instruction.arguments[:1] != "[":
        return instruction.json
    try:
        return read_strings(_BARE_VARIABLE.sub(r'\1"\2"', instruction.arguments))
    except NotStringsError:
        return None


def scripts_in(argv: tuple[str, ...]) -> frozenset[int]:
    """The numbers of the words that a shell among the words is given as its script by `-c`."""
    found: set[int] = set()
    for number, word in enumerate(argv):
        if word.rpartition("/")[2] not in _SHELLS:
            continue
        takes_script = False
        place = number + 1
        while place < len(argv) and argv[place][:1] in ("-", "+"):
            option = argv[place]
            takes_script = takes_script or (option[:2] != "--" and "c" in option)
            place += 1 + (option[1:2] in ("o", "O"))
        if takes_script:
            found.add(place)
    return frozenset(found)


def as_script(argv: tuple[str, ...]) -> str:
    """The words of an array as a shell would be given them, its variables to be replaced."""
    return " ".join(("exec", *map(_as_word, argv)))


def _as_word(value: str) -> str:
    if _PLAIN_WORD.fullmatch(value):
        return value
    if VARIABLE.search(value):
        return '"' + _IN_QUOTES.sub(r"\\\g<0>", value) + '"'
    return "'" + value.replace("'", "'\\''") + "'"
