"""BuildKit's own parser is the judge of ours.

The oracle (helpers/buildkit.py) only parses: what an instruction may hold is checked later in a
build, so we refuse more, and for reasons of that kind only. Set DOCKFIX_CORPUS to a folder to
compare on every file in it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dockfix.dockerfile.arguments import Refusal
from dockfix.dockerfile.parser import read_items
from dockfix.dockerfile.source import go_lower
from dockfix.dockerfile.tree import Instruction
from helpers.amount import some
from helpers.buildkit import ask, newer_than_oracle
from helpers.cases import ROOT
from helpers.corpus_files import corpus_files
from helpers.dockerfile_cases import ACCEPTED, REFUSED

#: What only building finds out, as far as the file alone shows it (instructions/parse.go).
_LATER = re.compile(
    r"unknown instruction|nothing but a continuation|needs (an image|a name|a JSON|a command|"
    r"exactly|at least)|before the first FROM|cannot (name a stage|be an ONBUILD|copy to)"
    r"|followed by CMD|takes no arguments|without a name|the base image|empty string"
    r"|dash that is not ASCII"
)
#: What BuildKit reads but we leave alone, each with a reason in the parser.
_LEFT_ALONE = re.compile(r"reads flags byte by byte|a space that is not ASCII")


def as_oracle(source: str, instruction: Instruction) -> list[Any]:
    """An instruction of our tree in the oracle's form."""
    reader = instruction.child or instruction
    first = source.count("\n", 0, instruction.start) + 1
    last = source.count("\n", 0, instruction.end - 1) + 1
    bodies = [] if instruction.child else instruction.heredocs
    return [
        instruction.keyword,
        instruction.child.keyword if instruction.child else None,
        reader.json is not None,
        first,
        last,
        [_flag(flag.name, flag.value) for flag in instruction.flags],
        _values(reader),
        [[body.name, _raw_body(source, body.start, body.end)] for body in bodies],
    ]


def _flag(name: str, value: str | None) -> str:
    return f"--{name}" if value is None else f"--{name}={value}"


def _raw_body(source: str, start: int, end: int) -> str:
    last_line = max(source.rfind("\n", start, end - 1) + 1, start)
    return source[start:last_line]


def _values(instruction: Instruction) -> list[str]:
    texts = [word.text for word in instruction.words]
    if instruction.keyword == "HEALTHCHECK":
        return texts if instruction.json is None else [texts[0], *instruction.json]
    if instruction.json is not None:
        return list(instruction.json)
    if instruction.keyword in ("CMD", "ENTRYPOINT", "RUN"):
        return [instruction.arguments] if instruction.arguments else []
    if instruction.keyword in ("ENV", "LABEL") and "=" in texts[0]:
        return [part for text in texts for part in text.split("=", 1)]
    return texts


def disagreement(text: str, answer: Any) -> str | None:
    """What the oracle and we see differently in `text`; None if nothing is.

    Where we refuse an instruction for what building would find out, those before it are compared.
    """
    mine = []
    refusal = None
    try:
        for item in read_items(text):
            mine += [as_oracle(text, item)] if isinstance(item, Instruction) else []
    except Refusal as error:
        refusal = error.reason
    if isinstance(answer, str):
        # An error has no instructions; the oracle only counts those of a file as a whole.
        return None if refusal or not mine else f"only BuildKit refuses it: {answer}"
    if refusal and not (_LATER.search(refusal) or _LEFT_ALONE.search(refusal)):
        return f"only we refuse it: {refusal}"
    theirs = [[_capitals(c[0]), _capitals(c[1]), *c[2:]] for c in answer]
    for left, right in zip(mine, theirs, strict=False):
        if left != right:
            return f"ours {left}\ntheirs {right}"
    if refusal:
        return None if len(mine) < len(theirs) else "it reads less than we do"
    return None if len(mine) == len(theirs) else f"{len(mine)} and {len(theirs)} instructions"


def _capitals(keyword: str | None) -> str | None:
    return keyword and go_lower(keyword).upper()


def judge(texts: Sequence[str]) -> list[str]:
    """All disagreements, each with its text, those left out that the oracle's age explains."""
    texts = [text for text in texts if not newer_than_oracle(text)]
    return [
        f"{text!r}: {wrong}"
        for text, answer in zip(texts, ask(texts), strict=True)
        if answer is not None and (wrong := disagreement(text, answer))
    ]


#: What a builder accepts behind each keyword, words to be put apart by white space.
_ARGUMENTS = {
    "ADD": ["a b", "--chown=a:b a b /c", '["a b", "c"]', "<<E /a", "--a='b c' <<'E' <<-F /b"],
    "ARG": ["a", "a=b c", "a='b c' d", 'a="b\\" c"'],
    "CMD": ["a b", '["a", "b"]', "[]", "[ -f a ]", "['a']", "<<E"],
    "COPY": ["--from=a b c", "a b c", '["a", "\\u00e9"]', "<<-E <<'F' /a", '--x="y z" <<"E" a'],
    "ENTRYPOINT": ["a b", '[ "a" ]', "", "--a b"],
    "ENV": ["a b c", "a=b", "a=b c='d e' f=\"g\"", "a= b=\\ c", "a 'b=c", "a=$b"],
    "EXPOSE": ["80", "80/tcp 90", '["80"]'],
    "FROM": ["a", "--platform=a b AS c", "c as D", "$a"],
    "HEALTHCHECK": ["NONE", "--interval=1s CMD a b", 'CMD ["a"]', "cmd a"],
    "LABEL": ["a=b c=d", "a b", '"a b"=c'],
    "MAINTAINER": ["a <b>"],
    "ONBUILD": ["RUN a", 'CMD ["a"]', "COPY --a <<E b", "ENV a=b c=d", "RUN <<E"],
    "RUN": [
        "a b", '["a", "b"]', "--mount=type=a,b=c d && e", "<<E", "<<-E a <<F", "3<<'E' a", "",
        "a <<<b", "it's <<E", "a # b", "echo $((1<<2))", "-- a",
    ],
    "SHELL": ['["a", "-c"]'],
    "STOPSIGNAL": ["9"],
    "USER": ["a", "a b"],
    "VOLUME": ["a b", '["a"]', '["a"'],
    "WORKDIR": ["/a", "a b"],
}  # fmt: skip

_SPACES = [
    " ", " ", " ", " ", "  ", "\t", "\r", "\v", " \\\n", " \\\n  ", "\\\n ", " \\\n# c\n ",
    " \\ \n\n",
]  # fmt: skip

_NOISE = [
    "\n", "\r\n", "\\\n", "`\n", "\\ \t\n", "\\\r\n", "\\\\\n", "\\", "`", "\\\n# c\n", "\\\n\n",
    "#", "# c\n", " ", "\t", "\r", "\v", "\f", "\u00a0", "\u2003", "\u0085", "\x1c", "a",
    "b=c", "=", '"', "'", "$A", "${B}", "${E@Q}", "$", "[", "]", ",", "[1]", "--f=g", "--", "-",
    "<", "<<E",
    "E", "\nE\n", "\n\tF\n", "é", "à", "# escape=`\n", "# syntax=x\n", "\ufeff", "İ", "{", "}",
    "RUN", "FROM a\n",
]  # fmt: skip


def generated(seed: int) -> str:
    """A file that a builder would mostly accept, with some noise in it."""
    choose = random.Random(seed)
    first = choose.choice(
        ["", "", "", "", "# escape=`\n", "# escape=\\\n", "\ufeff", "# c\n", " \n"]
    )
    parts = [first, "FROM a\n" if choose.random() < 0.7 else ""]
    for _ in range(choose.randrange(1, 6)):
        keyword = choose.choice(list(_ARGUMENTS))
        arguments = choose.choice(_ARGUMENTS[keyword])
        if choose.random() < 0.2:
            keyword = keyword.lower()
        line = re.sub(" ", lambda _: choose.choice(_SPACES), f"{keyword} {arguments}")
        end = choose.choice(["\n", "\n", "\n", "\r\n", "\n\n", "\n# c\n"])
        bodies = "".join(
            choose.choice(["", "x\n", "\t# y\\\n\n", "RUN z\r\n"]) + f"{name}{end}"
            for name in re.findall(r"<<-?['\"]?([EF])", arguments)
        )
        parts.append(choose.choice(["", "", "", "  "]) + line + end + bodies)
    text = "".join(parts)
    for _ in range(choose.choice([0, 0, 1, 1, 2, 3])):
        at = choose.randrange(len(text) + 1)
        text = text[:at] + choose.choice(_NOISE) + text[at + choose.choice([0, 0, 1, 2]) :]
    return text


def test_table_of_tricky_files() -> None:
    assert judge([text for text, _ in ACCEPTED] + [case[0] for case in REFUSED]) == []


def test_fixtures() -> None:
    files = [*ROOT.glob("roundtrip/*"), *ROOT.glob("refused/*/Dockerfile")]
    texts = [_text(path) for path in sorted(files)]
    assert texts
    assert judge([text for text in texts if text is not None]) == []


def test_generated_files() -> None:
    texts = [text for text in map(generated, range(some(6000))) if not newer_than_oracle(text)]
    assert judge(texts) == []
    # What has been compared must not dwindle unseen.
    read_whole = [parsed for text in texts if (parsed := _instructions(text))]
    assert len(read_whole) > some(2000)
    instructions = [instruction for parsed in read_whole for instruction in parsed]
    assert {instruction.keyword for instruction in instructions} == set(_ARGUMENTS)
    for feature in (
        [i for i in instructions if i.heredocs],
        [i for i in instructions if i.json is not None],
        [i for i in instructions if i.flags],
        [i for i in instructions if i.child],
        [i for i in instructions if i.comments],
    ):
        assert len(feature) > some(200)


def _instructions(text: str) -> list[Instruction]:
    try:
        return [item for item in read_items(text) if isinstance(item, Instruction)]
    except Refusal:
        return []


def test_corpus() -> None:
    texts = [text for text in map(_text, corpus_files()) if text is not None]
    assert len(texts) > 100
    assert judge(texts) == []


def _text(path: Path) -> str | None:
    """A file as text; None if it is none, for the oracle takes text only."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
