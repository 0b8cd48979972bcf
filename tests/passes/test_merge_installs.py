"""merge-installs: its examples, more of what must stay apart, and generated chains."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from dockfix.edit.edits import Safety
from dockfix.passes import merge_installs, sort_packages
from dockfix.passes.merge_installs import PASS, verify
from dockfix.programs.command import command_of, install_of
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.amount import some
from helpers.facts import facts_of
from helpers.settling import settle


def merge(run: str) -> str:
    return settle(PASS, f"FROM x\nRUN {run}\n")[0].removeprefix("FROM x\nRUN ").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("apt-get -y install a && apt-get install --yes b", "apt-get -y install a b"),
        ("apt-get install -yq a && apt-get -qq install b && apt-get install -q --yes c",
         "apt-get install -yq a b c"),
        ("apt-get update -y && apt-get -qq update && x", "apt-get update -y && x"),
        ("( apk add a && apk add b ) && x", "( apk add a b ) && x"),
        ("{ apk add a && apk add b; } && x", "{ apk add a b; } && x"),
        ("x || y && apk add a && apk add b", "x || y && apk add a b"),
        ("apk add a && apk add a", "apk add a"),
        ("apk add -X http://x a && apk add -X http://x b", "apk add -X http://x a b"),
        ("sudo yum install -y a && sudo yum -y install b", "sudo yum install -y a b"),
        ("zypper -n in a && zypper -n in b", "zypper -n in a b"),
        ("apt-get update && apt-get update && x", "apt-get update && x"),
        ("apt-get update && apt-get install -y git && apt-get update -q > /dev/null 2>&1 && x",
         "apt-get update && apt-get install -y git && x"),
        ("apk add a -q && apk add -q b", "apk add a b -q"),
        ("apt-get update && x \\\n  && apt-get update && apt-get update && apt-get install a",
         "apt-get update && x \\\n  && apt-get update && apt-get install a"),
        ("apt-get update && apt-get install a \\\n  && apt-get update && apt-get install -y b",
         "apt-get update && apt-get install a \\\n  && apt-get install -y b"),
        ("apk add a \\\n # \u2028 x\n && apk add b", "apk add \\\n    a \\\n    # \u2028 x\n    b"),
        ("apk add a && \\\n  # c \n  apk add b && \\\n  x",
         "apk add \\\n  a \\\n  # c \n  b && \\\n  x"),
        ("apk add a &&\\\n  # c\n  apk add b &&\\\n  x",
         "apk add \\\n  a \\\n  # c\n  b &&\\\n  x"),
        ("apk add \\\n    a \\\n    b && apk add c d && x",
         "apk add \\\n    a \\\n    b \\\n    c \\\n    d \\\n    && x"),
        ("apk add a && apk add \\\n    b \\\n    c && \\\n    x",
         "apk add \\\n    a \\\n    b \\\n    c && \\\n    x"),
        ("apk add a && x && apk add b && apk add c", "apk add a && x && apk add b c"),
        ("set -e; apk add a; apk add b; apk add c; x || y", "set -e; apk add a b c; x || y"),
    ],
)  # fmt: skip
def test_merged(before: str, after: str) -> None:
    assert merge(before) == after


@pytest.mark.parametrize(
    "run",
    [
        "apk add a || apk add b",
        "! apk add a && apk add b",
        "if apk add a && apk add b; then x; fi",
        "apk add a && apk add b; x",
        "apk add a && apk add b &",
        "( apk add a && apk add b ) || x",
        "set -e; apk add a && apk add b; x",
        "set -e; set +e; apk add a; apk add b",
        "set -e; . ./env; apk add a; apk add b",
        "apk add a | x && apk add b",
        "apk add a && apk add ./b.apk",
        "apk add a=1 && apk add a",
        "apt-get install a && apt install b",
        "apt-get install a && sudo apt-get install b",
        "apt-get -t x install a && apt-get install b",
        "apt-get install -q a && apt-get install -qq b",
        "apt-get install -q a && apt-get install -qy b",
        "apt-get install $(cat p) && apt-get install b",
        "dnf install --allowerasing a && dnf install --allowerasing b",
        "apt-get install -y maven && apt-get install -y openjdk-8-jdk",
        "yum install -y dnf-plugins-core && yum install -y a",
        "npm i -g a && npm i -g b",
        "gem install a && gem install b",
        "pip install -r a && pip install -r b",
        "pip install numpy && pip install b",
        "apt-get() { :; }; apt-get install a && apt-get install b",
        "apt-get update && x && apt-get update",
        "apt-get update -o a=b && apt-get update",
        "apt-get update && apt-get update > /log && x",
        "apt-get update && apt-get install -y debian-keyring && apt-get update",
        "apt-get update && apt-get install -y $X && apt-get update",
        "apk update && apt-get install -y a && apk update",
    ],
)
def test_left_alone(run: str) -> None:
    assert merge(run) == run


def test_safety() -> None:
    for program, safety in ("apt-get install", Safety.SAFE), ("pip install", Safety.UNSAFE):
        _, groups = settle(PASS, f"FROM x\nRUN {program} git && {program} zip\n")
        assert [group.safety for group in groups] == [safety]


def test_an_update_without_use_goes_though_the_merge_is_only_offered() -> None:
    run = "apt-get update && apt-get install -y git && {}apt-get install -y unheard-of"
    source = f"FROM debian:12\nRUN {run}\n"
    result = rewrite(source.replace("{}", "apt-get update && "), select=["merge-installs"])
    assert result.after == source.replace("{}", "")
    assert [one.safety for one in result.offered] == [Safety.UNSAFE]


def test_shell_with_errexit() -> None:
    shell = 'FROM x\nSHELL ["/bin/sh", "-ec"]\nRUN '
    assert settle(PASS, f"{shell}apk add a; apk add b\n")[0] == f"{shell}apk add a b\n"


def test_long_line_is_set_out() -> None:
    names = [f"package-number-{number}" for number in range(6)]
    after = merge(" && ".join(f"apk add {name}" for name in names))
    assert after == "apk add \\\n    " + " \\\n    ".join(names)


def test_article_000() -> None:
    source = (
        "FROM debian\nRUN apt-get update && apt-get -y install git && apt-get -y install locales"
        " && apt-get -y install gcc\n"
    )
    merged, _ = settle(PASS, source)
    after, _ = settle(sort_packages.PASS, merged)
    assert after == (
        "FROM debian\nRUN apt-get update && apt-get -y install \\\n"
        "    gcc \\\n    git \\\n    locales\n"
    )


@pytest.mark.parametrize(
    "after",
    [
        "apk add a && x",
        "apk add a b c && x",
        "apk add -q a b && x",
        "x && apk add a b",
        "apk add a b",
    ],
)
def test_verify_tells_a_difference(after: str) -> None:
    before = facts_of("FROM x\nRUN apk add a && apk add b && x\n")
    assert verify(before, facts_of("FROM x\nRUN apk add a b && x\n")) is None
    assert verify(before, facts_of(f"FROM x\nRUN {after}\n")) is not None


_COMMANDS = [
    "apt-get update", "apt-get install -y {0}", "apt-get -y install {0} {1}",
    "apt-get install -y \\\n      {0} \\\n      # why\n      {1}", "apt-get install {0}",
    "apk add {0}", "pip install {0} {1}", "apt-get install -y ca-certificates", "echo {0}",
    "apt-get install -y $X",
]  # fmt: skip


def _chain(seed: int) -> str:
    rng = random.Random(seed)
    parts = [
        rng.choice(_COMMANDS).format(*(rng.choice("abcdefg") for _ in range(2)))
        for _ in range(rng.randrange(2, 7))
    ]
    text = parts[0]
    for part in parts[1:]:
        text += rng.choice([" && ", " \\\n && ", " && \\\n    ", " \\\n    # note\n && ", " || "]
                           if rng.random() < 0.5 else [" && "]) + part  # fmt: skip
    return f"FROM x\nRUN {text}\n"


@pytest.mark.parametrize("seed", range(some(300)))
def test_generated_chain(seed: int) -> None:
    source = _chain(seed)
    after, _ = settle(PASS, source)
    assert after.count("#") == source.count("#")
    old, new = _installed(source), _installed(after)
    assert {key: set(words) for key, words in old.items()} == {
        key: set(words) for key, words in new.items()
    }
    sorted_after, _ = settle(sort_packages.PASS, after)
    assert settle(merge_installs.PASS, sorted_after)[0] == sorted_after


def _installed(source: str) -> dict[str, list[str]]:
    """What each program installs, and every other command but updates in order."""
    instruction = parse(source, "").instructions[1]
    script = read_script(instruction.arguments, "sh")
    assert isinstance(script, Script)
    found: dict[str, list[str]] = {"others": []}
    for simple in script.simples:
        command = install_of(simple)
        if command is not None:
            key = " ".join((*command.program, *sorted(one.option for one in command.options)))
            found.setdefault(key, []).extend(word.text for word in command.packages)
        elif command_of(simple) is None:
            found["others"].append(" ".join(word.text for word in simple.words))
    return {key: words for key, words in found.items() if key != "others"} | {
        f"{number} {text}": [] for number, text in enumerate(found["others"])
    }


_MANAGER = """#!/bin/sh
[ "$1" = update ] && exit 0
for package; do case $package in x*) exit 1;; esac; done
shift
for package; do echo "$package" >> "$LOG"; done
"""


def _script(rng: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(rng.randrange(1, 5)):
        kind = rng.random()
        if kind < 0.75:
            names = [
                rng.choice(["a", "b", "c", "d", "e", "x1"]) for _ in range(rng.randrange(1, 3))
            ]
            parts.append(f"apk add {' '.join(names)}")
        elif kind < 0.85 and depth < 2:
            parts.append(rng.choice(["( {} )", "{{ {}; }}"]).format(_script(rng, depth + 1)))
        else:
            parts.append(rng.choice(["apk update", "true", "false", "echo y >> $LOG", "! false"]))
    text = parts[0]
    for part in parts[1:]:
        text += rng.choice([" && ", " && ", " && ", " || ", "; "]) + part
    return text


def _outcome(script: str, folder: Path) -> tuple[bool, set[str]]:
    """Whether the script succeeds, and then what it installed."""
    log = folder / "log"
    log.write_text("")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "LOG": str(log)}
    failed = subprocess.run(["sh", "-c", script], env=environment, check=False).returncode != 0
    return (True, set()) if failed else (False, set(log.read_text().split()))


def test_real_shell(tmp_path: Path) -> None:
    manager = tmp_path / "apk"
    manager.write_text(_MANAGER)
    manager.chmod(0o755)
    merged = 0
    for seed in range(some(250)):
        rng = random.Random(seed)
        script = rng.choice(["", "", "set -e; "]) + _script(rng)
        after = merge(script)
        if after != script:
            merged += 1
            assert _outcome(after, tmp_path) == _outcome(script, tmp_path), (script, after)
    assert merged > some(25)


@pytest.mark.parametrize(
    "pair", ["vim mg", "mg vim", "vim-nox nano", "nano vim-nox", "tilde vim-gtk3", "zile vim"]
)
def test_programs_of_one_priority_are_chosen_by_who_comes_first(pair: str) -> None:
    """`vim-nox`, then `nano`: the editor is vim.nox; of both at once nano comes first."""
    first, second = pair.split()
    chain = f"apt-get install -y {first} && apt-get install -y {second}"
    assert merge(chain) == chain
    apart = f"FROM debian:12\nRUN {chain}\n"
    assert rewrite(apart, select=["merge-installs"], unsafe_fixes=True).after == apart
    # nano goes before any vim of a lower priority, whoever comes first
    different = "FROM debian:12\nRUN apt-get install -y vim && apt-get install -y nano\n"
    assert "vim nano" in rewrite(different, select=["merge-installs"]).after


@pytest.mark.parametrize("package", ["command-not-found", "apt-file", "appstream", "etckeeper"])
def test_an_update_that_does_more_than_before_stays(package: str) -> None:
    install = f"apt-get update && apt-get install -y {package}"
    source = f"FROM debian:12\nRUN {install} && apt-get update\n"
    assert source.count("apt-get update") == rewrite(source).after.count("apt-get update")
