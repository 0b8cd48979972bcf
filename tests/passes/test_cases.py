"""Whole files in their build contexts, and what becomes of them, to the byte.

`fixtures/goldens` has files as people write them, `articles` the practices of articles on small
images, `projects` what passes make of a context, `refused` what BuildKit does not take.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import encode
from dockfix.state.facts import Facts
from helpers.cases import Case, Update, cases, every
from helpers.command import dockfix_command, git
from helpers.shell_runs import SHELLS, outcomes, runs_of

KINDS = ("articles", "goldens", "projects")
#: Files that are right as they are, or not for dockfix to judge.
LEFT_ALONE = {"goldens/windows", "articles/P1-joined-by-hand"}


@every(*KINDS, "refused")
def test_a_case_becomes_what_is_expected(case: Case, update: Update | None, tmp_path: Path) -> None:
    found = case.found(case.copy(tmp_path / "context"))
    if update is not None:
        update.take(case, found)
        return
    expected = case.expected()
    assert {name: found.get(name) for name in expected} == expected
    assert found.keys() - expected.keys() <= {"says"}


@every(*KINDS)
def test_a_second_run_changes_nothing(case: Case, tmp_path: Path) -> None:
    for unsafe in (False, True):
        root = case.copy(tmp_path / str(unsafe))
        result = case.rewritten(root, unsafe=unsafe)
        (root / "Dockerfile").write_bytes(encode(result.after))
        for other in result.others:
            (root / other.path).write_bytes(encode(other.after))
        assert not case.rewritten(root, unsafe=unsafe).changed


@every("goldens")
def test_text_is_rewritten_as_bytes_are(case: Case) -> None:
    result = rewrite(case.dockerfile.decode())
    assert result.changed or case.expected()["Dockerfile"] == case.dockerfile
    assert result == rewrite(case.dockerfile)


@every("projects")
def test_nothing_is_divided_without_the_context(case: Case) -> None:
    source = case.dockerfile.decode()
    result = rewrite(source, select=["install-before-source"])
    copies = [text.count("\nCOPY ") + text.count("\nADD ") for text in (source, result.after)]
    assert copies[0] == copies[1]


def test_goldens_and_articles_show_what_changes() -> None:
    for case in cases("goldens", "articles"):
        same = case.dockerfile == case.expected()["Dockerfile"]
        assert same == (case.name in LEFT_ALONE), case.name


#: The cases by their options, for the command does all with the same ones at once.
OPTIONS = [
    pytest.param(options, marks=[pytest.mark.slow] * bool(options), id=" ".join(options) or "none")
    for options in sorted({tuple(case.options) for case in cases(*KINDS)})
]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_command_makes_the_same_by_patch_and_in_place(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    """With the context that it finds by itself: the folder of each Dockerfile."""
    chosen = [case for case in cases(*KINDS) if tuple(case.options) == options]
    git("init", "--quiet", cwd=tmp_path)
    roots = {case: case.copy(tmp_path / case.name) for case in chosen}

    def state(case: Case) -> dict[str, bytes]:
        files = {name: roots[case] / name for name in ("Dockerfile", ".dockerignore")}
        return {name: file.read_bytes() for name, file in files.items() if file.exists()}

    before = {case: state(case) for case in chosen}
    after = {
        case: before[case] | {n: text for n, text in case.expected().items() if n != "says"}
        for case in chosen
    }
    done = dockfix_command("--diff", *options, cwd=tmp_path)
    assert done.returncode == int(before != after), done.stderr
    if done.stdout:
        git("apply", cwd=tmp_path, given=done.stdout)
    assert {case: state(case) for case in chosen} == after
    assert dockfix_command("--diff", *options, cwd=tmp_path).stdout == b""
    if done.stdout:
        git("apply", "--reverse", cwd=tmp_path, given=done.stdout)
    assert {case: state(case) for case in chosen} == before
    assert dockfix_command("--in-place", *options, cwd=tmp_path).returncode == 0
    assert {case: state(case) for case in chosen} == after


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_can_read_every_run(shell: str) -> None:
    for case in cases("goldens"):
        tree = parse(case.expected()["Dockerfile"])
        known = Facts(tree).places
        for one in tree.instructions:
            run, place = one.child or one, known.get(one.start)
            if run.keyword != "RUN" or run.json is not None or run.heredocs or place is None:
                continue
            if place.shell.dialect is None or (place.shell.dialect == "bash" and shell != "bash"):
                continue
            command = [*SHELLS[shell].split()[:-1], "-n", "-c", run.arguments]
            checked = subprocess.run(command, capture_output=True, check=False)
            assert checked.returncode == 0, f"{case.name}: {checked.stderr.decode()}"


def test_a_manifest_that_names_the_source_keeps_the_order(tmp_path: Path) -> None:
    (case,) = (one for one in cases("articles") if one.name.endswith("source-after-dependencies"))
    root = case.copy(tmp_path / "context")
    (root / "requirements.txt").write_text("-e ./shop_project\n")
    done = dockfix_command("--diff", "--ignore", "clean-package-cache", cwd=root)
    assert done.stdout == b""


def test_download_extract_delete_leaves_the_same_files(tmp_path: Path) -> None:
    """With stand-ins for the network, in real shells."""
    (case,) = (one for one in cases("articles") if one.name.endswith("download-extract-delete"))
    make = "mkdir 2024; touch 2024/01.csv 2024/02.csv; tar -cf x.tar 2024; rm -r 2024"
    scripts = [
        [make, *(text.replace("wget -O samples.tar.gz ${SAMPLES}", "mv x.tar samples.tar.gz")
                 for text in runs_of(source.decode()))]
        for source in (case.dockerfile, case.expected()["Dockerfile"])
    ]  # fmt: skip
    for shell in SHELLS.values():
        before, after = outcomes(scripts, shell, tmp_path / "shell")
        assert before == after
        assert before[0]
        assert set(before[1]) == {"2024", "2024/01.csv"}
