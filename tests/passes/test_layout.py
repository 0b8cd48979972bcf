"""How new lines look: package lists, operators, lines of merged RUNs.

A style, here: `&&` opens lines or closes them, not both in one RUN; the commands of a RUN begin in
one column; what belongs to a command on a line of its own stands deeper than it; a space stands in
front of the escape character; lines end as the file's do. Lines that belong to no edit keep their
bytes.
"""

from __future__ import annotations

import random
import re
import shlex

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from dockfix.edit.edits import apply
from dockfix.passes.base import Settings
from dockfix.shell.quotes import quoted_spans, single_spaced
from helpers.amount import some

#: Merging whatever may be merged: what is tested here is how it is laid out.
ALL = Settings(merge_strategy="all")
LAID_OUT = ("merge-runs", "merge-installs", "sort-packages", "clean-package-cache")


def after(source: str) -> str:
    return rewrite(source, select=LAID_OUT).after


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "RUN a && \\\n    apt-get install -y c b \\\n    a > /dev/null && \\\n    d\n",
            "RUN a && \\\n    apt-get install -y \\\n        a \\\n        b \\\n"
            "        c > /dev/null && \\\n    d\n",
            id="a list is deeper than its command behind trailing operators",
        ),
        pytest.param(
            "RUN a \\\n  && apt-get install -y c b a \\\n  && d\n",
            "RUN a \\\n  && apt-get install -y \\\n    a \\\n    b \\\n    c \\\n  && d\n",
            id="and behind leading ones",
        ),
        pytest.param(
            "RUN a \\\n\t&& apt-get install -y c b a \\\n\t&& d\n",
            "RUN a \\\n\t&& apt-get install -y \\\n\t\ta \\\n\t\tb \\\n\t\tc \\\n\t&& d\n",
            id="with tabs",
        ),
        pytest.param(
            "RUN apt-get install -y \\\n      a \\\n      b \\\n"
            "    && x && pip install c b a && y\n",
            "RUN apt-get install -y \\\n      a \\\n      b \\\n    && x && pip install \\\n"
            "          a \\\n          b \\\n          c \\\n    && y\n",
            id="all lists of a RUN are as deep",
        ),
        pytest.param(
            "RUN apt-get install -y c b a \\\n  && pip install c b a \\\n  && x\n",
            "RUN apt-get install -y \\\n    a \\\n    b \\\n    c \\\n"
            "  && pip install \\\n    a \\\n    b \\\n    c \\\n  && x\n",
            id="that of the first line, too",
        ),
        pytest.param(
            "RUN x && \\\n    apt-get install \\\n           b a && \\\n    pip install c b a\n",
            "RUN x && \\\n    apt-get install \\\n           a b && \\\n    pip install \\\n"
            "        a \\\n        b \\\n        c\n",
            id="a column that happens to be there is no step",
        ),
        pytest.param(
            "RUN apt-get install c a b -y --no-install-recommends\n",
            "RUN apt-get install -y --no-install-recommends \\\n    a \\\n    b \\\n    c\n",
            id="options behind packages go in front",
        ),
        pytest.param(
            "RUN apt-get install $X c a b -y\n",
            "RUN apt-get install \\\n    $X \\\n    a \\\n    b \\\n    c \\\n    -y\n",
            id="not those behind a variable, which may end in an option",
        ),
        pytest.param(
            "RUN apt-get install -y \\\n    b \\\n    c \\\n    a\\\n  && x\n",
            "RUN apt-get install -y \\\n    a \\\n    b \\\n    c \\\n  && x\n",
            id="a blank before each escape character",
        ),
        pytest.param(
            "RUN apt-get install c a b   && \\\n    x\n",
            "RUN apt-get install \\\n    a \\\n    b \\\n    c && \\\n    x\n",
            id="no double blank",
        ),
    ],
)
def test_lists(source: str, expected: str) -> None:
    # what the packages are is no matter here
    result = rewrite(f"FROM x\n{source}", select=["sort-packages"], unsafe_fixes=True)
    assert result.after == f"FROM x\n{expected}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "RUN a && \\\n    b\nRUN c \\\n    && d\nRUN e && \\\n    f\n",
            "RUN a && \\\n    b && \\\n    c && \\\n    d && \\\n    e && \\\n    f\n",
            id="operators where most are",
        ),
        pytest.param(
            "RUN a \\\n    && b\nRUN c && \\\n    # d\n    d || \\\n    e\n",
            "RUN a \\\n    && b \\\n    && { c \\\n    # d\n    && d \\\n    || e; }\n",
            id="or where the first RUN has them",
        ),
        pytest.param(
            "RUN a\nRUN b \\\n    c \\\n    # e\n    d\n",
            "RUN a \\\n    && b \\\n        c \\\n        # e\n        d\n",
            id="the lines of a command move with it",
        ),
        pytest.param(
            "RUN a\nRUN b \"c \\\n    d\" \\\n    e 'f \\\n    g'\n",
            "RUN a \\\n    && b \"c \\\n    d\" \\\n    e 'f \\\n    g'\n",
            id="but not what is in quotes, and what stands like it",
        ),
        pytest.param(
            "RUN a\nRUN b \"c \\\nd\" \\\n    e 'f \\\n      g'\n",
            "RUN a \\\n    && b \"c \\\nd\" \\\n        e 'f \\\n      g'\n",
            id="other lines beside quotes move",
        ),
        pytest.param(
            'RUN a\nRUN b "$(c "d \\\n    e")" \\\n    f\n',
            'RUN a \\\n    && b "$(c "d \\\n    e")" \\\n    f\n',
            id="or what may be",
        ),
        pytest.param(
            "RUN x && \\\n    y\nRUN a \\\n b \\\n c\n",
            "RUN x && \\\n    y && \\\n    a \\\n        b \\\n        c\n",
            id="a blank alone is no step",
        ),
        pytest.param(
            "RUN y\nRUN a \\\n b \\\n c\n",
            "RUN y \\\n && a \\\n  b \\\n  c\n",
            id="unless it is all that the author needs",
        ),
        pytest.param(
            "RUN a\nRUN b\\\nc \\\n    d\n",
            "RUN a \\\n    && b\\\nc \\\n        d\n",
            id="no word is cut in two",
        ),
        pytest.param(
            "RUN if a; then \\\n      b && \\\n      c; \\\n    fi\nRUN d && \\\n    e\n",
            "RUN if a; then \\\n      b && \\\n      c; \\\n    fi && \\\n    d && \\\n    e\n",
            id="the column inside of a condition is not the RUN's",
        ),
        pytest.param(
            "RUN if a; then \\\n      b \\\n      && c \\\n      && d; \\\n    fi\n"
            "RUN e && \\\n    f\n",
            "RUN if a; then \\\n      b \\\n      && c \\\n      && d; \\\n    fi \\\n"
            "    && e \\\n    && f\n",
            id="but its operators count",
        ),
        pytest.param(
            "RUN d\nRUN if a; then \\\n      b; \\\n    fi\n",
            "RUN d \\\n    && if a; then \\\n         b; \\\n       fi\n",
            id="what stands below its first word goes on doing so",
        ),
        pytest.param(
            "RUN a b \\\n            c\nRUN d\n",
            "RUN a b \\\n            c \\\n    && d\n",
            id="the column of a word is no unit",
        ),
        pytest.param(
            "# escape=`\r\nFROM x\r\nRUN a && `\r\n\tb\r\nRUN c `\r\n\t&& d `\r\n\t\te\r\n",
            "# escape=`\r\nFROM x\r\nRUN a && `\r\n\tb && `\r\n\tc && `\r\n\td `\r\n\t\te\r\n",
            id="with the line ending, the indentation and the escape character of the file",
        ),
    ],
)
def test_merged_runs(source: str, expected: str) -> None:
    head = "" if source[:1] == "#" else 'FROM x\nSHELL ["sh", "-c"]\n'
    if not head:
        shell = 'FROM x\r\nSHELL ["sh", "-c"]\r\n'
        source, expected = (text.replace("FROM x\r\n", shell) for text in (source, expected))
    assert (
        rewrite(head + source, select=["merge-runs"], unsafe_fixes=True, settings=ALL).after
        == head + expected
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "RUN apt install -y git \\\n                   # c\n                   zip && \\\n"
            "    apt install -y a\n",
            "RUN apt-get install -y git \\\n                       # c\n"
            "                       zip && \\\n    apt-get install -y a\n",
            id="what stands below a word goes on doing so",
        ),
        pytest.param(
            "RUN apt install -y \\\n    git \\\n    zip\n",
            "RUN apt-get install -y \\\n    git \\\n    zip\n",
            id="an indentation is no column",
        ),
        pytest.param(
            "RUN x && apt install -y \\\n             git\n",
            "RUN x && apt-get install -y \\\n             git\n",
            id="nor is the verb's",
        ),
        pytest.param(
            f"RUN apt update{11 * ' '}\\\n    && apt install -y a  \\\n"
            f"    && x{17 * ' '}\\\n    && y\n",
            f"RUN apt-get update{7 * ' '}\\\n    && apt-get install -y a \\\n"
            f"    && x{17 * ' '}\\\n    && y\n",
            id="escape characters below each other stay there, as far as there is room",
        ),
        pytest.param(
            "RUN apt install -y wget  \\\n                   xz    \\\n                   zsh\n",
            "RUN apt-get install -y wget  \\\n                       xz    \\\n"
            "                       zsh\n",
            id="or move together",
        ),
        pytest.param(
            f"RUN apt update{7 * ' '}&& \\\n    mkdir /data      && \\\n    x\n",
            f"RUN apt-get update{3 * ' '}&& \\\n    mkdir /data      && \\\n    x\n",
            id="and so do operators",
        ),
        pytest.param(
            'RUN apt install -y "a \\\n                   b"\n',
            'RUN apt-get install -y "a \\\n                   b"\n',
            id="what is in quotes stays",
        ),
        pytest.param(
            "RUN apt install -y\tgit \\\n                   zip\n",
            "RUN apt-get install -y\tgit \\\n                   zip\n",
            id="nothing is known of the columns of tabs",
        ),
    ],
)
def test_columns(source: str, expected: str) -> None:
    """Whatever pass has made a word longer."""
    result = rewrite(f"FROM x\n{source}", select=["assume-yes"])
    assert result.after == f"FROM x\n{expected}"
    assert apply(result.before, result.edits) == result.after


def test_columns_of_a_start() -> None:
    source = 'FROM debian\nCMD server -s "$A" \\\n           -p "$B"\n'
    result = rewrite(source, select=["exec-form"])
    assert result.after == ('FROM debian\nCMD exec server -s "$A" \\\n                -p "$B"\n')


def test_no_new_line_ends_in_blanks() -> None:
    source = "FROM debian:12\nRUN apt-get update && apt-get install -y git \t\nRUN x \n"
    assert rewrite(source, select=["clean-package-cache"], unsafe_fixes=True).after == (
        "FROM debian:12\nRUN apt-get update && apt-get install -y git \\\n"
        "    && rm -rf /var/lib/apt/lists/*\nRUN x \n"
    )


def test_the_margin_is_followed_only_where_several_runs_keep_to_it_and_none_does_not() -> None:
    at_margin, indented = "RUN a && \\\nb\n", "RUN a && \\\n  b\n"
    pair = "USER x\nRUN mkdir /c\nRUN mkdir /d\n"
    for above, indent in (
        (indented, "  "),
        (at_margin, "    "),
        (f"{at_margin}USER y\n{at_margin}", ""),
        (f"{at_margin}USER y\n{indented}", "  "),
    ):
        result = rewrite(f"FROM debian\n{above}{pair}", select=["merge-runs"])
        assert result.after.endswith(f"RUN mkdir /c && \\\n{indent}mkdir /d\n")


def test_no_new_line_ends_without_a_blank() -> None:
    source = "FROM node:22\nRUN npm install -g x\\\n    && y\n"
    assert rewrite(source, select=["clean-package-cache"]).after == (
        "FROM node:22\nRUN npm install -g x\\\n    && npm cache clean --force \\\n    && y\n"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "RUN apk add \\\n  zip      \\\n  git      \\\n  unusually-long \\\n"
            "  bash     \\\n  curl\n",
            "RUN apk add \\\n  bash     \\\n  curl     \\\n  git      \\\n"
            "  unusually-long \\\n  zip\n",
            id="most escape characters stand in one column",
        ),
        pytest.param(
            "RUN apk add \\\n  zip        \\\n  git     && \\\n  x       && \\\n  y\n",
            "RUN apk add \\\n  git        \\\n  zip     && \\\n  x       && \\\n  y\n",
            id="an operator behind a list stays in its column",
        ),
        pytest.param(
            "RUN apk add \\\n  zip \\\n  very-long-name  && \\\n  x\n",
            "RUN apk add \\\n  very-long-name \\\n  zip && \\\n  x\n",
            id="two blanks are no column",
        ),
        pytest.param(
            "RUN apk add \\\n  zip  \\\n  git \\\n  unusually-long \\\n  curl\n",
            "RUN apk add \\\n  curl \\\n  git \\\n  unusually-long \\\n  zip\n",
            id="nor do they go to another word",
        ),
    ],
)
def test_sorted_columns(source: str, expected: str) -> None:
    result = rewrite(f"FROM alpine\n{source}", select=["sort-packages"])
    assert result.after == f"FROM alpine\n{expected}"


def test_single_spaced() -> None:
    assert single_spaced("a  b\t c  'd  e' \"f  g\"  h") == "a b c 'd  e' \"f  g\" h"
    assert single_spaced("  a  ") == " a "
    assert single_spaced("a  \"$(b  'c')\"  d") == "a \"$(b  'c')\"  d"
    assert list(quoted_spans("a\\' 'b' \"c\\\"\" $'d'")) == [(4, 7), (8, 13), (15, 18)]


# Any RUN


WORDS = ("true", "mkdir -p /a", "rm -f /b", "echo 'x  y'", 'echo "$HOME"', "touch c", "cat d")
LISTS = ("b a c", "zip curl git", "x w y v")


class Generator:
    """Files of one author: one unit of indentation, one place of operators."""

    def __init__(self, seed: int) -> None:
        chance = self.chance = random.Random(seed)
        self.escape = chance.choice("\\\\\\`")
        self.eol = chance.choice(("\n", "\n", "\r\n"))
        self.unit = chance.choice(("    ", "  ", "\t"))
        self.leading = chance.random() < 0.5
        self.goes_on = f" {self.escape}{self.eol}"

    def command(self, indent: str) -> str:
        kind = self.chance.random()
        if kind < 0.3:
            packages = self.chance.choice(LISTS).split()
            tool = self.chance.choice(("apt-get install -y", "pip install"))
            if self.chance.random() < 0.5:
                return " ".join((tool, *packages))
            return f"{self.goes_on}{indent}{self.unit}".join((tool, *packages))
        if kind < 0.4:
            return f"mkdir /x{self.goes_on}{indent}{self.unit}/y"
        return self.chance.choice(WORDS)

    def run(self) -> str:
        text = f"RUN {self.command('')}"
        for _ in range(self.chance.randrange(3)):
            comment = self.chance.choice(("", "", f"{self.unit}# why{self.eol}"))
            command = self.command(self.unit)
            if self.leading:
                text += f"{self.goes_on}{comment}{self.unit}&& {command}"
            else:
                text += f" &&{self.goes_on}{comment}{self.unit}{command}"
        return text + self.eol

    def file(self) -> str:
        head = f"# escape={self.escape}{self.eol}" if self.escape != "\\" else ""
        self.head = f'{head}FROM x{self.eol}SHELL ["sh", "-c"]{self.eol}'
        joint = f"{self.goes_on}{self.unit}&& " if self.leading else f" &&{self.goes_on}{self.unit}"
        lines = [self.head, f"RUN one{joint}two{self.eol}", f"COPY a b{self.eol}"]
        for _ in range(self.chance.randrange(1, 5)):
            lines.append(self.run())
            lines.append(self.chance.choice(("", "", self.eol, f"COPY a b{self.eol}")))
        return "".join(lines)


@pytest.mark.parametrize("seed", range(some(400)))
def test_new_lines_follow_one_style(seed: int) -> None:
    author = Generator(seed)
    source = author.file()
    written = after(source)
    old = set(source.split(author.eol))
    ending = re.compile(r"(?:^|[ \t])" + re.escape(author.escape) + "$")
    for run in parse(written, "").instructions:
        if run.keyword != "RUN":
            continue
        lines = written[run.start : run.end].removesuffix(author.eol).split(author.eol)
        shows = len(lines) > 1
        for number, line in enumerate(lines):
            assert not {"\n", "\r"} & set(line)
            if not number or line.lstrip().startswith("#") or line in old:
                continue
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            unit = author.unit
            assert indent in (unit, unit * 2), (seed, line)
            assert number == len(lines) - 1 or ending.search(line), (seed, line)
            begins = line.lstrip().startswith("&&")
            above = next(one for one in lines[number - 1 :: -1] if not one.lstrip().startswith("#"))
            ends = above.rstrip(f"{author.escape} ").endswith("&&")
            if begins or ends or not any("&&" in one for one in lines[:number]):
                assert indent == unit, (seed, line)
        joined = "\n".join(lines[1:])
        if shows and re.search(r"^[ \t]*&&", joined, re.MULTILINE):
            assert not re.search(r"&& " + re.escape(author.escape) + "$", "\n".join(lines), re.M)
            assert author.leading or not re.search("&& ?.\r?\n", source), seed


QUOTED = (
    'echo "a  b"', "echo 'c   d'", 'echo "e{0}f"', "echo 'g{0}  h' i{0}  j",
    'echo "$(k  "l{0} m")"{0} n', 'o \\" p{0}   q \\"',
    "sh -c 'r   s'{0}t", 'if u; then{0}      v "w  x";{0}    fi', "y{0}z",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(some(400)))
def test_merged_runs_hold_the_same_words(seed: int) -> None:
    """As another reader of shells tells them: Python's own."""
    chance = random.Random(seed)
    parts = []
    for _ in range(chance.randrange(2, 5)):
        joint = chance.choice((" && ", " \\\n    && ", " && \\\n  "))
        commands = chance.choices(QUOTED, k=chance.randrange(1, 4))
        parts.append(
            joint.join(one.format(chance.choice(("", " ", "\t")) + "\\\n") for one in commands)
        )
    source = 'FROM x\nSHELL ["sh", "-c"]\n' + "".join(f"RUN {part}\n" for part in parts)
    result = rewrite(source, select=["merge-runs"], unsafe_fixes=True, settings=ALL)
    assert result.changed, source

    def words(text: str) -> list[str]:
        scripts = [one.arguments for one in parse(text, "").instructions if one.keyword == "RUN"]
        found = [word.strip("()") for script in scripts for word in shlex.split(script)]
        return [word for word in found if word not in ("&&", "", "{", "}")]

    assert words(result.after) == words(source)


@pytest.mark.parametrize("seed", range(some(400)))
def test_lines_of_no_edit_keep_their_bytes(seed: int) -> None:
    """What is no RUN stays, in its order, and so does every RUN that alone would stay."""
    author = Generator(seed)
    source = author.file()
    written = after(source)
    old, new = parse(source, ""), parse(written, "")
    assert [source[one.start : one.end] for one in old.instructions if one.keyword != "RUN"] == [
        written[one.start : one.end] for one in new.instructions if one.keyword != "RUN"
    ]
    items = old.instructions
    for number, run in enumerate(items):
        beside = (*items[number - 1 : number], *items[number + 1 : number + 2])
        text = source[run.start : run.end]
        if (
            run.keyword == "RUN"
            and all(one.keyword != "RUN" for one in beside)
            and after(author.head + text) == author.head + text
        ):
            assert text in written
