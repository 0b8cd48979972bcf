"""Random sequences of RUNs over harmless commands; how many tests try, and with which seed."""

from __future__ import annotations

import os
import random

from helpers.amount import some

CASES = int(os.environ.get("DOCKFIX_SHELL_CASES") or some(4000, 50))
SEED = int(os.environ.get("DOCKFIX_SHELL_SEED", "20260301"))

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
