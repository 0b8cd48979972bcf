"""Whether the order of a list, or its split in two, may bring other packages; and pip itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dockfix.dockerfile.parser import parse
from dockfix.edit.edits import Safety
from dockfix.managers.distributions.bases import ANY, base_of
from dockfix.managers.distributions.questions import table_of
from dockfix.passes import merge_installs, sort_packages
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts

SORTED = "sort the package list: duplicates show, and diffs stay small"
DEBIAN_12 = "FROM debian:bookworm\n"


def found(one: Pass, source: str) -> tuple[Safety, str]:
    """The only finding of a pass."""
    (group,) = one.rewrite(Facts(parse(source)), Settings())
    return group.safety, group.message


@pytest.mark.parametrize(
    "source",
    [
        f"{DEBIAN_12}RUN apt-get update && apt-get install -y git curl\n",
        f"{DEBIAN_12}RUN apt-get install -yqq --no-install-recommends git curl\n",
        f"{DEBIAN_12}RUN apt-get install -o APT::Install-Recommends=0 git curl\n",
        f"{DEBIAN_12}RUN dpkg-reconfigure locales && apt-get install git curl\n",
        # another mirror of the same archive, how files are fetched, Ubuntu's own components
        f"{DEBIAN_12}RUN sed -i 's/deb.debian.org/m.example.org/g' /etc/apt/sources.list"
        " && apt-get update && apt-get install git curl\n",
        f"{DEBIAN_12}RUN sed -i -e 's@http://deb.debian.org@https://m.example.org@'"
        " /etc/apt/sources.list.d/debian.sources\nRUN apt-get install git curl\n",
        f"{DEBIAN_12}RUN echo 'Acquire::Retries \"3\";' > /etc/apt/apt.conf.d/80\n"
        "RUN echo 'path-exclude=/usr/share/doc/*' > /etc/dpkg/dpkg.cfg.d/a\n"
        "RUN apt-get install git curl\n",
        "FROM ubuntu:24.04\nRUN add-apt-repository -y universe && apt-get install git curl\n",
        "FROM own/image\nRUN apt-get install git curl\n",
        "FROM ubuntu:24.04\nRUN apt-get install git curl\n",
        # an old apt, whatever is asked for
        "FROM debian:10\nRUN apt-get install php-fpm php\n",
        "FROM ubuntu:22.04\nRUN curl https://x/y | sh && apt-get install -t x php:i386 b=1 $A a\n",
        "FROM python:2.7\nRUN apt-get install php-fpm php\n",
        "FROM own/image\nRUN apt-get install python-pip php-fpm php\n",
        "FROM alpine\nRUN apk add b a\n",
        "FROM node\nRUN npm install -g b a\n",
        "FROM python\nRUN pip install --no-deps b==1 'a[x]==2'\n",
    ],
)
def test_lists_whose_order_cannot_matter(source: str) -> None:
    assert found(sort_packages.PASS, source) == (Safety.SAFE, SORTED)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{DEBIAN_12}RUN apt-get install nginx php-fpm php\n", "php8.2 brings libapache2-mod"),
        ("FROM own/image\nRUN apt-get install php-fpm php\n", "brings libapache2-mod"),
        ("FROM debian:10\nRUN apt-get install php/sid git/sid a\n", "package tables"),
        ("FROM debian:10\nRUN apt-get install b a b=1\n", "b is named in two ways"),
        (f"{DEBIAN_12}RUN apt-get install git=1 curl\n", "git=1 is not in the package tables"),
        (f"{DEBIAN_12}RUN apt-get install git:i386 curl\n", "git:i386 is not in the package"),
        (f"{DEBIAN_12}RUN apt-get install git curl $X\n", r"\$X is not in the package tables"),
        (f"{DEBIAN_12}RUN apt-get install -t sid git curl\n", "-t changes how"),
        (f"{DEBIAN_12}RUN apt-get install -o APT::X=y git curl\n", "-o changes how"),
        (f"{DEBIAN_12}RUN sed -i 's/bookworm/sid/' /etc/apt/sources.list\n"
         "RUN apt-get install git curl\n", "may change where"),
        (f"{DEBIAN_12}RUN sed -i 's#deb.debian.org/debian bookworm#x.org/debian sid#'"
         " /etc/apt/sources.list\nRUN apt-get install git curl\n", "may change where"),
        (f"{DEBIAN_12}RUN sed -i 's/deb.debian.org/x.org/' /etc/apt/sources.list && echo deb x y"
         " > /etc/apt/sources.list.d/x.list\nRUN apt-get install git curl\n", "may change where"),
        (f"{DEBIAN_12}RUN echo 'Acquire::Retries 3; APT::Default-Release \"sid\";'"
         " > /etc/apt/apt.conf.d/80\nRUN apt-get install git curl\n", "may change where"),
        (f"{DEBIAN_12}RUN echo 'Acquire::AllowInsecureRepositories 1;' > /etc/apt/apt.conf.d/80\n"
         "RUN apt-get install git curl\n", "may change where"),
        (f"{DEBIAN_12}RUN echo x >> /var/lib/dpkg/status\nRUN apt-get install git curl\n",
         "may change where"),
        ("FROM ubuntu:24.04\nRUN add-apt-repository universe-x\nRUN apt-get install git curl\n",
         "may change where"),
        (f"{DEBIAN_12}RUN add-apt-repository x\nRUN apt-get install git curl\n",
         "`RUN add-apt-repository x …` may"),
        (f"{DEBIAN_12}RUN curl https://x/y | bash -\nRUN apt-get install git curl\n", "may change"),
        (f"{DEBIAN_12}RUN ./setup.sh\nRUN apt-get install git curl\n", "may change"),
        (f"{DEBIAN_12}COPY x /etc/apt/\nRUN apt-get install git curl\n", "may change"),
        (f"{DEBIAN_12}COPY root /\nRUN apt-get install git curl\n", "may change"),
        (f"{DEBIAN_12}RUN dpkg -i x.deb && apt-get install git curl\n", "an earlier command"),
        (f"{DEBIAN_12}ENV APT_CONFIG=/x\nRUN apt-get install git curl\n", "APT_CONFIG"),
        (f"{DEBIAN_12}RUN APT_CONFIG=/x apt-get install git curl\n", "APT_CONFIG"),
        (f"{DEBIAN_12}ONBUILD RUN apt-get install git curl\n", "ONBUILD"),
        (f"{DEBIAN_12}RUN aptitude install git curl\n", "aptitude may choose by the order"),
        ("FROM debian:10\nRUN echo deb http://deb.debian.org/debian sid main >"
         " /etc/apt/sources.list\nRUN apt-get install php-fpm php\n", "may change"),
        ("FROM alpine\nRUN apk add -t .x b a\n", "virtual"),
        ("FROM alpine\nRUN apk add b a b=1\n", "b is named in two ways"),
        ("FROM fedora\nRUN dnf install b a\n", "dnf may choose by the order"),
        ("FROM ruby\nRUN gem install b a\n", "gem may choose by the order"),
        ("FROM archlinux\nRUN pacman -S b a\n", "pacman may choose by the order"),
        ("FROM python\nRUN pip install s3fs boto3\n", "pip chooses versions in the order"),
        ("FROM python\nRUN pip install b==1 a==2\n", "pip chooses versions in the order"),
        ("FROM python\nRUN pip install --no-deps b==1 a\n", "a names none"),
        ("FROM python\nRUN pip install --no-deps 'b>=1' a==1\n", "names none"),
    ],
)  # fmt: skip
def test_lists_that_are_only_offered(source: str, reason: str) -> None:
    safety, message = found(sort_packages.PASS, source)
    assert safety is Safety.UNSAFE
    assert re.search(reason, message), message


def test_what_is_named_twice_goes_whatever_the_order_is_good_for() -> None:
    source = "FROM python\nRUN pip install a b b\n"
    assert found(sort_packages.PASS, source)[0] is Safety.SAFE


@pytest.mark.parametrize(
    ("image", "run", "reason"),
    [
        ("debian:12", "apt-get install git && apt-get install zip", ""),
        ("own/image", "apt-get install git && apt-get install zip", ""),
        ("ubuntu:14.04", "apt-get install git && apt-get install zip", ""),
        ("debian:12", "apt-get install gettext && apt-get install wget", "gettext"),
        ("debian:12", "apt-get install git && apt-get install gettext && apt-get install wget",
         "gettext"),
        ("ubuntu:22.04", "apt-get install gettext && apt-get install wget", "gettext"),
        ("ubuntu:22.04", "apt-get install openjdk-8-jdk && apt-get install ant",
         "default-jre-headless"),
        ("ubuntu:22.04", "apt-get install git && apt-get install zip", ""),
        ("debian:12", "apt-get install git=1 && apt-get install zip", "git=1"),
        ("debian:12", "apt-key x; add-apt-repository y && apt-get install git"
         " && apt-get install zip", "an earlier command"),
        ("alpine", "apk add a && apk add b", "apk may choose"),
        ("fedora", "dnf install a && dnf install b", "dnf may choose"),
        ("python", "pip install a && pip install b", "pip may choose"),
    ],
)  # fmt: skip
def test_installs_that_may_be_one(image: str, run: str, reason: str) -> None:
    safety, message = found(merge_installs.PASS, f"FROM {image}\nRUN {run}\n")
    assert (safety is Safety.SAFE) == (not reason)
    assert reason in message


def test_suites_that_keep_no_order_are_those_of_which_the_tables_say_so() -> None:
    for suite in ANY.suites:
        name = "debian" if suite in ("bullseye", "bookworm", "trixie") else "ubuntu"
        table, base = table_of(suite), base_of(f"{name}:{suite}")
        assert table is not None
        assert base is not None
        assert base.keeps_no_order == (table.suite.mode == "unordered")


def wheel(folder: Path, name: str, version: str, *requires: str) -> None:
    """A wheel that holds nothing but what it requires."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def resolved(folder: Path, *arguments: str) -> dict[str, str]:
    """What pip would install, by names."""
    command = [
        sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed",
        "--no-index", "--find-links", str(folder), "--report", "-", "--isolated",
        "--disable-pip-version-check", *arguments,
    ]  # fmt: skip
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = [one["metadata"] for one in report["install"]]
    return {one["name"]: one["version"] for one in packages}


@pytest.mark.slow
def test_pip_itself_prefers_what_stands_first(tmp_path: Path) -> None:
    """`a` and `b`, each newest with a `c` that the newest of the other does not take."""
    for number in ("1", "2"):
        wheel(tmp_path, "c", number)
    wheel(tmp_path, "a", "1")
    wheel(tmp_path, "a", "2", "c==1")
    wheel(tmp_path, "b", "1")
    wheel(tmp_path, "b", "2", "c==2")
    first, other = resolved(tmp_path, "b", "a"), resolved(tmp_path, "a", "b")
    assert first == {"b": "2", "a": "1", "c": "2"}
    assert other == {"a": "2", "b": "1", "c": "1"}
    pinned = ("--no-deps", "b==2", "a==2")
    assert resolved(tmp_path, *pinned) == resolved(tmp_path, "--no-deps", "a==2", "b==2")
