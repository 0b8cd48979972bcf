"""How an author lays continued lines out: what a pass asks before it writes lines of its own.

`style_of` reads the instruction first, then the other RUNs of the file, and settles what neither
shows by the habit of most files: four spaces, `&&` at the beginning of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dockfix.records import Record
from dockfix.syntax.tree import Dockerfile, Instruction


class Style(Record):
    """The look of continued lines.

    `indent` is one unit of indentation. `leading` says that `&&` opens a line (`a \\⏎    && b`)
    instead of closing one (`a && \\⏎    b`). `chain` is what stands before the next command of a
    chain, `&&` included when it leads: often `indent`, but one space in files that write ` && b`.
    """

    eol: str
    escape: str
    indent: str
    leading: bool
    chain: str

    @property
    def newline(self) -> str:
        """What ends a line that goes on: a space, the escape character, the line ending."""
        return f" {self.escape}{self.eol}"

    @property
    def and_then(self) -> str:
        """What stands between two commands of a chain, each on a line of its own."""
        if self.leading:
            return f"{self.newline}{self.chain}&& "
        return f" &&{self.newline}{self.chain}"


class _Signs(Record):
    indents: tuple[str, ...]
    leads: tuple[str, ...]
    follows: tuple[str, ...]


_OPERATORS = ("&&", "||")


def style_of(dockerfile: Dockerfile, instruction: Instruction | None = None) -> Style:
    """The style of an instruction, or of the file."""
    signs = list(_signs_in_order(dockerfile, instruction))
    leading = next((len(s.leads) >= len(s.follows) for s in signs if s.leads or s.follows), True)
    indent = next((s.indents[0] for s in signs if s.indents), "    ")
    if leading:
        chain = next((s.leads[0] for s in signs if s.leads), indent)
    else:
        chain = next((s.follows[0] for s in signs if s.follows), indent)
    return Style(_eol(dockerfile, instruction), dockerfile.escape, indent, leading, chain)


def unit_deeper(indent: str, style: Style) -> str:
    """One unit deeper than a line indented by `indent`, on a stop of the unit."""
    unit = style.indent
    if "\t" in indent + unit:
        return indent + ("\t" if "\t" in indent else unit)
    return " " * ((len(indent) // len(unit) + 1) * len(unit))


def indent_at(source: str, offset: int) -> str:
    """The indentation of the line that holds an offset."""
    start = source.rfind("\n", 0, offset) + 1
    line = source[start:offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _eol(dockerfile: Dockerfile, instruction: Instruction | None) -> str:
    source = dockerfile.source
    end = source.find("\n", instruction.start if instruction else 0)
    if end < 0:
        end = source.find("\n")
    return "\r\n" if end > 0 and source[end - 1] == "\r" else "\n"


def _signs_in_order(dockerfile: Dockerfile, instruction: Instruction | None) -> Iterator[_Signs]:
    if instruction is not None:
        yield _signs(_text(dockerfile, instruction), dockerfile.escape)
    for other in dockerfile.instructions:
        if other.keyword == "RUN" and (instruction is None or other.start != instruction.start):
            yield _signs(_text(dockerfile, other), dockerfile.escape)


def _text(dockerfile: Dockerfile, instruction: Instruction) -> str:
    return dockerfile.source[instruction.start : instruction.text_end]


@lru_cache(maxsize=1024)
def _signs(text: str, escape: str) -> _Signs:
    """What continued lines show: units of indentation, and where the operators stand.

    An indent of one space is only ever that of ` && b`, so it is no unit.
    """
    lines = text.split("\n")
    continued = re.compile(rf"(?P<body>.*?)[ \t]*{re.escape(escape)}[ \t\r]*$")
    indents: list[str] = []
    leads: list[str] = []
    follows: list[str] = []
    behind_operator = False
    for number, line in enumerate(lines):
        body = line.strip()
        if number and (not body or body.startswith("#")):
            continue
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if number and body != escape:
            if body.startswith(_OPERATORS):
                leads.append(indent)
            elif behind_operator:
                follows.append(indent)
            indents.append(indent)
        match = continued.match(line)
        behind_operator = match is not None and match["body"].endswith(_OPERATORS)
    units = [indent for indent in indents if "\t" in indent or len(indent) > 1]
    units.sort(key=lambda indent: len(indent.expandtabs(8)))
    return _Signs(tuple(units), tuple(leads), tuple(follows))
