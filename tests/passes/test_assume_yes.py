"""assume-yes: who is answered, who is not, and that no build which succeeded does other things."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from helpers.shell_runs import runs_of


def after(source: str, *, unsafe: bool = False) -> str:
    return rewrite(source, select=["assume-yes"], unsafe_fixes=unsafe).after


@pytest.mark.parametrize(
    ("script", "answered"),
    [
        ("apt-get install a", "apt-get install -y a"),
        ("sudo apt-get -q install a", "sudo apt-get -q install -y a"),
        ("apt-get remove a && x", "apt-get remove -y a && x"),
        ("apt-get autoremove", "apt-get autoremove -y"),
        ("apt-get -f install", "apt-get -f install -y"),
        ("apt-get -o A=b install a", "apt-get -o A=b install -y a"),
        ("x && (apt-get install a)", "x && (apt-get install -y a)"),
        ("set -e; apt-get install a; x", "set -e; apt-get install -y a; x"),
        ("aptitude safe-upgrade", "aptitude safe-upgrade -y"),
        ("tdnf install a", "tdnf install -y a"),
        ("dnf --nodocs install a", "dnf --nodocs install -y a"),
        ("zypper --gpg-auto-import-keys in a", "zypper -n --gpg-auto-import-keys in a"),
        ("apt install -y a || x", "apt-get install -y a || x"),
        ("x $(apt update)", "x $(apt-get update)"),
        ("sudo apt update", "sudo apt-get update"),
        ("a || apt -f install", "a || apt-get -f install -y"),
        ("a || apt-get -f install && b", "a || apt-get -f install -y && b"),
        ("a || (b; apt-get -f install) && c", "a || (b; apt-get -f install -y) && c"),
    ],
)
def test_answered(script: str, answered: str) -> None:
    assert after(f"FROM debian\nRUN {script}\n") == f"FROM debian\nRUN {answered}\n"


@pytest.mark.parametrize(
    "script",
    [
        "apt-get install -y a",
        "apt-get install -qy a",
        "apt-get -yq install a",
        "apt-get install a --assume-yes",
        "apt-get install --assume-no a",
        "apt-get install -s a",
        "apt-get install -d a",
        "apt-get install a < answers",
        "echo y | apt-get install a",
        "apt-get update",
        "apt-get download a",
        "apt-get $VERB a",
        "xargs apt-get install < list",
        "apt-get() { x; }; apt-get install a",
        "yum -y install a",
        "yum info a",
        "dnf install --assumeyes a",
        "dnf install --downloadonly a",
        "zypper --non-interactive in a",
        "zypper in -y a",
        "zypper lr",
        "apt show a",
        "apt edit-sources",
        "apt full-upgrade -y",
        "/usr/bin/apt update",
        "echo apt install a",
        "python -c 'apt install a'",
    ],
)
def test_left_alone(script: str) -> None:
    source = f"FROM debian\nRUN {script}\n"
    assert after(source, unsafe=True) == source


@pytest.mark.parametrize(
    "script",
    [
        "apt-get remove a; x",
        "apt-get install a || x",
        "x || apt-get install a || x",
        "x || apt-get install a; x",
        "x || (apt-get install a || x)",
        "x || ! apt-get install a",
        "apt-get install a && x; x",
        "if apt-get install a; then x; fi",
        "! apt-get install a",
        "apt-get install a &",
        "x $(apt-get install a)",
    ],
)
def test_where_a_failure_is_got_over_it_is_only_offered(script: str) -> None:
    source = f"FROM debian\nRUN {script}\n"
    assert after(source) == source
    assert after(source, unsafe=True) == re.sub(r"(install|remove)", r"\1 -y", source)


def test_of_two_changes_the_safe_one_is_made() -> None:
    source = "FROM debian\nRUN apt install a || x\n"
    assert after(source) == "FROM debian\nRUN apt-get install a || x\n"
    assert after(source, unsafe=True) == "FROM debian\nRUN apt-get install -y a || x\n"


def test_an_ignore_comment_means_its_half() -> None:
    source = "FROM debian\n# hadolint ignore=DL3014\nRUN apt update\nRUN apt-get install a\n"
    assert after(source) == source.replace("apt update", "apt-get update").replace(
        "install a", "install -y a"
    )


_SCRIPTS = (
    "apt-get install a",
    "apt-get install a && touch b",
    "touch c && apt-get remove a",
    "set -e; apt-get install a; touch b",
    "apt-get install a; touch b",
    "apt-get install a || touch b",
    "touch b/c || apt-get install a && touch d",
    "touch b/c || (touch d; apt-get install a)",
    "if apt-get install a; then touch b; else touch c; fi",
    "(apt-get install a && touch b) || touch c",
    "yes | apt-get install a && touch b",
    "apt-get install a > log; touch b",
    "apt install a && touch b",
)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "dash -e", "busybox sh -e"])
def test_what_succeeded_does_the_same(shell: str, tmp_path: Path) -> None:
    """With a stand-in that asks, or does not, and gives up when nobody answers."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("apt", "apt-get"):
        (programs / name).write_text(
            '#!/bin/sh\necho "$1 a" >> done\n'
            'case "$ASKS $*" in yes*-y*) exit 0;; no*) exit 0;; esac\n'
            'read -r answer && [ "$answer" = y ] || { echo refused >> done; exit 1; }\n'
        )
        (programs / name).chmod(0o755)
    base = "example.org/base" if shell.endswith("-e") else "debian"
    succeeded = 0
    for number, script in enumerate(_SCRIPTS):
        new = runs_of(after(f"FROM {base}\nRUN {script}\n"))[0]
        for asks in ("yes", "no"):
            found = []
            for side, text in (("old", script), ("new", new)):
                folder = tmp_path / f"{number}{asks}{side}"
                folder.mkdir()
                done = subprocess.run(
                    [*shell.split(), "-c", text],
                    cwd=folder,
                    env={"PATH": f"{programs}:{os.environ['PATH']}", "ASKS": asks},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                )
                files = {path.name: path.read_text() for path in folder.iterdir()}
                found.append((done.returncode, files))
            if found[0][0] == 0:
                succeeded += 1
                assert found[1] == found[0], f"{script}\n{new}\n{asks}"
    assert succeeded > len(_SCRIPTS)
