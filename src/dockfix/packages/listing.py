"""A package list as its author laid it out: what stands between packages, what belongs together.

A list is a row of slots; a slot is a gap and what follows it. Sorting moves packages from slot to
slot, gaps stay where they are, so the layout stays without anybody printing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.edits import Edit
from dockfix.facts import source_span
from dockfix.layout import Style, indent_at, unit_deeper
from dockfix.packages.command import Argument, Command
from dockfix.packages.manager import base
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.shell.tree import Word
from dockfix.syntax.tree import Dockerfile, Instruction

_WORD = lazy(r"[\w.+-]+")
_STOP = lazy(r"\.(?!\w)")


class Gap(Record):
    """What stands before a slot's word: `head` up to the end of the line, `lines`, then `tail`.

    `lines` are whole lines, endings included: comments, and lines that are empty but for white
    space or the escape character. Without a line break everything is in `tail`.
    """

    head: str
    lines: tuple[str, ...]
    tail: str

    @property
    def text(self) -> str:
        return self.head + "".join(self.lines) + self.tail

    @property
    def breaks(self) -> bool:
        """Whether the word begins a line."""
        return bool(self.head)

    @property
    def comments(self) -> tuple[str, ...]:
        if not self.lines:
            return ()
        return tuple(line for line in self.lines if line.lstrip().startswith("#"))

    @property
    def divides(self) -> bool:
        """Whether an empty line stands in it."""
        return bool(self.lines) and len(self.comments) < len(self.lines)


class Entry(Record):
    """A package or, behind the first package, an option with its value.

    `movable` says that it may change places. `bound` says that the comment above it, in `gap`,
    speaks of it and moves with it.
    """

    start: int
    end: int
    text: str
    value: str
    movable: bool
    gap: Gap
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
        entries.append(Entry(start, end, text, value, movable, gap))
        done = end
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


def gap_of(text: str, escape: str) -> Gap | None:
    """The gap that a text is; None if there is more in it than space, comments and line breaks."""
    head, newline, rest = text.partition("\n")
    if not newline:
        return None if text.strip(" \t") else Gap("", (), text)
    if head.strip() != escape:
        return None
    *lines, tail = rest.split("\n")
    for line in lines:
        if not line.lstrip().startswith("#") and line.strip() not in ("", escape):
            return None
    if tail.strip(" \t"):
        return None
    return Gap(head + newline, tuple(line + "\n" for line in lines), tail)


def _movable(command: Command, argument: Argument) -> bool:
    word = argument.words[0]
    return not argument.option and word.value is not None and command.manager.is_plain(word.value)


def _may_want_value(argument: Argument) -> bool:
    """Whether an unquoted variable may end in an option whose value comes next."""
    word: Word = argument.words[0]
    if argument.option or not word.expansions:
        return False
    return any(
        not expansion.quoted and re.search("OPT|ARG|FLAG|PARAM", expansion.name.upper())
        for expansion in word.expansions
    )


def _speaks_of(number: int, entries: list[Entry], known: _Known) -> bool:
    """Whether the comment above names this package and no other of the list, and is no heading.

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
        and _names(comments[0], entry)
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


def _names(line: str, entry: Entry) -> bool:
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
    """Whether a section is one package with a comment of its own above it."""
    gap = entries[section[0]].gap
    return len(section) == 1 and bool(gap.comments) and not gap.divides


def list_indent(source: str, begin: int, listing: Listing, style: Style) -> str:
    """How deep a list stands, or would if one per line; `begin` is where its command begins."""
    for entry in listing.entries:
        if entry.gap.breaks and entry.gap.tail:
            return entry.gap.tail
    own_line = source.count("\n", begin, listing.entries[0].start) > 0
    indent = indent_at(source, listing.entries[0].start)
    return indent if own_line else unit_deeper(indent, style)


def _behind_closing(line: str) -> int:
    """Where a line goes on behind the parentheses that it begins with."""
    at = 0
    while line[at:].lstrip(" \t").startswith(")"):
        at = line.index(")", at) + 1
    return at


def _ends_behind_operator(line: str, escape: str) -> bool:
    """Whether a line holds nothing but an operator, at most, before what continues it."""
    rest = line.lstrip(" \t")
    operator = next((one for one in ("&&", "||", "|", ";;", ";") if rest.startswith(one)), "")
    rest = rest[len(operator) :].lstrip(" \t")
    return not rest or (rest.startswith(escape) and not rest[len(escape) :].strip(" \t\r"))


def line_behind(
    source: str, instruction: Instruction, begin: int, end: int, style: Style
) -> tuple[Edit, ...] | None:
    """The edits that end the line behind a command, so that nothing hangs on its last package.

    The command lies from `begin` to `end`. None if what follows cannot be put on a line of its own.
    """
    stop = source.find("\n", end, instruction.text_end)
    line = source[end : stop if stop >= 0 else instruction.text_end]
    at = _behind_closing(line)
    if _ends_behind_operator(line[at:], style.escape):
        return ()
    first_line = source.find("\n", instruction.start, begin) < 0
    indent = indent_at(source, begin)
    chain = style.chain if first_line else indent
    operator = re.match(r"[ \t]*(&&|\|\|?)[ \t]+", line[at:])
    if operator and style.leading:
        new = f"{style.newline}{chain}{operator[1]} "
    elif operator:
        new = f" {style.ending(operator[1])}{chain}"
    else:
        operator = re.match(r";[ \t]+", line[at:])
        new = f"{style.ending(';')}{style.indent if first_line else indent}"
    if operator is None:
        return None
    return (Edit(end + at, end + at + operator.end(), new),)


def smallest(source: str, start: int, end: int, text: str) -> tuple[Edit, ...]:
    """The edit without what it would leave the same at both ends."""
    old = source[start:end]
    front = 0
    while front < min(len(old), len(text)) and old[front] == text[front]:
        front += 1
    back = 0
    most = min(len(old), len(text)) - front
    while back < most and old[-1 - back] == text[-1 - back]:
        back += 1
    if front == len(old) == len(text):
        return ()
    return (Edit(start + front, end - back, text[front : len(text) - back]),)
