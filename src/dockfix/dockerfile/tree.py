"""The tree of a Dockerfile: immutable nodes over an unchanged source text.

Offsets (`start`, `end`, half open) count characters of `Dockerfile.source`, which is the file
decoded as UTF-8 with `surrogateescape`. Encoding it the same way gives the bytes back. Lines and
columns exist only in messages (`Dockerfile.position`). A tree is never printed: a pass yields edits
of offsets, and what it does not touch cannot change.
"""

from __future__ import annotations

from bisect import bisect_right

from dockfix.records import Record


class Comment(Record):
    """A whole-line comment, of the file or dropped from inside a continued instruction.

    `start` is the offset of `#`, `end` the offset of the line ending; `text` is what lies between.
    """

    start: int
    end: int
    text: str


class Blank(Record):
    """A line with nothing but white space, its line ending included."""

    start: int
    end: int


class Directive(Record):
    """A parser directive (`# escape=`, `# syntax=`, `# check=`); the span is that of a comment."""

    start: int
    end: int
    name: str
    value: str


class Word(Record):
    """A word of an instruction as written, quotes and escapes kept, continuations joined away."""

    start: int
    end: int
    text: str


class Flag(Record):
    """`--name=value` before the arguments; `value` is None for a bare `--name`.

    `text` is as written; `name` and `value` are as BuildKit reads them, quotes removed.
    """

    start: int
    end: int
    text: str
    name: str
    value: str | None


class Heredoc(Record):
    """The body of a here-document of the Dockerfile, from its first line to its terminator's end.

    `end` lies behind the terminator's line ending; `content` is what the builder reads (leading
    tabs removed when `strip_tabs`); `expand` is False when the delimiter was quoted.
    """

    start: int
    end: int
    name: str
    content: str
    expand: bool
    strip_tabs: bool


class Logical(Record):
    """A logical line: its text with continuations and dropped lines joined away, and where it lies.

    Piece `i` of the text starts at `joins[i]` in `text` and at `offsets[i]` in the source; a piece
    is contiguous in both. `joins[0]` is 0.
    """

    text: str
    joins: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, position: int) -> int:
        """The source offset of the character at `position` of the text (or of the text's end)."""
        piece = bisect_right(self.joins, position) - 1
        return self.offsets[piece] + position - self.joins[piece]

    def offset_end(self, position: int) -> int:
        """The source offset just behind the character before `position`: where a span ends."""
        if position == 0:
            return self.offsets[0]
        return self.offset(position - 1) + 1


class Instruction(Record):
    """One instruction with every line it owns: dropped comments and here-documents included.

    `start` is the beginning of its first line (indentation included), `end` lies behind its last
    line ending. For the child of an ONBUILD both are the parent's, and so are `logical`, `heredocs`
    and `comments`: positions mean the same in both.

    `keyword` is in capitals; `keyword_start`, `arguments_start` and `arguments_end` are positions
    in `logical.text`; the arguments are stripped of white space and come after the flags.
    `json` holds the strings of an exec form (None: not JSON). `words` are the arguments split the
    way this keyword splits them (see the module `arguments`; empty for shell text and exec form).
    `comments` are the comment lines dropped from inside.
    """

    start: int
    end: int
    keyword: str
    logical: Logical
    keyword_start: int
    arguments_start: int
    arguments_end: int
    flags: tuple[Flag, ...]
    words: tuple[Word, ...]
    json: tuple[str, ...] | None
    heredocs: tuple[Heredoc, ...]
    comments: tuple[Comment, ...]
    child: Instruction | None

    @property
    def arguments(self) -> str:
        """The text after keyword and flags, continuations joined away, without here-documents."""
        return self.logical.text[self.arguments_start : self.arguments_end]

    @property
    def text_start(self) -> int:
        """The source offset where the arguments start."""
        return self.logical.offset(self.arguments_start)

    @property
    def text_end(self) -> int:
        """The source offset where the arguments end."""
        return self.logical.offset_end(self.arguments_end)

    @property
    def keyword_offset(self) -> int:
        """The source offset of the keyword: where messages about the instruction point."""
        return self.logical.offset(self.keyword_start)


class Stage(Record):
    """From one FROM to the next. `instructions` starts with the FROM.

    In a fragment, a file without FROM, the only stage has `base` and `name` None. `base` is the
    image as written (variables unexpanded), `name` the word after AS, in lower case. `base_stage`
    is the index of the earlier stage that `base` names, if it surely names one: with a variable in
    `base` it is None.
    """

    index: int  # type: ignore[assignment]  # nobody asks a stage for tuple.index
    name: str | None
    base: str | None
    base_stage: int | None
    instructions: tuple[Instruction, ...]


class Dockerfile(Record):
    """A whole file. `items` are its lines in order: comments, blanks, instructions, directives.

    `instructions` are those among them, children of ONBUILD not counted. `preamble` are the
    instructions before the first FROM (ARG only); a fragment has no preamble and `fragment` is
    True. `escape` is the escape character, a backslash or a backtick.
    """

    source: str
    filename: str
    escape: str
    directives: tuple[Directive, ...]
    items: tuple[Comment | Blank | Directive | Instruction, ...]
    instructions: tuple[Instruction, ...]
    preamble: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    fragment: bool

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; the column counts characters."""
        line_start = self.source.rfind("\n", 0, offset) + 1
        return self.source.count("\n", 0, offset) + 1, offset - line_start + 1
