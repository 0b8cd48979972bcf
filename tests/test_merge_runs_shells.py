"""merge-runs against the real shells: random RUN sequences, executed before and after.

The claim: never another outcome. `DOCKFIX_SHELL_CASES=50000` runs more than the usual number, and
`DOCKFIX_SHELL_SEED` others.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from dockfix import rewrite
from shell_runs import SHELLS, STRICT_SHELLS, outcomes, runs_of

CASES = int(os.environ.get("DOCKFIX_SHELL_CASES", "5000"))
SEED = int(os.environ.get("DOCKFIX_SHELL_SEED", "20260301"))
BATCH = 500

_FILES = "abcdef"
#: The background job stands in braces: without, `echo $? > a || sleep 0 &` would be all of it, and
#: race with the next RUN for a file.
_SIMPLE = (
    "touch {f}", "touch {f}", "echo {f} > {g}", "echo $v >> {f}", "echo ${{w:-none}} > {f}",
    "test -e {f}", "true", "false", "mkdir -p {f}.d", "cd {f}.d", "mkdir -p {f}.d && cd {f}.d",
    "pwd | wc -c > {f}", "v={f}", "export v={f}", "export W={f}", "W={f}", "echo $W > {g}",
    "unset v", "inherited={f}", "sh -c 'echo $v $W $inherited' > {f}", "umask 077", "umask > {f}",
    "set -u", "set +e", "set -e", "set -f", "echo {f}* > {g}", "f() {{ touch {f}; }}", "f",
    "! test -e {f}", "! true", "exit 0", "exit 3", "read x < {f}", "echo $x > {g}",
    ": ${{v:=zero}}", "echo $(( n = 1 + 1 )) > {f}", "echo $n > {f}", "trap 'touch {f}' EXIT",
    "eval 'v={f}'", "echo 'v={f}' > env.sh", ". ./env.sh", "set -- p q", "echo $# $* > {f}",
    "echo $? > {f}", "shift", "exec true", "exec > {f}", "alias g=true", "wait",
    "(cd /; touch {f})", "rm -f {f}", "echo \"$(cat {f})\" > {g}", "cat {f} | tr a b > {g}",
    "false | true", "x=$(false)", "echo $OLDPWD > {f}", "command cd {f}.d",
    "test -e {f} || touch {f}", "grep -q {f} {g}", "readonly r=1", "hash -r", "mv {f} {g}",
    "rm -rf {f}.d", "{{ sleep 0 & }}", "set -x",
)  # fmt: skip


class Generator:
    """Random scripts over harmless commands; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def simple(self) -> str:
        # two different files: a pipeline that reads what it writes would be a race
        one, other = self.random.sample(_FILES, 2)
        return self.random.choice(_SIMPLE).format(f=one, g=other)

    def command(self, depth: int) -> str:
        kind = self.random.randrange(24) if depth else 24

        def inner() -> str:
            return self.script(depth - 1)

        if kind == 0:
            return f"( {inner()} )"
        if kind == 1:
            return f"{{ {inner()}; }}"
        if kind == 2:
            return f"if {self.simple()}; then {inner()}; fi"
        if kind == 3:
            return f"if {self.simple()}; then {inner()}; else {inner()}; fi"
        if kind == 4:
            return f"for v in a b; do {inner()}; done"
        if kind == 5:
            return f"case $v in a) {inner()};; *) {inner()};; esac"
        if kind == 6:
            return f"while false; do {inner()}; done"
        return self.simple()

    def script(self, depth: int = 2) -> str:
        text = self.command(depth)
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2, 3))):
            joint = self.random.choice(
                (" && ", " && ", " && ", " || ", "; ", "; ", " \\\n  && ", "; \\\n  ")
            )
            text += joint + self.command(depth)
        return text

    def run(self) -> str:
        prelude = self.random.choice(
            ("",) * 8 + ("set -e; ", "set -eu; ", "set -e; ", "set -x && ")
        )
        text = prelude + self.script()
        return "RUN " + text + self.random.choice(("",) * 8 + (" # note", ";", " \\\n  # aside\n"))

    def dockerfile(self, base: str) -> str:
        lines = [f"FROM {base}"]
        for _ in range(self.random.randrange(2, 6)):
            lines.append(self.run())
            lines += self.random.choice(
                ([], [], [], [""], ["# between"], ["# hadolint ignore=DL3003"])
            )
        return "\n".join(lines) + "\n"


def _cases(start: int, base: str) -> tuple[list[str], list[str]]:
    """Files with this base that merge-runs changes, and what it makes of them."""
    generator = Generator(SEED + start)
    before: list[str] = []
    after: list[str] = []
    while len(before) < min(BATCH, CASES - start):
        source = generator.dockerfile(base)
        result = rewrite(source, select=["merge-runs"])
        if result.changed:
            before.append(source)
            after.append(result.after)
    return before, after


def _differences(before: list[str], after: list[str], shell: str, folder: Path) -> list[str]:
    old = outcomes([runs_of(source) for source in before], shell, folder)
    assert sum(ok for ok, _ in old) > len(old) // 20, "hardly a case succeeds: this tests nothing"
    new = outcomes([runs_of(source) for source in after], shell, folder)
    return [
        f"{shell} tells\n{source}\nfrom\n{result}"
        for source, result, one, other in zip(before, after, old, new, strict=True)
        if one != other
    ]


@pytest.mark.parametrize("start", range(0, CASES, BATCH))
def test_merging_never_changes_an_outcome(start: int, tmp_path: Path) -> None:
    before, after = _cases(start, "debian")
    for old, new in zip(before, after, strict=True):
        assert len(runs_of(new)) < len(runs_of(old))
    for shell in SHELLS.values():
        assert not _differences(before, after, shell, tmp_path)


@pytest.mark.parametrize("start", range(0, CASES // 2, BATCH))
def test_nor_under_a_base_image_whose_shell_is_strict(start: int, tmp_path: Path) -> None:
    before, after = _cases(start, "example.org/base")
    for shell in (*SHELLS.values(), *STRICT_SHELLS.values()):
        assert not _differences(before, after, shell, tmp_path)


def test_the_judge_sees_a_careless_merge(tmp_path: Path) -> None:
    before, _ = _cases(0, "debian")
    careless = ["RUN " + " && ".join(runs_of(source)) + "\n" for source in before]
    assert len(_differences(before, careless, SHELLS["dash"], tmp_path)) > len(before) // 10
