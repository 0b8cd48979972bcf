"""BuildKit's own parser, that of 0.12.5, which the package `dockerfile` 3.4.0 binds.

It runs in a process of its own, which it can abort.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from dockfix.dockerfile.source import WHITE_SPACE

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


def newer_than_oracle(text: str) -> bool:
    """Whether BuildKit changed its reading of something in `text` since 0.12.5.

    Since then `<<` takes the blanks behind it into its word, a substitution in a word empties the
    word, an array with text behind it is no JSON, flags are read with the escape character of the
    file, there is the directive `check`, and any white space may stand in front of a directive.
    """
    gap = r"[ \t]*\r*\n(?:[^\S\n]*(?:#[^\n]*)?\n)*"
    readings = [text, re.sub(r"\\" + gap, "", text), re.sub("`" + gap, "", text)]
    return any(
        re.search(r"<<-?[\t\r ]|<<.*\$\{|\$\{.*<<|#\s*check|#[ \t]*[^ \t\w]\W*escape", reading)
        or any(_array_with_text_behind(reading, at.start()) for at in re.finditer(r"\[", reading))
        for reading in readings
    ) or ("--" in text and re.match(r"\ufeff?\s*#\s*escape", text, re.I) is not None)


def _array_with_text_behind(text: str, start: int) -> bool:
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return False
    return isinstance(value, list) and text[end:].partition("\n")[0].strip(WHITE_SPACE) != ""
