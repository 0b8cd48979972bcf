"""A package list as its author laid it out: what stands between packages, what belongs together.

A list is a row of slots; a slot is a gap and what follows it. Sorting moves packages from slot to
slot, gaps stay where they are, so the layout stays without anybody printing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.lists import Gap, gap_of
from dockfix.edit.style import Style, deeper, indent_at
from dockfix.managers.manager import Argument, Command, base
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Word
from dockfix.state.facts import source_span

_WORD = lazy(r"[\w.+-]+")
#: Another list of packages on a line of its own: three of them, or one that goes on below.
_ON_OTHER_LINES = lazy(
    r"(?:\n([ \t]+)&&|&&[ \t]*+[\\`]\r?\n([ \t]++)(?!&&))"
    r"[^\n]*?[ \t](?:add|install)[ \t]+(?:-\S*+[ \t]+)*"
    r"((?:[\w$][^\s;&|]*+[ \t]+){2}[\w$][^;&|\\\n]*+|(?=\\\n))"
)
_STOP = lazy(r"\.(?!\w)")


class Entry(Record):
    """A package or, behind the first package, an option with its value.

    `movable` says that it may change places. `leads` says that it is an option without a value,
    behind nothing but packages and such options: it may stand in front of them. `bound` says that
    the comment above it, in `gap`, speaks of it and moves with it.
    """

    start: int
    end: int
    text: str
    value: str
    movable: bool
    gap: Gap
    leads: bool = False
    bound: bool = False


class Listing(Record):
    """The list of one command. `sections` are runs of entries to be sorted each on its own."""

    entries: tuple[Entry, ...]
    sections: tuple[tuple[int, ...], ...]

    @property
    def one_per_line(self) -> bool:
        return all(entry.gap.breaks for entry in self.entries[1:])


class _Known(Record):
    """The packages of a list by their names in lower case; `unusual` names are not one word."""

    values: dict[str, set[str]]
    unusual: tuple[str, ...]


def listing_of(
    dockerfile: Dockerfile, instruction: Instruction, command: Command
) -> Listing | None:
    """The list of a command, or None if it is empty or laid out in a way that is not understood."""
    arguments = command.arguments
    first = _beginning(command)
    if first is None:
        return None
    before = arguments[first - 1].end if first else command.verb.end
    _, done = source_span(instruction, command.verb.start, max(before, command.verb.end))
    entries: list[Entry] = []
    for number, argument in enumerate(arguments[first:], first):
        start, end = source_span(instruction, argument.start, argument.end)
        text = dockerfile.source[start:end]
        gap = gap_of(dockerfile.source[done:start], dockerfile.escape)
        if gap is None or "\n" in text:
            return None
        doubtful = number > 0 and _may_want_value(arguments[number - 1])
        movable = not doubtful and _movable(command, argument)
        value = argument.words[0].value or ""
        leads = (
            argument.option != ""
            and len(argument.words) == 1
            and "=" not in value
            and value != "--"
            and all(one.movable or one.leads for one in entries)
        )
        entries.append(Entry(start, end, text, value, movable, gap, leads))
        done = end
    if any(entry.gap.comments for entry in entries):
        # what a comment above an option speaks of could not be told any more
        entries = [entry._replace(leads=False) for entry in entries]
    if any(entry.gap.lines for entry in entries):
        known = _known(entries)
        bound = [_speaks_of(number, entries, known) for number in range(len(entries))]
        if all(bound[number] for number, entry in enumerate(entries) if entry.gap.comments):
            entries = [one._replace(bound=is_) for one, is_ in zip(entries, bound, strict=True)]
    return _with_sections(entries)


def _beginning(command: Command) -> int | None:
    """Where the list begins: behind the options, and variables among them, that lead it."""
    first = None
    for number, argument in enumerate(command.arguments):
        if argument.option:
            first = None
        elif first is None:
            first = number
        if _movable(command, argument):
            return first
    return first


def _movable(command: Command, argument: Argument) -> bool:
    word = argument.words[0]
    return not argument.option and word.value is not None and command.manager.is_plain(word.value)


def _may_want_value(argument: Argument) -> bool:
    """True if an unquoted variable may end in an option whose value comes next."""
    word: Word = argument.words[0]
    if argument.option or not word.expansions:
        return False
    return any(
        not expansion.quoted and re.search("OPT|ARG|FLAG|PARAM", expansion.name.upper())
        for expansion in word.expansions
    )


def _speaks_of(number: int, entries: list[Entry], known: _Known) -> bool:
    """True if the comment above names this package and no other of the list, and is no heading.

    It could be one if nothing came after the package (`# install jenkins`), or something of the
    same name (`# git`, above git and git-lfs). `known` are the packages of the list.
    """
    entry = entries[number]
    comments = entry.gap.comments
    follows = entries[number + 1] if number + 1 < len(entries) else None
    return (
        entry.movable
        and bool(comments)
        and not entry.gap.divides
        and follows is not None
        and follows.movable
        and not follows.gap.lines
        and base(entry.value) not in base(follows.value)
        and _is_about(comments[0], entry)
        and not any(
            known.values[name] - {entry.value} for line in comments for name in _named(line, known)
        )
    )


def _known(entries: Iterable[Entry]) -> _Known:
    values: dict[str, set[str]] = {}
    for entry in entries:
        if entry.movable:
            values.setdefault(base(entry.value), set()).add(entry.value)
    return _Known(values, tuple(name for name in values if not _WORD.fullmatch(name)))


def _is_about(line: str, entry: Entry) -> bool:
    return next(_named(line, _known([entry])), None) is not None


def _named(line: str, known: _Known) -> Iterator[str]:
    """Those of the packages that a comment speaks of.

    Of the word `a.b..` these could be `a.b`, `a.b.` and `a.b..`: there a full stop may end the
    sentence.
    """
    line = line.lower()
    for word in _WORD.findall(line):
        for end in (len(word), *(stop.start() for stop in _STOP.finditer(word))):
            if word[:end] in known.values:
                yield word[:end]
    for name in known.unusual:
        if re.search(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-]|\.\w)", line):
            yield name


def _with_sections(entries: list[Entry]) -> Listing:
    """A comment opens a section, and so does an empty line; what may not move ends one.

    A comment that names its package is not a heading: it goes with the package. Neither are
    comments that stand above one package each, one after the other.
    """
    sections: list[list[int]] = []
    open_section = False
    for index, entry in enumerate(entries):
        if not entry.movable:
            open_section = False
            continue
        heading = entry.gap.divides or (bool(entry.gap.comments) and not entry.bound)
        if open_section and not heading:
            sections[-1].append(index)
        else:
            sections.append([index])
        open_section = True
    joined: list[list[int]] = []
    open_row = grown = False  # of the last section: all have a comment of their own; has grown
    for section in sections:
        if open_row and _annotated(entries, section) and joined[-1][-1] + 1 == section[0]:
            for index in section if grown else (*joined[-1], *section):
                entries[index] = entries[index]._replace(bound=True)
            joined[-1] += section
            grown = True
        else:
            joined.append(list(section))
            open_row = all(_annotated(entries, [index]) for index in section)
            grown = False
    return Listing(tuple(entries), tuple(map(tuple, joined)))


def _annotated(entries: list[Entry], section: list[int]) -> bool:
    """True if a section is one package with a comment of its own above it."""
    gap = entries[section[0]].gap
    return len(section) == 1 and bool(gap.comments) and not gap.divides


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def list_indent(instruction: Instruction, begin: int, style: Style, shown: str = "") -> str:
    """How deep a list stands that is laid out anew. `begin` is where its command begins, `shown` is
    how deep lines of it stand already.

    If other lists of the RUN stand below a command of another line, one of the first line stands as
    deep, unless it stands one step deep already.
    """
    source = style.file.dockerfile.source
    if source.find("\n", instruction.start, begin) >= 0:
        return deeper(indent_at(source, begin), style)
    indent = deeper(indent_at(source, instruction.keyword_offset), style)
    for other in _ON_OTHER_LINES.finditer(source, begin, instruction.end):
        names, below = other[3].split(), other[1] or other[2]
        # one that is in order stays on its line
        in_order = names and names == sorted(names, key=_letters)
        if shown != indent and len(below) >= len(indent) and not in_order:
            return deeper(below, style)
    return indent
