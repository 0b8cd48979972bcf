"""Where settings come from, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix.cli.config import Config, Finder
from dockfix.cli.options import Options
from dockfix.errors import ConfigError

NAME = "merge-runs"


def settings(directory: Path, options: Options | None = None) -> Config:
    return Finder(options or Options()).settings(str(directory))


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    assert settings(tmp_path) == Config()


def test_every_key(tmp_path: Path) -> None:
    path = tmp_path / ".dockfix.toml"
    path.write_text(
        f'select = ["{NAME}", "DF1"]\nextend-select = ["DF3"]\nignore = ["{NAME}"]\n'
        "unsafe-fixes = true\n"
        'merge-strategy = "related"\ncontext = "sub"\nexclude = ["vendor/"]\n'
    )
    (tmp_path / "sub").mkdir()
    assert settings(tmp_path) == Config(
        select=(NAME, "DF1"),
        extend_select=("DF3",),
        ignore=(NAME,),
        unsafe_fixes=True,
        merge_strategy="related",
        context=str(tmp_path / "sub"),
        exclude=("vendor/",),
        origin=str(path),
        root=str(tmp_path),
    )


def test_the_nearest_file_decides_alone(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / ".dockfix.toml").write_text(f'unsafe-fixes = true\nignore = ["{NAME}"]\n')
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.dockfix]\nmerge-strategy = "related"\n')
    (tmp_path / "a" / "b" / "pyproject.toml").write_text('[project]\nname = "dockfix-user"\n')
    near = settings(tmp_path / "a" / "b" / "c")
    assert (near.merge_strategy, near.unsafe_fixes, near.ignore) == ("related", False, ())
    assert near.origin == str(tmp_path / "a" / "pyproject.toml")
    assert settings(tmp_path).unsafe_fixes


def test_dockfix_toml_goes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / ".dockfix.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.dockfix]\nunsafe-fixes = true\n")
    assert settings(tmp_path).origin == str(tmp_path / ".dockfix.toml")
    assert not settings(tmp_path).unsafe_fixes


def test_the_command_line_goes_before_files(tmp_path: Path) -> None:
    (tmp_path / ".dockfix.toml").write_text('unsafe-fixes = true\nmerge-strategy = "related"\n')
    assert not settings(tmp_path, Options(unsafe_fixes=False)).unsafe_fixes
    assert settings(tmp_path, Options(merge_strategy="all")).merge_strategy == "all"
    assert settings(tmp_path, Options(select=(NAME,))).select == (NAME,)
    assert settings(tmp_path, Options(select=(NAME,))).unsafe_fixes


def test_only_these_means_without_what_a_file_adds(tmp_path: Path) -> None:
    (tmp_path / ".dockfix.toml").write_text('extend-select = ["DF3"]\n')
    assert settings(tmp_path).extend_select == ("DF3",)
    assert settings(tmp_path, Options(select=(NAME,))).extend_select == ()
    both = settings(tmp_path, Options(select=(NAME,), extend_select=("DF2",)))
    assert (both.select, both.extend_select) == ((NAME,), ("DF2",))
    (tmp_path / ".dockfix.toml").write_text(f'select = ["{NAME}"]\nextend-select = ["DF3"]\n')
    both = settings(tmp_path, Options(extend_select=("DF2",)))
    assert (both.select, both.extend_select) == ((NAME,), ("DF2",))


def test_a_named_file_holds_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / ".dockfix.toml").write_text("wrong = 1\n")
    (tmp_path / "other.toml").write_text("unsafe-fixes = true\n")
    assert settings(tmp_path / "x", Options(config="other.toml")).unsafe_fixes
    (tmp_path / "tools.toml").write_text("[tool.dockfix]\nunsafe-fixes = true\n")
    assert settings(tmp_path / "x", Options(config="tools.toml")).unsafe_fixes
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert settings(tmp_path / "x", Options(config="pyproject.toml")) == Config(
        origin="pyproject.toml", root=str(tmp_path)
    )
    with pytest.raises(ConfigError, match=r"none\.toml: not found"):
        settings(tmp_path, Options(config="none.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unsafe_fixes = true", "unknown key 'unsafe_fixes'; did you mean 'unsafe-fixes'?"),
        ("merge-stratgy = 'all'", "unknown key 'merge-stratgy'; did you mean 'merge-strategy'?"),
        ("zzz = 1", "unknown key 'zzz'; the keys are select, extend-select"),
        ("unsafe-fixes = 'yes'", "unsafe-fixes must be true or false, not 'yes'"),
        ("unsafe-fixes = 1", "unsafe-fixes must be true or false, not 1"),
        ("select = 'DF1'", "select must be a list of strings, not 'DF1'"),
        ("select = [1]", "select must be a list of strings, not [1]"),
        (
            "merge-strategy = 'none'",
            'merge-strategy must be "gains" or "all" or "related", not \'none\'',
        ),
        ("merge-strategy = ['all']", "merge-strategy must be"),
        ("min-age = -1", "min-age must be a number, not -1"),
        ("min-age = true", "min-age must be a number, not true"),
        ("context = 1", "context must be a string, not 1"),
        ("context = 'none'", "context: there is no such folder: "),
        ("select = ['merge-run']", "no pass is called 'merge-run'; did you mean merge-runs?"),
        ("extend-select = ['DF9']", "no pass is called 'DF9'"),
        ("ignore = ['nothing like it']", "no pass is called 'nothing like it'"),
        ("select = ", "not valid TOML"),
        ("\x00", "not valid TOML"),
    ],
)
@pytest.mark.parametrize("name", [".dockfix.toml", "pyproject.toml"])
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(text if name == ".dockfix.toml" else f"[tool.dockfix]\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_table_it_must_be(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\ndockfix = 1\n")
    with pytest.raises(ConfigError, match=r"tool\.dockfix must be a table"):
        settings(tmp_path)


@pytest.mark.parametrize("text", ["tool = 1 # dockfix\n", "tool = ['dockfix']\n", "[dockfix]\n"])
def test_what_is_not_for_dockfix(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert settings(tmp_path) == Config()


def test_files_that_are_not_utf8_or_directories(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    assert settings(tmp_path) == Config()
    (tmp_path / ".dockfix.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not valid TOML"):
        settings(tmp_path)


def test_a_pyproject_of_others_may_be_broken(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("not toml at all")
    assert settings(tmp_path) == Config()
