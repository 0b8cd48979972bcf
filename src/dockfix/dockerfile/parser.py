"""Source text to tree, exactly as BuildKit reads it.

The rules come from BuildKit's frontend/dockerfile: parser/parser.go (lines, directives,
here-documents), parser/split_command.go (keyword and flags) and dockerfile2llb/convert.go (stages).
Those for what stands behind a keyword are in `arguments`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile import words
from dockfix.dockerfile.arguments import READERS, Arguments, Refusal
from dockfix.dockerfile.source import BOM, LINE_LIMIT, WHITE_SPACE, decode, go_lower, is_decoded
from dockfix.dockerfile.tree import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    Logical,
    Stage,
    Word,
)
from dockfix.errors import ExpansionError
from dockfix.shell.patterns import lazy

Item = Comment | Blank | Directive | Instruction

#: Makes the most frequent nodes, quicker than the constructor of a record.
_new = tuple.__new__

_DIRECTIVE = lazy(r"([A-Za-z][A-Za-z0-9]*+)[\t\n\f\r ]*+=")
_REGEXP_SPACE = "\t\n\f\r "
#: What may stand where flags are looked for and is neither skipped before nor an argument.
_FLAG_START = "-\udc85\udca0"
_ONE_PIECE = (0,)
_SURELY_SHORT = LINE_LIMIT // 4 - 1
#: Since docker/dockerfile 1.16 `$((1 << 2))` opens a here-document.
_NOT_MEANT = "; if none is meant, leave no blank behind <<"


def parse(source: bytes | str, filename: str = "Dockerfile") -> Dockerfile:
    """The tree of a file.

    `source` is the file's bytes, or what `source.decode` makes of them. A file without FROM is read
    as a fragment. Raises DockerfileSyntaxError if the file alone shows that BuildKit refuses it.
    Unknown flags are accepted: another frontend may know them.
    """
    text = decode(source) if isinstance(source, bytes) else source
    try:
        if text is source and not is_decoded(text):
            raise Refusal(0, "the text has lone surrogates that stand for no bytes of any file")
        return assemble(text, filename, tuple(read_items(text)))
    except Refusal as refusal:
        from dockfix.dockerfile.refusals import located

        raise located(refusal, text, filename) from None


def read_items(source: str) -> Iterator[Item]:
    """The items of a file in order, as they are read. Raises Refusal where reading stops."""
    escape = "\\"
    pos = _after_bom(source)
    for directive, end in _directives(source, pos):
        yield directive
        pos = end
        if directive.name == "escape":
            escape = directive.value
    yield from items_from(source, pos, escape)


def items_from(source: str, pos: int, escape: str) -> Iterator[Item]:
    """The items from an offset on, where a line begins that continues none above it.

    Directives are not read. Raises Refusal where reading stops.
    """
    length = len(source)
    while pos < length:
        end = source.find("\n", pos) + 1 or length
        if end - pos > _SURELY_SHORT:
            _line_end(source, pos)  # refuses one that is too long
        text = source[pos:end].rstrip("\r\n")
        body = text.lstrip(WHITE_SPACE)
        if not body:
            yield _new(Blank, (pos, end))
            pos = end
            continue
        start = pos + len(text) - len(body)
        if body[0] == "#":
            yield _new(Comment, (start, start + len(body), body))
            if body[:2] == "#!" and start == _after_bom(source):
                for item, behind in _behind_shebang(source, end):
                    yield item
                    end = behind
            pos = end
            continue
        core = body.rstrip(" \t")
        comments: tuple[Comment, ...] = ()
        if core[-1] == escape and core[-2:-1] != escape:
            logical, end, comments = _join(source, start, core[:-1], end, escape)
        else:
            logical = _new(Logical, (body, _ONE_PIECE, (start,)))
        instruction = _instruction(logical, 0, len(logical.text), escape, pos, end, comments)
        if "<<" in logical.text:
            instruction = _with_heredocs(source, instruction)
        yield instruction
        pos = instruction.end


def _after_bom(source: str) -> int:
    return 1 if source[:1] == BOM else 0


def _line_end(source: str, pos: int) -> int:
    """The offset behind the line at `pos`. Raises Refusal for a line too long for BuildKit."""
    end = source.find("\n", pos) + 1 or len(source)
    if end - pos > _SURELY_SHORT:
        from dockfix.dockerfile.refusals import refuse_long

        refuse_long(source, pos, end)
    return end


def _directives(source: str, pos: int) -> Iterator[tuple[Directive, int]]:
    """The parser directives at the top and where the lines after them start (directives.go)."""
    seen: set[str] = set()
    while pos < len(source):
        end = _line_end(source, pos)
        directive = _directive(source, pos, end)
        if directive is None:
            return
        if directive.name in seen:
            raise Refusal(
                directive.start,
                f"a second {directive.name} directive: only one may be given, remove the other",
            )
        if directive.name == "escape" and directive.value not in ("\\", "`"):
            raise Refusal(
                directive.start,
                f"the escape character is '{directive.value}' here, but it can only be \\ or `",
            )
        seen.add(directive.name)
        yield directive, end
        pos = end


def _directive(source: str, pos: int, end: int) -> Directive | None:
    text = source[pos:end].rstrip("\r\n")
    body = text.lstrip(WHITE_SPACE)
    if body[:1] != "#":
        return None
    found = _DIRECTIVE.match(body[1:].lstrip(WHITE_SPACE))
    if not found:
        return None
    name = found[1].lower()
    rest = found.string[found.end() :]
    # The value is never empty. If it is all white space, its last character is the value.
    value = rest.strip(_REGEXP_SPACE) or rest[-1:]
    if name not in ("syntax", "escape", "check") or not value:
        return None
    start = pos + len(text) - len(body)
    return Directive(start, start + len(body), name, value)


def _behind_shebang(source: str, pos: int) -> Iterator[tuple[Comment | Directive, int]]:
    """Comments up to the directive that chooses the frontend behind a `#!` line (DetectSyntax)."""
    while source.startswith("#", pos):
        end = _line_end(source, pos)
        directive = _directive(source, pos, end)
        if directive is None:
            return
        if directive.name == "syntax":
            yield directive, end
            return
        text = source[pos:end].rstrip("\r\n")
        yield Comment(pos, pos + len(text), text), end
        pos = end


def _join(
    source: str, start: int, first: str, pos: int, escape: str
) -> tuple[Logical, int, tuple[Comment, ...]]:
    """The logical line that starts with `first` and goes on at `pos`, the start of the line after
    it, and the comments dropped from it."""
    pieces, joins, offsets = [first], [0], [start]
    comments: list[Comment] = []
    length, size = len(source), len(first)
    while pos < length:
        begin = pos
        pos = source.find("\n", begin) + 1 or length
        if pos - begin > _SURELY_SHORT:
            _line_end(source, begin)  # refuses one that is too long
        text = source[begin:pos].rstrip("\r\n")
        body = text.lstrip(WHITE_SPACE)
        if not body:
            continue
        if body[0] == "#":
            comment = begin + len(text) - len(body)
            comments.append(_new(Comment, (comment, comment + len(body), body)))
            continue
        core = text.rstrip(" \t")
        continues = core[-1] == escape and core[-2:-1] != escape
        if continues:
            text = core[:-1]
        if text:
            if size:
                joins.append(size)
                offsets.append(begin)
                pieces.append(text)
            else:
                offsets, pieces = [begin], [text]
            size += len(text)
        if not continues:
            break
    logical = _new(Logical, ("".join(pieces), tuple(joins), tuple(offsets)))
    return logical, pos, tuple(comments)


def _instruction(
    logical: Logical,
    begin: int,
    stop: int,
    escape: str,
    start: int,
    end: int,
    comments: tuple[Comment, ...],
    parent: str = "",
) -> Instruction:
    """The instruction between `begin` and `stop` of the logical line, here-documents not yet read.

    `parent` is the keyword it is the argument of. Raises Refusal.
    """
    text = logical.text
    line = text[begin:stop].rstrip(WHITE_SPACE)
    stop = begin + len(line)
    begin = stop - len(line.lstrip(WHITE_SPACE))
    blank = text.find(" ", begin, stop)
    position = stop if blank < 0 else blank
    keyword = text[begin:position]
    reader = READERS.get(keyword)
    if reader is None:
        found = words.FIRST_WORD.match(text, begin, stop)
        assert found
        position = found.end(1)
        keyword = found[1].upper()
        if keyword not in READERS:
            keyword = go_lower(found[1]).upper()
        reader = READERS.get(keyword)
        if reader is None:
            from dockfix.dockerfile.refusals import unknown

            raise Refusal(logical.offset(begin) if text else start, unknown(found[1]))
    flags: tuple[Flag, ...] = ()
    rest = text[position:stop].lstrip(words.SPACE)
    if rest:
        if rest[0] in _FLAG_START:
            flags, position = _flags(logical, stop - len(rest), stop, escape)
            rest = text[position:stop]
        rest = rest.lstrip(WHITE_SPACE)
    position = stop - len(rest)
    arguments = _new(Arguments, (keyword, logical, begin, position, stop, escape, parent))
    split, strings = reader(arguments)
    child = None
    if keyword == "ONBUILD":
        child = _instruction(logical, position, stop, escape, start, end, comments, keyword)
    return _new(
        Instruction,
        (start, end, keyword, logical, begin, position, stop, flags, split, strings, (), comments,
         child),
    )  # fmt: skip


def _flags(logical: Logical, position: int, stop: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    try:
        spans, position = words.split_flags(logical.text, position, stop, escape)
    except words.SplitCharacterError as cut:
        character = logical.text[cut.position]
        raise Refusal(
            logical.offset(cut.position),
            f"the builder reads flags byte by byte and takes a byte of '{character}' for a space: "
            "write the flag in ASCII",
        ) from None
    flags = []
    for start, end, value in spans:
        name, equals, setting = value[2:].partition("=")
        flags.append(
            Flag(
                logical.offset(start),
                logical.offset_end(end),
                logical.text[start:end],
                name,
                setting if equals else None,
            )
        )
    return tuple(flags), position


def _with_heredocs(source: str, instruction: Instruction) -> Instruction:
    """The instruction with the here-documents that its line opens, read from the lines after it."""
    from dockfix.dockerfile import heredocs

    child = instruction.child
    reader = child or instruction
    if reader.keyword not in ("ADD", "COPY", "RUN") or reader.json is not None:
        return instruction
    line = instruction.logical.text
    try:
        found = heredocs.openings(line)
    except ExpansionError as error:
        position = line.index("<<")
        raise Refusal(
            instruction.logical.offset(position), f"a here-document cannot be read: {error}"
        ) from None
    if not found:
        return instruction
    bodies: list[Heredoc] = []
    pos, position = instruction.end, 0
    for text, name, expands, strip_tabs in found:
        at = line.find(text, position)
        at = line.index("<<") if at < 0 else at
        position = at + len(text)
        start = pos
        while pos < len(source):
            begin, pos = pos, _line_end(source, pos)
            last = source[begin:pos].rstrip("\r\n")
            if (last.lstrip("\t") if strip_tabs else last) == name:
                break
        else:
            raise Refusal(
                instruction.logical.offset(at),
                f"the here-document {text} has no end: a line with nothing but '{name}' is missing"
                + (_NOT_MEANT if " " in text else ""),
            )
        content = heredocs.content(source[start:begin], strip_tabs)
        bodies.append(Heredoc(start, pos, name, content, expands, strip_tabs))
    if child:
        child = child._replace(end=pos, heredocs=tuple(bodies))
    return instruction._replace(end=pos, heredocs=tuple(bodies), child=child)


def assemble(source: str, filename: str, items: tuple[Item, ...]) -> Dockerfile:
    """The whole file with its stages. Raises for what is only refused in view of all of it."""
    instructions = tuple([item for item in items if item.__class__ is Instruction])
    if not instructions:
        raise Refusal(0, "there is no instruction in this file: a Dockerfile starts with FROM")
    above = items[: items.index(instructions[0])]
    directives = tuple([item for item in above if isinstance(item, Directive)])
    escape = "\\"
    for directive in directives:
        if directive.name == "escape":
            escape = directive.value
    firsts = [i for i, item in enumerate(instructions) if item.keyword == "FROM"]
    if not firsts:
        stage = Stage(0, None, None, None, instructions)
        return Dockerfile(
            source, filename, escape, directives, items, instructions, (), (stage,), True
        )
    preamble = instructions[: firsts[0]]
    for instruction in preamble:
        if instruction.keyword != "ARG":
            raise Refusal(
                instruction.keyword_offset,
                f"{instruction.keyword} before the first FROM: only ARG may stand there",
            )
    stages: list[Stage] = []
    names: dict[str, int] = {}
    for index, (first, last) in enumerate(zip(firsts, [*firsts[1:], None], strict=True)):
        own = instructions[first:last]
        base = own[0].words[0]
        name = go_lower(own[0].words[2].text) if len(own[0].words) == 3 else None
        stages.append(Stage(index, name, base.text, _base_stage(base, names, escape), own))
        if name:
            names[name] = index
    return Dockerfile(
        source, filename, escape, directives, items, instructions, preamble, tuple(stages), False
    )


def _base_stage(base: Word, names: dict[str, int], escape: str) -> int | None:
    """The last earlier stage with the name of the base, or None.

    Names are compared in lower case (convert.go, addState). A base with a variable gives None.
    """
    if "$" in base.text:
        return None
    image = base.text
    if not image.isascii() or "'" in image or '"' in image or escape in image:
        from dockfix.dockerfile.expansion import expand

        try:
            image = expand(image, {}, escape)
        except ExpansionError as error:
            raise Refusal(base.start, f"the base image cannot be read: {error}") from None
    if not image:
        raise Refusal(base.start, "the base image is empty: name one, or scratch")
    return names.get(image)
