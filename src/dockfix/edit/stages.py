"""A stage that becomes two or three: the edits, with comments, empty lines and the author's style.

What the build needs stays where it stands. What the final stage needs of it is repeated below the
new FROM, without the comments; what only the final stage needs moves there, with its comments.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.dockerfile.tree import Blank, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.style import FileStyle, Style, deeper, in_line, indent_at
from dockfix.records import Record


class Call(Record):
    """A command of a RUN that is written anew: its words, and the list that it ends in.

    `broken`: the list has a line for each of its items.
    """

    head: str
    items: tuple[str, ...] = ()
    broken: bool = False


class Piece(Record):
    """Something that the final stage begins with.

    `instruction` is the one of the build stage that it comes from, if any. It moves if `moved`;
    else it is repeated, or `text` stands in its place: a whole line or more, without an ending.
    """

    instruction: Instruction | None
    text: str = ""
    moved: bool = False


class Division(Record):
    """How a stage is divided.

    `begin` is its FROM, `last` the last instruction of the build stage. `image` is the base of the
    final stage, as FROM names it. `build` and `final` are the names of the stages; `final` may be
    empty. `below` are lines that the build stage ends with. With a name `shared`, what stands above
    `first` becomes a stage of its own, on which the other two are built: then `image` is not used.
    `above` are lines of the build stage, and the instruction above which each stands. `carried` are
    the lines that copy what the build leaves.
    """

    begin: Instruction
    last: Instruction
    image: str
    build: str
    final: str = ""
    shared: str = ""
    first: Instruction | None = None
    above: tuple[tuple[Instruction, tuple[str, ...]], ...] = ()
    pieces: tuple[Piece, ...] = ()
    carried: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


def divided(files: FileStyle, one: Division) -> tuple[Edit, ...]:
    """The edits that divide a stage."""
    style = files.of(one.begin)
    edits = [_named(one.begin, one.shared or one.build)]
    inserted: dict[int, str] = {}
    if one.shared and one.first is not None:
        at = files.starts[one.first.start]
        line = _from(one.begin, one.shared, one.build, flags=False)
        inserted[at] = _spaced(files, at, style.lines([line]), style)
    for instruction, lines in one.above:
        at = files.starts[instruction.start]
        inserted[at] = inserted.get(at, "") + style.lines(lines)
    edits += [Edit(at, at, text) for at, text in inserted.items()]
    moved = [piece.instruction for piece in one.pieces if piece.instruction and piece.moved]
    edits += _taken_out(files, moved)
    edits.append(_final_stage(files, one, style))
    return tuple(edits)


def _final_stage(files: FileStyle, one: Division, style: Style) -> Edit:
    source, at = files.dockerfile.source, files.ends[one.last.start]
    image = one.shared or one.image
    text = style.lines([_from(one.begin, image, one.final, flags=not one.shared)])
    if one.begin.end in files.blanks[0] and (one.pieces or one.carried):
        text += style.eol
    for index, piece in enumerate(one.pieces):
        words = _text(files, piece, style)
        text += (style.eol if index and words.lstrip().startswith("#") else "") + words
    text += style.lines(one.carried)
    text = style.lines(one.below) + style.eol + text
    if at == len(source) and not source.endswith("\n"):
        return Edit(at, at, style.eol + text.removesuffix(style.eol))
    if at < len(source) and at not in files.blanks[0]:
        following = next(
            (item for item in files.dockerfile.instructions if item.start >= at), one.last
        )
        if files.starts[following.start] != following.start:
            text += style.eol
    return Edit(at, at, text)


def _text(files: FileStyle, piece: Piece, style: Style) -> str:
    """The lines of a piece."""
    one = piece.instruction
    if one is None or piece.text:
        return style.lines([piece.text])
    source = files.dockerfile.source
    if piece.moved:
        text = source[files.starts[one.start] : files.ends[one.start]]
        return text if text.endswith("\n") else text + style.eol
    return repeated(files, one)


def repeated(files: FileStyle, one: Instruction) -> str:
    """The lines of an instruction without the comment lines in it."""
    source, text, done = files.dockerfile.source, "", one.start
    for comment in one.comments:
        line = source.rfind("\n", 0, comment.start) + 1
        text += source[done:line]
        done = source.find("\n", comment.end) + 1
    text += source[done : one.end]
    return text if text.endswith("\n") else text + files.of(one).eol


def _taken_out(files: FileStyle, moved: Sequence[Instruction]) -> list[Edit]:
    """The edits that take instructions out, each with its comments and, if it stands alone between
    empty lines, one of these."""
    ending = {item.start: item.end for item in files.dockerfile.items if isinstance(item, Blank)}
    above = set(ending.values())
    spans: list[tuple[int, int]] = []
    for one in moved:
        start, end = files.starts[one.start], files.ends[one.start]
        if start in above and end in ending:
            end = ending[end]
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [Edit(start, end, "") for start, end in spans]


def _named(begin: Instruction, name: str) -> Edit:
    """The edit that gives the stage of a FROM a name, in place of the one it has."""
    if len(begin.words) > 2:
        return Edit(begin.words[2].start, begin.words[2].end, name)
    return Edit(begin.text_end, begin.text_end, f" {_as(begin)} {name}")


def _as(begin: Instruction) -> str:
    if len(begin.words) > 2:
        return begin.words[1].text
    keyword = begin.logical.text[begin.keyword_start :]
    return "AS" if keyword[:4].isupper() else "as"


def _from(begin: Instruction, image: str, name: str, *, flags: bool) -> str:
    """The line of a FROM, written as another one is."""
    text = begin.logical.text[begin.keyword_start : begin.arguments_start]
    head = text if flags else f"{text.split()[0]} "
    return f"{head}{image} {_as(begin)} {name}" if name else f"{head}{image}"


def _spaced(files: FileStyle, at: int, text: str, style: Style) -> str:
    """Lines with an empty line above them, if there is none."""
    above = {item.end for item in files.dockerfile.items if isinstance(item, Blank)}
    return text if at in above else style.eol + text


def calls_text(
    style: Style, keyword: str, calls: Sequence[Call], broken: Sequence[bool], owner: Instruction
) -> str:
    """A RUN of several calls, without a line ending: `broken` says of each but the first whether it
    begins a line."""
    source = style.file.dockerfile.source
    unit = deeper(indent_at(source, owner.keyword_offset), style)
    text = f"{keyword} "
    for index, call in enumerate(calls):
        if index:
            text += style.joint() if broken[index - 1] else in_line(sequence=False)
        text += call.head
        indent = deeper(style.chain_indent, style) if index and broken[index - 1] else unit
        for item in call.items:
            text += style.item(item, indent) if call.broken else f" {item}"
    return text
