"""Random shell scripts, composed of every construct the reader knows, and some damaged ones."""

from __future__ import annotations

from random import Random
from typing import Literal

Language = Literal["sh", "bash"]

_LITERALS = (
    "a", "b1", "foo", "/usr/bin", "--flag", "-y", "x=1", "a.b", "[", "]", "{}", "a{", "}b", "%d",
    "^", "a#b", "in", "do", "fi", "~", "~/x", "a=~/b", "x:~", "*", "*.tar.?z", "[a-z]*", "{a,b}",
    "{1..3}", "!", "!x", "+x", "@", ",", ":", "é", "日本", "a-b_c", "1", "22", "$%", "a=b:~c", "=",
)  # fmt: skip
_QUOTED = (
    "'x y'", "'$x'", "''", '""', r"\$x", r"a\ b", r"\\", r"\"", r"\'", "'a\"b'", "'#'", "' # '",
    r"\*", "'a'\\''b'", r"\&", r"\;", "'|'", '";"', "'`'", "'(' ')'", '"a\\"b"', r'"\$x\`\\"',
    r'"\n"', "'é'", "'a\\'",
)  # fmt: skip
_PARAMETERS = (
    "$x", "${x}", "$1", "$?", "$$", "$#", "$@", "$*", "$!", "$-", "${10}", "${#x}", "${#}", "${@}",
    "$x_y", "$a$b", "${x:?}", "${x-}",
)  # fmt: skip
_OPERATORS = (":-", "-", ":=", "=", ":?", "?", ":+", "+", "%", "%%", "#", "##")
_NAMES = ("x", "foo", "_a1", "PATH")
_COMMANDS = ("echo", "cd", "make", "true", ":", "[", "test", "foo-bar", "./configure", "g++")
_BASH_PARAMETERS = (
    "${x/a/b}", "${x//a}", "${x:1:2}", "${x^^}", "${x[0]}", "${x[@]}", "${#x[@]}", "${!x}",
    "${x@Q}", "${x: -1}", "${x[$i]}",
)  # fmt: skip

_ENDING = ("a=(", "a+=(", "export", "local", "readonly", "declare")


class Scripts:
    """An endless source of scripts, the same for the same seed."""

    def __init__(self, seed: int, language: Language) -> None:
        self.random = Random(seed)
        self.language = language
        self.bodies: list[str] = []

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def some(self, low: int, high: int) -> range:
        return range(self.random.randint(low, high))

    def blank(self) -> str:
        if self.bodies:
            return " "
        return self.pick(*[" "] * 8, "  ", "\t", " \\\n ", " \\\n")

    def maybe_blank(self) -> str:
        return self.pick("", " ", "", "\t ")

    def newline(self) -> str:
        """A newline, with comments and blank lines and the here-documents that wait for one."""
        comment = self.pick("", "", " # it's a comment", "\t#") if not self.bodies else ""
        bodies, self.bodies = "".join(self.bodies), []
        return f"{comment}\n{bodies}" + self.pick("", "", "\n", "  # more (\n", "\t\n")

    def separator(self) -> str:
        return self.maybe_blank() + self.pick(
            ";",
            "; ",
            " ; ",
            self.newline() if self.chance(60) else ";",
            "& " if self.chance(50) else ";",
        )

    def linebreak(self) -> str:
        return self.maybe_blank() + (self.newline() if self.chance(20) else "")

    # Words

    def expansion(self, depth: int, quoted: bool) -> str:
        kind = self.random.randrange(11)
        if kind < 4 or depth <= 0:
            if self.language == "bash" and self.chance(25):
                return self.pick(*_BASH_PARAMETERS)
            return self.pick(*_PARAMETERS)
        if kind < 7:
            argument = "".join(self.argument(depth - 1, quoted) for _ in self.some(0, 3))
            return "${" + self.pick(*_NAMES) + self.pick(*_OPERATORS) + argument + "}"
        waiting, self.bodies = self.bodies, []
        if waiting:
            self.bodies = waiting
            return "$x"
        if kind < 9:
            inner = self.items(depth - 1)
            inner += self.newline() if self.bodies else ""
            result = "$(" + (" " if inner.startswith("(") else self.maybe_blank()) + inner + ")"
        elif kind == 9:
            inner = self.pick("ls", "a | b", "echo 'x'", "cd /x && pwd", "", "foo $y")
            result = f"`{inner}`"
        else:
            result = f"$(({self.sum(depth - 1)}))"
        return result

    def sum(self, depth: int) -> str:
        if depth <= 0 or self.chance(40):
            return self.pick("1", "x", " x + 1 ", "$x", "(1 + 2) * 3", "x<<2", "a ? b : c", "-1")
        return (
            self.expansion(depth, quoted=True)
            + self.pick("+", " * ", "<", " && ")
            + self.sum(depth - 1)
        )

    def argument(self, depth: int, quoted: bool) -> str:
        """A piece of the word inside `${…}`."""
        return self.pick(
            "a", "*", "/", ".", "b c", "{", r"\}", "a:b", "(", "&", ";", "#", "~",
            self.double(depth - 1), self.expansion(depth, quoted),
            "'q'" if quoted else "'a b}'",
        )  # fmt: skip

    def double(self, depth: int) -> str:
        inside = "".join(
            self.pick(
                "a ",
                "'",
                "it's",
                "(",
                "#",
                "$",
                "*",
                r"\"",
                r"\\ ",
                r"\n",
                ";",
                "&& ",
                "a\\\n",
                "{a,b}",
            )
            if self.chance(60)
            else self.expansion(depth, quoted=True)
            for _ in self.some(0, 4)
        )
        return '"' + (inside + "-" if inside.endswith("$") else inside) + '"'

    def piece(self, depth: int) -> str:
        kind = self.random.randrange(10)
        if kind < 4:
            return self.pick(*_LITERALS)
        if kind < 6:
            return self.pick(*_QUOTED)
        if kind < 8:
            return self.double(depth)
        if self.language == "bash" and kind == 8 and self.chance(30):
            return self.pick("$'a\\'b'", "$'\\n'", '$"x y"')
        return self.expansion(depth, quoted=False)

    def word(self, depth: int) -> str:
        if self.language == "bash" and self.chance(4) and depth > 0 and not self.bodies:
            inner = self.items(depth - 1)
            inner += self.newline() if self.bodies else ""
            return self.pick("<", ">") + f"({inner})"
        if self.chance(40):
            return self.pick(*_LITERALS, *_LITERALS, "$", "a$", "[[")
        return "".join(self.piece(depth) for _ in self.some(1, 3)) or "x"

    # Commands

    def redirect(self, depth: int) -> str:
        kind = self.random.randrange(20)
        if kind == 0 and depth > 0:
            mark = self.pick("EOF", "'EOF'", "\\EOF", '"EOF"')
            dash = self.pick("", "-")
            body = self.pick("", "text\n", "$x `a` $(b)\n", "it's \"x\n", "  EOF\n", "\\$x\n")
            tab = "\t" if dash else ""
            self.bodies.append(f"{tab}{body}{tab}EOF\n")
            return f"<<{dash}{self.pick('', ' ')}{mark}"
        if kind < 6:
            return self.pick("2>&1", ">&2", "1>&2", "2>&-", "<&3", ">& 2", "2>&$fd")
        fd = self.pick("", "", "2", "1")
        if self.language == "bash" and kind == 6:
            return self.pick("&>", "&>>", "<<<", "{fd}>", "12>") + self.maybe_blank() + self.word(0)
        target = "y" if self.chance(60) else self.pick('"$f"', "'a b'", "/dev/null", "$x")
        return fd + self.pick(">", ">>", "<", ">|", "<>") + self.maybe_blank() + target

    def simple(self, depth: int) -> str:
        parts = []
        for _ in self.some(0, 2) if self.chance(25) else ():
            value = self.pick("", "1", "a:b", "~/x:~", '"$x"', "$(a)", "'a b'", "*")
            parts.append(self.pick(*_NAMES) + "=" + value)
            if self.language == "bash" and self.chance(15):
                parts[-1] = "x+=1"
        if self.language == "bash" and self.chance(4):
            parts.append(self.pick("a=(1 2)", "a=()", "a=(x 'y z' $b)", "a+=( c )", "a=([1]=x)"))
        elif self.language == "bash" and self.chance(4):
            parts.append(self.pick("export", "local", "readonly", "declare -a"))
            parts.append(self.pick("a=(1 2)", "x=1 y", "x=$y", 'a="b c"', "-p"))
        elif self.chance(95) or not parts:
            parts.append(self.pick(*_COMMANDS))
            parts.extend(self.word(depth) for _ in self.some(0, 4))
        for _ in self.some(0, 2) if self.chance(30) else ():
            # No shell reads an array behind a redirection, and shfmt none in front of `export`.
            array = any(part.startswith(_ENDING) for part in parts)
            at = len(parts) if array else self.random.randint(0, len(parts))
            parts.insert(at, self.redirect(depth))
        return self.blank().join(parts)

    def compound(self, depth: int) -> str:
        inner = depth - 1
        kind = self.random.randrange(10 if self.language == "sh" else 13)
        if kind == 0:
            text = "(" + self.space() + self.items(inner) + self.linebreak_before() + ")"
        elif kind == 1:
            text = "{" + self.space() + self.body(inner) + "}"
        elif kind < 4:
            text = f"if {self.body(inner)}then {self.body(inner)}"
            for _ in self.some(0, 2):
                text += f"elif {self.body(inner)}then{self.blank()}{self.body(inner)}"
            text += (f"else {self.body(inner)}" if self.chance(40) else "") + "fi"
        elif kind == 4:
            name = self.pick(*_NAMES)
            words = "".join(self.blank() + self.word(inner) for _ in self.some(0, 3))
            text = (
                f"for {name} in{words}"
                + self.pick(" ;", ";", self.newline())
                + f" do {self.body(inner)}done"
            )
        elif kind == 5:
            name = self.pick(*_NAMES)
            separator = self.pick(" ", ";", "; ", " " + self.newline())
            text = f"for {name}{separator}do {self.body(inner)}done"
        elif kind == 6:
            text = f"{self.pick('while', 'until')} {self.body(inner)}do {self.body(inner)}done"
        elif kind < 9:
            text = f"case {self.word(inner)} in{self.blank()}{self.linebreak()}"
            count = self.random.randint(0, 3)
            for number in range(count):
                patterns = self.pick(" | ", "|").join(
                    self.pick("a", "*.c", "[a-z]*", '"x y"', "$x", "-h", "*")
                    for _ in self.some(1, 3)
                )
                patterns = patterns or "*"
                body = self.items(inner) if self.chance(80) else ""
                text += self.pick("", "(", "( ") + patterns + self.pick(")", " ) ", ") ") + body
                if number < count - 1 or self.chance(70):
                    text += (self.newline() if self.bodies else " ") + ";;" + self.linebreak()
                else:
                    text += self.newline() if self.bodies else self.pick(";", "\n") if body else ""
            text += " esac"
        elif kind == 9:
            name = self.pick("f", "_g", "build")
            body = self.pick(
                "{ " + self.body(inner) + "}",
                f"({self.space()}{self.items(inner)}{self.linebreak_before()})",
            )
            text = f"{name}{self.maybe_blank()}({self.maybe_blank()}){self.maybe_blank()}{body}"
        elif kind == 10:
            text = "[[ " + self.condition(inner) + " ]]"
        elif kind == 11:
            text = f"(({self.sum(0)}))"
        else:
            text = f"function f{self.pick('', '()', ' ()')} {{ {self.body(inner)}}}"
        if self.chance(15):
            text += self.maybe_blank() + self.pick(" >y", ">y 2>&1", " < x", " 2>/dev/null")
        return text

    def condition(self, depth: int) -> str:
        if depth > 0 and self.chance(40):
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            return self.pick(f"{left} && {right}", f"{left} || {right}", f"! {left}", f"( {left} )")
        return self.pick(
            "-f $x", '-z "$x"', "$x == a*", "a = b", "$x =~ ^(a|b)[0-9]+$", "x -eq 1", "$x",
            "a < b",
            "$x != @(a|b)", "-d /x", "$x =~ ^a", '"$a" == "$b"',
        )  # fmt: skip

    def space(self) -> str:
        return self.pick(" ", " ", self.newline()) if not self.bodies else " "

    def linebreak_before(self) -> str:
        return self.newline() if self.bodies or self.chance(20) else self.maybe_blank()

    def body(self, depth: int) -> str:
        """Items that a reserved word ends."""
        return self.items(depth) + (
            self.newline() if self.bodies else self.pick("; ", ";", "\n", " ;\t")
        )

    def pipeline(self, depth: int) -> str:
        text = self.pick("! ", "!  ") if self.chance(8) else ""
        text += self.command(depth)
        # Shfmt takes `f() { a; } | b` for a function whose body is the pipeline.
        function = "()" in text.replace(" ", "").replace("\t", "")
        for _ in self.some(0, 2) if self.chance(20) and not function else ():
            bar = "|&" if self.language == "bash" and self.chance(20) else "|"
            text += self.maybe_blank() + bar + self.linebreak() + self.command(depth)
        return text

    def command(self, depth: int) -> str:
        # Shfmt loses a here-document whose body begins inside a command opened behind its `<<`.
        nested = depth > 0 and not self.bodies and self.chance(30)
        return self.compound(depth) if nested else self.simple(depth)

    def items(self, depth: int) -> str:
        """At least one command."""
        text = self.pipeline(depth)
        for _ in self.some(0, 3):
            if self.chance(60):
                text += self.maybe_blank() + self.pick("&&", "||") + self.linebreak()
            else:
                text += self.separator()
            text += self.pipeline(depth)
        return text

    def script(self) -> str:
        """A whole script."""
        self.bodies = []
        text = self.maybe_blank() + self.items(self.random.randint(0, 3))
        if self.bodies or self.chance(10):
            text += self.newline()
        return text

    def damaged(self) -> str:
        """A script with a few characters taken out, put in or exchanged."""
        text = self.script()
        for _ in self.some(1, 3):
            at = self.random.randint(0, len(text))
            text = (
                text[:at]
                + self.pick("", "", *"'\"`$(){}[]<>|&;#!\\ \n=~*", "$(", "${", "<<", "do ", "fi ")
                + text[at + self.random.randint(0, 2) :]
            )
        return text
