"""The words of an exec form: as a shell would be given them, and those of a command as an array."""

from __future__ import annotations

from dockfix.dockerfile.exec_form import NotStringsError, read_strings
from dockfix.dockerfile.tree import Instruction, Logical
from dockfix.edit.arrays import escaped, merged, quoted
from dockfix.edit.edits import Edit
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Word

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


def as_array(logical: Logical, base: int, words: tuple[Word, ...]) -> tuple[Edit, ...] | None:
    """The edits that make an array of a command's words, whose offsets count from `base` on.

    Each is put into quotes where it stands, so that the layout and comments between stay. None if
    a word would have to be written anew over a line break.
    """
    replaced = words[0].value == "exec"
    opening = Edit(words[0].start, words[replaced].start, "[")
    if crosses_lines(logical, base + opening.start, base + opening.end):
        return None
    edits = [opening]
    for word in words[replaced:]:
        inside = quoted(word.text, word.value or "")
        if inside is None:
            if crosses_lines(logical, base + word.start, base + word.end):
                return None
            inside = [Edit(0, len(word.text), f'"{escaped(word.value or "")}"')]
        edits += [
            Edit(edit.start + word.start, edit.end + word.start, edit.text) for edit in inside
        ]
        edits.append(Edit(word.end, word.end, "]" if word is words[-1] else ","))
    return tuple(merged([in_source(logical, base, edit) for edit in edits]))


def in_source(logical: Logical, base: int, edit: Edit) -> Edit:
    """An edit of an instruction's text, counted from `base` on, as one of the source."""
    start, end = base + edit.start, base + edit.end
    if start == end:
        return Edit(logical.offset_end(start), logical.offset_end(start), edit.text)
    return Edit(logical.offset(start), logical.offset_end(end), edit.text)


def crosses_lines(logical: Logical, start: int, end: int) -> bool:
    """True if a continuation lies between two positions of a logical line."""
    return start < end and logical.offset_end(end) - logical.offset(start) != end - start
