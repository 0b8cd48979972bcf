"""clean-package-cache: where lists may go, and that a RUN fails as before when something fails."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.installs.caches import cleans_up
from dockfix.managers import every_manager
from dockfix.passes.base import Settings
from helpers.memory_context import Files
from helpers.shell_runs import runs_of

REMOVAL = "rm -rf /var/lib/apt/lists/*"
CACHES = [one.cache for one in every_manager() if one.cache]
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
        INSTALL + "\nCOPY a /a\nRUN apt-get install -U -y gcc",
        'RUN ["sh"]\n' + INSTALL,
        INSTALL + "\nCOPY a /a\nRUN apt-get update && apt-get install -y gcc",
        INSTALL + "\nCOPY a /a\nRUN apt-get remove -y git",
        INSTALL + "\nCOPY a /a\nRUN ./configure && make -j4 CC=gcc && make install",
        INSTALL + "\nCOPY a /a\nRUN . /a/bin/activate && /a/bin/pip install x",
        INSTALL + "\nCOPY a /a\nRUN bash -c 'cd /a && make'",
        INSTALL + "\nCOPY a /a\nRUN /etc/init.d/postgresql start && vendor/bin/phpunit",
        INSTALL + "\nCOPY --from=uv /uv /bin/uv\nRUN uv sync",
        INSTALL + "\nCOPY a /usr/bin/\nRUN apt-get update && apt-get install -y gcc && a",
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


@pytest.mark.parametrize("options", ["--update -y", "-y -U", "-yU", "-Uy", "-qq -y --update"])
def test_an_install_that_updates_by_itself_is_cleaned(options: str) -> None:
    run = f"RUN apt-get install {options} git"
    assert _cleaned(f"FROM debian\n{run}\n") == f"FROM debian\n{run} \\\n    && {REMOVAL}\n"


@pytest.mark.parametrize("options", ["-y", "-t U", "-tU", "-o U"])
def test_an_install_that_does_not(options: str) -> None:
    source = f"FROM debian\nRUN apt-get install {options} git\n"
    assert _cleaned(source) == source


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update",
        "RUN apt-get update && apt-cache policy git",
        INSTALL + "\nCOPY a /a\nRUN apt-get install -y gcc",
        INSTALL + "\nCOPY a /a\nRUN ./install-more.sh",
        INSTALL + "\nCOPY a /a\nRUN bash setup",
        INSTALL + "\nCOPY install-more /tmp/\nRUN /tmp/install-more",
        INSTALL + "\nCOPY a /a\nRUN bash -eux /a/setup",
        INSTALL + "\nCOPY a /a\nRUN bash -c 'cd /a && ./setup'",
        INSTALL + "\nCOPY a /a\nRUN sudo -E ./setup",
        INSTALL + "\nCOPY a /a\nRUN timeout 9 /a/setup.sh",
        INSTALL + "\nCOPY a /a\nRUN find /a -type f -exec /a/run {} +",
        INSTALL + '\nCOPY a /a\nRUN ["/a/setup"]',
        INSTALL + '\nCOPY a /a\nRUN ["bash", "-c", "/a/setup.sh"]',
        INSTALL + "\nCOPY a /a\nRUN <<E\ncd /a\n./setup\nE",
        INSTALL + "\nCOPY setup /usr/local/bin/\nRUN setup",
        INSTALL + "\nCOPY a /usr/bin/setup\nRUN true && setup",
        INSTALL + "\nCOPY a /a\nRUN bin/setup",
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


@pytest.mark.parametrize(
    ("head", "program", "may_go"),
    [
        ("FROM debian", "", True),
        ("FROM example.org/base", "", False),
        ("FROM example.org/base\nUSER root", "", True),
        ("FROM debian\nUSER app", "", False),
        ("FROM debian", "sudo ", False),
    ],
)
def test_where_lists_are_fetched_on_a_condition_the_cleanup_must_not_fail_without(
    head: str, program: str, may_go: bool
) -> None:
    """Others may have no sudo, and may not remove what root has written."""
    fetch = f"{program}apt-get update && {program}apt-get install -y git"
    for script in (f"if x; then {fetch}; fi", f"case x in *) {fetch};; esac"):
        source = f"{head}\nRUN {script}\n"
        assert (_cleaned(source) != source) is may_go
    assert _cleaned(f"{head}\nRUN {fetch}\n").endswith(f"&& {program}{REMOVAL}\n")


def test_the_programs_of_a_copied_folder_are_read_in_the_context() -> None:
    source = f"FROM debian\n{INSTALL}\nCOPY tools /usr/local/bin\nRUN setup\n"
    for text, same in (("apt-get install -y jq", True), ("mkdir /x", False)):
        settings = Settings(context=Files({"tools/setup": text}))
        after = rewrite(source, select=["clean-package-cache"], settings=settings).after
        assert (after == source) is same


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


# Other managers: where their cleanups go, and where not


@pytest.mark.parametrize(
    ("script", "after"),
    [
        ("yum in a && make", "yum in a && yum clean all && rm -rf /var/cache/yum && make"),
        ("dnf -y install a; make", "dnf -y install a; dnf clean all; make"),
        ("dnf install a && dnf remove b", "dnf install a && dnf clean all && dnf remove b"),
        ("npm ci; npm run build", "npm ci; npm cache clean --force; npm run build"),
        ("npm i a && npm i b && x", "npm i a && npm i b && npm cache clean --force && x"),
        ("(cd /a && npm ci) && x", "(cd /a && npm ci && npm cache clean --force) && x"),
        ("{ npm ci; } && x", "{ npm ci && npm cache clean --force; } && x"),
        ("{ npm ci; x; } && x", "{ npm ci; npm cache clean --force; x; } && x"),
        ("set -e; npm ci; x", "set -e; npm ci; npm cache clean --force; x"),
        ("set -e; (npm ci); x", "set -e; (npm ci; npm cache clean --force); x"),
        ("set -e; npm ci && x; x", "set -e; npm ci && npm cache clean --force && x; x"),
        ("x && npm ci; x", "x && npm ci && npm cache clean --force; x"),
        ("yes | pacman -S a && x", "yes | pacman -S a && rm -rf /var/cache/pacman/pkg/* && x"),
        ("sudo -E yum install a && x",
         "sudo -E yum install a && sudo -E yum clean all && sudo rm -rf /var/cache/yum && x"),
        ("HOME=/h npm ci && x", "HOME=/h npm ci && HOME=/h npm cache clean --force && x"),
        ("A=b npm ci && x", "A=b npm ci && A=b npm cache clean --force && x"),
        ("/opt/conda/bin/conda install -y a && x",
         "/opt/conda/bin/conda install -y a && /opt/conda/bin/conda clean -afy && x"),
        ("micromamba create -y -n a && x",
         "micromamba create -y -n a && micromamba clean -afy && x"),
        ("composer global require a && x",
         "composer global require a && composer clear-cache && x"),
        ("yarn global add a && x", "yarn global add a && yarn cache clean && x"),
        ("pnpm add -g a && x", "pnpm add -g a && pnpm store prune && x"),
        ("zypper -n in a && x", "zypper -n in a && zypper clean -a && x"),
        ("pip install a || x", "pip install --no-cache-dir a || x"),
        ("if x; then pip install a; fi", "if x; then pip install --no-cache-dir a; fi"),
        ("x $(pip3.9 install a)", "x $(pip3.9 install --no-cache-dir a)"),
        ("pip --quiet install a && python3 -m pip install b",
         "pip --quiet install --no-cache-dir a && python3 -m pip install --no-cache-dir b"),
        ("gem install a; gem update b", "gem install --no-document a; gem update --no-document b"),
        ("apk -U add a", "apk --no-cache add a"),
        ("apk add --update a && apk upgrade", "apk add --no-cache a && apk upgrade --no-cache"),
        ("apk update; apk add a; ls", "apk add --no-cache a; ls"),
        ("sed -i s/a/b/ /etc/apk/repositories && apk update && apk add a",
         "sed -i s/a/b/ /etc/apk/repositories && apk add --no-cache a"),
        ("apk update && apk add a && rm -r /var/cache/apk/ /x", "apk add --no-cache a && rm -r /x"),
        ("apk add a && rm -f /var/cache/apk/*", "apk add --no-cache a"),
        ("apk add a; rm -f /var/cache/apk/*", "apk add --no-cache a; rm -f /var/cache/apk/*"),
        ("set -e; apk add a; rm -f /var/cache/apk/*", "set -e; apk add --no-cache a"),
    ],
)  # fmt: skip
def test_what_each_manager_gets(script: str, after: str) -> None:
    source = f"FROM debian\nRUN {script}\n"
    assert _cleaned(source) == f"FROM debian\nRUN {after}\n"


@pytest.mark.parametrize(
    "text",
    [
        "RUN yum install -y a && yum clean all && x",
        "RUN yum install -y a && rm -rf /var/cache/yum",
        "RUN yum install -y a || x",
        "RUN x || yum install -y a",
        "RUN yum install -y a &",
        "RUN ! yum install -y a && x",
        "RUN if x; then yum install -y a; fi",
        "RUN for p in a b; do yum install -y $p; done",
        "RUN f() { yum install -y a; }; f",
        "RUN yum --installroot=/x install -y a && x",
        "RUN yum install -y a\nCOPY a b\nRUN yum -C install b",
        "RUN yum remove -y a && x",
        "RUN yum install -y a # why",
        "RUN --mount=type=cache,target=/var/cache/yum yum install -y a && x",
        "RUN --mount=type=cache,target=/var yum install -y a && x",
        "RUN xargs yum install -y < list",
        'RUN ["yum", "install", "-y", "a"]',
        "RUN <<E\nyum install -y a\nE",
        "ONBUILD RUN yum install -y a",
        "RUN set -e; x && npm ci; x",
        "RUN x; set -e; npm ci; x",
        "RUN npm run install && x",
        "RUN npm uninstall a && x",
        "RUN npm ci --prefer-offline && x",
        "RUN --mount=type=cache,target=/h/a/.npm npm ci && x",
        "ENV npm_config_cache=/x\nRUN npm ci && x",
        "RUN npm ci && rm -rf ~/.npm && x",
        "RUN npm ci && x\nFROM b\nCOPY --from=0 /a /a",
        "RUN yarn install --frozen-lockfile && x",
        "ENV PIP_NO_CACHE_DIR=off\nRUN pip install a",
        "ARG PIP_CACHE_DIR=/x\nRUN pip install a",
        "RUN --mount=type=cache,target=/root/.cache pip install a",
        "RUN --mount=type=cache,target=/h/me/.cache/pip,uid=1 pip install a",
        "RUN --mount=type=cache,target=$X pip install a",
        "RUN pip install --cache-dir /x a",
        "RUN PIP_NO_CACHE_DIR=1 pip install a",
        "RUN pip install a && rm -rf ~/.cache",
        "RUN pip download a",
        "RUN pip() { x; }; pip install a",
        "RUN gem install --no-ri --no-rdoc a",
        "RUN apk add --no-cache a && ./more.sh && rm -rf /var/cache/apk/*",
        "RUN apk update",
        "RUN apk update && apk search a",
        "RUN apk update && apk add --no-cache a\nRUN xargs apk add < list",
        "RUN apk update && apk add --no-cache a\nENTRYPOINT apk add b",
        "RUN apk add --no-cache a || rm -rf /var/cache/apk/*",
        "RUN pacman -S a && yes | pacman -Scc",
        "RUN pacman -Ss a && x",
    ],
)
def test_what_each_manager_is_left_with(text: str) -> None:
    source = f"FROM debian\n{text}\n"
    assert _cleaned(source) == source


def test_documentation_of_gems_is_off_in_the_images_of_ruby() -> None:
    for base in ("ruby", "ruby:3.3-alpine", "ruby:3 AS a\nFROM a"):
        assert _cleaned(f"FROM {base}\nRUN gem install a\n") == f"FROM {base}\nRUN gem install a\n"


def test_yarn_is_cleaned_up_after_where_the_lock_file_is_of_yarn_1() -> None:
    source = "FROM node\nRUN yarn && x\n"
    for lock, after in (
        ("# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n", "yarn && yarn cache clean && x"),
        ("__metadata:\n  version: 6\n", "yarn && x"),
    ):
        settings = Settings(context=Files((("yarn.lock", lock),)))
        result = rewrite(source, select=["clean-package-cache"], settings=settings)
        assert result.after == f"FROM node\nRUN {after}\n"


def test_stages_that_no_image_is_made_of_keep_what_is_not_worth_the_trouble() -> None:
    source = (
        "FROM node AS deps\nRUN npm ci && x\nFROM deps AS test\nRUN npm i a && x\n"
        "FROM node AS build\nRUN npm ci && x\nFROM node\nCOPY --from=build /a /a\n"
    )
    assert _cleaned(source) == source.replace(
        "npm ci && x\nFROM deps", "npm ci && npm cache clean --force && x\nFROM deps"
    ).replace("npm i a &&", "npm i a && npm cache clean --force &&")


# Shells


#: Programs that a test has stand-ins for: they write down what they are asked, and fail on demand.
PROGRAMS = ("apt-get", "apk", "yum", "npm", "pip", "conda", "pacman", "make", "step")
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
    "make && yum install -y git",
    "yum install -y git; make",
    "make; yum install -y git",
    "set -e; make; yum install -y git",
    "set -e; yum install -y git; make",
    "set -e; yum install -y git && make; step",
    "make && yum install -y git; step",
    "set -ex && yum install -y git && make",
    "(make && npm ci) && step",
    "{ make; npm ci; } && step",
    "{ npm ci; make; } && step",
    "set -e; (make; npm ci); step",
    "set -e; { make; npm ci; }; step",
    "set -e; { npm ci && make; } && step",
    "set -e; make && { npm ci; }",
    "make | npm ci && step",
    "npm ci | make && step",
    "yum install -y a && npm ci && pip install b && conda install c && step",
    "set -e; yum install -y a; npm ci; pip install b; conda install c; step",
    "yum install -y a; npm ci; conda install c",
    "pacman -S a; make && conda install b",
    "pip install a || make",
    "apk add a && make && rm -rf /var/cache/apk/*",
    "set -e; apk add a; make; rm -rf /var/cache/apk/*",
    "apk add a; rm -rf /var/cache/apk/*; make",
    "make; apk add a && rm -rf /var/cache/apk/*",
    "set -e; apk add a && rm -rf /var/cache/apk/*; make",
    "set -e; make; apk add a && rm -rf /var/cache/apk/*",
)
_CALL = re.compile(rf"\b({'|'.join(PROGRAMS)})\b *([\w-]*)")
#: How SHELL starts a shell, and the base that it stands for.
_SHELLS = [
    pytest.param("debian", "dash"),
    *(
        pytest.param(base, f"{shell}{option}", marks=pytest.mark.slow)
        for shell in ("dash", "bash", "busybox sh")
        for base, option in (("debian", ""), ("example.org/base", ""), ("example.org/base", " -e"))
        if (base, shell) != ("debian", "dash")
    ),
]


@pytest.mark.parametrize(("base", "shell"), _SHELLS)
def test_it_fails_where_it_failed(base: str, shell: str, tmp_path: Path) -> None:
    """With stand-ins for the programs, since it is failure that is in question, not packages."""
    log, caches = tmp_path / "log", tmp_path / "var"
    (caches / "lib/apt/lists").mkdir(parents=True)
    for name in PROGRAMS:
        stub = tmp_path / name
        stub.write_text(
            f'#!/bin/sh\necho {name} "$@" >> {log}\n'
            f'case " $FAIL " in *" {name}-$1 "*) exit 7;; esac\n'
        )
        stub.chmod(0o755)

    def run(text: str, fail: str) -> tuple[int, list[str]]:
        log.write_text("")
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAIL": fail}
        # never the caches of the machine that runs the tests
        text = text.replace("/var/", f"{caches}/")
        done = subprocess.run(
            [*shell.split(), "-c", text], env=environment, check=False, stderr=subprocess.DEVNULL
        )
        lines = [line for line in map(_asked, log.read_text().split("\n")) if line]
        # which side of a pipe is first is up to the system
        return done.returncode, sorted(lines) if " | " in text else lines

    changed = 0
    for script in _SCRIPTS:
        after = runs_of(_cleaned(f"FROM {base}\nRUN {script}\n"))[0]
        changed += after != script
        failures = sorted({f"{name}-{verb}" for name, verb in _CALL.findall(script)})
        for count in range(len(failures) + 1):
            for fail in itertools.combinations(failures, count):
                expected = run(script, " ".join(fail))
                assert run(after, " ".join(fail)) == expected, f"{script}\n{after}\n{fail}"
    assert changed > len(_SCRIPTS) * (0.6 if base == "debian" else 0.5)


def _asked(line: str) -> str:
    """What a stand-in was asked, options against caches aside; nothing, if it was to clean up."""
    words = [word for word in line.split() if word not in ("--no-cache", "--no-cache-dir")]
    return "" if cleans_up(line, CACHES) else " ".join(words)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_lists_go_when_all_went_well_and_only_then(shell: str, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    for script in (script for script in _SCRIPTS if "apt-get" in script):
        after = runs_of(_cleaned(f"FROM debian\nRUN {script}\n"))[0]
        text = 'apt-get() { ! [ "$1" = "$FAIL" ]; }; make() { :; }; ' + after
        for fail in ("", "install"):
            (lists / "list").touch()
            done = subprocess.run(
                [*shell.split(), "-c", text.replace("/var/lib/apt/lists", str(lists))],
                env={"PATH": os.environ["PATH"], "FAIL": fail},
                check=False,
            )
            assert (done.returncode == 0) is not (lists / "list").exists(), f"{script} {fail}"


@pytest.mark.parametrize(
    ("base", "command", "knows"),
    [
        ("ubuntu:14.04", "pip install x", False),
        ("ubuntu:14.04.5", "gem install x", False),
        ("docker.io/library/ubuntu:trusty-20190515", "pip install x", False),
        ("ubuntu:16.04", "pip install x", True),
        ("ubuntu:24.04", "pip install x", True),
        ("debian:8", "pip install x", False),
        ("debian:8.11-slim", "pip install x", False),
        ("debian:10", "pip install x", True),
        ("debian:12", "pip install x", True),
        ("node:6-jessie", "pip install x", False),
        ("phusion/baseimage:0.9.18", "pip install x", False),
        ("phusion/baseimage:0.9.19", "pip install x", True),
        ("phusion/baseimage:0.10.2", "pip install x", True),
        ("centos:6", "gem install x", False),
        ("centos:7", "gem install x", True),
        ("alpine:3.2", "apk add x", False),
        ("alpine:2.7", "apk add x", False),
        ("alpine:3.3", "apk add x", True),
        ("alpine:3.20", "apk add x", True),
        ("python:3", "pip install x", True),
        ("continuumio/miniconda3:4.5.4", "conda install x", False),
        ("continuumio/anaconda3:5.3.0", "conda install x", False),
        ("continuumio/miniconda3:4.6.14", "conda install x", True),
        ("continuumio/miniconda3:24.1.2-0", "conda install x", True),
        ("continuumio/miniconda3", "conda install x", True),
    ],
)
def test_an_option_only_where_the_manager_is_young_enough(
    base: str, command: str, knows: bool
) -> None:
    for source in (f"FROM {base}\nRUN {command}\n", f"FROM {base} AS a\nFROM a\nRUN {command}\n"):
        assert (_cleaned(source) != source) is knows


PIP = "FROM python:3.12 AS build\nRUN pip install x\n"
APK = "FROM alpine:3.20 AS build\nRUN apk add git\n"
APT = f"FROM debian:12 AS build\n{INSTALL}\n"
YUM = "FROM centos:7 AS build\nRUN yum install -y git\n"
NEXT = "FROM python:3.12\n"


@pytest.mark.parametrize(
    "source",
    [
        # BuildKit copies no path that is missing
        PIP + NEXT + "COPY --from=build /root/.cache /root/.cache\n",
        PIP + NEXT + "COPY --from=0 /root/.cache/pip/ /root/.cache/pip/\n",
        PIP + NEXT + 'COPY --chown=1 --from=BUILD ["/root/.cache", "/c"]\n',
        PIP + NEXT + "RUN --mount=type=bind,from=build,source=/root/.cache,target=/c pip list\n",
        APT + NEXT + "COPY --from=build /var/lib/apt/lists/* /lists/\n",
        APK + NEXT + "COPY --from=build /var/cache/apk/* /index/\n",
        # cp, mv, chown and tar fail at a missing path, and so does rm without -f
        PIP + "COPY a /\nRUN cp -r ~/.cache /cache\n",
        PIP + 'COPY a /\nRUN useradd u && mv "$HOME/.cache" /home/u\n',
        PIP + "COPY a /\nRUN chown -R 1000 /root/.cache\n",
        PIP + "COPY a /\nRUN mkdir /root/.cache/torch\n",
        PIP + "COPY a /\nRUN echo x > /root/.cache/x\n",
        PIP + "COPY a /\nRUN rm -r /root/.cache\n",
        PIP + 'COPY a /\nRUN ["rm", "-r", "/root/.cache"]\n',
        APT + "COPY a /\nRUN make && rm -r /var/lib/apt/lists/*\n",
        APT + "COPY a /\nRUN apt-get purge -y git && rm -r /var/lib/apt/lists/*\n",
        YUM + "COPY a /\nRUN make && rm -r /var/cache/yum\n",
        # and so does an old pip that has stored nothing
        PIP + "COPY a /\nRUN pip cache purge\n",
        PIP + "COPY a /\nRUN python -m pip cache remove 'x*' && make\n",
        # here before lists are fetched again
        APT + "COPY a /\nRUN rm -r /var/lib/apt/lists/* && apt-get update\n",
        "FROM alpine:3.20\nRUN apk add git && rm /var/cache/apk/APKINDEX*\n",
        # there R installs what apt has
        APT.replace("debian:12", "rocker/r2u:22.04") + "RUN R -e 'install.packages(\"x\")'\n",
        APT + "RUN R -e 'bspm::enable(); install.packages(\"x\")'\n",
        "FROM alpine:3.20\nRUN apk add git && rm /var/cache/apk/* || true\n",
        "FROM alpine:3.20\nRUN apk add git && rm /var/cache/apk/*\nRUN apk search x\n",
    ],
)
def test_a_cache_that_somebody_comes_for_stays(source: str) -> None:
    assert _cleaned(source) == source


@pytest.mark.parametrize(
    ("source", "added"),
    [
        (PIP + "COPY a /\nRUN rm -rf /root/.cache /tmp/x\n", "--no-cache-dir"),
        (PIP + "COPY a /\nRUN mkdir -p ~/.cache/torch\n", "--no-cache-dir"),
        (PIP + "COPY a /\nRUN fetch --to /root/.cache/torch\n", "--no-cache-dir"),
        (PIP + NEXT + "COPY --from=build /root/.cache/torch /t\n", "--no-cache-dir"),
        (PIP + NEXT + "COPY --from=other/image /root/.cache /c\n", "--no-cache-dir"),
        (APT + "COPY a /\nRUN make && rm -rf /var/lib/apt/lists/*\n", REMOVAL),
        (APT + "COPY a /\nRUN rm -r /var/lib/apt/lists/*\n", "&& rm -r /var/lib/apt/lists/*"),
        ("FROM alpine:3.20\nRUN apk add git && rm /var/cache/apk/*\n", "--no-cache"),
        (APK + "COPY a /\nRUN make && rm -r /var/cache/apk/* /tmp/x\n", "--no-cache"),
    ],
)
def test_a_cache_goes_that_is_only_removed(source: str, added: str) -> None:
    assert added in _cleaned(source).partition("COPY")[0]


JQ = "apt-get install -y jq\n"


@pytest.mark.parametrize(
    ("behind", "name", "scripts"),
    [
        ("RUN npm ci", "package.json", {"postinstall": "sh tools/deps.sh"}),
        ("RUN yarn", "package.json", {"prepare": "./tools/deps.sh"}),
        ("RUN pnpm install --frozen-lockfile", "package.json", {"preinstall": "./tools/deps.sh"}),
        ("RUN npm run build", "package.json", {"prebuild": "sh ./tools/deps.sh", "build": "tsc"}),
        ("RUN yarn build", "package.json", {"build": "yarn deps && tsc", "deps": "tools/deps.sh"}),
        ("CMD npm start", "package.json", {"start": "tools/deps.sh && node x"}),
        ("RUN composer install", "composer.json", {"post-install-cmd": ["sh tools/deps.sh"]}),
        ("RUN composer update", "composer.json", {"post-update-cmd": "tools/deps.sh"}),
    ],
)
def test_lists_stay_for_scripts_of_a_manifest(behind: str, name: str, scripts: object) -> None:
    source = f"FROM debian:12\n{INSTALL}\nWORKDIR /app\nCOPY . .\n{behind}\n"
    files = {name: json.dumps({"scripts": scripts}), "tools/deps.sh": JQ}

    def cleaned(files: dict[str, str]) -> bool:
        settings = Settings(context=Files(files))
        return REMOVAL in rewrite(source, select=["clean-package-cache"], settings=settings).after

    assert not cleaned(files)
    assert cleaned({**files, "tools/deps.sh": f"apt-get update\n{JQ}"})
    assert cleaned({**files, name: json.dumps({"scripts": {"other": "tools/deps.sh"}})})


@pytest.mark.parametrize(
    ("behind", "name", "text"),
    [
        ("RUN make", "Makefile", "all:\n\t@sh tools/deps.sh\n"),
        ("RUN ./gradlew build", "build.gradle", 'commandLine "sh", "tools/deps.sh"\n'),
        ("RUN mvn package", "pom.xml", "<executable>tools/deps.sh</executable>"),
        ("RUN tox", "tox.ini", "commands = sh tools/deps.sh\n"),
        ("RUN rake", "Rakefile", 'sh "tools/one.sh"\n'),
    ],
)
def test_lists_stay_for_scripts_that_such_a_file_names(behind: str, name: str, text: str) -> None:
    source = f"FROM debian:12\n{INSTALL}\nWORKDIR /app\nCOPY . .\n{behind}\n"
    files = {name: text, "tools/deps.sh": JQ, "tools/one.sh": "sh tools/deps.sh\n"}
    files["gradlew"] = "#!/bin/sh\nexec java -jar x.jar\n"
    settings = Settings(context=Files(files))
    assert REMOVAL not in rewrite(source, select=["clean-package-cache"], settings=settings).after


@pytest.mark.parametrize(
    ("behind", "name", "text"),
    [
        ("RUN rake setup", "Rakefile", f'task(:setup) {{ sh "{JQ}" }}\n'),
        ("RUN bundle exec rake", "Rakefile", f"sh '{JQ}'\n"),
        ("RUN python3 manage.py install_deps", "manage.py", f'os.system("{JQ.strip()}")\n'),
        ("RUN python setup.py install", "setup.py", 'call(["apt-get", "install", "-y", "jq"])\n'),
        ("RUN pip install .", "setup.py", f"system('{JQ.strip()}')\n"),
        ("RUN ./configure && make", "configure", f"#!/bin/sh\n{JQ}"),
        ("RUN make", "Makefile", f"all: tools\ntools:\n\t{JQ}"),
        ("RUN cd sub && make", "sub/Makefile", f"all:\n\t{JQ}"),
        ("RUN make -C sub", "sub/Makefile", f"all:\n\t{JQ}"),
        ("CMD python app.py", "app.py", f'os.system("{JQ.strip()}")\n'),
        ('CMD ["node", "server.js"]', "server.js", f"execSync('{JQ.strip()}')\n"),
    ],
)
def test_lists_stay_for_a_file_of_the_project(behind: str, name: str, text: str) -> None:
    source = f"FROM debian:12\n{INSTALL}\nWORKDIR /app\nCOPY . .\n{behind}\n"
    other_targets = ("", f"x:\n\t{JQ}", f"y:\n\tapt-get update && {JQ}")
    for harmless in other_targets if "all:" in text else ("",):
        settings = Settings(context=Files({name: f"all:\n\ttrue\n{harmless}"}))
        after = rewrite(source, select=["clean-package-cache"], settings=settings).after
        assert REMOVAL in after, harmless
    settings = Settings(context=Files({name: text}))
    after = rewrite(source, select=["clean-package-cache"], settings=settings).after
    assert REMOVAL not in after


NPM = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
CONDA = "FROM continuumio/miniconda3:24.1\nRUN conda create -y -n x numpy\n"
BUN = "FROM oven/bun:1\nWORKDIR /app\nCOPY . .\nRUN bun install\n"


@pytest.mark.parametrize(
    ("source", "files"),
    [
        (NPM + "ENV NPM_CONFIG_OFFLINE=true\nRUN npm install x\n", {}),
        (NPM + "RUN npm config set offline true\nRUN npm install x\n", {}),
        (NPM, {".npmrc": "offline = true\n"}),
        (NPM.replace("npm ci", "pnpm install"), {".npmrc": "prefer-offline=true\n"}),
        (CONDA + "ENV CONDA_OFFLINE=1\nRUN conda create -y -n y numpy\n", {}),
        (CONDA.replace("RUN", "RUN conda config --set always_softlink true &&"), {}),
        (CONDA, {".condarc": "always_softlink: true\n"}),
        (BUN.replace("install", "install --backend=symlink"), {}),
        (BUN, {"bunfig.toml": '[install]\nbackend = "symlink"\n'}),
        # where the project wants it, others may come for it
        (NPM, {".npmrc": "cache=.npm-cache\n"}),
        (
            NPM.replace("npm ci", "yarn install"),
            {".yarnrc": 'cache-folder "./c"\n', "yarn.lock": ""},
        ),
        (CONDA, {".condarc": "pkgs_dirs:\n  - /pkgs\n"}),
        (
            "FROM composer:2\nCOPY . .\nRUN composer install\n",
            {"composer.json": '{"config": {"cache-dir": "c"}}'},
        ),
        (NPM + "WORKDIR /b\nCOPY . .\nRUN --network=none npm ci\n", {}),
        (
            "FROM fedora:40\nRUN dnf install -y --repofrompath=a,file:///r a && rm -r /r\n"
            "RUN dnf install -y b\n",
            {},
        ),
        (
            "FROM opensuse/leap:15.6\nRUN zypper ar -f dir:/r r && zypper -n in a && rm -r /r\n"
            "RUN zypper -n in b\n",
            {},
        ),
        ("FROM alpine:3.20\nRUN apk update\nRUN apk add --no-network git\n", {}),
        ("FROM alpine:3.20\nRUN apk update && apk add jq\nRUN apk add --no-network git\n", {}),
    ],
)
def test_a_cache_stays_that_settings_live_on(source: str, files: dict[str, str]) -> None:
    def cleaned(source: str, files: dict[str, str]) -> str:
        settings = Settings(context=Files({"package.json": "{}", **files}))
        return rewrite(source, select=["clean-package-cache"], settings=settings).after

    assert cleaned(source, files) == source
    key = (
        "FROM centos:7\nRUN echo gpgkey=file:///k >> /etc/yum.repos.d/x.repo && yum install -y a\n"
    )
    for harmless in (NPM, CONDA, BUN, key):
        assert cleaned(harmless, {".npmrc": "audit=false\n"}) != harmless


@pytest.mark.parametrize(
    ("base", "rest", "files"),
    [
        ("postgres:15", "COPY init.sh /docker-entrypoint-initdb.d/\n", {"init.sh": "{}"}),
        ("nginx:1.25", "COPY hooks/ /docker-entrypoint.d/\n", {"hooks/40-tools.sh": "{}"}),
        ("debian:12", "COPY up /etc/cron.d/up\nCMD [\"cron\", \"-f\"]\n",
            {"up": "0 3 * * * root {}"}),
        ("debian:12", "COPY rootfs/ /\nCMD [\"supervisord\", \"-n\"]\n",
            {"rootfs/etc/supervisor/conf.d/a.conf": "[program:a]\ncommand=bash -c '{}'\n"}),
        # what a supervisor starts may lie anywhere
        ("debian:12", "COPY extras /opt/\nCMD supervisord -n\n", {"extras": "#!/bin/sh\n{}"}),
        ("debian:12", "COPY --chmod=755 a.sh /opt/\nCMD /usr/sbin/cron -f\n", {"a.sh": "{}"}),
    ],
)  # fmt: skip
def test_lists_stay_for_what_a_container_runs_by_itself(
    base: str, rest: str, files: dict[str, str]
) -> None:
    source = f"FROM {base}\nRUN apt-get update && apt-get install -y curl\n{rest}"
    for command, kept in (
        ("apt-get install -y $EXTRA", True),
        ("apt-get update && apt-get install -y $EXTRA", False),
        ("echo started", False),
    ):
        context = Files({name: text.replace("{}", command) for name, text in files.items()})
        result = rewrite(source, settings=Settings(context=context), select=["clean-package-cache"])
        assert (result.after == source) is kept
        if kept:
            assert "may install from the lists" in result.offered[0].message


@pytest.mark.parametrize("base", ["${B}", "$B", "ba${B}", "${B:-base}"])
def test_a_stage_may_be_built_on_what_a_variable_names(base: str) -> None:
    head = f"ARG B=base\nFROM debian:12 AS base\n{INSTALL}\n"
    needing = f"{head}FROM {base} AS last\nRUN apt-get install -y jq\n"
    assert _cleaned(needing) == needing
    # a start that installs is inherited, too
    behind = f"FROM {base}\n{INSTALL}\n"
    assert REMOVAL not in _cleaned(f"{head}CMD apt-get install -y jq\n{behind}")
    other = (
        f"ARG B=base\nFROM debian:12 AS base\n{INSTALL}\nFROM x{base}\nRUN apt-get install -y jq\n"
    )
    assert REMOVAL in _cleaned(other)


@pytest.mark.parametrize(
    "start",
    [
        "CMD apt-get install -y $MORE && exec app",
        'CMD ["sh", "-c", "apt-get install -y $MORE; exec app"]',
        'ENTRYPOINT ["apt-get", "install", "-y"]',
        "HEALTHCHECK CMD which jq || apt-get install -y jq",
    ],
)
def test_lists_stay_for_a_start_that_says_apt_itself(start: str) -> None:
    assert REMOVAL not in _cleaned(f"FROM debian:12\n{INSTALL}\n{start}\n")
    fetching = start.replace("apt-get install", "apt-get update && apt-get install", 1)
    if "[" not in start:
        assert REMOVAL in _cleaned(f"FROM debian:12\n{INSTALL}\n{fetching}\n")


def test_a_dockerfile_of_the_context_may_be_built_on_the_image() -> None:
    source = f'FROM debian:12\n{INSTALL}\nCMD ["sleep", "1"]\n'
    child = "FROM team/base:1 AS x\nRUN apt-get install -y git\n"
    files = {"Dockerfile": source, "compose.yaml": "image: team/base:1\n", "b/Dockerfile": child}

    def cleaned(files: dict[str, str]) -> str:
        settings = Settings(context=Files(files))
        return rewrite(source, select=["clean-package-cache"], settings=settings).after

    assert REMOVAL not in cleaned(files)
    assert REMOVAL in cleaned({**files, "compose.yaml": "image: other\n"})
    assert REMOVAL in cleaned(
        {**files, "b/Dockerfile": child.replace("apt", "apt-get update;apt", 1)}
    )
    assert REMOVAL in cleaned({**files, "b/Dockerfile": child.replace("team/base:1", "debian:12")})


@pytest.mark.parametrize(
    "source",
    [
        # yum has nothing to clean up, and fails, where no source is enabled
        "FROM centos:7\nRUN yum-config-manager --disable '*' && yum install -y /a.rpm\n",
        "FROM centos:7\nRUN rm -f /etc/yum.repos.d/* && yum localinstall -y /a.rpm\n",
        "FROM centos:7\nRUN rm -rf /etc/yum.repos.d\nRUN yum -y install /a.rpm\n",
        "FROM centos:7\nCOPY y.conf /\nRUN yum -c /y.conf -y install git\n",
        # conda-pack looks for packages in the cache
        "FROM continuumio/miniconda3\nRUN conda install -y numpy\nRUN conda-pack -n base\n",
        # the second install cannot compile any more
        "FROM python\nRUN pip install uwsgi\nRUN apt-get purge -y gcc\n"
        "RUN python -m venv /v && /v/bin/pip install uwsgi\n",
        "FROM python\nRUN pip install -r a.txt && apk del .build\nUSER app\n"
        "RUN pip install -r a.txt\n",
        # Conan and opam install what packages want of the system
        f"FROM debian\n{INSTALL} opam\nRUN opam install -y conf-gmp\n",
        f"FROM debian\n{INSTALL}\nCOPY . .\n"
        "RUN conan install . -c tools.system.package_manager:mode=install\n",
    ],
)
def test_what_is_missed_later_stays(source: str) -> None:
    assert _cleaned(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "FROM centos:7\nRUN rm -f /etc/yum.repos.d/* && curl x -o /etc/yum.repos.d/v.repo "
        "&& yum install -y git\n",
        "FROM centos:7\nRUN yum --disablerepo='*' --enablerepo=own install -y git\n",
        "FROM python\nRUN pip install a && apk del .build\nRUN pip install b\n",
        f"FROM debian\n{INSTALL} opam\nRUN opam install -y --no-depexts conf-gmp\n",
        f"FROM debian\n{INSTALL}\nCOPY . .\nRUN conan install .\n",
    ],
)
def test_what_only_looks_like_it_goes(source: str) -> None:
    assert _cleaned(source) != source


@pytest.mark.parametrize(
    ("run", "files"),
    [
        # a later yarn begins with the lock file of yarn 1, and runs from its cache
        ("RUN yarn install", {"package.json": '{"packageManager": "yarn@4.1.0"}'}),
        ("RUN yarn install", {".yarnrc.yml": ""}),
        ("RUN corepack prepare yarn@stable --activate && yarn install", {}),
        ("RUN yarn set version berry && yarn install", {}),
        # packages are links into the store
        ("RUN pnpm install", {"pnpm-workspace.yaml": "enableGlobalVirtualStore: true\n"}),
        ("ENV POETRY_VIRTUALENVS_PATH=/root/.cache/pypoetry/cache/v\nRUN poetry install", {}),
        ("RUN gem install rack && cp -r $(gem env gemdir)/doc /doc", {}),
    ],
)
def test_a_cache_that_is_none_stays(run: str, files: dict[str, str]) -> None:
    context = Files({"yarn.lock": "# yarn lockfile v1\n", "package.json": "{}", **files})
    source = f"FROM example.org/base\n{run}\n"
    found = rewrite(source, select=["clean-package-cache"], settings=Settings(context=context))
    assert found.after == source


def test_a_new_line_stands_as_deep_as_most() -> None:
    source = "FROM node:20\nRUN set -e \\\n  && a \\\n    && b \\\n    && npm ci\n"
    assert _cleaned(source) == f"{source.rstrip()} \\\n    && npm cache clean --force\n"


def test_what_follows_a_useless_removal_keeps_its_indentation() -> None:
    source = (
        "FROM alpine:3.20\nRUN \\\n  apk update && \\\n  apk add --no-cache \\\n    git \\\n"
        "    && \\\n    rm -rf /var/cache/apk/* && \\\n  true\n"
    )
    assert _cleaned(source) == (
        "FROM alpine:3.20\nRUN \\\n  apk add --no-cache \\\n    git \\\n    && \\\n  true\n"
    )
