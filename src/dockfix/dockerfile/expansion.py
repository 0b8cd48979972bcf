"""Environment replacement: `$name` and `${name...}` as the builder expands them, quotes removed.

The rules are those of BuildKit's frontend/dockerfile/shell/lex.go, which the builder applies to the
arguments of ADD, ARG, COPY, ENV, EXPOSE, FROM, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR and to
flags. The same lexer finds here-documents (parser/parser.go), see the module `heredocs`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from dockfix.dockerfile.source import BOM, WHITE_SPACE
from dockfix.errors import ExpansionError

#: Go's stack has no such limit, Python's has. Nobody nests this deep on purpose.
DEEPEST_NESTING = 50

_SPECIAL_PARAMETERS = frozenset("@*#?-$!0")

# Compiled at first use, because start-up time counts.
_UNDECODABLE = "[\udc80-\udcff]"
_SPACES = f"[{re.escape(WHITE_SPACE)}]+"


class TooDeepError(ExpansionError):
    """More than `DEEPEST_NESTING` nested substitutions. Go would go on."""


def expand(text: str, environment: Mapping[str, str], escape: str = "\\") -> str:
    """`text` with variables replaced, quotes and escapes removed (Lex.ProcessWord).

    `escape` is the file's escape character. Names that are not in `environment` are unset: they
    expand to nothing. Raises ExpansionError where the builder would stop: an unbalanced quote, an
    unknown or unfinished `${...}`, a `${name:?message}` that has no value.
    """
    if _is_plain(text, escape):
        return text
    return _Lexer(text, escape, environment).run()


def variables(text: str, escape: str = "\\", *, needed: bool = False) -> frozenset[str]:
    """The names of all variables that the expansion of `text` asks for, nested ones included.

    Only those that are `needed`: without the ones for which the text has something else if they are
    not set (`${name:-other}`, `${name+other}`). Raises ExpansionError as `expand` does, but not for
    a `${name:?message}` without a value.
    """
    if "$" not in text:
        return frozenset()
    lexer = _Lexer(text, escape, {}, demanding=False)
    lexer.needed = needed
    lexer.run()
    return frozenset(lexer.names)


def is_literal(text: str, escape: str = "\\") -> bool:
    """True if the expansion of `text` is `text` itself, whatever the environment."""
    if _is_plain(text, escape):
        return True
    try:
        return not variables(text, escape) and expand(text, {}, escape) == text
    except ExpansionError:
        return False


def split_words(text: str, *, raw_quotes: bool, raw_escapes: bool) -> list[str]:
    """`text` as words split at white space outside quotes, variables left in place.

    This is Lex.ProcessWords as the search for here-documents uses it: nothing is set, unset
    variables stay (SkipUnsetEnv), and the escape character is a backslash whatever the file says.
    `raw_quotes` and `raw_escapes` keep those characters. Raises ExpansionError.
    """
    lexer = _Lexer(text, "\\", {}, skip_unset=True, raw_quotes=raw_quotes, raw_escapes=raw_escapes)
    lexer.words = []
    lexer.run()
    lexer.end_word()
    return lexer.words


def _is_plain(text: str, escape: str) -> bool:
    return (
        "$" not in text
        and "'" not in text
        and '"' not in text
        and escape not in text
        and text[:1] != BOM
        and (text.isascii() or not re.search(_UNDECODABLE, text))
    )


class _Lexer:
    """A cursor over `text`: Go's shellWord with its scanner.

    `buffer` holds the word being collected, and `words` those that are complete (None if they are
    not needed). As in BuildKit the buffer is shared with nested substitutions, which empty it:
    `<<${a:-b}` is the word `${a:-b}`, so it opens no here-document.
    """

    def __init__(
        self,
        text: str,
        escape: str,
        environment: Mapping[str, str],
        *,
        demanding: bool = True,
        skip_unset: bool = False,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
    ) -> None:
        # Go's text/scanner skips one byte order mark at the start and reads U+FFFD for a bad byte.
        text = text[1:] if text[:1] == BOM else text
        self.text = text if text.isascii() else re.sub(_UNDECODABLE, "\ufffd", text)
        self.pos = 0
        self.escape = escape
        self.environment = environment
        self.demanding = demanding
        self.skip_unset = skip_unset
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.names: set[str] = set()
        self.needed = False
        self.words: list[str] | None = None
        self.buffer: list[str] = []
        self.depth = 0

    def run(self) -> str:
        return self.until("", self.raw_escapes)

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.pos : self.pos + 1]

    def next(self) -> str:
        character = self.text[self.pos : self.pos + 1]
        self.pos += 1
        return character

    def at_end(self) -> bool:
        return self.pos >= len(self.text)

    def end_word(self) -> None:
        if self.words is not None and any(self.buffer):
            self.words.append("".join(self.buffer))
        self.buffer.clear()

    def add_text(self, text: str) -> None:
        """Collect text in which white space ends words (addString)."""
        if self.words is None:
            return
        first, *others = re.split(_SPACES, text)
        self.buffer.append(first)
        for part in others:
            self.end_word()
            self.buffer.append(part)

    def until(self, stop: str, raw_escapes: bool) -> str:
        """processStopOn: the expansion up to `stop`, which is consumed, or to the end if empty."""
        plain = _plain_run(self.escape, stop)
        before, words = self.raw_escapes, self.words
        self.raw_escapes = raw_escapes
        if stop:
            self.words = None
        self.buffer.clear()
        result: list[str] = []
        while not self.at_end():
            run = plain.match(self.text, self.pos)
            if run:
                self.pos = run.end()
                result.append(run[0])
                self.add_text(run[0])
                continue
            character = self.text[self.pos]
            if character == stop:
                self.pos += 1
                self.raw_escapes, self.words = before, words
                self.buffer.clear()
                return "".join(result)
            if character == "$":
                piece = self.dollar()
                self.add_text(piece)
            elif character == "'":
                piece = self.single_quoted()
                self.buffer.append(piece)
            elif character == '"':
                piece = self.double_quoted()
                self.buffer.append(piece)
            elif character == "<":
                piece = self.less_than()
                self.buffer.append(piece)
            else:
                self.pos += 1
                piece = character if raw_escapes else ""
                piece += self.next()
                self.buffer.append(piece)
            result.append(piece)
        if stop:
            raise ExpansionError(f"'{stop}' is missing at the end of a substitution")
        self.raw_escapes = before
        return "".join(result)

    def single_quoted(self) -> str:
        end = self.text.find("'", self.pos + 1)
        if end < 0:
            self.pos = len(self.text)
            raise ExpansionError("a single quote is never closed")
        start, self.pos = self.pos, end + 1
        return self.text[start : end + 1] if self.raw_quotes else self.text[start + 1 : end]

    def double_quoted(self) -> str:
        plain = _plain_in_quotes(self.escape)
        opening = self.next()
        result = [opening] if self.raw_quotes else []
        while not self.at_end():
            run = plain.match(self.text, self.pos)
            if run:
                self.pos = run.end()
                result.append(run[0])
                continue
            character = self.text[self.pos]
            if character == "$":
                result.append(self.dollar())
                continue
            self.pos += 1
            if character == '"':
                if self.raw_quotes:
                    result.append(character)
                return "".join(result)
            if self.raw_escapes:
                result.append(character)
            following = self.peek()
            if following and following in f'"${self.escape}':
                character = self.next()
            if following:
                result.append(character)
        raise ExpansionError("a double quote is never closed")

    def less_than(self) -> str:
        """processPossibleHeredoc: `<<` takes the blanks behind it into its word."""
        start = self.pos
        self.pos += 1
        if self.peek() == "<":
            self.pos += 1
            while self.peek() in ("\t", "\r", " "):
                self.pos += 1
        return self.text[start : self.pos]

    def dollar(self) -> str:
        self.pos += 1
        if self.peek() != "{":
            name = self.name()
            if not name:
                return "$"
            value = self.get(name)
            if value is None:
                return f"${name}" if self.skip_unset else ""
            return value
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise TooDeepError(f"more than {DEEPEST_NESTING} substitutions inside one another")
        self.pos += 1
        value = self.braced()
        self.depth -= 1
        return value

    def braced(self) -> str:
        """What follows `${`: a name, a modifier and its words, `}`."""
        if self.at_end():
            raise ExpansionError("'}' is missing")
        if self.peek() in "{}:":
            raise ExpansionError(f"bad substitution: no name after '${{' but '{self.peek()}'")
        name = self.name()
        character = self.next()
        if character == "}":
            value = self.get(name)
            if value is None:
                return f"${{{name}}}" if self.skip_unset else ""
            return value
        if character == "/":
            return self.replace(name)
        if not character:
            raise ExpansionError("'}' is missing")
        modifier = character
        if character == ":":
            character = self.next()
            modifier += character
        elif character not in "+-?#%":
            raise ExpansionError(f"unsupported modifier ({modifier}) in a substitution of '{name}'")
        if len(modifier) == 2 and character in "#%":
            raise ExpansionError(f"unsupported modifier ({modifier}) in a substitution of '{name}'")
        before = set(self.names) if self.needed else self.names
        word = self.operand("}", character in ("#", "%"), "'}' is missing")
        if self.needed and character in ("-", "+"):
            # the word of a `+` counts only where the name itself is set
            self.names -= {name} - before
            value = self.environment.get(name)
        else:
            value = self.get(name)
        if value is None and self.skip_unset:
            return f"${{{name}{modifier}{word}}}"
        absent = value is None or (len(modifier) == 2 and not value)
        if character == "-":
            return word if absent else value or ""
        if character == "+":
            return "" if absent else word
        if character == "?":
            if absent and self.demanding:
                state = "unset" if value is None else "empty"
                raise ExpansionError(f"{name}: {word or f'is not allowed to be {state}'}")
            return value or ""
        if character and character in "#%":
            longest = word[:1] == character
            from dockfix.dockerfile.shell_patterns import trim_prefix, trim_suffix

            trim = trim_prefix if character == "#" else trim_suffix
            return trim(word[1:] if longest else word, value or "", longest)
        raise ExpansionError(f"unsupported modifier ({modifier}) in a substitution of '{name}'")

    def replace(self, name: str) -> str:
        every = self.peek() == "/"
        self.pos += every
        pattern = self.operand("/", True, "the second '/' is missing")
        replacement = self.operand("}", True, "'}' is missing")
        value = self.get(name)
        if value is None and self.skip_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        from dockfix.dockerfile.shell_patterns import replaced

        return replaced(pattern, replacement, value or "", every)

    def operand(self, stop: str, raw_escapes: bool, missing: str) -> str:
        try:
            return self.until(stop, raw_escapes)
        except TooDeepError:
            raise
        except ExpansionError:
            if self.at_end():
                raise ExpansionError(missing) from None
            raise

    def name(self) -> str:
        """processName: a name, or digits, or one special parameter; empty if there is none."""
        start = self.pos
        first = self.peek()
        if first.isdecimal():
            while self.peek().isdecimal():
                self.pos += 1
        elif first and first in _SPECIAL_PARAMETERS:
            self.pos += 1
        else:
            while (character := self.peek()) and (
                character.isalpha() or character.isdecimal() or character == "_"
            ):
                self.pos += 1
        return self.text[start : self.pos]

    def get(self, name: str) -> str | None:
        self.names.add(name)
        return self.environment.get(name)


@cache
def _plain_run(escape: str, stop: str) -> re.Pattern[str]:
    return re.compile(f"[^$<'\"{re.escape(escape + stop)}]+")


@cache
def _plain_in_quotes(escape: str) -> re.Pattern[str]:
    return re.compile(f'[^$"{re.escape(escape)}]+')
