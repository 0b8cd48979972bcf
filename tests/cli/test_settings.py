"""Settings of single files, of other files and of hadolint; what shows and what writes them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from dockfix.cli.config import Finder
from dockfix.cli.hadolint import find
from dockfix.cli.init import configuration
from dockfix.cli.keys import KEYS
from dockfix.cli.options import Options
from dockfix.cli.schema import schema, text
from dockfix.errors import ConfigError
from helpers.command import dockfix_command

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = "FROM debian:12\nADD a /b/\nCMD python a.py\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a").write_text("")
    (tmp_path / "test").mkdir()
    for folder in (tmp_path, tmp_path / "test"):
        (folder / "Dockerfile").write_text(SOURCE)
        (folder / "a").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(folder: Path, *arguments: str) -> dict[str, dict[str, str]]:
    """The severity of each pass that finds something, by file."""
    done = dockfix_command("--output-format=json", *arguments, cwd=folder)
    return {
        file["path"]: {one["name"]: one["severity"] for one in file["findings"]}
        for file in json.loads(done.stdout)["files"]
    }


BOTH = {"copy-not-add": "warning", "exec-form": "warning"}


def test_passes_are_left_out_for_files_that_a_pattern_matches(project: Path) -> None:
    (project / ".dockfix.toml").write_text('[per-file-ignores]\n"test/" = ["exec-form", "DF5"]\n')
    assert found(project) == {
        "Dockerfile": BOTH,
        "test/Dockerfile": {"copy-not-add": "warning"},
    }


def test_a_severity_can_be_chosen(project: Path) -> None:
    (project / ".dockfix.toml").write_text('severity = { exec-form = "error", DL3020 = "note" }\n')
    assert found(project)["Dockerfile"] == {"copy-not-add": "note", "exec-form": "error"}
    (project / "Dockerfile").write_text("FROM debian:12\nCMD python a.py\n")
    assert dockfix_command("--fail-on=error", "Dockerfile", cwd=project).returncode == 1


def test_what_hadolint_ignores_is_left_alone(project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".hadolint.yaml").write_text(
        "ignored: [DL3020, DL3008]\noverride: {style: [DL3025]}\nlabel-schema: {author: text}\n"
    )
    quiet = {"exec-form": "note"}
    assert found(project) == {"Dockerfile": quiet, "test/Dockerfile": quiet}
    shown = dockfix_command("--show-settings", "Dockerfile", cwd=project).stdout.decode()
    for line in ("ignored: DL3020", "ignored: DL3008", "DL3025: note", "not used: label-schema"):
        assert f"#   {line}\n" in shown
    (project / ".dockfix.toml").write_text("hadolint = false\n")
    assert found(project)["Dockerfile"] == BOTH


def test_the_nearest_settings_of_hadolint_count(project: Path) -> None:
    (project / ".hadolint.yml").write_text("ignored: [DL3001]\n")
    (project / "test" / ".hadolint.yaml").write_text("")
    assert find(str(project / "test")).ignored == ()
    assert find(str(project)).ignored == ("DL3001",)
    (project / "test" / ".hadolint.yaml").unlink()
    assert find(str(project / "test")).ignored == ("DL3001",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("- a", "must be a table"),
        ("ignored: DL3001", "ignored must be a list of rules"),
        ("override: {worse: [DL3001]}", "override must be a table of error, warning, info, style"),
        ("a: [", "not valid YAML"),
    ],
)
def test_wrong_settings_of_hadolint_are_named(project: Path, wrong: str, message: str) -> None:
    (project / ".hadolint.yaml").write_text(wrong)
    with pytest.raises(ConfigError, match=message):
        Finder(Options()).settings(str(project))


def test_a_file_extends_another(project: Path) -> None:
    (project / "base.toml").write_text(
        'ignore = ["exec-form"]\nmerge-strategy = "all"\nexclude = ["x/"]\nextend = "more.toml"\n'
    )
    (project / "more.toml").write_text('[tool.dockfix]\nunsafe-fixes = true\nignore = ["DF1"]\n')
    (project / "test" / ".dockfix.toml").write_text('extend = "../base.toml"\nexclude = []\n')
    config = Finder(Options()).settings(str(project / "test"))
    assert config.ignore == ("exec-form",)
    assert (config.merge_strategy, config.unsafe_fixes, config.exclude) == ("all", True, ())
    assert config.root == str(project / "test")
    assert config.extended == (str(project / "base.toml"), str(project / "more.toml"))


@pytest.mark.parametrize(
    ("other", "message"), [("none.toml", "none.toml: not found"), (".dockfix.toml", "a circle")]
)
def test_what_cannot_be_extended_is_named(project: Path, other: str, message: str) -> None:
    (project / ".dockfix.toml").write_text(f'extend = "{other}"\n')
    with pytest.raises(ConfigError, match=message):
        Finder(Options()).settings(str(project))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('per-file-ignores = ["a"]', "a table of lists of strings"),
        ('per-file-ignores = { a = ["nothing-like-it"] }', "no pass is called 'nothing-like-it'"),
        ('severity = { exec-form = "bad" }', 'a table of "error" or "warning" or "note"'),
        ('severity = { nothing-like-it = "note" }', "no pass is called"),
    ],
)
def test_wrong_tables_are_named(project: Path, line: str, message: str) -> None:
    (project / ".dockfix.toml").write_text(line)
    with pytest.raises(ConfigError, match=message):
        Finder(Options()).settings(str(project))


def test_files_and_settings_are_shown(project: Path) -> None:
    (project / ".dockfix.toml").write_text('ignore = ["exec-form"]\n')
    shown = dockfix_command("--show-files", cwd=project)
    assert (shown.stdout, shown.returncode) == (b"Dockerfile\ntest/Dockerfile\n", 0)
    shown = dockfix_command("--show-settings", "Dockerfile", "none", cwd=project)
    assert shown.returncode == 2
    said = shown.stdout.decode()
    assert said.startswith(f"# Dockerfile\n# from {project}/.dockfix.toml\n")
    assert tomllib.loads(said)["ignore"] == ["exec-form"]


def test_a_configuration_is_written_once(tmp_path: Path) -> None:
    done = dockfix_command("init", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / ".dockfix.toml").read_text() == configuration()
    assert tomllib.loads(configuration()) == {}
    again = dockfix_command("init", cwd=tmp_path)
    assert (again.returncode, b"is there already" in again.stderr) == (2, True)
    assert dockfix_command("init", "-", cwd=tmp_path).stdout.decode() == configuration()
    assert dockfix_command("init", "a", cwd=tmp_path).returncode == 2


def test_each_line_of_it_is_a_setting(tmp_path: Path) -> None:
    """Without its comment marks, the file is valid, and the schema says so, too."""
    lines = [line[2:] for line in configuration().split("\n") if " = " in line]
    assert [line.split(" = ")[0] for line in lines] == list(KEYS)
    settings = tomllib.loads("\n".join(lines))
    jsonschema.validate(settings, schema())
    (tmp_path / "sub").mkdir()
    kept = "\n".join(line for line in lines if not line.startswith("extend ="))
    (tmp_path / "sub" / ".dockfix.toml").write_text(kept)
    assert Finder(Options()).settings(str(tmp_path / "sub")).severity == (("tag-base", "warning"),)


def test_the_schema_is_the_one_in_docs() -> None:
    """If not: python -m dockfix.cli.schema > docs/schema/settings.json"""
    assert (DOCS / "schema" / "settings.json").read_text() == text()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "wrong",
    [{"ignored": []}, {"select": "a"}, {"severity": {"a": "bad"}}, {"per-file-ignores": {"a": 1}}],
)
def test_the_schema_refuses_what_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())
