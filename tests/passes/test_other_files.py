"""Changes of more than one file: the lines that an ignore file gets together with a Dockerfile."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix import CheckFailed, Rewrite
from dockfix.cli.files import Change, replace_together
from dockfix.context.directory import DirectoryContext
from dockfix.core.diff import unified
from dockfix.core.pipeline import run_passes
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes import Entry
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from helpers.memory_context import Files

SOURCE = "FROM a\nCOPY src /src\nRUN rm -r /src/docs\n"


def leave_out(*lines: str, safety: Safety = Safety.SAFE, edits: bool = True) -> Pass:
    """A pass that takes the RUN away if the ignore file gets these lines, or only adds them."""

    def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
        for instruction in facts.instructions:
            if instruction.keyword == "RUN" or (not edits and instruction.keyword == "COPY"):
                edit = Edit(instruction.start, instruction.end, "")
                yield Group(instruction.start, "m", (edit,) if edits else (), safety, lines)

    return Pass("DF999", "leave-out", "", safety, (), rewrite, lambda before, after: None)


def run(one: Pass, settings: Settings, *, unsafe: bool = False) -> Rewrite:
    return run_passes([Entry.of(one)], SOURCE, "Dockerfile", settings, unsafe=unsafe)


FILES = {"src/a": "", "src/docs/b": "", "c": ""}


def test_both_files_change() -> None:
    result = run(leave_out("src/docs", "c"), Settings(context=Files(FILES)))
    assert result.after == "FROM a\nCOPY src /src\n"
    assert [tuple(one) for one in result.others] == [(".dockerignore", None, "src/docs\nc\n")]
    assert result.diff("x/Dockerfile").endswith(
        b"diff --git a/x/.dockerignore b/x/.dockerignore\nnew file mode 100644\n--- /dev/null\n"
        b"+++ b/x/.dockerignore\n@@ -0,0 +1,2 @@\n+src/docs\n+c\n"
    )
    assert b"+++ b/.dockerignore\n" in result.diff("x/Dockerfile", context="")


def test_an_ignore_file_is_extended() -> None:
    context = Files({**FILES, ".dockerignore": "c\r\nd\r\n"})
    result = run(leave_out("src/docs", "c"), Settings(context=context))
    other = result.others[0]
    assert (other.before, other.after) == ("c\r\nd\r\n", "c\r\nd\r\nsrc/docs\r\n")


def test_lines_alone_are_a_change_and_come_to_rest() -> None:
    result = run(leave_out("c", edits=False), Settings(context=Files(FILES)))
    assert result.changed
    assert (result.before, len(result.applied)) == (result.after, 2)
    again = Settings(context=Files({**FILES, ".dockerignore": result.others[0].after}))
    result = run(leave_out("c", edits=False), again)
    assert (result.changed, result.applied, result.notes) == (False, (), ())


@pytest.mark.parametrize("settings", [Settings(), Settings(context=Files(FILES), alone=True)])
def test_what_needs_another_file_is_a_note_where_there_is_none(settings: Settings) -> None:
    result = run(leave_out("src/docs"), settings)
    assert (result.changed, result.applied, result.offered) == (False, (), ())
    assert result.notes[0].message == "m (not done: needs src/docs in .dockerignore)"


def test_unsafe_lines_are_offered() -> None:
    settings = Settings(context=Files(FILES))
    result = run(leave_out("c", safety=Safety.UNSAFE), settings)
    assert (result.changed, len(result.offered)) == (False, 1)
    assert run(leave_out("c", safety=Safety.UNSAFE), settings, unsafe=True).others


@pytest.mark.parametrize("line", ["src", "*", "**/s*"])
def test_what_is_copied_by_name_is_never_left_out(line: str) -> None:
    with pytest.raises(CheckFailed, match="src is copied, and would not be sent"):
        run(leave_out(line), Settings(context=Files(FILES)))


def test_git_applies_new_and_extended_files(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"a\r\nb")
    patch = unified(b"a\r\nb", b"a\r\nb\r\nc\r\n", "old") + unified(None, b"x\n", "new one")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply"], input=patch, cwd=tmp_path, check=True)
    assert (tmp_path / "old").read_bytes() == b"a\r\nb\r\nc\r\n"
    assert (tmp_path / "new one").read_bytes() == b"x\n"


def changes(folder: Path) -> list[Change]:
    (folder / "old").write_bytes(b"1")
    return [
        Change(str(folder / "new"), None, b"n"),
        Change(str(folder / "old"), b"1", b"2"),
        Change(str(folder / "last"), b"3", b"4"),
    ]


def test_files_are_replaced_together(tmp_path: Path) -> None:
    wanted = changes(tmp_path)
    (tmp_path / "last").write_bytes(b"3")
    replace_together(wanted)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "new": b"n", "old": b"2", "last": b"4",
    }  # fmt: skip


@pytest.mark.parametrize("last", [None, b"other"])
def test_no_file_changes_when_one_cannot(tmp_path: Path, last: bytes | None) -> None:
    wanted = changes(tmp_path)
    if last is not None:
        (tmp_path / "last").write_bytes(last)
    with pytest.raises(OSError):  # noqa: PT011
        replace_together(wanted)
    left = {"old": b"1"} | ({} if last is None else {"last": last})
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == left


def test_what_was_renamed_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = changes(tmp_path)
    (tmp_path / "last").write_bytes(b"3")
    rename = os.rename

    def broken(source: str, target: str) -> None:
        if target.endswith("last"):
            raise OSError(errno.EIO, "broken", target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", broken)
    with pytest.raises(OSError, match="broken"):
        replace_together(wanted)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "old": b"1", "last": b"3",
    }  # fmt: skip


def test_a_file_made_meanwhile_is_kept(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"0")
    with pytest.raises(OSError, match="made by somebody else"):
        replace_together([Change(str(tmp_path / "new"), None, b"n")])
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new").read_bytes() == b"0"


def test_a_directory_under_another_text(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / ".dockerignore").write_text("b")
    context = DirectoryContext(str(tmp_path))
    other = context.with_ignore_text("a")
    assert (context.kind("a"), other.kind("a")) == ("file", None)
    assert (context.ignore_text(), other.ignore_text()) == ("b", "a")
    assert context.ignored("b/c")
    assert not other.ignored("b/c")
