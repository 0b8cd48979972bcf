"""The command line is read by the table of options, and ordinary runs never load Typer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockfix.cli.build_options import COMMANDS, VERIFY
from dockfix.cli.command_line import read
from dockfix.cli.config import Config
from dockfix.cli.keys import KEYS
from dockfix.cli.options import MAIN, TABLE, Options, conflict
from dockfix.errors import ConfigError
from helpers.amount import some
from helpers.command import CLEAN, ENVIRONMENT, MENDABLE, dockfix_command

UNDERSTOOD: dict[str, Options] = {
    "": Options(),
    "a b": Options(("a", "b")),
    "-": Options(("-",)),
    "--diff a": Options(("a",), diff=True),
    "a --diff b": Options(("a", "b"), diff=True),
    "-i a": Options(("a",), in_place=True),
    "-iq a": Options(("a",), in_place=True, quiet=True),
    "-qi -- -a --diff": Options(("-a", "--diff"), in_place=True, quiet=True),
    "-i -- --": Options(("--",), in_place=True),
    "-j4 a": Options(("a",), jobs=4),
    "-j 4": Options(jobs=4),
    "-qj 4 a": Options(("a",), quiet=True, jobs=4),
    "-iqj4": Options(in_place=True, quiet=True, jobs=4),
    "--jobs=04": Options(jobs=4),
    "-j x --jobs=4": Options(jobs=4),
    "-o out a": Options(("a",), output="out"),
    "-oout a": Options(("a",), output="out"),
    "-o -": Options(output="-"),
    "--output=x=y a": Options(("a",), output="x=y"),
    "--output= a": Options(("a",), output=""),
    "--select a,b --select c": Options(select=("a", "b", "c")),
    "--select=a, --select ,b": Options(select=("a", "b")),
    "--select --diff": Options(select=("--diff",)),
    "--select --help": Options(select=("--help",)),
    "-- --help": Options(("--help",)),
    "--color x --color=never": Options(color="never"),
    "--unsafe-fixes": Options(unsafe_fixes=True),
    "--unsafe-fixes --no-unsafe-fixes": Options(unsafe_fixes=False),
    "--merge-strategy gains": Options(merge_strategy="gains"),
    "--merge-strategy related": Options(merge_strategy="related"),
    "--stdin-filename a/Dockerfile -": Options(("-",), stdin_filename="a/Dockerfile"),
    "--stdin-filename a/Dockerfile": Options(stdin_filename="a/Dockerfile"),
    "--config x.toml --exclude a/,b --exit-zero --exit-non-zero-on-fix": Options(
        config="x.toml", exclude=("a/", "b"), exit_zero=True, exit_non_zero_on_fix=True
    ),
    "--version --list-passes --explain x --statistics --verbose": Options(
        version=True, list_passes=True, explain="x", statistics=True, verbose=True
    ),
    "--check --check": Options(check=True),
}

REFUSED = {
    "--dif": "there is no option --dif; did you mean --diff?",
    "--in": "there is no option --in",
    "-x": "there is no option -x; see dockfix --help",
    "-ix": "there is no option -x; see dockfix --help",
    "-diff": "there is no option -d",
    "-é": "there is no option -é",
    "--check=": "--check takes no value",
    "--diff=yes": "--diff takes no value",
    "--help=yes": "there is no option --help",
    "--select": "--select takes a value",
    "-o": "-o takes a value",
    "-ij": "-j takes a value",
    "--jobs four": "--jobs takes a number, not 'four'",
    "--jobs 0": "--jobs must be at least 1",
    "--jobs -1": "--jobs takes a number, not '-1'",
    "--jobs=": "--jobs takes a number, not ''",
    "--jobs ４": "--jobs takes a number, not '４'",
    f"--jobs {'9' * 5000}": "--jobs takes a number",
    "--color sometimes": "--color takes auto or always or never, not 'sometimes'",
    "--color ALWAYS": "--color takes auto or always or never, not 'ALWAYS'",
    "--merge-strategy none": "--merge-strategy takes gains or all or related, not 'none'",
    "--diff --in-place": "--diff and --in-place exclude each other",
    "--check --diff": "--diff and --check exclude each other",
    "-qv": "--quiet and --verbose exclude each other",
    "- a": "- (standard input) cannot be combined with other paths",
    "-i -": "standard input cannot be rewritten in place",
    "--stdin-filename x a": "--stdin-filename is for standard input only",
    "-i -o x": "--output and --in-place exclude each other",
    "--no-diff": "there is no option --no-diff",
    "--=x": "there is no option --;",
    "---": "there is no option ---",
}


@pytest.mark.parametrize("line", UNDERSTOOD)
def test_a_command_line_is_read(line: str) -> None:
    assert read(line.split(), MAIN) == UNDERSTOOD[line]


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_wrong_with_a_command_line_is_said(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(line.split(), MAIN)
    assert str(caught.value).startswith(REFUSED[line])


@pytest.mark.parametrize(
    "line", ["--help", "-h", "a --help", "--help --nonsense", "-i --show-completion"]
)
def test_questions_about_the_command_are_left_to_typer(line: str) -> None:
    assert read(line.split(), MAIN) is None


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
def test_a_command_line_of_verify_is_read(line: str) -> None:
    assert read(line.split(), VERIFY) is not None


@pytest.mark.parametrize("line", VERIFY_REFUSED)
def test_what_is_wrong_with_a_command_line_of_verify_is_said(line: str) -> None:
    with pytest.raises(ConfigError):
        read(line.split(), VERIFY)
    with pytest.raises(ConfigError, match="see dockfix verify --help"):
        read(["--xyz", *line.split()], VERIFY)


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


@settings(max_examples=some(200))
@given(st.lists(TOKENS, max_size=6))
def test_any_command_line_is_read_or_refused(argv: list[str]) -> None:
    try:
        options = read(argv, MAIN)
    except ConfigError:
        return
    if options is None:
        assert "--help" in argv
        return
    # written out in full and read again it is the same
    assert read(spelled_out(options), MAIN) == options


def spelled_out(options: Options) -> list[str]:
    """A command line that asks for these options."""
    argv: list[str] = []
    for row in TABLE:
        value = getattr(options, row.name)
        if row.flag is None or value in (None, False, ()):
            if row.kind == "toggle" and value is False:
                argv.append(f"--no-{row.name.replace('_', '-')}")
            continue
        if value is True:
            argv.append(f"--{row.name.replace('_', '-')}")
        else:
            joined = ",".join(value) if isinstance(value, tuple) else str(value)
            argv.append(f"--{row.name.replace('_', '-')}={joined}")
    return [*argv, "--", *options.paths]


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


def test_a_wrong_command_line_is_an_error(tmp_path: Path) -> None:
    done = dockfix_command("--dif", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr == b"error: there is no option --dif; did you mean --diff?\n"


def test_defaults_have_no_conflict() -> None:
    assert conflict(Options()) is None


def test_what_may_be_configured_is_what_a_configuration_holds() -> None:
    keys = {row.name for row in TABLE if row.option.configurable}
    assert keys <= {row.name for row in KEYS.values()}
    # what a file extends is found, and no setting any more
    known = {row.name for row in KEYS.values()} - {"extend"}
    assert known == set(Config._fields) - {"origin", "root", "found", "extended"}


HEAVY = (
    "typer", "click", "pydantic", "rich", "pathspec", "pathlib", "json", "subprocess",
    "multiprocessing", "concurrent", "difflib", "tomllib", "dataclasses", "inspect", "asyncio",
    "tempfile", "shutil", "logging", "argparse", "traceback",
)  # fmt: skip


@pytest.mark.parametrize("mode", ["--check", "--diff", "--in-place", "--version", "."])
def test_an_ordinary_run_loads_nothing_heavy(tmp_path: Path, mode: str) -> None:
    (tmp_path / "Dockerfile").write_bytes(CLEAN)
    code = (
        "import sys\nfrom dockfix.cli.main import main\n"
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
