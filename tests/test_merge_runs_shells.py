"""merge-runs against the real shells: random RUN sequences, executed before and after.

The claim: never another outcome. `DOCKFIX_SHELL_CASES=50000` runs more than the usual number, and
`DOCKFIX_SHELL_SEED` others.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from shell_runs import SHELLS, STRICT_SHELLS, outcomes, runs_of

from dockfix import rewrite

CASES = int(os.environ.get("DOCKFIX_SHELL_CASES", "5000"))
SEED = int(os.environ.get("DOCKFIX_SHELL_SEED", "20260301"))
BATCH = 500

_FILES = "abcdef"
_SIMPLE = (
    "touch {f}", "touch {f}", "echo {f} > {g}", "echo $v >> {f}", "echo ${{w:-none}} > {f}", "test -e {f}",
    "true", "false", "mkdir -p {f}.d", "cd {f}.d", "mkdir -p {f}.d && cd {f}.d", "pwd | wc -c > {f}",
    "v={f}", "export v={f}", "export W={f}", "W={f}", "echo $W > {g}", "unset v", "inherited={f}",
    "sh -c 'echo $v $W $inherited' > {f}", "umask 077", "umask > {f}", "set -u", "set +e", "set -e", "set -f",
    "echo {f}* > {g}", "f() {{ touch {f}; }}", "f", "! test -e {f}", "! true", "exit 0", "exit 3",
    "read x < {f}", "echo $x > {g}", ": ${{v:=zero}}", "echo $(( n = 1 + 1 )) > {f}", "echo $n > {f}",
    "trap 'touch {f}' EXIT", "eval 'v={f}'", "echo 'v={f}' > env.sh", ". ./env.sh", "set -- p q", "echo $# $* > {f}",
    "echo $? > {f}", "shift", "exec true", "exec > {f}", "alias g=true", "wait", "(cd /; touch {f})", "rm -f {f}",
    "echo \"$(cat {f})\" > {g}", "cat {f} | tr a b > {g}", "false | true", "x=$(false)", "echo $OLDPWD > {f}",
    "command cd {f}.d", "test -e {f} || touch {f}", "grep -q {f} {g}", "readonly r=1", "hash -r", "mv {f} {g}",
    "rm -rf {f}.d", "sleep 0 &", "set -x",
)  # fmt: skip


class Generator:
    """Random scripts over harmless commands; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def simple(self) -> str:
        choose = self.random.choice
        return choose(_SIMPLE).format(f=choose(_FILES), g=choose(_FILES))

    def command(self, depth: int) -> str:
        kind = self.random.randrange(24) if depth else 24
        inner = lambda: self.script(depth - 1)  # noqa: E731
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
            joint = self.random.choice((" && ", " && ", " && ", " || ", "; ", "; ", " \\\n  && ", "; \\\n  "))
            text += joint + self.command(depth)
        return text

    def run(self) -> str:
        prelude = self.random.choice(("",) * 8 + ("set -e; ", "set -eu; ", "set -e; ", "set -x && "))
        text = prelude + self.script()
        return "RUN " + text + self.random.choice(("",) * 8 + (" # note", ";", " \\\n  # aside\n"))

    def dockerfile(self) -> str:
        lines = ["FROM debian"]
        for _ in range(self.random.randrange(2, 6)):
            lines.append(self.run())
            lines += self.random.choice(([], [], [], [""], ["# between"], ["# hadolint ignore=DL3003"]))
        return "\n".join(lines) + "\n"


def _batches() -> list[int]:
    return list(range(0, CASES, BATCH))


@pytest.mark.parametrize("start", _batches())
def test_merging_never_changes_an_outcome(start: int, tmp_path: Path) -> None:
    generator = Generator(SEED + start)
    before, after = [], []
    while len(before) < min(BATCH, CASES - start):
        source = generator.dockerfile()
        result = rewrite(source, select=["merge-runs"])
        if result.changed:
            before.append(source)
            after.append(result.after)
    old = [runs_of(source) for source in before]
    new = [runs_of(source) for source in after]
    assert all(len(a) > len(b) for a, b in zip(old, new, strict=True))
    for name, shell in {**SHELLS, **STRICT_SHELLS}.items():
        expected = outcomes(old, shell, tmp_path / "case")
        found = outcomes(new, shell, tmp_path / "case")
        for source, result_text, one, other in zip(before, after, expected, found, strict=True):
            assert one == other, f"{name} tells\n{source}\nfrom\n{result_text}"
        assert sum(ok for ok, _ in expected) > len(expected) // 20, "hardly a case succeeds: no test"
