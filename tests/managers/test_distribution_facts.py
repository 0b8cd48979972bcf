"""The tables of packages, the bases they are for, and what an install brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dockfix.managers.distributions import questions
from dockfix.managers.distributions.bases import ANY, OLD, Base, base_of
from dockfix.managers.distributions.questions import (
    base_programs,
    brought,
    join_changes,
    order_matters,
    runtime_libraries,
    table_of,
)
from dockfix.managers.distributions.table import HEADER, Suite, Tables

FILE = Path(questions.__file__).with_name("facts.bin")
DEBIAN = ("bookworm", "trixie", "bullseye")
UBUNTU = ("noble", "jammy", "focal", "bionic")
BOOKWORM = Base(("bookworm",), exact=True)


@pytest.mark.parametrize(
    ("image", "suites", "exact"),
    [
        ("debian:bookworm", ("bookworm",), True),
        ("debian:12", ("bookworm",), True),
        ("debian:12.5-slim", ("bookworm",), True),
        ("debian:trixie-20250811-slim", ("trixie",), True),
        ("docker.io/library/debian:11-slim@sha256:abc", ("bullseye",), True),
        ("ubuntu:22.04", ("jammy",), False),
        ("ubuntu:noble", ("noble",), False),
        ("python:3.11-slim-bookworm", ("bookworm",), False),
        ("python:3.12.4-bullseye", ("bullseye",), False),
        ("node:20-bookworm-slim", ("bookworm",), False),
        ("python:3.11-slim", DEBIAN, False),
        ("public.ecr.aws/docker/library/python:3.11", DEBIAN, False),
        ("ruby:3.3", DEBIAN, False),
        ("eclipse-temurin:21-jdk-jammy", ("jammy",), False),
        ("maven:3.9-eclipse-temurin-21-noble", ("noble",), False),
        ("mcr.microsoft.com/dotnet/sdk:8.0", ("bookworm",), False),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy", ("jammy",), False),
    ],
)
def test_images_whose_suite_is_known(image: str, suites: tuple[str, ...], exact: bool) -> None:
    base = base_of(image)
    assert base is not None
    assert base.suites == suites
    assert base.exact == exact
    assert base.moving == (len(suites) > 1)


@pytest.mark.parametrize(
    ("image", "first"),
    [
        ("debian:10-slim", "buster"), ("debian:8.11", "jessie"), ("ubuntu:14.04.5", "trusty"),
        ("node:10-jessie", "jessie"), ("python:2.7", "wheezy"), ("node:16-slim", "wheezy"),
        ("golang:1.8", "wheezy"), ("rust:1.60", "wheezy"), ("debian:11", "bullseye"),
    ],
)  # fmt: skip
def test_images_whose_apt_keeps_no_order(image: str, first: str) -> None:
    base = base_of(image)
    assert base is not None
    assert base.suites[0] == first
    assert base.keeps_no_order


@pytest.mark.parametrize("image", ["debian:12", "python:3.10", "golang:1.19", "ubuntu:24.04"])
def test_images_whose_apt_may_go_by_order(image: str) -> None:
    base = base_of(image)
    assert base is not None
    assert not base.keeps_no_order


@pytest.mark.parametrize(
    "image",
    [
        "debian", "debian:latest", "debian:stable", "debian:sid", "debian:6", "debian:1",
        "debian@sha256:abc", "debian:bookworm-backports", "debian:${TAG}", "ubuntu", "ubuntu:10.04",
        "ubuntu:latest", "ubuntu:12", "debian:22.04", "python", "python:3", "python:3.8",
        "python:3.11-alpine", "python:3.11-windowsservercore", "python:${V}-slim", "erlang:27",
        "example.org/debian:bookworm", "someone/python:3.11-slim-bookworm", "postgres:16-bookworm",
        "nginx:1.27-bookworm", "nvidia/cuda:12.4.1-devel-ubuntu22.04", "scratch", "alpine:3.20",
        "localhost:5000/debian", "debian:bookworm-slim-custom",
    ],
)  # fmt: skip
def test_images_of_which_nothing_is_certain(image: str) -> None:
    assert base_of(image) is None


def test_what_an_image_pins_away_makes_a_list_unknown() -> None:
    base = base_of("php:8.3-fpm-bookworm")
    assert base is not None
    assert order_matters(base, ["libzip-dev", "git"]).verdict == "same"
    found = order_matters(base, ["git", "php-cli"])
    assert found.verdict == "unknown"
    assert "php" in found.reason


def test_the_file_is_small_and_says_where_it_is_from() -> None:
    data = FILE.read_bytes()
    assert len(data) < 550_000
    tables = Tables(data)
    assert list(tables.suites) == [*DEBIAN, *UBUNTU] == list(ANY.suites) == list(OLD.suites)
    for suite in tables.suites.values():
        assert suite.date > "2026-01-01"
        assert suite.name in suite.source
    modes = {name: suite.mode for name, suite in tables.suites.items()}
    assert {name for name, mode in modes.items() if mode == "ordered"} == {
        "bookworm",
        "trixie",
        "noble",
    }
    assert set(modes.values()) == {"ordered", "unordered"}


def test_no_program_has_white_space_in_its_name() -> None:
    for suite in (*DEBIAN, *UBUNTU):
        table = table_of(suite)
        assert table is not None
        for name in table.names():
            fields = table.package(name)
            assert not any(character in fields.programs for character in "\t\r")


def test_a_release_older_than_the_tables_is_held_to_all_of_them_without_order() -> None:
    # nothing in this list can be sorted by an apt that goes by order
    assert order_matters(ANY, ["nginx", "php-fpm", "php"]).verdict == "differs"
    assert order_matters(OLD, ["nginx", "php-fpm", "php"]).verdict == "same"
    assert join_changes(OLD, ["git"], ["zip"]).verdict == "same"
    # Python 2's, which only bionic and focal have
    assert join_changes(OLD, ["python-pip"], ["python-numpy"]).verdict == "same"
    assert join_changes(OLD, ["gettext"], ["wget"]).verdict == "differs"


def test_a_suite_without_a_table_is_unknown() -> None:
    base = Base(("bookworm", "sid"), exact=True)
    assert order_matters(base, ["git", "curl"]).verdict == "unknown"
    assert brought(base, ["git"]) is None
    assert base_programs(base) == frozenset()
    assert runtime_libraries("sid", "libpq-dev") is None


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        Tables(b"dockfix-facts 0\nsuite\n\n")
    assert FILE.read_bytes().startswith(HEADER.encode())


@pytest.mark.parametrize(
    ("apt", "mode"),
    [("2.5.2", "unordered"), ("2.5.3", "ordered"), ("3.0.4", "ordered"), ("3.1.0", "solver3")],
)
def test_the_version_of_apt_says_how_it_looks_at_lists(apt: str, mode: str) -> None:
    assert Suite("x", "2026-01-01", apt, "somewhere").mode == mode


@pytest.mark.parametrize("suite", DEBIAN)
def test_every_line_can_be_read(suite: str) -> None:
    table = table_of(suite)
    assert table is not None
    names = table.names()
    assert len(names) > 5000
    known = {name for name in names if table.resolve(name)}
    assert len(known) > 2000
    for name in names:
        package = table.package(name)
        assert not set(package.letters) - set("nbvcspal-"), name
        for group in table.groups(name, recommends=True):
            if "v" not in package.letters:
                assert table.package(group.solutions[0]).letters, (name, group)
        for rival in package.rivals.split():
            assert rival == "!" or table.package(rival).letters, (name, rival)


def test_programs_that_an_install_brings() -> None:
    found = brought(BOOKWORM, ["build-essential", "git"])
    assert found is not None
    assert {"gcc", "g++", "make", "git", "ld", "cc1"} - found.programs == {"cc1"}
    # git recommends less and an ssh client; nothing says that they come
    assert {"less", "ssh"}.isdisjoint(found.programs)
    assert {"less", "ssh"} <= found.possible_programs
    bare = brought(BOOKWORM, ["build-essential", "git"], recommends=False)
    assert bare is not None
    assert "ssh" not in bare.possible_programs
    assert bare.programs == found.programs
    # another base may have make-guile, and who knows what is in that
    other = brought(BOOKWORM, ["build-essential", "git"], fresh=False)
    assert other is not None
    assert "make" not in other.programs
    assert "gcc" in other.programs
    assert brought(BOOKWORM, ["git", "no-such-package"]) is None


def test_programs_of_java_are_found_where_they_are_linked_from() -> None:
    found = brought(BOOKWORM, ["openjdk-17-jdk-headless"])
    assert found is not None
    assert {"java", "javac"} <= found.programs


def test_what_the_base_has() -> None:
    found = base_programs(Base(DEBIAN, exact=True))
    assert {"tar", "gzip", "bash", "sed", "apt-get", "perl", "find"} <= found
    assert {"curl", "wget", "git", "xz", "python3"}.isdisjoint(found)


def test_packages_that_start_services_or_write_profiles() -> None:
    found = brought(BOOKWORM, ["nginx", "bash-completion"], recommends=False)
    assert found is not None
    assert "nginx-common" in found.services
    assert "bash-completion" in found.profiles
    quiet = brought(BOOKWORM, ["curl", "jq"], recommends=False)
    assert quiet is not None
    assert not quiet.services
    assert not quiet.profiles


@pytest.mark.parametrize(
    ("suite", "name", "expected"),
    [
        ("bookworm", "libpq-dev", "libpq5"),
        ("bookworm", "libcurl4-openssl-dev", "libcurl4"),
        ("trixie", "libcurl4-openssl-dev", "libcurl4t64"),
        ("bullseye", "libxml2-dev", "libxml2"),
        ("bookworm", "libffi-dev", None),
    ],
)
def test_libraries_that_a_development_package_is_for(
    suite: str, name: str, expected: str | None
) -> None:
    found = runtime_libraries(suite, name)
    if expected is None:
        # the base has it
        assert found is None
    else:
        assert found is not None
        assert expected in found


def test_no_libraries_are_made_up() -> None:
    assert runtime_libraries("bookworm", "curl") is None
    assert runtime_libraries("bookworm", "no-such-dev") is None


def test_nothing_is_read_before_a_question_is_asked() -> None:
    code = (
        "import sys, dockfix.managers.distributions.questions as q;"
        "assert not q._read and 'zlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": _source()})


def _source() -> str:
    return str(Path(questions.__file__).parents[3])
