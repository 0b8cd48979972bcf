"""Words of a shell script: quoting, expansions, and the one string a word stands for.

The rules are those of POSIX XCU 2.2 (quoting), 2.3 (how a word ends), 2.6 (expansions), and of bash
where the dialect is bash. What the shells of a dialect read differently is not read at all.
"""

from __future__ import annotations

import re

from dockfix.shell.patterns import NAME, lazy
from dockfix.shell.tree import Comment, Dialect, Expansion, Item, Simple, Word

#: Nesting (lists, `${…}`, sums) beyond which a script is not read. Each level costs up to ten of
#: the interpreter's 1,000 frames.
DEPTH = 50

#: What ends a word (XCU 2.3, rules 6 and 8; `#` begins a comment only where a word would begin).
DELIMITER = r"(?:[ \t\n;&|()<>]|\Z|(?>(?:\\\n)+)(?:[ \t\n;&|()<>]|\Z))"

_LITERAL = lazy(r"""[^ \t\n;&|()<>"'\\$`]++""")
_DOUBLE = lazy(r'[^"\\$`]++')
BODY = lazy(r"[^\\$`]++")
_ANSI = lazy(r"\$'(?>(?:[^'\\]++|\\.)*)'", re.DOTALL)
_CONTINUED_NAME = lazy(r"(?>(?:\\\n)+)[A-Za-z0-9_]")
_PARAMETER = lazy(rf"{NAME}|[0-9@*#?$!-]")
_BACKQUOTED = lazy(r"`((?>(?:[^`\\]++|\\.)*))`", re.DOTALL)
_UNWRAPPED = lazy(r"\\[`$\\]")
_UNWRAPPED_IN_QUOTES = lazy(r'\\[`$\\"]')
_SPECIAL = frozenset("*?[{~")


class NotUnderstoodError(Exception):
    """Raised within the reader, and turned into `Unknown` before it returns."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


class WordReader:
    """A place in a text, moved forward by methods that each read one construct from there."""

    __slots__ = (
        "bash",
        "body_end",
        "body_line",
        "comments",
        "depth",
        "dialect",
        "end",
        "found",
        "may_test",
        "pos",
        "text",
    )

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.bash = dialect == "bash"
        # Quotes and continuations may divide a word `[[`.
        self.may_test = "[" in text and "[[" in _without_quotes(text)
        self.pos = 0
        self.end = len(text)
        self.depth = 0
        self.comments: list[Comment] = []
        self.found: list[Simple] = []
        # The newline that here-documents read ahead wait for (-1: none), and where these end.
        self.body_line = -1
        self.body_end = -1

    def commands(self, *closers: str) -> tuple[tuple[Item, ...], str]:
        """A list of commands, and which of `closers` ended it; "" is the end of the text."""
        raise NotImplementedError

    def failure(self, reason: str, offset: int | None = None) -> NotUnderstoodError:
        """What to raise where the script stops being understood: here, or at `offset`."""
        return NotUnderstoodError(self.pos if offset is None else offset, reason)

    def enter(self) -> None:
        """One level deeper; what calls this undoes it with `self.depth -= 1`."""
        self.depth += 1
        if self.depth > DEPTH:
            raise self.failure(f"nested more than {DEPTH} levels deep")

    def at(self, token: str) -> bool:
        """True if `token` stands here."""
        return self.text.startswith(token, self.pos, self.end)

    def unbroken(self, rest: str) -> None:
        """Refuse a continuation here before one of `rest`, which would belong to what is before it.

        Continuations go before anything else is read (XCU 2.2.1).
        """
        pos = self.pos
        while self.text.startswith("\\\n", pos, self.end):
            pos += 2
        if self.pos < pos < self.end and self.text[pos] in rest:
            raise self.failure("a line break inside an operator")

    def blanks(self) -> None:
        """Skip blanks, continuations and a comment (XCU 2.3, rules 7 to 9)."""
        self.space()
        if self.pos < self.end and self.text[self.pos] == "#":
            line_end = self.text.find("\n", self.pos, self.end)
            stop = self.end if line_end < 0 else line_end
            self.comments.append(Comment(self.pos, stop))
            self.pos = stop

    def space(self) -> None:
        """Skip blanks and continuations where a comment may not stand."""
        text, pos, end = self.text, self.pos, self.end
        while pos < end:
            character = text[pos]
            if character == " " or character == "\t":
                pos += 1
            elif character == "\\" and text.startswith("\n", pos + 1, end):
                pos += 2
            else:
                break
        self.pos = pos

    # Words

    def word(self, assigned: bool = False) -> Word:
        """The word that begins here; `assigned` is the value of an assignment (it may be empty)."""
        text, end = self.text, self.end
        start = pos = self.pos
        if not assigned and text.startswith("#", pos, end):
            raise self.failure("a comment where a word must stand")
        values: list[str] = []
        outline: list[str] = []  # the word with `_` in place of whatever is quoted or expanded
        expansions: list[Expansion] = []
        certain = True
        while pos < end:
            match = _LITERAL.match(text, pos, end)
            if match:
                values.append(match[0])
                outline.append(match[0])
                pos = match.end()
                continue
            character = text[pos]
            self.pos = pos
            if character in "<>" and text.startswith("(", pos + 1, end):
                expansions.append(self.process())
            elif character in " \t\n;&|()<>":
                break
            else:
                certain = self.piece(values, expansions) and certain
            outline.append("_")
            pos = self.pos
        self.pos = pos
        if pos == start and not assigned:
            raise self.failure("a word is missing")
        written = text[start:pos]
        value = None
        if certain and not expansions:
            plain = _SPECIAL.isdisjoint(written)
            if plain or self.literal("".join(outline), assigned):
                value = "".join(values)
        return Word(start, pos, written, value, value == written, tuple(expansions))

    def literal(self, outline: str, assigned: bool) -> bool:
        """True if an outline has no glob, braces or tilde to expand (XCU 2.6.1, 2.13)."""
        if "*" in outline or "?" in outline:
            return False
        opening = outline.find("[")
        if opening >= 0 and outline.rfind("]") > opening:
            return False
        if self.dialect in ("sh", "bash"):
            opening, closing = outline.find("{"), outline.rfind("}")
            if 0 <= opening < closing and (
                "," in outline[opening:closing] or ".." in outline[opening:closing]
            ):
                return False
        if outline.startswith("~") or "=~" in outline:
            return False
        # Bash outside of its posix mode expands tildes in arguments that look like assignments.
        return ":~" not in outline or not (assigned or "=" in outline)

    def piece(self, values: list[str], expansions: list[Expansion]) -> bool:
        """What is quoted or expanded here, outside double quotes; whether its value is certain."""
        text, pos, end = self.text, self.pos, self.end
        character = text[pos]
        if character == '"':
            self.double(values, expansions)
        elif character == "'":
            close = text.find("'", pos + 1, end)
            if close < 0:
                raise self.failure("a single quote is not closed")
            values.append(text[pos + 1 : close])
            self.pos = close + 1
        elif character == "\\":
            if pos + 1 == end:
                raise self.failure("a backslash ends the text")
            if text[pos + 1] != "\n":
                values.append(text[pos + 1])
            self.pos = pos + 2
        elif character == "`":
            expansions.append(self.backquoted(quoted=False))
        elif text.startswith("'", pos + 1, end):
            self.ansi()
            return False
        elif text.startswith('"', pos + 1, end):
            # Bash translates `$"…"`, others read a dollar sign and `"…"`: the end is the same.
            self.pos = pos + 1
            self.double(values, expansions)
            return False
        else:
            self.dollar(values, expansions, quoted=False)
        return True

    def ansi(self) -> None:
        """`$'…'`: escapes in bash; a dollar sign and a single-quoted string in dash."""
        match = _ANSI.match(self.text, self.pos, self.end)
        plain_end = self.text.find("'", self.pos + 2, self.end) + 1
        if not plain_end or (match is None and self.dialect != "dash"):
            raise self.failure("a single quote is not closed")
        escaped_end = match.end() if match is not None else plain_end
        if self.dialect == "sh" and escaped_end != plain_end:
            raise self.failure("`$'…'` with an escaped quote ends elsewhere in other shells")
        self.pos = plain_end if self.dialect == "dash" else escaped_end

    def double(self, values: list[str], expansions: list[Expansion]) -> None:
        """`"…"` (XCU 2.2.3)."""
        start = self.pos
        self.pos += 1
        self.quoted(_DOUBLE, values, expansions)
        if self.pos == self.end:
            raise self.failure("a double quote is not closed", start)
        self.pos += 1

    def quoted(self, run: re.Pattern[str], values: list[str], expansions: list[Expansion]) -> None:
        """What follows, up to a `"` or the end, by the rules of double quotes."""
        text, end = self.text, self.end
        while self.pos < end:
            match = run.match(text, self.pos, end)
            if match:
                values.append(match[0])
                self.pos = match.end()
                continue
            character = text[self.pos]
            if character == '"':
                return
            if character == "\\":
                escaped = text[self.pos + 1 : min(self.pos + 2, end)]
                if escaped != "\n":
                    values.append(escaped if escaped and escaped in '$`"\\' else "\\" + escaped)
                self.pos += 1 + len(escaped)
            elif character == "`":
                expansions.append(self.backquoted(quoted=True))
            else:
                self.dollar(values, expansions, quoted=True)

    # Expansions

    def dollar(self, values: list[str], expansions: list[Expansion], quoted: bool) -> None:
        """What a `$` begins (XCU 2.6), or the dollar sign itself."""
        text, start, end = self.text, self.pos, self.end
        match = _PARAMETER.match(text, start + 1, end)
        if match:
            self.pos = match.end()
            if match[0].isidentifier() and _CONTINUED_NAME.match(text, self.pos, end):
                raise self.failure("a line break inside a name")
            expansions.append(
                Expansion(start, self.pos, "parameter", match[0], "", None, quoted, ())
            )
        elif text.startswith("{", start + 1, end):
            from dockfix.shell.expansions import braces

            expansions.append(braces(self, quoted))
        elif text.startswith("((", start + 1, end):
            self.pos = start + 3
            from dockfix.shell.expansions import arithmetic

            nested = arithmetic(self)
            expansions.append(
                Expansion(start, self.pos, "arithmetic", "", "", None, quoted, nested)
            )
        elif text.startswith("(", start + 1, end):
            self.pos = start + 2
            self.unbroken("(")
            body = self.substituted(")")
            expansions.append(Expansion(start, self.pos, "command", "", "", body, quoted, ()))
        elif text.startswith("[", start + 1, end):
            raise self.failure("`$[` is a sum in bash only")
        elif text.startswith("\\\n", start + 1, end):
            raise self.failure("a line break after `$`")
        else:
            values.append("$")
            self.pos = start + 1

    def substituted(self, closer: str) -> tuple[Item, ...]:
        """The list inside a command or process substitution (XCU 2.6.3)."""
        if self.body_line >= 0:
            raise self.failure("a substitution between `<<` and its here-document")
        start = self.pos
        outside, self.found = self.found, []
        body, _ = self.commands(closer)
        self.found = outside
        if self.body_line >= 0:
            raise self.failure("a here-document that does not end inside its substitution", start)
        return body

    def process(self) -> Expansion:
        """`<(…)` and `>(…)`."""
        start = self.pos
        if not self.bash:
            raise self.failure("`<(` and `>(` are process substitutions in bash only")
        self.pos += 2
        if self.at("("):
            raise self.failure("`((` behind `<` or `>`")
        body = self.substituted(")")
        return Expansion(start, self.pos, "process", "", "", body, False, ())

    def backquoted(self, quoted: bool) -> Expansion:
        """`` `…` ``, where it holds no backslash that is taken away before its list is read."""
        start, end = self.pos, self.end
        match = _BACKQUOTED.match(self.text, start, end)
        if not match:
            raise self.failure("a backquote is not closed")
        unwrapped = (_UNWRAPPED_IN_QUOTES if quoted else _UNWRAPPED).search(match[1])
        if unwrapped:
            raise self.failure("an escape inside backquotes", start + 1 + unwrapped.start())
        self.pos = start + 1
        self.end = match.end() - 1
        body = self.substituted("")
        self.end = end
        self.pos = match.end()
        return Expansion(start, self.pos, "command", "", "", body, quoted, ())


def _without_quotes(text: str) -> str:
    for sign in ("\\", "'", '"', "\n"):
        text = text.replace(sign, "")
    return text
