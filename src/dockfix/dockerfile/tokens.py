"""A file as tokens without gaps. For any input, their texts joined are the source.

The tokens are cut out of the parser's items, so that the two cannot disagree. If the parser refuses
an instruction, one last token holds the file from there on.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.arguments import Refusal
from dockfix.dockerfile.parser import read_items
from dockfix.dockerfile.source import BOM, WHITE_SPACE
from dockfix.dockerfile.tree import Blank, Comment, Directive, Heredoc, Instruction
from dockfix.records import Record
from dockfix.typed import Literal

Kind = Literal[
    "bom",
    "directive",
    "comment",
    "space",
    "keyword",
    "flag",
    "arguments",
    "continuation",
    "eol",
    "heredoc body",
    "heredoc end",
    "refused",
]


class Token(Record):
    """A stretch of the source, `start` to `end`, never empty."""

    kind: Kind
    start: int
    end: int


def tokenize(source: str) -> list[Token]:
    """The tokens of `source` in order, without a gap between them. Never raises."""
    tokens = [Token("bom", 0, 1)] if source[:1] == BOM else []
    pos = len(tokens)
    try:
        for item in read_items(source):
            found = list(_tokens(source, pos, item))
            tokens += [token for token in found if token.start < token.end]
            pos = found[-1].end
    except Refusal:
        tokens.append(Token("refused", pos, len(source)))
    return tokens


def _tokens(
    source: str, pos: int, item: Comment | Blank | Directive | Instruction
) -> Iterator[Token]:
    if isinstance(item, Instruction):
        yield from _of_instruction(source, pos, item)
    elif isinstance(item, Blank):
        end = pos + len(source[pos : item.end].rstrip("\r\n"))
        yield Token("space", pos, end)
        yield Token("eol", end, item.end)
    else:
        yield Token("space", pos, item.start)
        kind: Kind = "comment" if isinstance(item, Comment) else "directive"
        yield Token(kind, item.start, item.end)
        newline = source.find("\n", item.end)
        yield Token("eol", item.end, newline + 1 if newline >= 0 else len(source))


def _of_instruction(source: str, pos: int, instruction: Instruction) -> Iterator[Token]:
    spans = _spans(instruction)
    joins, offsets = instruction.logical.joins, instruction.logical.offsets
    ends = (*joins[1:], len(instruction.logical.text))
    for first, last, offset in zip(joins, ends, offsets, strict=True):
        yield from _between(source, pos, offset)
        pos = offset + last - first
        yield from _cut(offset, pos, spans)
    bodies = instruction.heredocs
    yield from _between(source, pos, bodies[0].start if bodies else instruction.end)
    for body in bodies:
        yield from _of_heredoc(source, body)


def _spans(instruction: Instruction) -> list[Token]:
    """Keyword, flags and arguments in the source; of an ONBUILD also those of its child.

    They may run over continuations.
    """
    keyword = instruction.keyword_offset
    written = instruction.keyword_start + len(instruction.keyword)
    spans = [Token("keyword", keyword, instruction.logical.offset_end(written))]
    spans += [Token("flag", flag.start, flag.end) for flag in instruction.flags]
    if instruction.child:
        spans += _spans(instruction.child)
    elif instruction.arguments_start < instruction.arguments_end:
        spans.append(Token("arguments", instruction.text_start, instruction.text_end))
    return spans


def _cut(start: int, end: int, spans: list[Token]) -> Iterator[Token]:
    """A piece of the logical line, cut at the spans that fall into it."""
    while spans and spans[0].end <= start:
        del spans[0]
    for kind, first, last in spans:
        if first >= end:
            break
        yield Token("space", start, max(first, start))
        start = max(first, start)
        yield Token(kind, start, min(last, end))
        start = min(last, end)
    yield Token("space", start, end)


def _between(source: str, start: int, end: int) -> Iterator[Token]:
    """What the logical line leaves out: continuations, line endings, comments, blank lines."""
    while start < end:
        newline = source.find("\n", start, end)
        stop = end if newline < 0 else newline + 1
        text = source[start:stop].rstrip("\r\n")
        body = text.lstrip(WHITE_SPACE)
        first, last = start + len(text) - len(body), start + len(text)
        yield Token("space", start, first)
        yield Token("comment" if body[:1] == "#" else "continuation", first, last)
        yield Token("eol", last, stop)
        start = stop


def _of_heredoc(source: str, heredoc: Heredoc) -> Iterator[Token]:
    last = source.rfind("\n", heredoc.start, heredoc.end - 1) + 1 or heredoc.start
    last = max(last, heredoc.start)
    end = last + len(source[last : heredoc.end].rstrip("\r\n"))
    yield Token("heredoc body", heredoc.start, last)
    yield Token("heredoc end", last, end)
    yield Token("eol", end, heredoc.end)
