"""Expansions that have a grammar of their own: sums, and what stands inside `${…}`.

Functions that move a reader of words forward, as its methods do. The rules are those of POSIX XCU
2.6.2 (parameters) and 2.6.4 (sums), and of bash where the dialect is bash.
"""

from __future__ import annotations

from dockfix.shell.patterns import NAME, lazy
from dockfix.shell.tree import Expansion
from dockfix.typed import Protocol

_BRACED = lazy(rf"(?:{NAME}|[0-9]++|[@*?$!-])")
_LENGTH = lazy(rf"#({NAME}|[0-9]++|[@*])(?=\}})")
_BASH_LENGTH = lazy(rf"#({NAME}|[0-9]++|[@*])(?=[}}\[])")
_INDIRECT = lazy(rf"!({NAME}|[0-9]++)")
_OPERATOR = lazy(r":?[-=?+]|%%?|##?")
_BASH_OPERATOR = lazy(r"//|/#|/%|/|\^\^?|,,?|@(?=[A-Za-z]\})|:(?=[ $0-9A-Za-z_])")
_INDEX_NAME = lazy(rf"\$({NAME})")
_INDEX = lazy(rf"\[(?:[@*]|(?>(?:[A-Za-z0-9_+-]|\$(?={NAME}))+))\]")
_UNQUOTED_ARGUMENT = lazy(r"""[^"'\\$`{}<>]++""")
_QUOTED_ARGUMENT = lazy(r"""[^"'\\$`{}]++""")
_HARMLESS_QUOTES = lazy(r"""'[^'"\\$`{}]*+'""")
_SUM = lazy(r"(?>(?:[A-Za-z0-9_ \t\n+*/%<>=!&|^~?:,-]++|(?<=[0-9])#|\\\n)+)")
_COUNTED = lazy(r"[()'\"`]")


class Reader(Protocol):
    """What is asked of the reader of words: see `words.WordReader`."""

    text: str
    bash: bool
    pos: int
    end: int
    depth: int

    def failure(self, reason: str, offset: int | None = None) -> Exception:
        """What to raise where the text is not understood."""

    def enter(self) -> None:
        """Goes one level down."""

    def at(self, token: str) -> bool:
        """True if a token stands here."""

    def unbroken(self, rest: str) -> None:
        """Refuses a line continuation in front of what may follow."""

    def piece(self, values: list[str], expansions: list[Expansion]) -> bool:
        """Reads a part of a word."""

    def double(self, values: list[str], expansions: list[Expansion]) -> None:
        """Reads a part in double quotes."""

    def dollar(self, values: list[str], expansions: list[Expansion], quoted: bool) -> None:
        """Reads what begins with a dollar sign."""

    def backquoted(self, quoted: bool) -> Expansion:
        """Reads a command in backquotes."""


def arithmetic(reader: Reader) -> tuple[Expansion, ...]:
    """The expansions in a sum, from inside `((` to behind `))` (XCU 2.6.4)."""
    text, end = reader.text, reader.end
    start = reader.pos
    reader.enter()
    values: list[str] = []
    expansions: list[Expansion] = []
    level = 0
    while reader.pos < end:
        match = _SUM.match(text, reader.pos, end)
        if match:
            reader.pos = match.end()
            continue
        character = text[reader.pos]
        if character == "$":
            braces = reader.pos
            reader.dollar(values, expansions, quoted=True)
            if values:
                raise reader.failure("`$` without a name in a sum", braces)
            # Bash counts parentheses and quotes here that other shells skip.
            if text.startswith("${", braces) and _COUNTED.search(text, braces, reader.pos):
                raise reader.failure("parentheses or quotes in a `${…}` in a sum", braces)
        elif character == "`":
            expansions.append(reader.backquoted(quoted=True))
        elif character == "(":
            level += 1
            reader.pos += 1
        elif character == ")" and level:
            level -= 1
            reader.pos += 1
        elif character == ")":
            if not text.startswith("))", reader.pos, end):
                raise reader.failure("`((` that is not closed by `))`")
            if not text[start : reader.pos].strip():
                raise reader.failure("an empty sum")
            reader.pos += 2
            reader.depth -= 1
            return tuple(expansions)
        elif character in "[]" and reader.bash:
            reader.pos += 1
        else:
            raise reader.failure(f"`{character}` in a sum")
    raise reader.failure("`((` is not closed", start)


def braces(reader: Reader, quoted: bool) -> Expansion:
    """`${…}` (XCU 2.6.2)."""
    text, start, end = reader.text, reader.pos, reader.end
    reader.enter()
    reader.pos = start + 2
    if text.startswith("#}", reader.pos, end):
        name, operator = "#", ""
        reader.pos += 1
    elif text.startswith("#", reader.pos, end):
        match = (_BASH_LENGTH if reader.bash else _LENGTH).match(text, reader.pos, end)
        if not match:
            raise reader.failure("an unusual `${#…}`")
        name, operator = match[1], "length"
        reader.pos = match.end()
    elif reader.bash and (match := _INDIRECT.match(text, reader.pos, end)):
        name, operator = match[1], "indirect"
        reader.pos = match.end()
    else:
        match = _BRACED.match(text, reader.pos, end)
        if not match:
            raise reader.failure("`${` without a parameter")
        name, operator = match[0], ""
        reader.pos = match.end()
        if (name == "!" and not reader.at("}")) or (name in "@*?$-" and reader.at("[")):
            raise reader.failure("an unusual `${…}`")
    nested: list[Expansion] = []
    if not reader.at("}"):
        operator = _argument(reader, operator, quoted, nested)
    reader.pos += 1
    reader.depth -= 1
    return Expansion(start, reader.pos, "parameter", name, operator, None, quoted, tuple(nested))


def _index(reader: Reader, quoted: bool, nested: list[Expansion]) -> None:
    """bash's `[…]` behind a name inside `${…}`, where it is simple."""
    match = _INDEX.match(reader.text, reader.pos, reader.end)
    if not match:
        raise reader.failure("an unusual index of an array")
    for name in _INDEX_NAME.finditer(reader.text, match.start(), match.end()):
        span = name.start(), name.end()
        nested.append(Expansion(*span, "parameter", name[1], "", None, quoted, ()))
    reader.pos = match.end()


def _argument(reader: Reader, prefix: str, quoted: bool, nested: list[Expansion]) -> str:
    """The operator of a `${…}` and its word, up to the `}`; returns the operator."""
    text, end = reader.text, reader.end
    operator = _OPERATOR.match(text, reader.pos, end) if prefix != "length" else None
    portable = operator is not None
    if operator is None:
        operator = _BASH_OPERATOR.match(text, reader.pos, end)
    if operator is None and reader.bash and reader.at("["):
        _index(reader, quoted, nested)
        if reader.at("}"):
            return prefix or "["
        if prefix != "length":
            operator = _OPERATOR.match(text, reader.pos, end)
            operator = operator or _BASH_OPERATOR.match(text, reader.pos, end)
        prefix = prefix or "["
        portable = False
    if operator is None:
        raise reader.failure("an unusual `${…}`" if reader.pos < end else "`${` is not closed")
    reader.pos = operator.end()
    reader.unbroken("%#/^,")
    run = _QUOTED_ARGUMENT if quoted else _UNQUOTED_ARGUMENT
    values: list[str] = []
    while reader.pos < end:
        match = run.match(text, reader.pos, end)
        if match:
            reader.pos = match.end()
            continue
        character = text[reader.pos]
        if character == "}":
            return prefix or operator[0]
        if character in "'\"" and not (portable or reader.bash):
            raise reader.failure("a quote inside a `${…}` that only bash has")
        if character in "<>" and text.startswith("(", reader.pos + 1, end):
            raise reader.failure(f"`{character}(` inside `${{…}}`")
        if character in "{<>":
            # An unquoted `{` opens nothing here: the first `}` closes, in every shell.
            reader.pos += 1
        elif not quoted:
            reader.piece(values, nested)
        elif character == "'":
            # Literal or quoting, by the operator and the shell: read where it is the same.
            match = _HARMLESS_QUOTES.match(text, reader.pos, end)
            if not match:
                raise reader.failure('a single quote inside `"${…}"`')
            reader.pos = match.end()
        elif character == '"':
            reader.double(values, nested)
        elif character == "\\":
            reader.pos = min(reader.pos + 2, end)
        elif character == "`":
            nested.append(reader.backquoted(quoted=True))
        else:
            reader.dollar(values, nested, quoted=True)
    raise reader.failure("`${` is not closed")
