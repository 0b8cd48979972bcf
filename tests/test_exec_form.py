"""exec-form: the array holds what real shells make of the text."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix.edits import Safety, apply
from dockfix.passes.base import Example, Settings
from dockfix.passes.exec_form import PASS
from dockfix.shell.builtins import BUILTINS, KEYWORDS
from dockfix.syntax.parser import parse
from memory_context import Files

SHELLS = [["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]]
PRESENT = [shell for shell in SHELLS if shutil.which(shell[0])]


def rewritten(source: str, settings: Settings, *, unsafe: bool = True) -> str:
    allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
    for _ in range(10):
        before = parse(source)
        groups = [group for group in PASS.rewrite(before, settings) if group.safety in allowed]
        if not groups:
            return source
        for group in groups[:1]:
            source = apply(source, group.edits)
            assert PASS.verify(before, parse(source)) is None
    raise AssertionError("never quiet")


def settings_of(example: Example) -> Settings:
    if example.files is None:
        return example.settings
    return example.settings._replace(context=Files(dict(example.files)))


@pytest.mark.parametrize("example", PASS.examples, ids=lambda example: example.before)
def test_examples(example: Example) -> None:
    settings = settings_of(example)
    after = example.before if example.after is None else example.after
    assert rewritten(example.before, settings) == after
    safely = rewritten(example.before, settings, unsafe=False)
    assert safely == (example.before if example.unsafe else after)


PEERS = {
    "CMD FOO=bar env": None,
    "CMD exec app": ["app"],
    "CMD ulimit -n 100": None,
    "CMD ls /etc/*": None,
    "CMD echo hi # x": None,
    "CMD app \\\n--flag": ["app", "--flag"],
    "CMD app e\\ f": ["app", "e f"],
    'CMD app "\\"a\\"b"': ["app", '"a"b'],
    "ENTRYPOINT java $OPTS -jar x": None,
}


@pytest.mark.parametrize("text", PEERS)
def test_what_peers_get_wrong(text: str) -> None:
    after = rewritten(f"FROM x\n{text}\n", Settings())
    wanted = PEERS[text]
    if wanted is None:
        assert after == f"FROM x\n{text}\n"
    else:
        assert parse(after).instructions[-1].json == tuple(wanted)


def test_an_ignored_cmd_is_no_argument_by_default() -> None:
    source = 'FROM x\nENTRYPOINT app\nCMD ["-v"]\n'
    assert rewritten(source, Settings(), unsafe=False) == source


def test_a_cmd_of_the_base_stage_is_reset_by_entrypoint() -> None:
    source = 'FROM x AS a\nCMD ["-v"]\nFROM a\nENTRYPOINT app\n'
    assert rewritten(source, Settings(), unsafe=False).endswith('ENTRYPOINT ["app"]\n')


def test_a_cmd_of_a_later_stage_would_become_an_argument() -> None:
    source = 'FROM x AS a\nENTRYPOINT app\nFROM a\nCMD ["-v"]\n'
    assert rewritten(source, Settings(), unsafe=False) == source


def test_the_shell_of_another_stage_does_not_count() -> None:
    source = 'FROM x\nSHELL ["pwsh", "-c"]\nFROM y\nCMD app -v\n'
    assert rewritten(source, Settings()).endswith('CMD ["app", "-v"]\n')


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_and_a_missing_last_one(ending: str) -> None:
    source = f"FROM x{ending}CMD app \\{ending}  # why{ending}  -v"
    wanted = f'FROM x{ending}CMD ["app", \\{ending}  # why{ending}  "-v"]'
    assert rewritten(source, Settings()) == wanted


def test_text_that_is_not_utf_8_is_left_alone() -> None:
    source = "FROM x\nCMD app \udce9\n"
    assert rewritten(source, Settings()) == source


def test_a_script_without_shebang_is_no_program() -> None:
    source = "FROM x\nWORKDIR /app\nCOPY . .\nCMD ./run\n"
    settings = Settings(context=Files({"run": "exec app\n"}))
    assert rewritten(source, settings, unsafe=False) == source
    settings = Settings(context=Files({"run": "#!/bin/sh\nexec app\n"}))
    assert rewritten(source, settings, unsafe=False).endswith('CMD ["./run"]\n')


@pytest.mark.parametrize("shell", PRESENT, ids=" ".join)
def test_every_builtin_of_the_shells_is_known(shell: list[str]) -> None:
    """Every program here, and every name of the table, asked of the shell itself."""
    names = BUILTINS | KEYWORDS | {path.name for path in Path("/usr/bin").iterdir()}
    script = 'while read -r name; do case $(type "$name" 2>/dev/null) in '
    script += '*builtin* | *keyword* | *"reserved word"*) echo "$name" ;; esac; done'
    found = subprocess.run(
        [*shell, "-c", script], input="\n".join(names).encode(), capture_output=True, check=True
    )
    inside = set(found.stdout.decode().split())
    assert {"echo", "cd", "export", "if"} <= inside <= BUILTINS | KEYWORDS


PIECES = [
    "a",
    "b-c",
    "--x=y",
    "/p/q",
    ".",
    ",",
    ":",
    "%",
    "@",
    "+",
    "=",
    "é",
    "한글",
    "#",
    "]",
    "[",
    "{",
    "}",
]
PIECES += [
    "'",
    '"',
    "\\",
    "\\\\",
    "\\ ",
    "\\'",
    '\\"',
    "\\$",
    "' '",
    '" "',
    "''",
    '""',
    "'$x'",
    "'\\'",
]
PIECES += [
    '"\'"',
    "'\"'",
    "'*'",
    '"\\n"',
    '"\\\\"',
    "{a,b}",
    "~",
    "!",
    "^",
    "\t",
    "\u00a0",
    "\u200b",
]


def commands(seed: int, count: int) -> Iterator[str]:
    dice = random.Random(seed)
    for _ in range(count):
        words = [
            "".join(dice.choices(PIECES, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 4))
        ]
        yield "app " + "".join(
            word + dice.choice([" ", "  ", " \\\n  ", " \\\n# x\n "]) for word in words
        )


@pytest.mark.parametrize("seed", range(2))
def test_real_shells_make_the_same_words(seed: int, tmp_path: Path) -> None:
    helper = tmp_path / "argv"
    helper.write_text('#!/bin/sh\nprintf "%s\\0" "$@" "\001"\n')
    helper.chmod(0o755)
    texts: list[str] = []
    wanted: list[tuple[str, ...]] = []
    for command in commands(seed, 2000):
        before = parse(f"FROM x\nCMD {command}\n")
        after = parse(rewritten(before.source, Settings()))
        argv = after.instructions[-1].json
        if argv is not None:
            assert before.instructions[-1].arguments.startswith("app")
            texts.append(str(helper) + before.instructions[-1].arguments[3:])
            wanted.append(argv[1:])
    assert len(texts) >= 500
    for shell in PRESENT:
        found: list[tuple[str, ...]] = []
        for start in range(0, len(texts), 200):
            script = "\n".join(texts[start : start + 200])
            done = subprocess.run(
                [*shell, "-c", script], cwd=tmp_path, capture_output=True, check=True
            )
            printed = done.stdout.decode().split("\001\0")[:-1]
            found += [tuple(words.split("\0")[:-1]) for words in printed]
        assert found == wanted, shell


def test_arrays_stay_readable() -> None:
    after = rewritten('FROM x\nCMD app 안녕 "a\tb" \\\\\n', Settings())
    assert after == 'FROM x\nCMD ["app", "안녕", "a\\tb", "\\\\"]\n'
    assert json.loads(after.partition("CMD ")[2]) == ["app", "안녕", "a\tb", "\\"]
