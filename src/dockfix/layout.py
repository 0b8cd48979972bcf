"""How an author lays continued lines out: what a pass asks before it writes lines of its own.

`style_of` reads the instruction first, then the other RUNs of the file, and settles what neither
shows by the habit of most files: four spaces, `&&` at the beginning of a line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from dockfix.edits import Edit
from dockfix.records import Record
from dockfix.remembered import cached_by_value, remembered
from dockfix.syntax.tree import Blank, Comment, Dockerfile, Instruction


class Style(Record):
    """The look of continued lines: `own` is what an instruction itself shows of it.

    What that leaves open is looked for in the file once somebody asks: most do not ask for all.
    """

    dockerfile: Dockerfile
    eol: str
    own: _Signs

    @property
    def escape(self) -> str:
        """The escape character."""
        return self.dockerfile.escape

    @property
    def indent(self) -> str:
        """One unit of indentation."""
        shown = self.own.indent
        if shown is None:
            shown = _signs_of_file(self.dockerfile).until(lambda signs: signs.indent).indent
        return "    " if shown is None else shown

    @property
    def leading(self) -> bool:
        """Whether `&&` opens a line (`a \\⏎    && b`) instead of closing one (`a && \\⏎    b`)."""
        return self._operators.leading is not False

    @property
    def chain(self) -> str:
        """What stands before the next command of a chain, `&&` included when it leads: often
        `indent`, but one space in files that write ` && b`."""
        shown = self._operators.chain
        return self.indent if shown is None else shown

    @property
    def tight(self) -> bool:
        """Whether nothing stands between an operator and the escape character (`a &&\\`)."""
        shown = self.own.tight
        if shown is None:
            shown = _signs_of_file(self.dockerfile).until(lambda signs: signs.tight).tight
        return shown is True

    @property
    def _operators(self) -> _Signs:
        if self.own.leading is None:
            return _signs_of_file(self.dockerfile).until(lambda signs: signs.leading)
        return self.own

    @property
    def newline(self) -> str:
        """What ends a line that goes on: a space, the escape character, the line ending."""
        return f" {self.escape}{self.eol}"

    def ending(self, operator: str) -> str:
        """What ends a line in an operator: it, and `newline` as the author writes that there."""
        return f"{operator}{self.escape}{self.eol}" if self.tight else operator + self.newline

    def joint(
        self, *, sequence: bool = False, comments: Sequence[str] = (), margin: bool = False
    ) -> str:
        """What joins a command to the one before it, with comments on lines of their own above it.

        By `&&`; by `;` if `sequence`. Comments stand at the `margin` or as the commands do.
        """
        lines = ""
        if comments:
            indent = "" if margin else self.chain
            lines = "".join([f"{indent}{comment}{self.eol}" for comment in comments])
        if sequence:
            return f"{self.ending(';')}{lines}{self.chain}"
        if self.leading:
            return f"{self.newline}{lines}{self.chain}&& "
        return f" {self.ending('&&')}{lines}{self.chain}"


@remembered
def comments_at_margin(dockerfile: Dockerfile) -> bool:
    """Whether the author keeps all comments inside of instructions at the margin."""
    starts = [one.start for item in dockerfile.instructions for one in item.comments]
    return bool(starts) and all(dockerfile.source[start - 1] == "\n" for start in starts)


def in_line(*, sequence: bool) -> str:
    """What joins two commands on one line."""
    return "; " if sequence else " && "


def as_beside(gap: str, *, sequence: bool, otherwise: str) -> str:
    """What joins a command as those beside it are joined, by `gap`; `otherwise` if that goes on in
    another line and holds a comment, or another operator."""
    if "\n" not in gap:
        return in_line(sequence=sequence)
    return gap if "#" not in gap and sequence is not ("&&" in gap) else otherwise


class _Signs(Record):
    """What continued lines show, as far as they do: the unit of indentation, whether operators
    lead, what then stands before the next command of a chain, and whether the escape character
    follows an operator at the end of a line at once. The middle two show together or not at all."""

    indent: str | None
    leading: bool | None
    chain: str | None
    tight: bool | None

    def or_else(self, other: _Signs) -> _Signs:
        """These signs, and those of `other` for what they do not show."""
        return _Signs(
            other.indent if self.indent is None else self.indent,
            other.leading if self.leading is None else self.leading,
            other.chain if self.chain is None else self.chain,
            other.tight if self.tight is None else self.tight,
        )


_NOTHING = _Signs(None, None, None, None)
_OPERATOR = "&&"
_CONDITIONS = frozenset(("elif", "if", "until", "while"))


def style_of(dockerfile: Dockerfile, instruction: Instruction | None = None) -> Style:
    """The style of an instruction, or of the file."""
    own = _NOTHING if instruction is None else _signs_of(dockerfile, instruction)
    return Style(dockerfile, _eol(dockerfile, instruction), own)


def removal(dockerfile: Dockerfile, instruction: Instruction) -> Edit:
    """The edit that takes an instruction out, with the blank lines behind it if some go before."""
    items = dockerfile.items
    index = bisect_left(items, instruction.start, key=lambda item: item.start)
    end = instruction.end
    if index and isinstance(items[index - 1], Blank | Comment):
        for below in range(index + 1, len(items)):
            item = items[below]
            if not isinstance(item, Blank):
                break
            end = item.end
    return Edit(instruction.start, end, "")


@remembered
def starts(dockerfile: Dockerfile) -> dict[int, int]:
    """Where the comments right above each instruction begin, or it does itself, by its start."""
    found: dict[int, int] = {}
    above: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Comment):
            line = dockerfile.source.rfind("\n", 0, item.start) + 1
            above = line if above is None else above
            continue
        if isinstance(item, Instruction):
            found[item.start] = item.start if above is None else above
        above = None
    return found


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


class _SignsOfFile:
    """What the RUNs of a file show, read from the top as far as somebody asks."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._found = _NOTHING
        self._unread = (
            _signs_of(dockerfile, one)
            for one in dockerfile.instructions
            if one.keyword == "RUN" and len(one.logical.offsets) > 1
        )

    def until(self, shown: Callable[[_Signs], str | bool | None]) -> _Signs:
        """The signs of as many RUNs as it takes to show one of them, the first to show each."""
        while shown(self._found) is None:
            more = next(self._unread, None)
            if more is None:
                break
            self._found = self._found.or_else(more)
        return self._found


@remembered
def _signs_of_file(dockerfile: Dockerfile) -> _SignsOfFile:
    return _SignsOfFile(dockerfile)


def _signs_of(dockerfile: Dockerfile, instruction: Instruction) -> _Signs:
    if len(instruction.logical.offsets) < 2:
        return _NOTHING  # it goes on in no other line
    # every list of a RUN asks: its text is cut out once, not once for each of them
    known = _known_signs(dockerfile)
    key = instruction.start, instruction.arguments_end
    if key not in known:
        text = dockerfile.source[instruction.start : instruction.text_end]
        known[key] = _signs(text, dockerfile.escape)
    return known[key]


@remembered
def _known_signs(dockerfile: Dockerfile) -> dict[tuple[int, int], _Signs]:
    """The signs of the RUNs of a file, as far as somebody asked, by where they start and end."""
    return {}


@cached_by_value
def _signs(text: str, escape: str) -> _Signs:
    """The signs of one RUN. An indent of one space is only ever that of ` && b`, so no unit.

    Lines of a condition are laid out after the `if`, not as commands of a chain are.
    """
    if "\n" not in text:
        return _NOTHING
    indents: list[str] = []
    leads: list[str] = []
    follows: list[str] = []
    tights: list[bool] = []
    behind_operator = in_condition = False
    may_ask = "if" in text or "while" in text or "until" in text
    for number, line in enumerate(text.split("\n")):
        body = line.strip()
        if number:
            if not body or body[0] == "#":
                continue
            if not in_condition and body != escape:
                indent = line[: len(line) - len(line.lstrip(" \t"))]
                if body.startswith(_OPERATOR):
                    leads.append(indent)
                elif behind_operator:
                    follows.append(indent)
                indents.append(indent)
        if may_ask:
            words = body.split()
            if not _CONDITIONS.isdisjoint(words[:2]):
                in_condition = True
            if in_condition and ("then" in words or "do" in words):
                in_condition = False
        written = line.rstrip(" \t\r")
        behind_operator = False
        if written.endswith(escape):
            ended = written[: -len(escape)]
            command = ended.rstrip(" \t")
            behind_operator = command.endswith(_OPERATOR)
            if behind_operator or command.endswith(";"):
                tights.append(len(ended) == len(command))
    units = [indent for indent in indents if "\t" in indent or len(indent) > 1]
    leading = len(leads) >= len(follows) if leads or follows else None
    return _Signs(
        min(units, key=_width) if units else None,
        leading,
        None if leading is None else leads[0] if leading else follows[0],
        all(tights) if tights else None,
    )


def _width(indent: str) -> int:
    return len(indent.expandtabs(8))
