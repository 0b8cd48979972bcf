"""The pipeline: sweeps, ignores, positions, and checks that catch a pass which goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest

from dockfix import CheckFailed, ConfigError, DockerfileSyntaxError, Rewrite, rewrite
from dockfix.core import choice
from dockfix.core.choice import choose
from dockfix.core.pipeline import MOST_SWEEPS
from dockfix.edit.edits import Edit, Group, Safety, apply
from dockfix.passes import Entry
from dockfix.passes.base import Settings
from dockfix.passes.exec_form import PASS as EXEC_FORM
from dockfix.passes.merge_runs import PASS as MERGE_RUNS
from dockfix.state.facts import Facts
from helpers.memory_context import Files

Make = Callable[[Facts], Iterator[Group]]


def _run(monkeypatch: pytest.MonkeyPatch, source: str, make: Make, unsafe: bool = False) -> Rewrite:
    """Runs a pass of the test's own alone."""

    def rewrite_it(facts: Facts, settings: Settings) -> Iterator[Group]:
        return make(facts)

    test_pass = MERGE_RUNS._replace(
        code="DF999", name="test-pass", rewrite=rewrite_it, verify=lambda before, after: None
    )
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(test_pass),))
    return rewrite(source, unsafe_fixes=unsafe)


def _replace(old: str, new: str, safety: Safety = Safety.SAFE) -> Make:
    def make(facts: Facts) -> Iterator[Group]:
        at = facts.source.find(old)
        if at >= 0:
            yield Group(at, "replace", (Edit(at, at + len(old), new),), safety)

    return make


def test_apply_refuses_overlaps() -> None:
    assert apply("abc", [Edit(2, 2, "-"), Edit(0, 1, "x")]) == "xb-c"
    for edits in (
        [Edit(0, 2, ""), Edit(1, 3, "")],
        [Edit(1, 1, "a"), Edit(1, 1, "b")],
        [Edit(2, 9, "")],
    ):
        with pytest.raises(ValueError, match="edit"):
            apply("abc", edits)


def test_a_pass_that_never_rests_leaves_the_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(facts: Facts) -> Iterator[Group]:
        end = len(facts.source)
        yield Group(0, "grow", (Edit(end, end, "RUN x\n"),))

    with pytest.raises(CheckFailed, match=f"test-pass .*{MOST_SWEEPS} sweeps"):
        _run(monkeypatch, "FROM a\n", make)


@pytest.mark.parametrize(
    ("source", "old", "new", "reason"),
    [
        ("FROM a\nRUN b\n", "RUN b", "RUM b", "BuildKit would refuse it"),
        ("FROM a\nRUN b\nRUN c\n", "b\n", "b \\\n", "RUN of line 3, which was not to change"),
        ("FROM a\nRUN b\n# note\nRUN c\n", "# note\n", "", "a comment is lost or doubled: # note"),
        ("FROM a\n# note\nRUN b\n", "RUN b\n", "RUN b\n# note\n", "lost or doubled"),
        ("FROM a\n# hadolint ignore=X\nRUN b\n", "# hadolint ignore=X\n", "", "ignore comment"),
        ("# escape=`\nFROM a\nRUN b\n", "# escape=`\n", "", "directives"),
        ("FROM a\nRUN b\n", "RUN b", "FROM b", "stages"),
    ],
)
def test_the_checks_catch_a_pass_that_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, source: str, old: str, new: str, reason: str
) -> None:
    with pytest.raises(CheckFailed, match=reason) as caught:
        _run(monkeypatch, source, _replace(old, new))
    assert caught.value.pass_name == "test-pass"
    assert "Dockerfile: left as it is" in str(caught.value)


def test_a_pass_is_asked_to_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = MERGE_RUNS._replace(rewrite=lambda facts, settings: _replace("b", "c")(facts))
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(liar),))
    with pytest.raises(CheckFailed, match="the commands are not the same"):
        rewrite("FROM a\nRUN b\n")


def test_unsafe_groups_are_offered_and_made_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    make = _replace("RUN b", "RUN c", Safety.UNSAFE)
    result = _run(monkeypatch, "FROM a\n  RUN b\n", make)
    assert not result.changed
    assert [(one.name, one.line, one.column) for one in result.offered] == [("test-pass", 2, 3)]
    result = _run(monkeypatch, "FROM a\n  RUN b\n", make, unsafe=True)
    assert result.after == "FROM a\n  RUN c\n"
    assert not result.offered


def test_notes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(facts: Facts) -> Iterator[Group]:
        yield Group(0, "look", (), Safety.NOTE)

    result = _run(monkeypatch, "FROM a\n", make, unsafe=True)
    assert not result.changed
    assert [one.message for one in result.notes] == ["look"]


def test_positions_are_those_of_the_original() -> None:
    source = "FROM debian\nRUN pwd\nRUN id\n\nRUN apt-get install -y zip git\nCMD python app.py\n"
    found = {(one.name, one.line, one.column) for one in rewrite(source).applied}
    assert ("merge-runs", 2, 1) in found
    assert ("exec-form", 6, 1) in found
    sort = next(one for one in rewrite(source).applied if one.name == "sort-packages")
    assert source[sort.start : sort.end].endswith("zip git")
    assert sort.line == 5


def test_a_fragment_is_read_and_said() -> None:
    result = rewrite("RUN pwd\nRUN id\n")
    assert result.after == "RUN pwd \\\n    && id\n"
    assert [one.message for one in result.notes] == ["no FROM: read as part of a stage"]


@pytest.mark.parametrize(
    ("syntax", "changed"),
    [
        ("docker/dockerfile:1", True),
        ("docker.io/docker/dockerfile:1.7-labs", True),
        ("mirror.example:5000/docker/dockerfile-upstream:master", True),
        ("example.org/other/frontend", False),
        ("example.org/dockerfile", False),
    ],
)
def test_a_foreign_frontend_is_left_alone(syntax: str, changed: bool) -> None:
    result = rewrite(f"# syntax={syntax}\nFROM a:1\nRUN pwd\nRUN id\n")
    assert result.changed is changed
    assert bool(result.notes) is not changed


@pytest.mark.parametrize(
    "comment",
    ["# dockfix: ignore=merge-runs", "#dockfix:ignore=DF101", "# dockfix: ignore=all",
     "# dockfix: ignore=sort-packages,merge-runs", "# hadolint ignore=DL3059",
     "# hadolint ignore=DL3008,DL3059",
     "# dockfix: ignore-file", "# hadolint global ignore=DL3059"],
)  # fmt: skip
def test_ignore_comments(comment: str) -> None:
    assert not rewrite(f"FROM a\nRUN pwd\n{comment}\nRUN id\n").changed
    assert not rewrite(f"FROM a\n{comment}\nRUN pwd\nRUN id\n").changed


def test_an_ignore_comment_holds_for_its_instruction_only() -> None:
    source = "FROM a\nRUN pwd\n# dockfix: ignore=merge-runs\nRUN id\nRUN date\nRUN ls\n"
    assert rewrite(source).after == (
        "FROM a\nRUN pwd\n# dockfix: ignore=merge-runs\nRUN id\nRUN date \\\n    && ls\n"
    )


def test_the_check_directive_skips() -> None:
    source = "FROM debian\nCMD b c\n"
    assert rewrite(source).changed
    assert not rewrite("# check=skip=JSONArgsRecommended\n" + source).changed


def test_selection() -> None:
    def names(found: tuple[Entry, ...]) -> list[str]:
        return [one.name for one in found]

    assert names(choose(["merge-runs"])) == ["merge-runs"]
    assert names(choose(["DL3059", "df301"])) == ["merge-runs", "exec-form"]
    assert set(names(choose(["DF1"]))) == {"merge-runs", "merge-installs", "sort-packages"}
    assert "merge-runs" not in names(choose(None, ["merge-runs"]))
    with pytest.raises(ConfigError, match="did you mean merge-runs"):
        choose(["merge-run"])


def test_a_pass_that_is_off_runs_when_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    off = MERGE_RUNS._replace(code="DF998", name="off-pass", aliases=(), default=False)
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(off), Entry.of(EXEC_FORM)))
    source = "FROM debian\nRUN id\nRUN date\nCMD d e\n"

    def applied(
        select: list[str] | None = None,
        extend_select: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> list[str]:
        result = rewrite(source, select=select, extend_select=extend_select, ignore=ignore)
        return [one.name for one in result.applied]

    assert applied() == ["exec-form"]
    for name in ("off-pass", "DF998", "DF9"):
        assert applied(select=[name]) == ["off-pass"]
        assert applied(extend_select=[name]) == ["off-pass", "exec-form"]
        assert applied(extend_select=[name], ignore=["DF998"]) == ["exec-form"]
        assert applied(select=["exec-form"], extend_select=[name]) == ["off-pass", "exec-form"]
    assert off.by_default == "off"
    assert EXEC_FORM.by_default == "on"
    assert EXEC_FORM._replace(safety=Safety.UNSAFE).by_default == "offered"


@pytest.mark.parametrize("name", ["exec-form", "Exec-Form", "DF301", "df301"])
def test_an_unsafe_pass_named_in_full_makes_its_changes(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    source = 'FROM a\nENTRYPOINT b c\nCMD ["d"]\n'
    assert rewrite(source, select=[name]).offered, "a pass that is safe but for this group"
    unsafe = EXEC_FORM._replace(safety=Safety.UNSAFE)
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(MERGE_RUNS), Entry.of(unsafe)))
    for select, more in (([name], []), (None, [name]), (["all", name], [])):
        result = rewrite(source, select=select, extend_select=more)
        assert result.changed
        assert not result.offered
    for select, more in ((None, []), (["DF3"], []), (["all"], []), (None, ["DL3025"])):
        result = rewrite(source, select=select, extend_select=more)
        assert not result.changed
        assert result.offered


def test_bytes_and_text_give_the_same() -> None:
    source = b"FROM a\nRUN echo \xff \\\n # \xc3\n\nRUN b\n"
    result = rewrite(source)
    assert result.after.encode(errors="surrogateescape").startswith(b"FROM a\nRUN echo \xff")
    assert rewrite(result.before) == result


def test_a_refused_file_says_where() -> None:
    with pytest.raises(DockerfileSyntaxError, match=r"^x/Dockerfile:2:1: .*RUN"):
        rewrite("FROM a\nRUM b\n", filename="x/Dockerfile")


def test_a_run_may_end_after_so_many_groups() -> None:
    source = (
        "FROM debian\nRUN apt-get update\nRUN apt-get install -y git curl\n"
        "CMD echo hi\nFROM busybox\nRUN pwd\nRUN id\n"
    )
    whole = rewrite(source)
    parts = [rewrite(source, most=most) for most in range(len(whole.applied) + 2)]
    assert [len(part.applied) for part in parts] == [
        *range(len(whole.applied) + 1),
        len(whole.applied),
    ]
    assert parts[0].after == source
    assert parts[-1].after == parts[-2].after == whole.after
    assert len({part.after for part in parts}) == len(whole.applied) + 1
    for fewer, more in pairwise(parts):
        assert not Counter(fewer.applied) - Counter(more.applied)


def test_a_note_points_to_the_instruction_that_another_pass_moved() -> None:
    source = (
        "FROM python:3.11\nWORKDIR /a\nCOPY . .\nRUN pip install -r requirements.txt\n\nEXPOSE 1\n"
    )
    files = {"requirements.txt": "flask==3.0\n", "a.py": "", ".env": "KEY=1\n"}
    result = rewrite(source, settings=Settings(context=Files(files)))
    assert result.after.startswith("FROM python:3.11\nWORKDIR /a\nCOPY requirements.txt ./\nRUN")
    found = {one.name: (one.line, one.column) for one in result.notes}
    assert found["keep-secrets-out"] == (3, 1)
