"""Source text to tree, exactly as BuildKit reads it.

The sources of the rules are BuildKit's frontend/dockerfile: parser/parser.go (lines, directives,
here-documents), parser/split_command.go (keyword and flags), parser/line_parsers.go (arguments),
instructions/parse.go (what a builder refuses) and dockerfile2llb/convert.go (stages).

How the arguments of each keyword become `Instruction.words`:

- ADD, COPY, EXPOSE, FROM, VOLUME: split at white space, quotes mean nothing; none in an exec form.
- ARG, ENV, LABEL: split at white space outside quotes; in the old form `ENV name value` two words,
  of which the second is the raw rest.
- MAINTAINER, STOPSIGNAL, USER, WORKDIR: one word, the whole text.
- HEALTHCHECK: the type, and what follows it, if anything, as one word, whether it is shell or exec
  form (`json` then has its strings).
- CMD, ENTRYPOINT, RUN, SHELL, ONBUILD: none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.errors import DockerfileSyntaxError, ExpansionError
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.syntax import exec_form, heredocs, words
from dockfix.syntax.expansion import expand
from dockfix.syntax.source import BOM, LINE_LIMIT, WHITE_SPACE, decode, go_lower, is_decoded
from dockfix.syntax.tree import (
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
from dockfix.typed import NoReturn

Item = Comment | Blank | Directive | Instruction

#: A keyword, or the name in `ENV name value`, and the white space behind it.
_FIRST_WORD = lazy(r"([^\t\v\f\r ]*+)[\t\v\f\r ]*+")
_DIRECTIVE = lazy(r"([A-Za-z][A-Za-z0-9]*+)[\t\n\f\r ]*+=")
_REGEXP_SPACE = "\t\n\f\r "
_STAGE_NAME = lazy(r"[a-z][a-z0-9_.-]*\Z")
#: What may stand where flags are looked for and is neither skipped before nor an argument.
_FLAG_START = "-\udc85\udca0"
_ONE_PIECE = (0,)
#: Since docker/dockerfile 1.16 `$((1 << 2))` opens a here-document.
_LACKING = "if it belongs to the line above, that line has to end with a continuation"
_NOT_MEANT = "; if none is meant, leave no blank behind <<"


class Refusal(Exception):
    """Something BuildKit refuses, at an offset of the source."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason

    def located(self, source: str, filename: str) -> DockerfileSyntaxError:
        """The error for people: where in the file it is."""
        offset, reason = self.offset, self.reason
        if reason.endswith(_LACKING):
            reason = reason.replace("the line above", _line_above(source, offset))
        return DockerfileSyntaxError(
            reason,
            offset=offset,
            line=source.count("\n", 0, offset) + 1,
            column=offset - source.rfind("\n", 0, offset),
            filename=filename,
        )


def parse(source: bytes | str, filename: str = "Dockerfile") -> Dockerfile:
    """The tree of a file.

    `source` is the file's bytes, or what `source.decode` makes of them. A file without FROM is read
    as a fragment. Raises DockerfileSyntaxError for a file that BuildKit refuses as far as the file
    alone shows it; unknown flags are left to the frontend that may know them.
    """
    text = decode(source) if isinstance(source, bytes) else source
    try:
        if text is source and not is_decoded(text):
            raise Refusal(0, "the text has lone surrogates that stand for no bytes of any file")
        return assemble(text, filename, tuple(read(text)))
    except Refusal as refusal:
        raise refusal.located(text, filename) from None


def read(source: str) -> Iterator[Item]:
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
    """The items behind the directives, from an offset on at which a line begins that none above it
    goes on in. Raises Refusal where reading stops."""
    length = len(source)
    while pos < length:
        end = _line_end(source, pos)
        text = source[pos:end].rstrip("\r\n")
        body = text.lstrip(WHITE_SPACE)
        if not body:
            yield Blank(pos, end)
            pos = end
            continue
        start = pos + len(text) - len(body)
        if body[0] == "#":
            yield Comment(start, start + len(body), body)
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
            logical = Logical(body, _ONE_PIECE, (start,))
        instruction = _instruction(logical, 0, len(logical.text), escape, pos, end, comments)
        if "<<" in logical.text:
            instruction = _with_heredocs(source, instruction)
        yield instruction
        pos = instruction.end


def _after_bom(source: str) -> int:
    return 1 if source[:1] == BOM else 0


def _line_end(source: str, pos: int) -> int:
    """Behind the line ending of the line at `pos`. Raises Refusal if BuildKit cannot hold it."""
    newline = source.find("\n", pos)
    end = len(source) if newline < 0 else newline + 1
    # A character has up to four bytes, and the mark at the start counts although it is skipped.
    if end - pos > LINE_LIMIT // 4 - 1:
        start = 0 if pos == 1 and source[:1] == BOM else pos
        size = len(source[start : newline if newline >= 0 else end].encode("utf-8", "replace"))
        if size > LINE_LIMIT:
            raise Refusal(
                start,
                f"this line has {size} bytes, and the builder takes no more than {LINE_LIMIT}: "
                "break it with continuations, or copy the data from a file",
            )
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
    # The value is never empty: of white space alone its last character is the value.
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
    """The logical line that starts with `first` and goes on at `pos`, where the line after it
    starts, and the comments dropped from it."""
    pieces, joins, offsets = [first], [0], [start]
    comments: list[Comment] = []
    length, size = len(source), len(first)
    while pos < length:
        begin, end = pos, _line_end(source, pos)
        pos = end
        text = source[begin:end].rstrip("\r\n")
        body = text.lstrip(WHITE_SPACE)
        if not body:
            continue
        if body[0] == "#":
            comment = begin + len(text) - len(body)
            comments.append(Comment(comment, comment + len(body), body))
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
    return Logical("".join(pieces), tuple(joins), tuple(offsets)), pos, tuple(comments)


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
    found = _FIRST_WORD.match(text, begin, stop)
    assert found
    keyword = found[1].upper()
    reader = _READERS.get(keyword)
    if reader is None:
        keyword = go_lower(found[1]).upper()
        reader = _READERS.get(keyword)
        if reader is None:
            raise Refusal(logical.offset(begin) if text else start, _unknown(found[1]))
    position = found.end()
    flags: tuple[Flag, ...] = ()
    if position < stop:
        if text[position] in _FLAG_START:
            flags, position = _flags(logical, position, stop, escape)
        rest = text[position:stop]
        position = stop - len(rest.lstrip(WHITE_SPACE))
    arguments = _Arguments(keyword, logical, begin, position, stop, escape, parent)
    split, strings = reader(arguments)
    child = None
    if keyword == "ONBUILD":
        child = _instruction(logical, position, stop, escape, start, end, comments, keyword)
    return Instruction(
        start,
        end,
        keyword,
        logical,
        begin,
        position,
        stop,
        flags,
        split,
        strings,
        (),
        comments,
        child,
    )


def _unknown(keyword: str) -> str:
    """The reason for refusing `keyword`, with what was probably meant."""
    if not keyword:
        return "an instruction that is nothing but a continuation: remove the line"
    reason = f"unknown instruction '{keyword[:40]}'"
    capitals = keyword.upper()
    for known in _READERS:
        if capitals.startswith(known) and not capitals[len(known)].isalpha():
            return f"{reason}: put a space after {known}"
    if keyword.startswith("//"):
        return f"{reason}: a comment starts with '#'"
    from dockfix.syntax.nearest import nearest

    meant = nearest(capitals, _READERS) if len(keyword) <= 14 else None
    if meant:
        return f"{reason}: did you mean {meant}?"
    return f"{reason}: {_LACKING}"


def _line_above(source: str, offset: int) -> str:
    """The line that a lost continuation would have to stand in: no comment, not empty."""
    lines = source[: source.rfind("\n", 0, offset) + 1].split("\n")[:-1]
    for number in range(len(lines), 0, -1):
        body = lines[number - 1].strip(WHITE_SPACE)
        if body and body[0] != "#":
            return f"line {number}"
    return "the line above"


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


class _Arguments(Record):
    """The arguments of an instruction: `start` to `stop` of the logical line."""

    keyword: str
    logical: Logical
    keyword_start: int
    start: int
    stop: int
    escape: str
    parent: str

    @property
    def text(self) -> str:
        return self.logical.text[self.start : self.stop]

    def words(self, spans: list[words.Span]) -> tuple[Word, ...]:
        text, joins, offsets = self.logical
        if len(joins) == 1:
            delta = offsets[0]
            return tuple([Word(a + delta, b + delta, text[a:b]) for a, b in spans])
        found = []
        first, last = 0, len(joins) - 1
        for start, end in spans:
            while first < last and joins[first + 1] <= start:
                first += 1
            final = first
            while final < last and joins[final + 1] < end:
                final += 1
            found.append(
                Word(
                    start - joins[first] + offsets[first],
                    end - joins[final] + offsets[final],
                    text[start:end],
                )
            )
        return tuple(found)

    def refuse(self, reason: str, position: int | None = None) -> NoReturn:
        """Raise the refusal at a position of the logical line, by default the keyword's."""
        at = self.keyword_start if position is None else position
        raise Refusal(self.logical.offset(at), reason)


_Read = tuple[tuple[Word, ...], tuple[str, ...] | None]


def _strings(arguments: _Arguments, start: int) -> tuple[str, ...] | None:
    try:
        return exec_form.read_strings(arguments.logical.text[start : arguments.stop])
    except exec_form.NotStringsError:
        arguments.refuse(
            f"a JSON array after {arguments.keyword} may only have strings in it: "
            "quote its elements with double quotes",
            start,
        )


def _read_command(arguments: _Arguments) -> _Read:
    text, start = arguments.logical.text, arguments.start
    if text[start : start + 1] == "[":
        return (), _strings(arguments, start)
    return (), None


def _read_shell(arguments: _Arguments) -> _Read:
    split, strings = _read_command(arguments)
    if arguments.start == arguments.stop or strings == ():
        arguments.refuse("SHELL needs at least one argument: give the shell as a JSON array")
    if strings is None:
        arguments.refuse('SHELL needs a JSON array such as ["/bin/bash", "-c"]', arguments.start)
    return split, strings


def _read_list(arguments: _Arguments) -> _Read:
    _, strings = _read_command(arguments)
    if strings is not None:
        return (), strings
    return _read_split(arguments)


def _read_split(arguments: _Arguments) -> _Read:
    spans = words.split(arguments.logical.text, arguments.start, arguments.stop)
    return arguments.words(spans), None


def _read_copy(arguments: _Arguments) -> _Read:
    split, strings = _read_list(arguments)
    texts = [word.text for word in split] if strings is None else strings
    if len(texts) < 2:
        arguments.refuse(
            f"{arguments.keyword} needs at least two arguments: what to copy, and where to"
        )
    if "<<" in texts[-1] and _opens_heredoc(texts[-1]):
        arguments.refuse(
            f"{arguments.keyword} cannot copy to a here-document: its last argument is the "
            "destination",
            None if strings is not None else arguments.stop - len(texts[-1]),
        )
    return split, strings


def _opens_heredoc(word: str) -> bool:
    try:
        return heredocs.opening(word) is not None
    except ExpansionError:
        return False


def _read_volume(arguments: _Arguments) -> _Read:
    split, strings = _read_list(arguments)
    if strings is not None and any(not string.strip(WHITE_SPACE) for string in strings):
        arguments.refuse("VOLUME with an empty string: name a path", arguments.start)
    if not (split or strings):
        _refuse_none(arguments)
    return split, strings


def _read_expose(arguments: _Arguments) -> _Read:
    if arguments.start == arguments.stop:
        _refuse_none(arguments)
    return _read_split(arguments)


def _refuse_none(arguments: _Arguments) -> NoReturn:
    arguments.refuse(f"{arguments.keyword} needs at least one argument")


def _read_text(arguments: _Arguments) -> _Read:
    if arguments.start == arguments.stop:
        arguments.refuse(f"{arguments.keyword} needs exactly one argument")
    return arguments.words([(arguments.start, arguments.stop)]), None


def _read_from(arguments: _Arguments) -> _Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    spans = words.split(arguments.logical.text, arguments.start, arguments.stop)
    split = arguments.words(spans)
    if len(split) == 3 and split[1].text.casefold() == "as":
        if not _STAGE_NAME.match(go_lower(split[2].text)):
            arguments.refuse(
                f"'{split[2].text}' cannot name a stage: a name starts with a letter, and "
                "letters, digits, '_', '-' and '.' follow",
                spans[2][0],
            )
    elif len(split) != 1:
        _refuse_dash(arguments)
        arguments.refuse(
            "FROM needs an image, or an image, AS and a name; a comment needs its own line",
            spans[1][0] if split else None,
        )
    return split, None


def _refuse_dash(arguments: _Arguments) -> None:
    """Refuse what would be a flag if its dashes were ASCII."""
    from dockfix.syntax.nearest import DASHES

    if arguments.text[0:1] in (*DASHES,) or arguments.text[1:2] in (*DASHES,):
        flag = arguments.text.split()[0]
        arguments.refuse(
            f"'{flag}' has a dash that is not ASCII: type --{flag.strip(DASHES + '-')}",
            arguments.start,
        )


def _read_maintainer(arguments: _Arguments) -> _Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    return _read_text(arguments)


def _read_onbuild(arguments: _Arguments) -> _Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    if arguments.start == arguments.stop:
        _refuse_none(arguments)
    return (), None


def _refuse_trigger(arguments: _Arguments) -> NoReturn:
    arguments.refuse(f"{arguments.keyword} cannot be an ONBUILD trigger: remove the instruction")


def _read_arg(arguments: _Arguments) -> _Read:
    spans = words.split_quoted(
        arguments.logical.text, arguments.start, arguments.stop, arguments.escape
    )
    split = arguments.words(spans)
    if not split:
        _refuse_none(arguments)
    for word, (start, _) in zip(split, spans, strict=True):
        if word.text[0] == "=":
            arguments.refuse(f"{arguments.keyword} without a name before '='", start)
    return split, None


def _read_env(arguments: _Arguments) -> _Read:
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    spans = words.split_quoted(text, start, stop, arguments.escape)
    if not spans:
        _refuse_none(arguments)
    if "=" not in text[slice(*spans[0])]:
        return _read_env_of_old(arguments), None
    split = arguments.words(spans)
    for word, (position, _) in zip(split, spans, strict=True):
        equals = word.text.find("=")
        if equals < 0:
            arguments.refuse(
                f"'{word.text}' has no '=': {arguments.keyword} sets name=value pairs, "
                + _pair_advice(arguments, word.text),
                position,
            )
        if equals == 0:
            arguments.refuse(f"{arguments.keyword} without a name before '='", position)
    return split, None


def _pair_advice(arguments: _Arguments, word: str) -> str:
    from dockfix.syntax.nearest import QUOTES

    if word in _READERS and arguments.keyword_start == 0:
        return f"and this {word} belongs to it: remove the continuation above"
    for mark in QUOTES:
        if mark in arguments.text:
            return f"and a {mark} is no quote: type it in ASCII"
    return "and a value with spaces needs quotes"


def _read_env_of_old(arguments: _Arguments) -> tuple[Word, ...]:
    """The two words of `ENV name value`."""
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    found = _FIRST_WORD.match(text, start, stop)
    assert found
    if found.end(1) == stop:
        arguments.refuse(
            f"{arguments.keyword} needs a name and a value: write {arguments.text}=value", start
        )
    if "=" in found[1]:
        # Only a space outside ASCII does this. BuildKit does read it, with the '=' in the name.
        arguments.refuse("a space that is not ASCII stands in the name: type a plain one", start)
    return arguments.words([found.span(1), (found.end(), stop)])


def _read_healthcheck(arguments: _Arguments) -> _Read:
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    end, rest = words.split_type(text, start, stop)
    if end == start:
        _refuse_none(arguments)
    kind = text[start:end].upper()
    strings = None
    json_start = stop - len(text[rest:stop].lstrip(WHITE_SPACE))
    if text[json_start : json_start + 1] == "[" and json_start < stop:
        strings = _strings(arguments, json_start)
    empty = rest == stop or strings == ()
    if kind == "NONE" and not empty:
        arguments.refuse("HEALTHCHECK NONE takes no arguments: remove them", rest)
    if kind == "CMD" and empty:
        arguments.refuse("HEALTHCHECK CMD needs a command")
    if kind not in ("NONE", "CMD"):
        _refuse_dash(arguments)
        arguments.refuse(
            f"HEALTHCHECK is followed by CMD or NONE, not by '{text[start:end]}'", start
        )
    spans = [(start, end)] if rest == stop else [(start, end), (rest, stop)]
    return arguments.words(spans), strings


_READERS: dict[str, Callable[[_Arguments], _Read]] = {
    "ADD": _read_copy,
    "ARG": _read_arg,
    "CMD": _read_command,
    "COPY": _read_copy,
    "ENTRYPOINT": _read_command,
    "ENV": _read_env,
    "EXPOSE": _read_expose,
    "FROM": _read_from,
    "HEALTHCHECK": _read_healthcheck,
    "LABEL": _read_env,
    "MAINTAINER": _read_maintainer,
    "ONBUILD": _read_onbuild,
    "RUN": _read_command,
    "SHELL": _read_shell,
    "STOPSIGNAL": _read_text,
    "USER": _read_text,
    "VOLUME": _read_volume,
    "WORKDIR": _read_text,
}

KEYWORDS = frozenset(_READERS)


def _with_heredocs(source: str, instruction: Instruction) -> Instruction:
    """The instruction with the here-documents that its line opens, read from the lines after it."""
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
    """The whole file: its stages, and what is refused only in view of all of it."""
    instructions = [item for item in items if item.__class__ is Instruction]
    directives = tuple([item for item in items if item.__class__ is Directive])
    if not instructions:
        raise Refusal(0, "there is no instruction in this file: a Dockerfile starts with FROM")
    escape = "\\"
    for directive in directives:
        if directive.name == "escape":
            escape = directive.value
    firsts = [i for i, item in enumerate(instructions) if item.keyword == "FROM"]
    if not firsts:
        stage = Stage(0, None, None, None, tuple(instructions))
        return Dockerfile(source, filename, escape, directives, items, (), (stage,), True)
    preamble = tuple(instructions[: firsts[0]])
    for instruction in preamble:
        if instruction.keyword != "ARG":
            raise Refusal(
                instruction.keyword_offset,
                f"{instruction.keyword} before the first FROM: only ARG may stand there",
            )
    stages: list[Stage] = []
    names: dict[str, int] = {}
    for index, (first, last) in enumerate(zip(firsts, [*firsts[1:], None], strict=True)):
        own = tuple(instructions[first:last])
        base = own[0].words[0]
        name = go_lower(own[0].words[2].text) if len(own[0].words) == 3 else None
        stages.append(Stage(index, name, base.text, _base_stage(base, names, escape), own))
        if name:
            names[name] = index
    return Dockerfile(source, filename, escape, directives, items, preamble, tuple(stages), False)


def _base_stage(base: Word, names: dict[str, int], escape: str) -> int | None:
    """The earlier stage that a base names: the last of that name, in lower case as the builder
    keeps the names (convert.go, addState). With a variable in it nobody knows."""
    if "$" in base.text:
        return None
    try:
        image = expand(base.text, {}, escape)
    except ExpansionError as error:
        raise Refusal(base.start, f"the base image cannot be read: {error}") from None
    if not image:
        raise Refusal(base.start, "the base image is empty: name one, or scratch")
    return names.get(image)
