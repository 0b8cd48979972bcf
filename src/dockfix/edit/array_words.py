"""The words of an exec form as a shell would be given them, with the variables that it replaces."""

from __future__ import annotations

from dockfix.dockerfile.exec_form import NotStringsError, read_strings
from dockfix.dockerfile.tree import Instruction
from dockfix.shell.patterns import lazy

VARIABLE = lazy(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-+][^}]*)?\})")
_BARE_VARIABLE = lazy(r"([\[,][ \t]*)(\$(?:\w+|\{\w+\}))(?=[ \t]*[,\]])")
_PLAIN_WORD = lazy(r"[\w./:@%+,=-]+")
_IN_QUOTES = lazy(r"[\"\\`]")


def strings_and_variables(instruction: Instruction) -> tuple[str, ...] | None:
    """The strings of an array, or what they are meant to be where a variable has no quotes."""
    if instruction.json is not None or instruction.arguments[:1] != "[":
        return instruction.json
    try:
        return read_strings(_BARE_VARIABLE.sub(r'\1"\2"', instruction.arguments))
    except NotStringsError:
        return None


def as_script(argv: tuple[str, ...]) -> str:
    """The words of an array as a shell would be given them, its variables to be replaced."""
    return " ".join(("exec", *map(_as_word, argv)))


def _as_word(value: str) -> str:
    if _PLAIN_WORD.fullmatch(value):
        return value
    if VARIABLE.search(value):
        return '"' + _IN_QUOTES.sub(r"\\\g<0>", value) + '"'
    return "'" + value.replace("'", "'\\''") + "'"
