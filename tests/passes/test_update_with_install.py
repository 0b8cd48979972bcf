"""update-with-install: who gets an update, where it goes, and that builds fail as before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dockfix import Safety, rewrite
from helpers.shell_runs import runs_of

UPDATE = "FROM example.org/base\nRUN apt-get update\nCOPY a /a\n"


def after(source: str) -> str:
    return rewrite(source, select=["update-with-install"]).after


@pytest.mark.parametrize(
    ("script", "updated"),
    [
        ("apt-get install -y a", "apt-get update && apt-get install -y a"),
        ("x && apt-get install -y a && y", "x && apt-get update && apt-get install -y a && y"),
        ("x; apt-get install -y a", "x; apt-get update && apt-get install -y a"),
        ("set -e; apt-get install -y a", "set -e; apt-get update; apt-get install -y a"),
        ("set -e; apt-get install -y a && x; y",
         "set -e; apt-get update; apt-get install -y a && x; y"),
        ("x \\\n && apt-get install -y a", "x \\\n && apt-get update \\\n && apt-get install -y a"),
        ("set -e; \\\n\tapt-get install -y a; \\\n\tx",
         "set -e; \\\n\tapt-get update; \\\n\tapt-get install -y a; \\\n\tx"),
        ("x && \\\n #\n apt-get install a", "x && \\\n #\n apt-get update && apt-get install a"),
        ("A=b apt-get install -y a", "apt-get update && A=b apt-get install -y a"),
    ],
)  # fmt: skip
def test_updated(script: str, updated: str) -> None:
    assert after(f"FROM debian\nRUN {script}\n") == f"FROM debian\nRUN {updated}\n"


def test_the_update_is_the_one_of_the_file() -> None:
    source = UPDATE.replace("update", "-q update --fix-missing")
    assert after(f"{source}RUN apt-get install a\n") == (
        "FROM example.org/base\nCOPY a /a\n"
        "RUN apt-get -q update --fix-missing && apt-get install a\n"
    )


def test_every_later_install_gets_one() -> None:
    assert after(f"{UPDATE}RUN apt-get install a\nCOPY b /b\nRUN apt-get install b\n") == (
        "FROM example.org/base\nCOPY a /a\nRUN apt-get update && apt-get install a\n"
        "COPY b /b\nRUN apt-get update && apt-get install b\n"
    )


def test_a_stage_built_on_another_goes_on_where_that_ended() -> None:
    source = "FROM example.org/base AS a\nRUN apt-get update && ls\nFROM a\nRUN apt-get install b\n"
    assert after(source) == source.replace("apt-get install", "apt-get update && apt-get install")


def test_a_comment_above_what_goes_stays_above_what_comes() -> None:
    source = "FROM example.org/base\n# tools\nRUN apt-get update\nRUN apt-get install a\n"
    assert after(source) == (
        "FROM example.org/base\n# tools\nRUN apt-get update && apt-get install a\n"
    )
    source = source.replace("RUN apt-get i", "COPY a /a\nRUN apt-get i")
    assert after(source) == (
        "FROM example.org/base\nCOPY a /a\n# tools\nRUN apt-get update && apt-get install a\n"
    )
    source = source.replace("# tools", "# hadolint ignore=DL3009")
    assert "RUN apt-get update\n" in after(source)


@pytest.mark.parametrize(
    "rest",
    [
        "RUN apt-get install a\nRUN ./more.sh\n",
        "RUN apt-get install a\nRUN apt-cache search b\n",
        "RUN apt-get install a\nRUN apt-get install b || x\n",
        "RUN apt-get install a\nCMD apt-get install b && x\n",
        "RUN apt-get install a\nRUN <<E\napt-get install b\nE\n",
    ],
)
def test_an_update_that_may_be_needed_elsewhere_stays(rest: str) -> None:
    result = after(UPDATE + rest)
    assert result.startswith(UPDATE)
    assert "RUN apt-get update && apt-get install a\n" in result


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get install -y a",
        "RUN apt-get update && apt-get install -y a",
        "RUN apt-get update",
        "RUN apt-get update\nRUN apt-cache policy a",
        "RUN apt-get update\nRUN x || apt-get install a",
        "RUN apt-get update\nRUN if x; then apt-get install a; fi",
        "RUN apt-get update\nRUN for p in a b; do apt-get install $p; done",
        "RUN apt-get update\nRUN (apt-get install a)",
        "RUN apt-get update\nRUN apt-get install a; x",
        "RUN apt-get update\nRUN apt-get install a | x",
        "RUN apt-get update\nRUN apt-get install a &",
        "RUN apt-get update\nRUN apt-get install ./a.deb",
        "RUN apt-get update\nRUN apt-get remove a",
        "RUN apt-get update\nRUN xargs apt-get install < a",
        'RUN apt-get update\nRUN ["apt-get", "install", "a"]',
        "RUN apt-get update\nONBUILD RUN apt-get install a",
        "RUN apt-get update\nRUN echo deb x > /etc/apt/sources.list.d/x && apt-get install a",
        "RUN apt-get update\nCOPY x.list /etc/apt/sources.list.d/\nRUN apt-get install a",
        "RUN apt-get update\nCOPY root /\nRUN apt-get install a",
        "RUN apt-get update\nWORKDIR /etc/apt\nCOPY sources.list .\nRUN apt-get install a",
        "RUN apt-get update\nWORKDIR /etc\nCOPY apt apt/\nRUN apt-get install a",
        "RUN apt-get update\nENV APT_CONFIG=/a.conf\nRUN apt-get install a",
        "RUN apt-get update\nRUN dpkg -i a.deb\nRUN apt-get install b",
        "RUN apt-get update\nRUN curl x | bash\nRUN apt-get install b",
        "RUN apt-get update\nRUN curl -o s.sh x && bash s.sh && apt-get install b",
        "RUN apt-get update\nCOPY --from=x /s /s\nRUN /s && apt-get install b",
        "RUN apt-get update && apt-get install debian-archive-keyring my-release\n"
        "RUN apt-get install b",
        "RUN apt-get update\nRUN --mount=type=cache,target=/var/lib/apt apt-get install a",
        "RUN --mount=type=cache,target=/var/lib/apt apt-get update\nRUN apt-get install a",
    ],
)
def test_left_alone(text: str) -> None:
    source = f"FROM example.org/base\n{text}\n"
    assert after(source) == source


@pytest.mark.parametrize(
    ("base", "ships_none"),
    [
        ("debian", True),
        ("ubuntu:24.04", True),
        ("python:3.12-slim@sha256:0", True),
        ("docker.io/library/node:22", True),
        ("python:3.12-alpine", False),
        ("me/debian", False),
        ("$BASE", False),
        ("golang:windowsservercore", False),
    ],
)
def test_images_that_ship_no_lists(base: str, ships_none: bool) -> None:
    assert ("update" in after(f"FROM {base}\nRUN apt-get install a\n")) is ships_none


def test_upgrades_are_pointed_out() -> None:
    for verb in ("upgrade", "dist-upgrade", "full-upgrade"):
        result = rewrite(f"FROM debian\nRUN apt-get update && apt-get -y {verb}\n")
        notes = [one for one in result.notes if one.name == "update-with-install"]
        assert [(one.line, one.safety) for one in notes] == [(2, Safety.NOTE)]


def test_an_ignored_install_keeps_the_update_it_lives_on() -> None:
    source = (
        f"{UPDATE}RUN apt-get install a\nCOPY b /b\n"
        "# dockfix: ignore=update-with-install\nRUN apt-get install b\n"
    )
    assert after(source) == source


_INSTALLS = (
    "apt-get install a",
    "apt-get install a && useradd",
    "useradd && apt-get install a",
    "useradd; apt-get install a",
    "set -e; apt-get install a; useradd",
    "set -e; useradd; apt-get install a",
    "set -e; apt-get install a && useradd; useradd",
    "set -e; useradd && apt-get install a",
)


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "dash -e", "bash -e"])
@pytest.mark.parametrize("script", _INSTALLS)
def test_builds_fail_as_before(script: str, shell: str, tmp_path: Path) -> None:
    """With stand-ins: an install needs lists, and every command fails on demand.

    The other command is one that is known: behind an unknown one, no update is written.
    """
    (tmp_path / "apt-get").write_text(
        f'#!/bin/sh\ncd {tmp_path}\ncase " $FAIL " in *" $1 "*) exit 100;; esac\n'
        'case $1 in update) touch lists;; install) [ -e lists ] && echo "$@" >> log;; esac\n'
    )
    (tmp_path / "useradd").write_text(
        f'#!/bin/sh\n[ "$FAIL" != useradd ] && echo useradd >> {tmp_path}/log\n'
    )
    for name in ("apt-get", "useradd"):
        (tmp_path / name).chmod(0o755)
    base = "example.org/base" if shell.endswith("-e") else "debian"
    old = f"FROM {base}\nRUN apt-get update\nCOPY a /a\nRUN {script}\n"
    new = after(old)
    assert new != old

    def build(source: str, fail: str) -> tuple[bool, str]:
        for name in ("lists", "log"):
            (tmp_path / name).unlink(missing_ok=True)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAIL": fail}
        built = all(
            subprocess.run([*shell.split(), "-c", text], env=environment, check=False).returncode
            == 0
            for text in runs_of(source)
        )
        log = tmp_path / "log"
        return built, log.read_text() if built and log.exists() else ""

    for fail in ("", "update", "install", "useradd"):
        before, now = build(old, fail), build(new, fail)
        if fail == "update" and not before[0]:
            assert not now[0] or "install" not in now[1]
        assert now == before, f"{new}\n{fail}"


FETCHED = "FROM debian\nRUN {}\nCOPY a /a\n"
GIT = "apt-get update && apt-get install -y git"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        # a failure of the first went by
        ("apt-get update; apt-get install -y git", "RUN apt-get install -y curl"),
        ("apt-get update || true", "RUN apt-get install -y curl"),
        # there is no network, or no password
        (GIT, "RUN --network=none apt-get install -y curl"),
        ("--mount=type=secret,id=a,target=/etc/apt/auth.conf apt-get update",
         "RUN apt-get install -y curl"),
        # what the sources name is gone
        (f"echo 'deb file:/repo ./' > /etc/apt/sources.list && {GIT}",
         "RUN rm -rf /repo\nCOPY b /b\nRUN apt-get install -y curl"),
        # and so is what it is checked by
        (f"{GIT} && rm /usr/share/keyrings/x.gpg", "RUN /a && apt-get install -y curl"),
        (GIT, "RUN apt-get purge -y ca-certificates\nRUN /a && apt-get install -y curl"),
        (f"dpkg -i cuda-repo-8-0-local.deb && {GIT} && rm -rf /var/cuda-repo*",
         "RUN apt-get install -y curl"),
    ],
)  # fmt: skip
def test_an_update_that_may_fail_now_is_not_added(first: str, later: str) -> None:
    source = FETCHED.format(first) + later + "\n"
    assert after(source) == source


RULE = "RUN echo 'app ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/app\n"


@pytest.mark.parametrize(
    ("first", "later", "update"),
    [
        ("set -e; apt-get update; apt-get install -y git", "", "apt-get update"),
        (f"(cd /x && {GIT})", "", "apt-get update"),
        (f"--mount=type=cache,target=/x {GIT}", "", "apt-get update"),
        (f"echo 'deb file:/repo ./' > /etc/apt/sources.list && {GIT}", "RUN ls\n",
         "apt-get update"),
        (GIT, f"{RULE}USER app\n", "sudo apt-get update"),
        ("apt-get -qq update && apt-get install -y git", f"{RULE}USER app\n",
         "sudo apt-get -qq update"),
    ],
)  # fmt: skip
def test_an_update_that_did_not_fail_is_added(first: str, later: str, update: str) -> None:
    sudo = "sudo " if update.startswith("sudo") else ""
    source = FETCHED.format(first) + later + f"RUN {sudo}apt-get install -y curl\n"
    assert after(source).endswith(f"RUN {update} && {sudo}apt-get install -y curl\n")


@pytest.mark.parametrize("base", ["${B}", "$B", "base${B}"])
def test_an_update_stays_for_a_stage_that_a_variable_may_put_on_it(base: str) -> None:
    head = "ARG B=base\nFROM debian:12 AS base\nRUN apt-get update\n"
    middle = "FROM base AS other\nRUN apt-get install -y git\n"
    last = f"FROM {base} AS last\nRUN apt-get install -y jq\n"
    assert after(head + middle).count("RUN apt-get update\n") == 0
    assert after(head + middle + last).count("RUN apt-get update\n") == 1
    assert after(head + middle + last.replace(base, f"x{base}")).count("RUN apt-get update\n") == 0
