"""What is told by comparing strings, because a regular expression would take long to compile.

Here such expressions say it too.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Sequence

import pytest

from dockfix.dockerfile.source import WHITE_SPACE
from dockfix.dockerfile.words import split_quoted
from dockfix.edit.lists import before_escape
from dockfix.edit.style import behind_closing, ends_behind_operator
from dockfix.installs.lists import SOURCES, speaks_of_apt
from dockfix.installs.order import NO_SOURCES, may_speak_of_sources
from dockfix.installs.reads import offset_of_last_removal, read_rm
from dockfix.managers import every_manager
from dockfix.managers.manager import Manager, base
from dockfix.passes.sort_packages import without_punctuation
from dockfix.programs.executables import may_write
from dockfix.programs.path import family
from dockfix.shell.reader import CLOSING, OPENING, Reader
from dockfix.shell.words import DELIMITER
from dockfix.state.paths import resolve
from helpers.amount import some


def texts(parts: Sequence[str], count: int = some(20_000), most: int = 7) -> set[str]:
    """Texts put together from parts by chance."""
    chance = random.Random(1)
    return {"".join(chance.choices(parts, k=chance.randint(0, most))) for _ in range(count)}


def opening(text: str) -> str | None:
    return Reader(text, "sh").one_of(OPENING)


def closing(text: str) -> str | None:
    return Reader(text, "sh").one_of(CLOSING)


def behind_blanks(text: str) -> tuple[int, ...]:
    reader = Reader(text, "sh")
    reader.blanks()
    return reader.pos, *(offset for comment in reader.comments for offset in comment)


def behind_blanks_by_pattern(text: str) -> tuple[int, ...]:
    found = re.match(r"(?>(?:[ \t]++|\\\n)*)(#[^\n]*+)?", text)
    assert found
    return found.end(), *(found.span(1) if found[1] else ())


def matched(pattern: str) -> Callable[[str], str | None]:
    def match(text: str) -> str | None:
        found = re.match(pattern, text)
        return found[0] if found else None

    return match


def last_start(pattern: str) -> Callable[[str], int]:
    return lambda text: max((one.start() for one in re.finditer(pattern, text)), default=0)


KEYWORDS = [
    "if", "for", "while", "until", "case", "function", "select", "coproc", "time", "[[", "{",
    "then", "do", "done", "elif", "else", "fi", "esac", "in", "}", ";;&", ";;", ";&", ";", "&",
    "\\\n", "\\", "\n", " ", "(", ">", "x", "1", "_", "-",
]  # fmt: skip
REMOVALS = [
    "rm", "rmdir", "purge", "del", "remove", "autoremove", "prune", "clean", "cleaned",
    "uninstall", "unlink", "mv", "apk", "trap", "_", " ", "-", "/", "\n", "x", "7", "\u0660",
    "\u00e9", "&&",
]  # fmt: skip
OPERATORS = ["<", ">", "&", "|", "-", "(", "1", " "]
BLANKS = [" ", "\t", "\\\n", "\\", "#", "\n", "x", "\r", ";"]
NAMES = [
    "@",
    "g",
    "lib",
    "X",
    "-",
    "0",
    "+",
    ".",
    "=",
    "<",
    "~",
    "!",
    "/",
    ":",
    "[",
    ";",
    " ",
    "\u00a0",
]
LINES = ["&", "|", ";", " ", "\t", "\\", "\r", ")", "x", "`"]


@pytest.mark.parametrize(
    ("told", "said", "parts"),
    [
        pytest.param(
            opening,
            matched(
                rf"(?:if|for|while|until|case|function|select|coproc|time|\[\[|\{{)(?={DELIMITER})"
            ),
            KEYWORDS,
            id="opening",
        ),
        pytest.param(
            closing,
            matched(
                rf";;&|;;|;&|(?:then|do|done|elif|else|fi|esac|in|\}})(?={DELIMITER})"
            ),
            KEYWORDS,
            id="closing",
        ),
        pytest.param(
            lambda text: Reader(text, "sh").redirection(0),
            matched(r"<<[<-]?|<[>&]?|>[>&|]?|&>>?"),
            OPERATORS,
            id="redirection",
        ),
        pytest.param(behind_blanks, behind_blanks_by_pattern, BLANKS, id="blanks"),
        pytest.param(
            base,
            lambda text: re.split(r"[=<>~!/:@\[;\s]", text.lstrip("@"), maxsplit=1)[0].lower(),
            NAMES,
            id="base",
        ),
        pytest.param(
            offset_of_last_removal,
            last_start(
                r"\b(?:rm|rmdir|purge|del|remove|autoremove|prune|clean\w*|uninstall|unlink|mv|apk"
                r"|trap)\b"
            ),
            REMOVALS,
            id="last_removal",
        ),
        pytest.param(
            lambda text: read_rm([f"-{text}"]) is not None,
            lambda text: bool(re.fullmatch(r"-[rRf]+|--(?:recursive|force)", f"-{text}")),
            ["r", "R", "f", "-", "v", "recursive", "force"],
            id="rm",
        ),
        pytest.param(
            behind_closing,
            lambda text: len(matched(r"(?:[ \t]*\))*")(text) or ""),
            LINES,
            id="behind_closing",
        ),
        pytest.param(
            lambda text: ends_behind_operator(text, "\\"),
            lambda text: bool(
                re.match(r"[ \t]*+(?:&&|\|\|?|;;?|)[ \t]*(?:\\[ \t\r]*)?$", text)
            ),
            LINES,
            id="ends_behind_operator",
        ),
        pytest.param(
            lambda text: before_escape(text, 0, "\\"),
            matched(r"[ \t]*(?=\\[ \t]*\r?\n)"),
            [" ", "\t", "\\", "\r", "\n", "\n", "a"],
            id="before_escape",
        ),
        pytest.param(
            without_punctuation,
            lambda text: re.sub("[^a-z0-9]", "", base(text)),
            NAMES,
            id="without_punctuation",
        ),
        pytest.param(
            lambda text: resolve("/", text) is None,
            lambda text: bool(re.search(r"[$\\\"'`]", text)),
            ["a", "/", "$", "\\", '"', "'", "`"],
            id="resolve",
        ),
        pytest.param(
            lambda text: may_write(text, "x"),
            lambda text: bool(
                re.search(
                    r">[ \t]*[\"']?(?:[^\s\"'|&;<>]*/)?x(?![\w.-])"
                    r"|\btee[ \t]+(?:-a[ \t]+)?[\"']?(?:[^\s\"'|&;<>]*/)?x(?![\w.-])"
                    r"|(?:^|[\s;&|(])(?:cp|ln|mv|install)[ \t][^;&|]*/x(?![\w./-])"
                    r"|(?:^|[;&|(])[ \t]*(?:cp|ln|mv|install)[ \t][^;&|]*(?<![\w./-])x(?![\w./-])",
                    text,
                )
            ),
            [" ", ">", "tee", "-a", "/", "x", "x", "cp", "install", ";", "b"],
            id="writes",
        ),
        pytest.param(
            family,
            lambda text: re.sub(r"(?<=[A-Za-z])[0-9.]+\Z", "", text),
            ["pip", "3", ".", "11", "-", "\u00e9", "\u0660", "_"],
            id="family",
        ),
        pytest.param(
            speaks_of_apt,
            lambda text: bool(re.search(r"\b(?:apt|aptitude)\b|apt-", text)),
            ["apt", "aptitude", "-", "get", " ", "_", "c", "/", "\u00e9"],
            id="speaks_of_apt",
        ),
    ],
)  # fmt: skip
def test_both_say_the_same(
    told: Callable[[str], object], said: Callable[[str], object], parts: Sequence[str]
) -> None:
    answers = {text: told(text) for text in texts(parts)}
    assert {text: said(text) for text in answers} == answers
    assert len(set(answers.values())) > 1


def test_what_speaks_of_sources_is_seen_at_a_glance() -> None:
    parts = [
        "/etc/apt", "/etc/dpkg", "/var/lib/dpkg/info", "sources.list", "apt", "-key", "add-",
        "apt-add-", "repository", " main", "dpkg", "-x", "|", " ", "sudo ", "sh", ".deb",
        "https-transport", "lsb", "_", "-release", "-repo", "-config", "install", "get", "\n",
        "sed -i s/deb.debian.org/x/ /etc/apt/sources.list",
        "echo 'Acquire::Retries 3' > /etc/apt/apt.conf",
    ]  # fmt: skip
    silent = {text for text in texts(parts) if not may_speak_of_sources(text)}
    assert len(silent) > 100
    for text in silent:
        assert SOURCES.search(text) is NO_SOURCES.search(text) is None, text


@pytest.mark.parametrize(
    "manager", [one for one in every_manager() if one.plain], ids=lambda manager: manager.name
)
def test_simple_names_are_names_for_every_manager(manager: Manager) -> None:
    assert manager.plain is not None
    words = ["true", "false", "null", "g", "lib", "X", "-", "-", "0", "+", ".", "=1", ":", "\u00e9"]
    for word in texts(words, most=4):
        assert manager.is_plain(word) == (manager.plain.fullmatch(word) is not None), word
        ordered = manager.ordered is not None and manager.ordered.fullmatch(word) is not None
        assert manager.is_ordered(word) == ordered, word


@pytest.mark.slow
def test_white_space_is_what_divides_words() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        words = split_quoted(f"a{character}b", 0, 3, "\\")
        assert (len(words) == 2) == (character in WHITE_SPACE), hex(ord(character))
        assert character in ("'", '"', "\\") or (len(words) == 1) == (character not in WHITE_SPACE)
