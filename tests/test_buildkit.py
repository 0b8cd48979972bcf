"""BuildKit's own parser is the judge of ours.

The oracle is the package `dockerfile` 3.4.0, a binding of the parser of BuildKit 0.12.5. It runs in
a process of its own because it aborts that process on some input. It only parses: what an
instruction may hold is checked later in a build, so we refuse more, and for reasons of that kind
only. Set DOCKFIX_CORPUS to a folder to compare on every file in it.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dockfix.syntax.parser import Refusal, read
from dockfix.syntax.source import WHITE_SPACE, go_lower
from dockfix.syntax.tree import Instruction
from test_syntax_cases import ACCEPTED, REFUSED

FIXTURES = Path(__file__).parent.parent / "fixtures"

_ORACLE = """
import json, sys
import dockerfile

for line in sys.stdin:
    try:
        commands = dockerfile.parse_string(json.loads(line))
    except dockerfile.GoParseError as error:
        print(json.dumps(str(error)), flush=True)
        continue
    print(json.dumps([
        [c.cmd, c.sub_cmd, c.json, c.start_line, c.end_line, c.flags, c.value,
         [[h.name, h.content] for h in c.heredocs]]
        for c in commands
    ]), flush=True)
"""

#: What only building finds out, as far as the file alone shows it (instructions/parse.go).
_LATER = re.compile(
    r"unknown instruction|nothing but a continuation|needs (an image|a name|a JSON|a command|"
    r"exactly|at least)|before the first FROM|cannot (name a stage|be an ONBUILD|copy to)"
    r"|followed by CMD|takes no arguments|without a name|the base image|empty string"
)
#: What BuildKit reads but we leave alone, each with a reason in the parser.
_LEFT_ALONE = re.compile(r"reads flags byte by byte|a space that is not ASCII")


def ask(texts: Sequence[str]) -> list[Any]:
    """The oracle's answers: a list of instructions, an error message, or None where it aborted."""
    answers: list[Any] = []
    while len(answers) < len(texts):
        lines = "".join(json.dumps(text) + "\n" for text in texts[len(answers) :])
        run = subprocess.run(
            [sys.executable, "-c", _ORACLE],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
        )
        answers += [json.loads(line) for line in run.stdout.splitlines()]
        if len(answers) < len(texts):
            assert run.returncode, run.stderr
            answers.append(None)
    return answers


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
        for item in read(text):
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


def newer_than_oracle(text: str) -> bool:
    """Whether BuildKit changed its reading of something in `text` since 0.12.5.

    Since then `<<` takes the blanks behind it into its word, a substitution in a word empties the
    word, an array with text behind it is no JSON, flags are read with the escape character of the
    file, and there is the directive `check`.
    """
    joined = re.sub(r"[\\`][ \t]*\r*\n(?:[^\S\n]*(?:#[^\n]*)?\n)*", "", text)
    return (
        re.search(r"<<-?[\t\r ]|<<.*\$\{|\$\{.*<<|#\s*check", joined) is not None
        or (re.match(r"\ufeff?\s*#\s*escape", text, re.I) is not None and "--" in text)
        or any(
            _array_with_text_behind(either, at.start())
            for either in (text, joined)
            for at in re.finditer(r"\[", either)
        )
    )


def _array_with_text_behind(text: str, start: int) -> bool:
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return False
    return isinstance(value, list) and text[end:].partition("\n")[0].strip(WHITE_SPACE) != ""


_PIECES = [
    "FROM", "from", "RUN", "COPY", "ADD", "ENV", "LABEL", "ARG", "CMD", "ENTRYPOINT", "VOLUME",
    "EXPOSE", "USER", "WORKDIR", "HEALTHCHECK", "ONBUILD", "STOPSIGNAL", "SHELL", "MAINTAINER",
    "\n", "\n", "\n", "\n", "\r\n", "\\\n", "\\\n", "`\n", "\\ \t\n", "\\\r\n", "\\\\\n", "\\",
    "\\\n# comment\n", "\\\n\n", "#", "# c\n", " ", " ", " ", " ", "\t", "\r", "\v", "\f", "\u00a0",
    "\u2003", "\u0085", "\x1c", "a", "b=c", "d=", "=", '"', "'", '"x y"', "'z w'", "$A", "${B}",
    "${C:-d}", "${E@Q}", "$", "[", "]", '["a", "b"]', '["x"', "[1]", '[ "y" ]', "[]", ",", "--f=g",
    "--mount=type=cache", "--x", "--", "-", "--'q r'", "--\"", "<<EOF", "<<-EOF", "<<'EOF'",
    '<<"EOF"', "<<", "<<<", "EOF", "\nEOF\n", "\n\tEOF\n", "AS", "as", "CMD", "NONE", "é", "à",
    "$((1 << 2))", "&&", ";", "# escape=`\n", "# syntax=x\n", "\ufeff", "İ", "{", "}",
]  # fmt: skip

_KEYWORDS = _PIECES[:19]


def generated(seed: int) -> str:
    """A text that looks enough like a Dockerfile to get past the first line."""
    choose = random.Random(seed)
    parts = []
    if choose.random() < 0.2:
        parts.append(choose.choice(["# escape=`\n", "# escape=\\\n", "#escape = ` \n", "\ufeff"]))
    if choose.random() < 0.7:
        parts.append("FROM a\n")
    for _ in range(choose.randrange(1, 5)):
        parts.append(choose.choice(_KEYWORDS))
        parts.append(" ")
        for _ in range(choose.randrange(1, 8)):
            parts.append(choose.choice(_PIECES))
            if choose.random() < 0.3:
                parts.append(" ")
        parts.append(choose.choice(["\n", "\n", "\n", "\nEOF\n", "\r\n", ""]))
    return "".join(parts)


def test_table_of_tricky_files() -> None:
    assert judge([text for text, _ in ACCEPTED] + [case[0] for case in REFUSED]) == []


def test_fixtures() -> None:
    files = [path for path in sorted(FIXTURES.rglob("*")) if path.is_file()]
    texts = [_text(path) for path in files if path.parent.name in ("roundtrip", "refused")]
    assert texts
    assert judge([text for text in texts if text is not None]) == []


def test_generated_files() -> None:
    assert judge([generated(seed) for seed in range(3000)]) == []


@pytest.mark.skipif("DOCKFIX_CORPUS" not in os.environ, reason="DOCKFIX_CORPUS names no folder")
def test_corpus() -> None:
    files = [
        path for path in sorted(Path(os.environ["DOCKFIX_CORPUS"]).rglob("*")) if path.is_file()
    ]
    texts = [text for text in map(_text, files) if text is not None]
    assert judge(texts) == []


def _text(path: Path) -> str | None:
    """A file as text; None if it is none, for the oracle takes text only."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
