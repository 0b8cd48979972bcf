"""bash's `[[ … ]]`: a small grammar of its own (bash manual, "Conditional Constructs")."""

from __future__ import annotations

from dockfix.shell.conditions import UNARY
from dockfix.shell.patterns import lazy
from dockfix.shell.simple import SimpleReader
from dockfix.shell.tree import Expansion, Test, Word

_BINARY = lazy(r"==|!=|=~|=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)(?=[ \t\n])")
_TEST_END = lazy(r"\]\](?=[ \t\n;&|()<>]|\Z)")
_PATTERN = lazy(r"""[^ \t\n;&|()<>"'\\$`]++""")


def read_test(reader: SimpleReader, start: int) -> Test:
    """`[[`, behind it."""
    words: list[Word] = []
    _skip_lines(reader)
    _either(reader, words)
    _skip_lines(reader)
    if not _TEST_END.match(reader.text, reader.pos, reader.end):
        raise reader.failure("`]]` is missing")
    reader.pos += 2
    stop = reader.pos
    redirects = reader.redirects()
    return Test(start, redirects[-1].end if redirects else stop, tuple(words), redirects)


def _skip_lines(reader: SimpleReader) -> None:
    """Skip blanks and newlines. There are no comments inside `[[`."""
    reader.space()
    while reader.at("\n"):
        if reader.body_line >= 0:
            raise reader.failure("a line break between `<<` and its here-document")
        reader.pos += 1
        reader.space()


def _token(reader: SimpleReader, words: list[Word], length: int) -> None:
    """An operator or a parenthesis, as a word."""
    start = reader.pos
    reader.pos += length
    written = reader.text[start : reader.pos]
    words.append(Word(start, reader.pos, written, written, True, ()))


def _either(reader: SimpleReader, words: list[Word]) -> None:
    """Terms joined by `&&` and `||`."""
    reader.enter()
    _term(reader, words)
    while reader.at("&&") or reader.at("||"):
        _token(reader, words, 2)
        _skip_lines(reader)
        _term(reader, words)
    reader.depth -= 1


def _term(reader: SimpleReader, words: list[Word]) -> None:
    """`! term`, `( … )`, `-f a`, `a = b` or `a`; the blanks behind it are skipped."""
    while reader.at("! ") or reader.at("!\t"):
        _token(reader, words, 1)
        reader.space()
    if reader.at("("):
        _token(reader, words, 1)
        _skip_lines(reader)
        _either(reader, words)
        _skip_lines(reader)
        if not reader.at(")"):
            raise reader.failure("`)` is missing inside `[[`")
        _token(reader, words, 1)
        reader.space()
        return
    first = _operand(reader, words)
    if UNARY.fullmatch(first.text):
        _operand(reader, words)
        return
    match = _BINARY.match(reader.text, reader.pos, reader.end)
    if not match:
        return
    _token(reader, words, len(match[0]))
    if reader.pos < reader.end and reader.text[reader.pos] not in " \t":
        raise reader.failure("an operator of `[[` without a blank behind it")
    reader.space()
    if match[0] in ("=~", "=", "==", "!="):
        words.append(_pattern(reader, regex=match[0] == "=~"))
        reader.space()
    else:
        _operand(reader, words)


def _operand(reader: SimpleReader, words: list[Word]) -> Word:
    """A word that is not an operator."""
    if _TEST_END.match(reader.text, reader.pos, reader.end) or reader.at("!\n"):
        raise reader.failure("a word is missing inside `[[`")
    word = reader.word()
    if reader.at("("):
        raise reader.failure("`(` inside a word")
    words.append(word)
    reader.space()
    return word


def _pattern(reader: SimpleReader, regex: bool) -> Word:
    """The right side of `==` or `=~`: a word in which balanced parentheses hold `|`."""
    text, start, end = reader.text, reader.pos, reader.end
    expansions: list[Expansion] = []
    level = 0
    while reader.pos < end:
        match = _PATTERN.match(text, reader.pos, end)
        if match:
            reader.pos = match.end()
            continue
        character = text[reader.pos]
        if character == "(" and (regex or level or text[reader.pos - 1] in "?*+@!"):
            level += 1
            reader.pos += 1
        elif character == ")" and level:
            level -= 1
            reader.pos += 1
        elif character == "|" and level:
            reader.pos += 1
        elif character in "\"'\\$`":
            reader.piece([], expansions)
        elif character in " \t\n;&|()<>" and not level:
            break
        else:
            raise reader.failure(f"`{character}` inside a pattern")
    if reader.pos == start or level:
        what = "a pattern that does not end" if level else "a word is missing inside `[[`"
        raise reader.failure(what)
    return Word(start, reader.pos, text[start : reader.pos], None, False, tuple(expansions))
