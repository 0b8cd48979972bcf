"""The author's style, and the writer of layout: passes say what goes in, this module lays it out.

`FileStyle.of` reads the instruction first, then the other RUNs of the file. What neither shows is
settled by the habit of most files: four spaces, `&&` at the beginning of a line. Lists are laid out
in `lists`, whole instructions in `removal` and `moves`; no module outside `edit/` writes a line
ending, an indentation or an escape character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from dockfix.dockerfile.tree import Blank, Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.signs import NOTHING, Signs, signs_of, width
from dockfix.records import Record


class Style(Record):
    """The look of continued lines: `own` is what an instruction itself shows of it.

    What that leaves open is looked for in the file once somebody asks: most do not ask for all.
    """

    file: FileStyle
    eol: str
    own: Signs

    @property
    def escape(self) -> str:
        """The escape character."""
        return self.file.dockerfile.escape

    @property
    def indent(self) -> str:
        """One unit of indentation."""
        shown = self.own.indent
        if shown is None:
            shown = self.file.until(lambda signs: signs.indent).indent
        return "    " if shown is None else shown

    @property
    def _shows_no_unit(self) -> bool:
        return self.own.indent is None and self.file.until(lambda one: one.indent).indent is None

    @property
    def leading(self) -> bool:
        """True if `&&` opens a line (`a \\⏎    && b`) instead of closing one (`a && \\⏎    b`)."""
        return self._operators.leading is not False

    @property
    def chain_indent(self) -> str:
        """What stands before the next command of a chain, `&&` included when it leads: often
        `indent`, but one space in files that write ` && b`."""
        shown = self._operators.chain
        if shown is None and self.own.deeper == " " and self._shows_no_unit:
            return " "
        return self.indent if shown is None else shown

    @property
    def tight(self) -> bool:
        """True if nothing stands between an operator and the escape character (`a &&\\`)."""
        shown = self.own.tight
        if shown is None:
            shown = self.file.until(lambda signs: signs.tight).tight
        return shown is True

    @property
    def _operators(self) -> Signs:
        if self.own.leading is None:
            # commands at the margin are an example only where no RUN indents them
            shown = self.file.until(lambda signs: signs.leading if signs.chain else None)
            return shown._replace(chain=None) if shown.chain == "" and shown.once else shown
        return self.own

    @property
    def newline(self) -> str:
        """What ends a line that goes on: a space, the escape character, the line ending."""
        return f" {self.escape}{self.eol}"

    def ending(self, operator: str) -> str:
        """What ends a line in an operator: it, and `newline` as the author writes that there."""
        return f"{operator}{self.escape}{self.eol}" if self.tight else operator + self.newline

    def joint(self, *, sequence: bool = False, comments: Sequence[str] = ()) -> str:
        """What joins a command to the one before it, with comments on lines of their own above it.

        By `&&`; by `;` if `sequence`. Comments stand where the author keeps them: at the margin, or
        as deep as the commands.
        """
        lines = ""
        if comments:
            lines = self.lines(comments, "" if self.file.comments_at_margin else self.chain_indent)
        if sequence:
            return f"{self.ending(';')}{lines}{self.chain_indent}"
        if self.leading:
            return f"{self.newline}{lines}{self.chain_indent}&& "
        return f" {self.ending('&&')}{lines}{self.chain_indent}"

    def joint_like(self, gap: str) -> str:
        """What joins a command by `&&` where `gap` joins its neighbors: on a line of its own if
        they are."""
        return self.joint() if "\n" in gap else in_line(sequence=False)

    @property
    def pipe(self) -> str:
        """What joins a command to one before it that it reads from, on a line of its own."""
        return f"{self.newline}{self.indent}| "

    def flags(self, flags: Iterable[str]) -> str:
        """Flags of an instruction, each followed by the beginning of a new line."""
        return "".join(f"{flag}{self.newline}{self.indent}" for flag in flags)

    def item(self, word: str, indent: str, above: str = "") -> str:
        """A word on a line of its own, with whole lines above it."""
        return f"{self.newline}{above}{indent}{word}"

    def lines(self, texts: Iterable[str], indent: str = "") -> str:
        """Whole lines, with indentation and endings."""
        return "".join([f"{indent}{text}{self.eol}" for text in texts])


def line_above(instruction: Instruction, texts: Iterable[str], style: Style) -> Edit:
    """The edit that puts whole lines above an instruction, as deep as it stands."""
    start = instruction.start
    indent = style.file.dockerfile.source[start : instruction.keyword_offset]
    return Edit(start, start, style.lines(texts, indent))


def in_line(*, sequence: bool) -> str:
    """What joins two commands on one line."""
    return "; " if sequence else " && "


def as_beside(gap: str, *, sequence: bool, otherwise: str) -> str:
    """What joins a command as those beside it are joined, by `gap`; `otherwise` if that goes on in
    another line and holds a comment, or another operator."""
    if "\n" not in gap:
        return in_line(sequence=sequence)
    return gap if "#" not in gap and sequence is not ("&&" in gap) else otherwise


def behind_closing(line: str) -> int:
    """Where a line goes on behind the parentheses that it begins with."""
    at = 0
    while line[at:].lstrip(" \t").startswith(")"):
        at = line.index(")", at) + 1
    return at


def ends_behind_operator(line: str, escape: str) -> bool:
    """True if a line holds nothing but an operator, at most, before what continues it."""
    rest = line.lstrip(" \t")
    operator = next((one for one in ("&&", "||", "|", ";;", ";") if rest.startswith(one)), "")
    rest = rest[len(operator) :].lstrip(" \t")
    return not rest or (rest.startswith(escape) and not rest[len(escape) :].strip(" \t\r"))


def line_behind(
    instruction: Instruction, begin: int, end: int, style: Style
) -> tuple[Edit, ...] | None:
    """The edits that end the line behind a command, so that nothing hangs on its last word.

    The command lies from `begin` to `end`. None if what follows cannot be put on a line of its own.
    """
    source = style.file.dockerfile.source
    stop = source.find("\n", end, instruction.text_end)
    line = source[end : stop if stop >= 0 else instruction.text_end]
    at = behind_closing(line)
    if ends_behind_operator(line[at:], style.escape):
        return ()
    first_line = source.find("\n", instruction.start, begin) < 0
    indent = indent_at(source, begin)
    chain = style.chain_indent if first_line else indent
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


def without_command(
    instruction: Instruction, span: tuple[int, int, int], style: Style
) -> tuple[Edit, ...]:
    """The edits that take a command out, together with the operator before it; comments stay.

    `span` is where the command before it ends, where it begins, and where it ends. None of them if
    the comments above it could not stay.
    """
    start, begin, end = span
    source = style.file.dockerfile.source
    behind = re.compile(rf"[ \t]*(?:&&|;)[ \t]+(?!{re.escape(style.escape)})").match(source, end)
    if behind and "\n" in source[start:begin]:
        return (Edit(begin, behind.end(), ""),)
    lines = "".join(
        source[source.rfind("\n", 0, one.start) + 1 : source.index("\n", one.end) + 1]
        for one in instruction.comments
        if start <= one.start < end
    )
    if not lines:
        return (Edit(start, end, ""),)
    newline = source.find("\n", end, instruction.text_end)
    if newline < 0 or source[end:newline].strip() != style.escape:
        return ()
    return (Edit(start, newline + 1, style.newline + lines),)


def deeper(indent: str, style: Style) -> str:
    """The indentation of what belongs to a command on a line indented by `indent`.

    As deep as the RUN shows it, else one unit, on a stop of the unit.
    """
    unit, shown = style.indent, style.own.deeper
    if shown is not None and _is_step(shown, indent, unit):
        return indent + shown
    if "\t" in indent + unit:
        return indent + ("\t" if "\t" in indent else unit)
    return " " * ((len(indent) // len(unit) + 1) * len(unit))


def _is_step(shown: str, indent: str, unit: str) -> bool:
    """True if what a RUN shows is a step in, and no column that happens to be there."""
    if shown == " ":
        return indent in ("", " ")
    step = max(width(unit), 1)
    return not width(indent) % step and (width(shown) <= step or not width(shown) % 2)


def indent_at(source: str, offset: int) -> str:
    """The indentation of the line that holds an offset."""
    start = source.rfind("\n", 0, offset) + 1
    line = source[start:offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def whole_lines(source: str, start: int, end: int) -> tuple[int, int]:
    """A span from the first word of a line to that of another one, made one of whole lines, so that
    what follows keeps its indentation; any other span as it is."""
    first, last = source.rfind("\n", 0, start) + 1, source.rfind("\n", 0, end) + 1
    if last > start and not source[first:start].strip(" \t") and not source[last:end].strip(" \t"):
        return first, last
    return start, end


def _eol(dockerfile: Dockerfile, instruction: Instruction | None) -> str:
    source = dockerfile.source
    end = source.find("\n", instruction.start if instruction else 0)
    if end < 0:
        end = source.find("\n")
    return "\r\n" if end > 0 and source[end - 1] == "\r" else "\n"


class FileStyle:
    """The look of a whole file: what its instructions show, read as far as somebody asks."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.dockerfile = dockerfile
        self._shown = NOTHING
        # holds the file, and not this object: what holds itself stays for long (`__main__`)
        self._unread = (
            one
            for one in dockerfile.instructions
            if one.keyword == "RUN" and len(one.logical.offsets) > 1
        )
        self._known: dict[tuple[int, int], Signs] = {}
        self._at_margin: bool | None = None
        self._starts: dict[int, int] | None = None
        self._ends: dict[int, int] | None = None
        self._blanks: tuple[frozenset[int], dict[int, int]] | None = None

    def of(self, instruction: Instruction | None = None) -> Style:
        """The style of an instruction, or of the file."""
        own = NOTHING if instruction is None else self._signs_of(instruction)
        return Style(self, _eol(self.dockerfile, instruction), own)

    def of_several(self, instructions: Sequence[Instruction]) -> Style:
        """The style of an instruction that several become: where most of their operators stand,
        and else what the first shows that shows it."""
        shown = [self._signs_of(one) for one in instructions]
        lead = sum(one.operators for one in shown if one.leading)
        trail = sum(one.operators for one in shown if one.leading is False)
        own = NOTHING
        # with as many of either kind, the first decides
        for one in shown:
            if lead == trail or one.leading in (None, lead > trail):
                own = own.or_else(one)
        for one in shown:
            own = own.or_else(one)
        return Style(self, _eol(self.dockerfile, instructions[0]), own)

    @property
    def comments_at_margin(self) -> bool:
        """True if the author keeps all comments inside of instructions at the margin."""
        if self._at_margin is None:
            source = self.dockerfile.source
            starts = [one.start for item in self.dockerfile.instructions for one in item.comments]
            self._at_margin = bool(starts) and all(source[start - 1] == "\n" for start in starts)
        return self._at_margin

    @property
    def starts(self) -> dict[int, int]:
        """Where each instruction begins, with the comments right above it, by its own start."""
        if self._starts is None:
            self._starts = _starts(self.dockerfile)
        return self._starts

    @property
    def ends(self) -> dict[int, int]:
        """Where each instruction ends, with the comments that belong to it, by its start: those
        right below it, if an empty line or the end of the file follows them."""
        if self._ends is None:
            self._ends = _ends(self.dockerfile)
        return self._ends

    @property
    def blanks(self) -> tuple[frozenset[int], dict[int, int]]:
        """Where empty lines start, and where they start by where they end."""
        if self._blanks is None:
            blanks = [item for item in self.dockerfile.items if isinstance(item, Blank)]
            self._blanks = (
                frozenset(item.start for item in blanks),
                {item.end: item.start for item in blanks},
            )
        return self._blanks

    def until(self, shown: Callable[[Signs], str | bool | None]) -> Signs:
        """The signs of as many RUNs as it takes to show one of them, the first to show each."""
        while shown(self._shown) is None:
            more = next(self._unread, None)
            if more is None:
                break
            self._shown = self._shown.or_else(self._signs_of(more))
        return self._shown

    def _signs_of(self, instruction: Instruction) -> Signs:
        """The signs of one instruction."""
        if len(instruction.logical.offsets) < 2:
            return NOTHING  # it goes on in no other line
        # every list of a RUN asks: its text is cut out once, not once for each of them
        key = instruction.start, instruction.arguments_end
        if key not in self._known:
            text = self.dockerfile.source[instruction.start : instruction.text_end]
            self._known[key] = signs_of(text, self.dockerfile.escape)
        return self._known[key]


def _ends(dockerfile: Dockerfile) -> dict[int, int]:
    found: dict[int, int] = {}
    owner: Instruction | None = None
    end = 0
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            owner, end = item, item.end
            found[item.start] = end
        elif isinstance(item, Comment):
            end = dockerfile.source.find("\n", item.end) + 1 or len(dockerfile.source)
        else:
            if owner is not None:
                found[owner.start] = end
            owner = None
    if owner is not None:
        found[owner.start] = end
    return found


def _starts(dockerfile: Dockerfile) -> dict[int, int]:
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
