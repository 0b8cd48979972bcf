"""Simple commands: assignments, words, redirections and here-documents (XCU 2.7, 2.9.1)."""

from __future__ import annotations

import re

from dockfix.shell.patterns import NAME, lazy
from dockfix.shell.tree import Assignment, Command, Expansion, Function, Redirect, Simple, Word
from dockfix.shell.words import BODY, WordReader

# Words of nothing but harmless characters, and blanks: most words of most scripts.
_PLAIN = lazy(r"[A-Za-z0-9_./:@%+,=^ \t-]++")
_ASSIGNMENT = lazy(rf"({NAME})(\+?=)")
_ELEMENT = lazy(rf"{NAME}\[")
_ARRAY = lazy(rf"{NAME}\+?=")
_DESCRIPTOR = lazy(rf"(?:[0-9]++|\{{{NAME}\}})(?=[<>])")
_REDIRECTS = frozenset(
    ("<<<", "<<-", "<<", "<>", "<&", "<", ">>", ">&", ">|", ">", "&>>", "&>")
)  # fmt: skip

#: What ends a simple command; `&` does not where it begins `&>`.
_ENDS = frozenset(";\n|&)")

_new = tuple.__new__

RESERVED = frozenset(
    ("if", "then", "elif", "else", "fi", "for", "in", "while", "until", "do", "done", "case",
     "esac", "{", "}", "!")
)  # fmt: skip
BASH_RESERVED = RESERVED | {"function", "select", "coproc", "time", "[[", "]]"}
#: Builtins of bash whose arguments may be array assignments.
_DECLARATIONS = frozenset({"declare", "export", "local", "readonly", "typeset"})


class SimpleReader(WordReader):
    """Reads simple commands."""

    __slots__ = ()

    def function(self, start: int, name: Word) -> Function:
        """A function's definition, from the parenthesis behind its name."""
        raise NotImplementedError

    def operator(self, length: int) -> None:
        """Skip an operator that another character would make a different one (XCU 2.3, rule 2)."""
        self.pos += length
        if self.at("\\\n"):
            self.unbroken("&|;<>(-")

    def linebreak(self) -> None:
        """Skip blanks, comments and newlines."""
        text, pos, end = self.text, self.pos, self.end
        if pos < end and text[pos] == " ":
            pos += 1
        self.pos = pos
        if pos >= end or text[pos] not in " \t\\#\n":
            return
        self.blanks()
        while self.at("\n"):
            self.newline()
            self.blanks()

    def newline(self) -> None:
        """Skip a newline, and the here-documents that wait for it (XCU 2.7.4)."""
        if self.body_line < 0:
            self.pos += 1
            return
        if self.pos != self.body_line:
            raise self.failure("a line break between `<<` and its here-document")
        self.pos = self.body_end
        self.body_line = -1

    def simple(self) -> Command:
        """Assignments, words and redirections, or `name()`."""
        text, end = self.text, self.end
        start = stop = plain_end = self.pos
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while self.pos < end:
            pos = self.pos
            character = text[pos]
            if pos >= plain_end:
                if character in _ENDS and not (
                    character == "&" and text.startswith(">", pos + 1, end)
                ):
                    break
                plain_end = self.end_of_plain_words(pos)
            if not words:
                if character == " " or character == "\t":
                    self.space()
                    continue
                assignment = self.leading_assignment(pos, plain_end, redirects)
                if assignment is not None:
                    assignments.append(assignment)
                    stop = assignment.end
                    continue
            if pos < plain_end:
                is_first = not words
                stop = self.plain_words(pos, plain_end, words) or stop
                if is_first and (assignments or words[0].text in BASH_RESERVED):
                    self.check_name(words[0], start, assignments, redirects)
                continue
            if text.startswith("\\\n", pos, end):
                self.space()
                continue
            if character == "#":
                self.blanks()
                continue
            if character == "(":
                if len(words) != 1 or assignments or redirects or not words[0].plain:
                    raise self.failure("unexpected `(`")
                return self.function(start, words[0])
            if character in "<>&{0123456789":
                redirect = self.redirect()
                if redirect is not None:
                    if redirects and not words and _ASSIGNMENT.match(redirect.target.text):
                        # Bash takes some of these for an assignment.
                        raise self.failure("a file name like an assignment", pos)
                    redirects.append(redirect)
                    stop = redirect.end
                    continue
            word = self.checked_word(words, no_array=bool(assignments or redirects))
            stop = word.end
            if not words:
                self.check_name(word, start, assignments, redirects)
            words.append(word)
        if stop == start:
            raise self.failure("a command is missing")
        if self.may_test and self.dialect != "dash":
            self.check_condition(words, redirects)
        parts = tuple(assignments), tuple(words), tuple(redirects)
        simple = _new(Simple, (start, stop, *parts))
        self.found.append(simple)
        return simple

    def end_of_plain_words(self, pos: int) -> int:
        """The end of the plain words and blanks that begin here; `pos` if there are none."""
        text, end = self.text, self.end
        match = _PLAIN.match(text, pos, end)
        if match is None:
            return pos
        found = match.end()
        if found < end and text[found] not in "\n;|&)":
            # The last word goes on, or may be no word.
            found = max(text.rfind(" ", pos, found), text.rfind("\t", pos, found)) + 1
            return max(found, pos)
        return found

    def plain_words(self, pos: int, end: int, words: list[Word]) -> int:
        """Read plain words up to `end`. Returns the end of the last one, 0 if there is none."""
        self.pos = end
        stop = 0
        for written in self.text[pos:end].replace("\t", " ").split(" "):
            if written:
                stop = pos + len(written)
                # Half of all nodes of a script are such words.
                words.append(_new(Word, (pos, stop, written, written, True, ())))
                pos = stop
            pos += 1
        return stop

    def leading_assignment(
        self, pos: int, plain_end: int, redirects: list[Redirect]
    ) -> Assignment | None:
        """The assignment in front of a command's words that begins here, if one does."""
        text = self.text
        equals = text.find("=", pos, plain_end)
        may_begin = (
            text[pos].isidentifier()
            if pos == plain_end
            else equals >= 0 and text.find(" ", pos, equals) < 0
        )
        if not may_begin:
            return None
        found = _ASSIGNMENT.match(text, pos, self.end)
        if found is None or not (found[2] == "=" or self.dialect in ("sh", "bash")):
            return None
        assignment = self.assignment(found)
        if redirects and assignment.value.text[:1] == "(":
            # Bash reads no array behind a redirection.
            raise self.failure("an array behind a redirection", pos)
        return assignment

    def checked_word(self, words: list[Word], *, no_array: bool) -> Word:
        """A word of a simple command behind `words`. Refuses what shells read differently."""
        word = self.argument_word([] if no_array else words)
        if words and self.at("("):
            raise self.failure("`(` inside a word")
        if "\\\n" in word.text and (self.at("<") or self.at(">")):
            raise self.failure("a line break in front of a redirection")
        return word

    def argument_word(self, words: list[Word]) -> Word:
        """A word of a simple command; in bash maybe the array that a declaration assigns."""
        word = self.word()
        declared = words and words[0].value in _DECLARATIONS
        if declared and self.dialect in ("sh", "bash") and _ELEMENT.match(word.text):
            raise self.failure("an element of an array", word.start)
        if not self.at("("):
            return word
        if not (self.bash and declared and _ARRAY.fullmatch(word.text)):
            if words or not word.plain:
                raise self.failure("`(` inside a word")
            return word
        array = self.array()
        return Word(
            word.start, array.end, self.text[word.start : array.end], None, False, array.expansions
        )

    def check_name(
        self, word: Word, start: int, assignments: list[Assignment], redirects: list[Redirect]
    ) -> None:
        """Refuse a command's name that a shell of the dialect would not read as one, there."""
        if word.text in BASH_RESERVED or "[" in word.text or "\\" in word.text:
            self.check_unusual_name(word, alone=not (assignments or redirects))
        if assignments and any(one.value.text[:1] == "(" for one in assignments):
            raise self.failure("an array before a command", start)

    def check_unusual_name(self, word: Word, alone: bool) -> None:
        reserved = RESERVED if self.dialect in ("dash", "ash") else BASH_RESERVED
        unquoted = word.text.replace("\\\n", "")
        if unquoted in reserved and not (alone and unquoted == "[["):
            raise self.failure(f"`{unquoted}` as a command", word.start)
        # Bash reads on to the `]`, over blanks and operators.
        if "[" in unquoted[1:] and self.dialect in ("sh", "bash") and _ELEMENT.match(unquoted):
            raise self.failure("an element of an array", word.start)
        if len(unquoted) != len(word.text) and _ASSIGNMENT.match(unquoted):
            raise self.failure("a line break inside an assignment", word.start)

    def check_condition(self, words: list[Word], redirects: list[Redirect]) -> None:
        """Refuse a `[[` that bash, which has a grammar for it, would not read as plain words.

        Behind any word `[[`, a busybox reads `&&` as `-a` up to `]]`.
        """
        if all(word.value != "[[" for word in words):
            return
        from dockfix.shell.conditions import is_condition

        last = words[-1]
        if self.bash and words[0].text != "[[":
            return
        if (
            words[0].text != "[["
            or any(word.value == "[[" for word in words[1:])
            or last.text != "]]"
            or not is_condition([word.text for word in words[1:-1]])
            or any(redirect.start < last.start for redirect in redirects)
            or "\n" in self.text[words[0].start : last.end]
        ):
            raise self.failure("a `[[` that shells read differently", words[0].start)

    def assignment(self, match: re.Match[str]) -> Assignment:
        """`name=value`, from a match of its name and operator."""
        append = match[2] == "+="
        if append and not self.bash:
            raise self.failure("`+=` assigns in bash only")
        self.pos = match.end()
        value = self.array() if self.bash and self.at("(") else self.word(assigned=True)
        if self.at("("):
            raise self.failure("`(` after an assignment")
        return Assignment(match.start(), value.end, match[1], append, value)

    def array(self) -> Word:
        """bash's `(…)` behind `name=`, as one word without a value."""
        start = self.pos
        expansions: list[Expansion] = []
        self.enter()
        self.pos += 1
        self.linebreak()
        while not self.at(")"):
            word = self.word()
            if self.at("("):
                raise self.failure("`(` inside an array")
            if word.text[:1] == "=" or (
                word.text[:1] == "[" and ("]" not in word.text or "]=#" in word.text)
            ):
                raise self.failure("an unusual element of an array", word.start)
            expansions.extend(word.expansions)
            self.linebreak()
        self.pos += 1
        self.depth -= 1
        if not (self.pos == self.end or self.text[self.pos] in " \t\n;&|)"):
            raise self.failure("an array that does not end a word")
        return Word(start, self.pos, self.text[start : self.pos], None, False, tuple(expansions))

    # Redirections (XCU 2.7)

    def redirects(self) -> tuple[Redirect, ...]:
        """The redirections behind a compound command, and the blanks behind those."""
        redirects: list[Redirect] = []
        self.blanks()
        while self.pos < self.end and self.text[self.pos] in "<>&{0123456789":
            redirect = self.redirect()
            if redirect is None:
                break
            redirects.append(redirect)
            self.blanks()
        return tuple(redirects)

    def redirect(self) -> Redirect | None:
        """The redirection that begins here, or None."""
        text, start, end = self.text, self.pos, self.end
        fd = self.descriptor()
        operator = self.redirection(start + len(fd))
        if operator is None:
            return None
        behind = start + len(fd) + len(operator)
        if text.startswith("(", behind, end) and operator in ("<", ">"):
            if fd:
                raise self.failure("a number before a process substitution")
            return None
        if fd[:1] == "{" and not self.bash:
            if self.dialect == "sh":
                raise self.failure("`{name}` before a redirection is special in bash only")
            return None
        if len(fd) > 1 and self.dialect in ("sh", "dash"):
            raise self.failure("a file descriptor of two digits is one in bash only")
        if operator in ("<<<", "&>", "&>>") and not self.bash:
            raise self.failure(f"`{operator}` is an operator in bash only")
        self.pos = behind - 1
        self.operator(1)
        self.space()
        if self.descriptor():
            raise self.failure("a redirection inside another")
        target = self.word()
        if self.at("("):
            raise self.failure("`(` inside a word")
        if operator in (">&", "<&") and not self.bash and not target.expansions:
            descriptor = target.value or ""
            if descriptor != "-" and not (len(descriptor) == 1 and descriptor in "0123456789"):
                raise self.failure(f"`{operator}` with something other than a digit or `-`", start)
        if operator not in ("<<", "<<-"):
            return Redirect(start, target.end, fd, operator, target, None)
        return self.heredoc(Redirect(start, target.end, fd, operator, target, None))

    def redirection(self, pos: int) -> str | None:
        """The operator of a redirection that stands at a place, if one does."""
        # the longer ones are looked for before those that they begin with
        for stop in (pos + 3, pos + 2, pos + 1):
            if stop <= self.end and self.text[pos:stop] in _REDIRECTS:
                return self.text[pos:stop]
        return None

    def descriptor(self) -> str:
        """The number or `{name}` that begins here, if a redirection follows; else nothing."""
        if self.pos >= self.end or self.text[self.pos] not in "{0123456789":
            return ""
        match = _DESCRIPTOR.match(self.text, self.pos, self.end)
        return match[0] if match else ""

    def heredoc(self, redirect: Redirect) -> Redirect:
        """Read ahead the here-document of a redirection (XCU 2.7.4)."""
        text, pos = self.text, self.pos
        target = redirect.target
        if target.value is None or "\n" in target.text or not target.value:
            raise self.failure("an unusual delimiter of a here-document", target.start)
        if self.body_line < 0:
            line = text.find("\n", pos, self.end)
            if line < 0:
                raise self.failure("a here-document without a body", redirect.start)
            body = line + 1
        else:
            line, body = self.body_line, self.body_end
        stop = body
        while True:
            line_end = text.find("\n", stop, self.end)
            line_end = self.end if line_end < 0 else line_end
            found = text[stop:line_end]
            if (found.lstrip("\t") if redirect.operator == "<<-" else found) == target.value:
                break
            if line_end == self.end:
                raise self.failure(f"a here-document without its `{target.value}`", redirect.start)
            stop = line_end + 1
        expansions: list[Expansion] = []
        if target.plain:
            continued = text.find("\\\n", body, stop)
            if continued >= 0:
                raise self.failure("a continuation inside a here-document", continued)
            end, self.end, self.pos, self.body_line = self.end, stop, body, -1
            self.quoted(BODY, [], expansions)
            self.end, self.pos = end, pos
        self.body_line, self.body_end = line, min(line_end + 1, self.end)
        return redirect._replace(heredoc=text[body:stop], expansions=tuple(expansions))
