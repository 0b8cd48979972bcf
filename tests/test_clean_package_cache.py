"""clean-package-cache: where lists may go, and that a RUN fails as before when something fails."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.passes.clean_package_cache import REMOVAL
from shell_runs import runs_of

INSTALL = "RUN apt-get update && apt-get install -y git"


def _cleaned(source: str) -> str:
    return rewrite(source, select=["clean-package-cache"]).after


@pytest.mark.parametrize(
    "run",
    [
        INSTALL,
        "RUN apt update && apt install -y git",
        "RUN apt-get -qq update; apt-get install -y git",
        "RUN set -e; apt-get update; apt-get install -y git && make",
        "RUN if true; then apt-get update && apt-get install -y git; fi",
        "RUN apt-get update && apt-get install -y git && (cd /x && make)",
        "RUN apt-get update && apt-get upgrade -y",
        'RUN ["sh"]\n' + INSTALL,
        INSTALL + "\nCOPY a /a\nRUN apt-get update && apt-get install -y gcc",
        INSTALL + "\nCOPY a /a\nRUN apt-get remove -y git",
        INSTALL + "\nCOPY a /a\nRUN ./configure && make -j4 CC=gcc && make install",
        INSTALL + "\nRUN --mount=type=cache,target=/root/.cache pip install x",
        "RUN --mount=type=cache,target=/root/.cache apt-get update && apt-get install -y git",
    ],
)
def test_cleaned_once(run: str) -> None:
    after = _cleaned(f"FROM debian\n{run}\n")
    runs = [text for text in runs_of(after) if "update" in text]
    assert runs
    assert all(text.endswith(REMOVAL) for text in runs)
    assert all(text.count("rm -rf") == 1 for text in runs)


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update",
        "RUN apt-get update && apt-cache policy git",
        INSTALL + "\nCOPY a /a\nRUN apt-get install -y gcc",
        INSTALL + "\nCOPY a /a\nRUN ./install-more.sh",
        INSTALL + "\nCOPY a /a\nRUN bash setup",
        INSTALL + "\nCOPY a /a\nRUN . ./env && x",
        INSTALL + "\nCOPY a /a\nRUN xargs apt-get install -y < list",
        INSTALL + "\nCOPY a /a\nRUN <<E\napt-get install -y gcc\nE",
        INSTALL + '\nRUN ["apt-get", "install", "-y", "gcc"]',
        INSTALL + "\nONBUILD RUN apt-get install -y gcc",
        "RUN true\nFROM debian AS a\n" + INSTALL
        + "\nFROM a AS b\nFROM b\nRUN apt-get install -y gcc",
        "RUN true\nFROM debian AS a\n" + INSTALL
        + "\nFROM scratch\nCOPY --from=a / /\nRUN apt-get install -y gcc",
        "RUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y git",
        "RUN --mount=type=cache,target=/var apt-get update && apt-get install -y git",
        "RUN --mount=type=cache,target=$X apt-get update && apt-get install -y git",
        INSTALL + " || true",
        "RUN set -e; for p in x y; do apt-get update; apt-get install -y $p; done",
        "RUN set -e; apt-get update; apt-get install -y x; if true; then false; touch y; fi",
        "RUN set -e; apt-get update; apt-get install -y x; { false; touch y; }",
        'SHELL ["/bin/bash", "-e", "-c"]\n'
        "RUN for p in x; do apt-get update; apt-get install $p; done",
        "RUN true\nFROM example.org/base\nRUN (apt-get update; apt-get install -y x)",
        INSTALL + "\nCOPY a /a\nRUN make deps",
        INSTALL + " # tools",
        INSTALL + " &",
        INSTALL + " && exit 0",
        INSTALL + " && exec sh",
        "RUN trap 'x' EXIT; apt-get update && apt-get install -y git",
        "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*",
        "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/{apt,dpkg}/",
        "RUN apt-get update && apt-get install -y git && apt-get distclean",
        "RUN apt-get -o Dir::State::lists=/x update && apt-get install -y git",
        "ONBUILD " + INSTALL,
        'SHELL ["pwsh", "-c"]\n' + INSTALL,
    ],
)  # fmt: skip
def test_left_alone(text: str) -> None:
    source = f"FROM debian\n{text}\n"
    assert _cleaned(source) == source


def test_a_last_line_without_a_line_ending() -> None:
    assert _cleaned(f"FROM debian\n{INSTALL}") == f"FROM debian\n{INSTALL} \\\n    && {REMOVAL}"
    own = f"FROM debian\n{INSTALL}\nCOPY . /app\n# tidy up\nRUN {REMOVAL}"
    assert _cleaned(own).endswith(f"&& {REMOVAL}\nCOPY . /app")


def test_a_cleanup_of_its_own_is_moved_with_its_comment() -> None:
    source = f'FROM debian\n{INSTALL}\nENV A=1\n# clean\nRUN {REMOVAL}\nCMD ["a"]\n'
    assert _cleaned(source) == (
        f'FROM debian\n{INSTALL} \\\n    # clean\n    && {REMOVAL}\nENV A=1\nCMD ["a"]\n'
    )


@pytest.mark.parametrize(
    "between", ["RUN apt-get update", "RUN ./x.sh", "RUN apt-get download git"]
)
def test_but_not_past_something_that_fetches_lists(between: str) -> None:
    source = f"FROM debian\n{INSTALL}\nENV A=1\n{between}\nENV B=1\nRUN {REMOVAL}\n"
    assert f"\nRUN {REMOVAL}\n" in _cleaned(source)


_SCRIPTS = (
    "apt-get update && apt-get install -y git",
    "apt-get update; apt-get install -y git",
    "set -e; apt-get update; apt-get install -y git",
    "set -e; apt-get update; apt-get install -y git; make",
    "set -e; apt-get update; apt-get install -y git && make",
    "set -e; apt-get update; if apt-get install -y git; then make; fi",
    "set -e; apt-get update; ! apt-get install -y git",
    "(apt-get update && apt-get install -y git) && make",
    "apt-get update && for p in a b; do apt-get install -y $p; done",
    "set -e; apt-get update; (apt-get install -y git; make)",
    "set -e; apt-get update; apt-get install -y git; make | cat",
    "make || true; apt-get update && apt-get install -y git",
)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
@pytest.mark.parametrize("script", _SCRIPTS)
def test_it_fails_where_it_failed(script: str, shell: str, tmp_path: Path) -> None:
    """With stand-ins for the programs, since it is failure that is in question, not packages."""
    log, lists = tmp_path / "log", tmp_path / "lists"
    lists.mkdir()
    for name in ("apt-get", "make"):
        stub = tmp_path / name
        stub.write_text(
            f'#!/bin/sh\necho {name} "$@" >> {log}\n'
            f'case " $FAIL " in *" {name}${{1:+-$1}} "*) exit 7;; esac\n'
        )
        stub.chmod(0o755)
    after = runs_of(_cleaned(f"FROM debian\nRUN {script}\n"))[0]
    # never the lists of the machine that runs the tests
    after = after.replace("/var/lib/apt/lists", str(lists))
    assert f"rm -rf {lists}/*" in after

    def run(text: str, fail: str) -> tuple[int, str]:
        log.write_text("")
        (lists / "list").touch()
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAIL": fail}
        done = subprocess.run([*shell.split(), "-c", text], env=environment, check=False)
        return done.returncode, log.read_text()

    failures = ("apt-get-update", "apt-get-install", "make")
    for count in range(len(failures) + 1):
        for fail in itertools.combinations(failures, count):
            expected = run(script, " ".join(fail))
            assert run(after, " ".join(fail)) == expected, fail
            assert (expected[0] == 0) is not (lists / "list").exists(), fail
