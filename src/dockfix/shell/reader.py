"""Reads a shell script into the tree of `dockfix.shell.tree`, or says where and why it cannot.

A recursive descent over the grammar of POSIX XCU 2.10, with bash's additions where the dialect is
bash. It never guesses: what is unbalanced, what the shells of the dialect read differently, and
what the tree has no node for is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dockfix.shell.patterns import NAME, lazy
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.simple import BASH_RESERVED, SimpleReader
from dockfix.shell.tree import (
    AndOr,
    Arithmetic,
    Case,
    Command,
    Dialect,
    For,
    Function,
    Group,
    If,
    Item,
    Loop,
    Operator,
    Pipeline,
    Redirect,
    Script,
    Subshell,
    Unknown,
    Word,
)
from dockfix.shell.walk import simples
from dockfix.shell.words import DELIMITER, NotUnderstoodError
from dockfix.typed import Literal

# By their first character. A longer operator comes before one that it begins with.
OPENING = {
    "[": ("[[",), "c": ("case", "coproc"), "f": ("for", "function"), "i": ("if",),
    "s": ("select",), "t": ("time",), "u": ("until",), "w": ("while",), "{": ("{",),
}  # fmt: skip
CLOSING = {
    ";": (";;&", ";;", ";&"), "d": ("do", "done"), "e": ("elif", "else", "esac"), "f": ("fi",),
    "i": ("in",), "t": ("then",), "}": ("}",),
}  # fmt: skip
_NEGATION = lazy(r"!(?=(?>(?:\\\n)*)[ \t])")
_FOR = lazy(rf"({NAME})(?={DELIMITER})")
_FUNCTION = lazy(r"[A-Za-z0-9_./:-]++")
_IDENTIFIER = lazy(NAME)

_new = tuple.__new__

#: XCU 2.14: a function may not have one of these names in posix mode.
_SPECIAL_BUILTINS = frozenset(
    ("break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift",
     "times", "trap", "unset")
)  # fmt: skip


def read_script(text: str, dialect: Dialect) -> Script | Unknown:
    """The tree of a script. The answer is kept, so that each text is read once."""
    return _read(text, dialect)


@cached_by_value
def _read(text: str, dialect: Dialect) -> Script | Unknown:
    if "\r" in text or "\0" in text:
        offset = next(number for number, one in enumerate(text) if one in "\0\r")
        what = "a carriage return" if text[offset] == "\r" else "a null character"
        return Unknown(text, offset, what)
    reader = Reader(text, dialect)
    try:
        items, _ = reader.commands("")
        if reader.body_line >= 0:
            raise reader.failure("a here-document whose line does not end")
        found = tuple(reader.found)
        substitutes = "(" in text or "`" in text
        nested = simples(items, nested=True) if substitutes else found
    except NotUnderstoodError as error:
        return Unknown(text, error.offset, error.reason)
    except RecursionError:
        return Unknown(text, min(reader.pos, len(text)), "nested too deeply")
    return Script(text, items, tuple(reader.comments), found, nested)


class Reader(SimpleReader):
    """The grammar: every method reads one construct from `pos` and leaves `pos` behind it."""

    __slots__ = ()

    # Lists (XCU 2.9.3, 2.9.4)

    def commands(self, *closers: str) -> tuple[tuple[Item, ...], str]:
        """Items up to one of `closers`, which is skipped. `in`, `then` and so on end every list."""
        text, end = self.text, self.end
        self.enter()
        items: list[Item] = []
        terminated = True
        self.linebreak()
        while True:
            closer = self.closer()
            if closer is not None:
                break
            if not terminated:
                raise self.failure("two commands without a separator")
            node = self.and_or()
            start = self.pos
            character = text[start] if start < end else ""
            terminator: Literal[";", "&", "\n", ""] = ""
            if character == ";" and not text.startswith((";;", ";&"), start, end):
                terminator = ";"
                self.operator(1)
            elif character == "&":
                terminator = "&"
                self.operator(1)
            elif character == "\n":
                terminator = "\n"
            else:
                start = node.end
            terminated = terminator != ""
            items.append(_new(Item, (node.start, node.end, node, terminator, start)))
            self.linebreak()
        if closer not in closers:
            raise self.failure(f"unexpected `{closer}`" if closer else f"`{closers[0]}` is missing")
        # Only `$()`, an arm of `case` and a whole script may be empty, and `;;` closes only arms.
        if not items and closer not in ("", ")", ";;", "esac"):
            raise self.failure(f"nothing before `{closer}`")
        self.pos += len(closer)
        self.depth -= 1
        return tuple(items), closer

    def closer(self) -> str | None:
        """What ends a list here, if anything does; "" is the end of the text."""
        if self.pos >= self.end:
            return ""
        if self.text[self.pos] == ")":
            return ")"
        return self.one_of(CLOSING)

    def one_of(self, among: Mapping[str, Sequence[str]]) -> str | None:
        """Which of these keywords and operators stands here, if any."""
        text, pos, end = self.text, self.pos, self.end
        first = text[pos] if pos < end else ""
        for word in among.get(first, ()):
            if text.startswith(word, pos, end) and (
                first == ";" or self.delimited(pos + len(word))
            ):
                return word
        return None

    def delimited(self, pos: int) -> bool:
        """True if `DELIMITER` matches at a place."""
        while self.text.startswith("\\\n", pos, self.end):
            pos += 2
        return pos >= self.end or self.text[pos] in " \t\n;&|()<>"

    def and_or(self) -> AndOr:
        """`a && b || c`."""
        text, end = self.text, self.end
        pipeline = self.pipeline()
        pipelines = [pipeline]
        operators: list[Operator] = []
        while True:
            pos = self.pos
            token = text[pos : pos + 2] if pos + 2 <= end else ""
            if token != "&&" and token != "||":
                break
            operators.append(_new(Operator, (pos, pos + 2, token)))
            self.pos = pos + 2
            self.linebreak()
            pipelines.append(self.pipeline())
        stop = pipelines[-1].end
        return _new(AndOr, (pipeline.start, stop, tuple(pipelines), tuple(operators)))

    def pipeline(self) -> Pipeline:
        """`! a | b` (XCU 2.9.2)."""
        text, end = self.text, self.end
        start = self.pos
        negated = False
        if start < end and text[start] == "!":
            if _NEGATION.match(text, start, end):
                negated = True
                self.pos += 1
                self.blanks()
            elif self.at("!(") or self.at("!\n"):
                raise self.failure("`!` without a blank behind it")
        command = self.command()
        commands = [command]
        while self.pos < end and text[self.pos] == "|" and not self.at("||"):
            if self.at("|&"):
                if not self.bash:
                    raise self.failure("`|&` is an operator in bash only")
                self.pos += 2
            else:
                self.operator(1)
            self.linebreak()
            command = self.command()
            commands.append(command)
        return _new(Pipeline, (start, command.end, negated, tuple(commands)))

    # Commands

    def command(self) -> Command:
        """One command (XCU 2.9); the blanks behind it are skipped."""
        text, start, end = self.text, self.pos, self.end
        character = text[start] if start < end else ""
        if character not in OPENING and character != "(":
            return self.simple()
        if character == "(":
            if not self.at("(("):
                return self.subshell()
            if not self.bash:
                raise self.failure("`((` is a sum in bash only")
            self.pos += 2
            from dockfix.shell.expansions import arithmetic

            expansions = arithmetic(self)
            stop = self.pos
            redirects = self.redirects()
            return Arithmetic(start, _end(stop, redirects), expansions, redirects)
        keyword = self.one_of(OPENING)
        if keyword is None:
            return self.simple()
        if keyword == "[[" and not self.bash:
            return self.simple()
        if keyword in ("select", "coproc", "time", "function"):
            if keyword == "function" and self.bash:
                return self.function_keyword()
            if keyword == "function" or self.dialect in ("sh", "bash"):
                raise self.failure(f"`{keyword}` is a keyword in bash only")
            return self.simple()
        self.pos = start + len(keyword)
        if keyword == "[[":
            from dockfix.shell.conditional import read_test

            return read_test(self, start)
        if keyword == "{":
            body, _ = self.commands("}")
            stop = self.pos
            redirects = self.redirects()
            return Group(start, _end(stop, redirects), body, redirects)
        if keyword == "if":
            return self.conditional(start)
        if keyword == "for":
            return self.loop_over(start)
        if keyword == "case":
            return self.case(start)
        condition, _ = self.commands("do")
        body, _ = self.commands("done")
        stop = self.pos
        redirects = self.redirects()
        return Loop(start, _end(stop, redirects), keyword == "until", condition, body, redirects)

    def subshell(self) -> Subshell:
        """`( list )`."""
        start = self.pos
        self.pos += 1
        self.unbroken("(")
        body, _ = self.commands(")")
        if not body:
            raise self.failure("an empty subshell", start)
        stop = self.pos
        redirects = self.redirects()
        return Subshell(start, _end(stop, redirects), body, redirects)

    def conditional(self, start: int) -> If:
        """`if`, behind the keyword (XCU 2.9.4.4)."""
        branches: list[tuple[tuple[Item, ...], tuple[Item, ...]]] = []
        orelse: tuple[Item, ...] | None = None
        closer = "elif"
        while closer == "elif":
            condition, _ = self.commands("then")
            body, closer = self.commands("fi", "elif", "else")
            branches.append((condition, body))
        if closer == "else":
            orelse, _ = self.commands("fi")
        stop = self.pos
        redirects = self.redirects()
        return If(start, _end(stop, redirects), tuple(branches), orelse, redirects)

    def loop_over(self, start: int) -> For:
        """`for`, behind the keyword (XCU 2.9.4.2)."""
        self.space()
        match = _FOR.match(self.text, self.pos, self.end)
        if not match:
            raise self.failure("`for` without a name")
        self.pos = match.end()
        self.blanks()
        words: tuple[Word, ...] | None = None
        if self.at(";") and not self.at(";;"):
            self.operator(1)
            self.linebreak()
        else:
            self.linebreak()
            if self.closer() == "in":
                self.pos += 2
                words = self.words_of_for()
        self.keyword("do")
        body, _ = self.commands("done")
        stop = self.pos
        redirects = self.redirects()
        return For(start, _end(stop, redirects), match[1], words, body, redirects)

    def words_of_for(self) -> tuple[Word, ...]:
        """The words between `in` and the separator."""
        words: list[Word] = []
        self.blanks()
        while not (self.at(";") or self.at("\n")):
            words.append(self.word())
            if self.at("("):
                raise self.failure("`(` inside a word")
            self.blanks()
        if self.at(";"):
            self.operator(1)
        elif self.body_line >= 0:
            # Dash goes on looking for the here-document behind a later newline.
            raise self.failure("a here-document before the words of `for`")
        self.linebreak()
        return tuple(words)

    def keyword(self, word: str) -> None:
        """Skip a reserved word that must stand here."""
        if self.closer() != word:
            raise self.failure(f"`{word}` is missing")
        self.pos += len(word)

    def case(self, start: int) -> Case:
        """`case`, behind the keyword (XCU 2.9.4.3)."""
        self.space()
        subject = self.word()
        self.linebreak()
        self.keyword("in")
        arms: list[tuple[tuple[Word, ...], tuple[Item, ...]]] = []
        closer = ";;"
        while closer != "esac":
            self.linebreak()
            if self.closer() == "esac":
                self.pos += 4
                break
            if self.at("("):
                self.pos += 1
                self.blanks()
            patterns: list[Word] = []
            while True:
                patterns.append(self.word())
                self.blanks()
                if not self.at("|"):
                    break
                self.pos += 1
                self.blanks()
            if not self.at(")"):
                raise self.failure("`)` is missing after a pattern")
            self.pos += 1
            body, closer = self.commands(";;", "esac")
            arms.append((tuple(patterns), body))
        stop = self.pos
        redirects = self.redirects()
        return Case(start, _end(stop, redirects), subject, tuple(arms), redirects)

    # Functions (XCU 2.9.5)

    def function_keyword(self) -> Function:
        """`function name { …; }` and `function name() { …; }`, in bash."""
        start = self.pos
        self.pos += len("function")
        self.space()
        name = self.word()
        self.space()
        if self.at("("):
            return self.function(start, name)
        return self.function_body(start, name)

    def function(self, start: int, name: Word) -> Function:
        """`name()`, from the parenthesis."""
        self.pos += 1
        self.space()
        if not self.at(")"):
            raise self.failure("`(` after a word")
        self.pos += 1
        return self.function_body(start, name)

    def function_body(self, start: int, name: Word) -> Function:
        """The compound command of a function."""
        pattern = _FUNCTION if self.bash else _IDENTIFIER
        if not pattern.fullmatch(name.text) or (name.text in BASH_RESERVED | _SPECIAL_BUILTINS):
            raise self.failure("an unusual name of a function", start)
        self.linebreak()
        keyword = self.one_of(OPENING)
        if not self.at("(") and keyword in (None, "function", "select", "coproc", "time"):
            raise self.failure("the body of a function is not a compound command")
        if keyword == "[[" and not self.bash:
            raise self.failure("the body of a function is not a compound command")
        body = self.command()
        return Function(start, body.end, name.text, body)


def _end(stop: int, redirects: tuple[Redirect, ...]) -> int:
    return redirects[-1].end if redirects else stop
