"""use-workdir: after the rewrite real shells leave the same files, and the image starts there."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from helpers.amount import some

FROM = "FROM debian:12\n"

Files = dict[str, bytes | None]


def build(source: str, root: Path, shell: str) -> tuple[bool, str, Files]:
    """Carries a stage out below `root` as a builder does; whether all went well, where containers
    start, and what is there (None: a directory)."""
    shutil.rmtree(root, ignore_errors=True)
    cwd = root / "start"
    cwd.mkdir(parents=True)
    for instruction in parse(source).instructions[1:]:
        arguments = instruction.arguments.replace("$START", str(root / "start"))
        if instruction.keyword == "WORKDIR":
            cwd = Path(os.path.normpath(cwd / arguments))
            cwd.mkdir(parents=True, exist_ok=True)
        elif instruction.keyword == "COPY":
            _, target = arguments.split()
            path = cwd / target / ("file" if target.endswith("/") else "")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("copied")
        elif instruction.keyword == "RUN":
            cwd.mkdir(parents=True, exist_ok=True)
            argv = [*shell.split(), "-c", arguments]
            if subprocess.run(argv, cwd=cwd, capture_output=True, check=False).returncode:
                return False, "", {}
    files: Files = {}
    for path in sorted(root.rglob("*")):
        files[str(path.relative_to(root))] = path.read_bytes() if path.is_file() else None
    return True, str(cwd), files


def stage(dice: random.Random, root: Path) -> str:
    """A stage that starts somewhere, known or not, makes directories, and goes to them."""
    lines = [dice.choice(["WORKDIR $START", f"WORKDIR {root}/start"])]
    for number in range(dice.randint(2, 8)):
        path = dice.choice([f"{root}/a", f"{root}/a/b", f"{root}/c/d/", f"{root}/start/e"])
        near = dice.choice(["e", "e/f", "./g", "..", "../a"])
        there = dice.choice([path, path, path, near])
        make = dice.choice(["mkdir -p", "mkdir -p", "mkdir -p", "mkdir"])
        do = dice.choice(
            [
                f"pwd >> {root}/log",
                f"touch x{number}",
                f"mkdir -p sub && touch sub/y{number}",
                f"cd .. && touch up{number}",
                f"ls >> {root}/log; pwd > p{number}",
                f"touch {root}/z{number}",
                f"echo $PWD >> {root}/log && rm -rf {path}",
                f"test -e nothing || touch n{number}",
            ]
        )
        lines.append(
            dice.choice(
                [
                    f"RUN {make} {there}",
                    f"RUN {make} {there} && cd {there} && {do}",
                    f"RUN {make} {path} \\\n    && cd {path} \\\n    && {do}",
                    f"RUN cd {there} && {do}",
                    f"RUN {do}",
                    f"RUN {do} && {make} {there}",
                    f"RUN rm -rf {path}",
                    f"RUN touch {root}/t{number}",
                    f"WORKDIR {path}",
                    f"WORKDIR {path}",
                    f"WORKDIR {near}",
                    f"COPY file {path}/",
                    f"COPY file {near}/",
                    f"ENV A={number}",
                ]
            )
        )
    return FROM + "\n".join(lines) + "\n"


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_real_shells_leave_the_same(shell: str, tmp_path: Path) -> None:
    dice = random.Random(f"workdir {shell}")
    root = tmp_path / "root"
    changed = 0
    while changed < some(60):
        before = stage(dice, root)
        after = rewrite(before, select=["use-workdir"]).after
        if before == after:
            continue
        ended = build(before, root, shell)
        if ended[0]:
            changed += 1
            assert build(after, root, shell) == ended, f"{before}\n{after}"


def test_all_passes_together_leave_the_same(tmp_path: Path) -> None:
    dice = random.Random("all")
    root = tmp_path / "root"
    for _ in range(some(60)):
        before = stage(dice, root)
        after = rewrite(before).after
        ended = build(before, root, "dash")
        if ended[0] and before != after:
            assert build(after, root, "dash") == ended, f"{before}\n{after}"


def becomes(before: str, after: str, *, unsafe_fixes: bool = False) -> None:
    result = rewrite(FROM + before, select=["use-workdir"], unsafe_fixes=unsafe_fixes)
    assert result.after == FROM + after


def test_blank_lines_and_comments() -> None:
    becomes("\n# the place\nRUN mkdir /a\n\nWORKDIR /a\n", "\n# the place\nWORKDIR /a\n")
    becomes("RUN mkdir /a\n\nWORKDIR /a\n", "\nWORKDIR /a\n")
    inside = "RUN mkdir -p \\\n    # why\n    /a\nWORKDIR /a\n"
    becomes(inside, inside)


def test_the_layout_of_what_is_left() -> None:
    becomes(
        "  run mkdir -p /a && \\\n\tcd /a && \\\n\tmake && \\\n\tmake install\nWORKDIR /b\n",
        "  workdir /a\n  run make && \\\n\tmake install\nWORKDIR /b\n",
    )
    becomes("RUN x \\\r\n && mkdir /a\r\nWORKDIR /a\r\n", "RUN x\r\nWORKDIR /a\r\n")


def test_a_workdir_that_says_the_same_again_moves_up() -> None:
    becomes("RUN mkdir /a && cd /a && make\nWORKDIR /a\n", "WORKDIR /a\nRUN make\n")
    becomes(
        "RUN mkdir /a && cd /a && make clean\nWORKDIR /a\n",
        "WORKDIR /a\nRUN make clean\nWORKDIR /a\n",
    )


def test_many_runs_in_one_place() -> None:
    runs = "".join(f"RUN cd /a && touch {number}\n" for number in range(30))
    after = "WORKDIR /a\n" + runs.replace("cd /a && ", "") + "WORKDIR /b\n"
    becomes(f"RUN mkdir /a\n{runs}WORKDIR /b\n", f"RUN mkdir /a\n{runs}WORKDIR /b\n")
    becomes(f"COPY x /a/\n{runs}WORKDIR /b\n", f"COPY x /a/\n{after}")


def test_unsafe_changes_never_move_what_a_container_starts() -> None:
    run = "RUN mkdir /a && cd /a && make\n"
    moved = "WORKDIR /a\nRUN make\n"
    for start in ('CMD ["server", "--port", "80"]\n', 'ENTRYPOINT ["/bin/server"]\n'):
        becomes(run + start, run + start)
        becomes(run + start, moved + start, unsafe_fixes=True)
    for start in ("CMD server\n", 'CMD ["node", "app.js"]\n', 'CMD ["bin/server"]\n',
                  "ONBUILD RUN make\n"):  # fmt: skip
        becomes(run + start, run + start, unsafe_fixes=True)


@pytest.mark.parametrize(
    ("above", "before", "after"),
    [
        ("ENV S=/src\nWORKDIR $S\n", "a/b", "$S/a/b"),
        ("ENV S=/src V=1\nWORKDIR ${S}/\nWORKDIR a-$V\n", "..", "${S}"),
        ("ENV S=src\nWORKDIR /x/$S\n", "./a", "/x/$S/a"),
        # `..` may take away the last of several folders
        ("ENV S=/src/x\nWORKDIR $S\n", "..", "/src"),
        # not the same any more, not known, relative, or nothing to spell
        ("ENV S=/src\nWORKDIR $S\nENV S=/other\n", "a", "/src/a"),
        ("ENV S=src\nWORKDIR /\nWORKDIR $S\n", "a", "/src/a"),
        ("WORKDIR /src\n", "a", "/src/a"),
    ],
)
def test_a_relative_workdir_keeps_the_variables_of_those_above(
    above: str, before: str, after: str
) -> None:
    source = f"FROM debian:12\n{above}WORKDIR {before}\n"
    result = rewrite(source, select=["use-workdir"])
    assert result.after.splitlines()[-1] == f"WORKDIR {after}"
