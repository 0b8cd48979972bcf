"""The two readers of the command line agree, and ordinary runs never load Typer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from command import CLEAN, ENVIRONMENT, MENDABLE, dockfix_command
from dockfix.config import Config
from dockfix.engine.options import COMMANDS, VERIFY
from dockfix.options import (
    MAIN,
    TABLE,
    Options,
    conflict,
    parse,
    read,
)
from dockfix.usage import read_with_typer

UNDERSTOOD = [
    "",
    "a b",
    "-",
    "--diff a",
    "a --diff b",
    "-i a",
    "-iq a",
    "-qi -- -a --diff",
    "-i -- --",
    "-j4 a",
    "-j 4",
    "-qj 4 a",
    "-iqj4",
    "--jobs=4",
    "-o out a",
    "-oout a",
    "-o -",
    "--output=x=y a",
    "--select a,b --select c",
    "--select=a, --select ,b",
    "--select --diff",
    "--ignore DL3009",
    "--color always --color=never",
    "--unsafe-fixes",
    "--unsafe-fixes --no-unsafe-fixes",
    "--merge-strategy related",
    "--stdin-filename a/Dockerfile -",
    "--stdin-filename a/Dockerfile",
    "--config x.toml --exclude a/,b --exit-zero --exit-non-zero-on-fix",
    "--version --list-passes --explain x --statistics --verbose",
    "--check --check",
]

REFUSED = [
    "--dif",
    "--in",
    "-x",
    "-ix",
    "-diff",
    "--check=",
    "--diff=yes",
    "--select",
    "-o",
    "-ij",
    "--jobs four",
    "--jobs 0",
    "--jobs -1",
    "--color sometimes",
    "--color ALWAYS",
    "--merge-strategy none",
    "--diff --in-place",
    "--check --diff",
    "-qv",
    "- a",
    "-i -",
    "--stdin-filename x a",
    "-i -o x",
    "--no-diff",
    "--=x",
    "---",
]


def with_typer(argv: list[str]) -> Options | int:
    """The options, or the exit status."""
    try:
        options: Options = read_with_typer(argv, MAIN)
        return options
    except SystemExit as error:
        return int(str(error.code))


@pytest.mark.parametrize("line", UNDERSTOOD)
def test_both_readers_return_the_same(line: str) -> None:
    argv = line.split()
    options = parse(argv)
    assert options is not None
    assert options == with_typer(argv)


@pytest.mark.parametrize("line", REFUSED)
def test_both_readers_refuse_the_same(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(line.split()) is None
    assert with_typer(line.split()) == 2
    assert "Error" in capsys.readouterr().err


VERIFY_UNDERSTOOD = [
    "",
    "a b -v",
    "--build-arg A=1,2 --build-arg B= --build-arg C",
    "--secret id=a,src=b --ssh default --build-context x=../y,z --add-host h:1.2.3.4",
    "--target t --platform linux/arm64 --network host --builder b --no-cache --strip-syntax",
    "--engine podman --timeout 5",
    "--run true --stop --in-place --select a,b --ignore c --unsafe-fixes",
    "-- verify",
]
VERIFY_REFUSED = [
    "-",
    "--diff",
    "--output x",
    "--engine rocket",
    "--timeout 0",
    "--timeout x",
    "--platform linux/amd64,linux/arm64",
    "--run",
    "-qv",
]


@pytest.mark.parametrize("line", VERIFY_UNDERSTOOD)
def test_both_readers_of_a_command_that_builds_return_the_same(line: str) -> None:
    request = read(line.split(), VERIFY)
    assert request is not None
    assert request == read_with_typer(line.split(), VERIFY)


@pytest.mark.parametrize("line", VERIFY_REFUSED)
def test_both_readers_of_a_command_that_builds_refuse_the_same(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(line.split(), VERIFY) is None
    with pytest.raises(SystemExit) as stopped:
        read_with_typer(line.split(), VERIFY)
    assert stopped.value.code == 2
    assert "Error" in capsys.readouterr().err


def test_values_of_builds_are_passed_on_whole() -> None:
    request = read(VERIFY_UNDERSTOOD[2].split(), VERIFY)
    assert request.build.build_arg == ("A=1,2", "B=", "C")
    assert request.options == Options()


def test_a_path_called_like_a_command_is_written_with_its_directory(tmp_path: Path) -> None:
    (tmp_path / "verify").write_bytes(MENDABLE)
    done = dockfix_command("./verify", cwd=tmp_path)
    assert done.returncode == 1
    assert b"merge-runs" in done.stdout


TOKENS = st.sampled_from(
    sorted(
        {token for line in (*UNDERSTOOD, *REFUSED) for token in line.split()}
        | {row.flag for row in TABLE if row.flag}
        | {"", "4", "auto", "-v", "-q", "a,b", "--no-unsafe-fixes", "--help", "é", "-é"}
    )
)


@settings(max_examples=200, deadline=None)
@given(st.lists(TOKENS, max_size=6))
@example(["-j", "04", "--", "--"])
@example(["-j", "", "--jobs=4"])
@example(["--color", "x", "--color", "never"])
def test_both_readers_agree_on_any_line(argv: list[str]) -> None:
    options = parse(argv)
    typer_options = with_typer(argv)
    if options is not None:
        assert options == typer_options
    elif "--help" not in argv:
        assert typer_options == 2


def test_numbers_in_odd_spellings_are_left_to_typer() -> None:
    assert parse(["--jobs", "+4"]) is None
    assert with_typer(["--jobs", "+4"]) == Options(jobs=4)


def test_every_option_is_in_the_help(tmp_path: Path) -> None:
    done = dockfix_command("--help", cwd=tmp_path, COLUMNS="200", NO_COLOR="1")
    assert done.returncode == 0
    text = done.stdout.decode()
    for row in TABLE:
        if row.flag is not None:
            assert row.flag in text
    assert "Exit status: 0" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_builds_has_a_help_of_its_own(name: str, tmp_path: Path) -> None:
    done = dockfix_command(name, "--help", cwd=tmp_path, COLUMNS="400", NO_COLOR="1")
    text = " ".join(done.stdout.decode().split())
    assert f"Usage: dockfix {name} [OPTIONS]" in text
    for row in COMMANDS[name].table:
        assert row.flag is None or row.flag in text
        assert row.option.help in text
    for wrong in ("standard input", "--install-completion", "default: --check"):
        assert wrong not in text


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dockfix verify --bu", "--build-arg --build-context --builder"),
        ("dockfix measure --ht", "--html"),
        ("dockfix --ex", "--extend-select --exit-zero --exit-non-zero-on-fix --exclude --explain"),
    ],
)
def test_a_shell_completes_options(line: str, offered: str, tmp_path: Path) -> None:
    done = dockfix_command(
        cwd=tmp_path,
        given=b"",
        _DOCKFIX_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
    )
    assert done.stdout.decode().split() == offered.split()


def test_help_says_what_a_usage_error_is(tmp_path: Path) -> None:
    done = dockfix_command("--dif", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"No such option" in done.stderr
    assert b"--diff" in done.stderr


def test_defaults_have_no_conflict() -> None:
    assert conflict(Options()) is None


def test_what_may_be_configured_is_what_a_configuration_holds() -> None:
    keys = {row.name for row in TABLE if row.option.configurable}
    assert keys == set(Config._fields) - {"origin", "root"}


HEAVY = (
    "typer", "click", "pydantic", "rich", "pathspec", "pathlib", "json", "subprocess",
    "multiprocessing", "concurrent", "difflib", "tomllib", "dataclasses", "inspect", "asyncio",
    "tempfile", "shutil", "logging", "argparse", "traceback",
)  # fmt: skip


@pytest.mark.parametrize("mode", ["--check", "--diff", "--in-place", "--version", "."])
def test_an_ordinary_run_loads_nothing_heavy(tmp_path: Path, mode: str) -> None:
    (tmp_path / "Dockerfile").write_bytes(CLEAN)
    code = (
        "import sys\nfrom dockfix.cli import main\n"
        f"try: main([{mode!r}, 'Dockerfile'])\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == b"[]"
