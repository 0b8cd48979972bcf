"""bash's `[[ … ]]`: a small grammar of its own (bash manual, "Conditional Constructs")."""

from __future__ import annotations

from dockfix.patterns import lazy
from dockfix.shell.simple import UNARY, SimpleReader
from dockfix.shell.tree import Expansion, Test, Word

_BINARY = lazy(r"==|!=|=~|=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)(?=[ \t\n])")
_TEST_END = lazy(r"\]\](?=[ \t\n;&|()<>]|\Z)")
_PATTERN = lazy(r"""[^ \t\n;&|()<>"'\\$`]++""")


class ConditionalReader(SimpleReader):
    """Reads `[[ … ]]`."""

    __slots__ = ()

    def test(self, start: int) -> Test:
        """`[[`, behind it."""
        words: list[Word] = []
        self.skip_lines()
        self.either(words)
        self.skip_lines()
        if not _TEST_END.match(self.text, self.pos, self.end):
            raise self.failure("`]]` is missing")
        self.pos += 2
        stop = self.pos
        redirects = self.redirects()
        return Test(start, redirects[-1].end if redirects else stop, tuple(words), redirects)

    def skip_lines(self) -> None:
        """Skip blanks and newlines; a comment is none inside `[[`."""
        self.space()
        while self.at("\n"):
            if self.body_line >= 0:
                raise self.failure("a line break between `<<` and its here-document")
            self.pos += 1
            self.space()

    def token(self, words: list[Word], length: int) -> None:
        """An operator or a parenthesis, as a word."""
        start = self.pos
        self.pos += length
        written = self.text[start : self.pos]
        words.append(Word(start, self.pos, written, written, True, ()))

    def either(self, words: list[Word]) -> None:
        """Terms joined by `&&` and `||`."""
        self.enter()
        self.term(words)
        while self.at("&&") or self.at("||"):
            self.token(words, 2)
            self.skip_lines()
            self.term(words)
        self.depth -= 1

    def term(self, words: list[Word]) -> None:
        """`! term`, `( … )`, `-f a`, `a = b` or `a`; the blanks behind it are skipped."""
        while self.at("! ") or self.at("!\t"):
            self.token(words, 1)
            self.space()
        if self.at("("):
            self.token(words, 1)
            self.skip_lines()
            self.either(words)
            self.skip_lines()
            if not self.at(")"):
                raise self.failure("`)` is missing inside `[[`")
            self.token(words, 1)
            self.space()
            return
        first = self.operand(words)
        if UNARY.fullmatch(first.text):
            self.operand(words)
            return
        match = _BINARY.match(self.text, self.pos, self.end)
        if not match:
            return
        self.token(words, len(match[0]))
        if self.pos < self.end and self.text[self.pos] not in " \t":
            raise self.failure("an operator of `[[` without a blank behind it")
        self.space()
        if match[0] in ("=~", "=", "==", "!="):
            words.append(self.pattern(regex=match[0] == "=~"))
            self.space()
        else:
            self.operand(words)

    def operand(self, words: list[Word]) -> Word:
        """A word that is not an operator."""
        if _TEST_END.match(self.text, self.pos, self.end) or self.at("!\n"):
            raise self.failure("a word is missing inside `[[`")
        word = self.word()
        if self.at("("):
            raise self.failure("`(` inside a word")
        words.append(word)
        self.space()
        return word

    def pattern(self, regex: bool) -> Word:
        """The right side of `==` or `=~`: a word in which balanced parentheses hold `|`."""
        text, start, end = self.text, self.pos, self.end
        expansions: list[Expansion] = []
        level = 0
        while self.pos < end:
            match = _PATTERN.match(text, self.pos, end)
            if match:
                self.pos = match.end()
                continue
            character = text[self.pos]
            if character == "(" and (regex or level or text[self.pos - 1] in "?*+@!"):
                level += 1
                self.pos += 1
            elif character == ")" and level:
                level -= 1
                self.pos += 1
            elif character == "|" and level:
                self.pos += 1
            elif character in "\"'\\$`":
                self.piece([], expansions)
            elif character in " \t\n;&|()<>" and not level:
                break
            else:
                raise self.failure(f"`{character}` inside a pattern")
        if self.pos == start or level:
            what = "a pattern that does not end" if level else "a word is missing inside `[[`"
            raise self.failure(what)
        return Word(start, self.pos, text[start : self.pos], None, False, tuple(expansions))
