"""Results of earlier runs: used where nothing has changed, and never otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dockfix
from dockfix.cli.cache import opened, remembered
from dockfix.cli.config import Config, Finder
from dockfix.cli.options import Options
from dockfix.cli.registry import AskedLater, registry_for
from dockfix.cli.work import Job, done, process
from dockfix.context.answers import Answers
from dockfix.context.disk import Question, recorded
from dockfix.errors import RegistryError
from dockfix.reports.run import Mode, Outcome
from helpers.command import ENVIRONMENT, dockfix_command, git

#: Two projects below one repository, whose Dockerfiles ask most that can be asked.
FILES = {
    "web/Dockerfile": "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN touch a\nRUN touch b\n"
    "COPY run.sh /usr/local/bin/run.sh\nENTRYPOINT run.sh\n",
    "web/package.json": '{"scripts": {"start": "node ."}}',
    "web/package-lock.json": "{}",
    "web/run.sh": "#!/bin/sh\nexec node .\n",
    "web/.dockerignore": "*.log\n",
    "web/src/index.js": "1\n",
    "api/docker/Dockerfile": "FROM python:3.12\nCOPY api/requirements.txt .\nCOPY api/src src\n"
    "RUN pip install -r requirements.txt\nRUN apt-get update\nRUN apt-get install -y git\n",
    "api/requirements.txt": "flask==3\n",
    "api/src/app.py": "print()\n",
    "compose.yaml": "services:\n  web: {build: web, command: start}\n",
    "other/Dockerfile": "FROM node:22\nWORKDIR /app\nRUN touch a\n",
}
KEPT = Options(cache_dir="kept")
PATHS = ("web/Dockerfile", "api/docker/Dockerfile", "other/Dockerfile")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-qm", "all", cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jobs(options: Options, mode: Mode = "check") -> list[Job]:
    finder = Finder(options)
    return [Job(path, mode, finder.settings(os.path.dirname(path))) for path in PATHS]


def known(options: Options = KEPT, mode: Mode = "check") -> list[bool]:
    """For each file, whether its result is known."""
    cache = opened(jobs(options, mode), options, Finder(options))
    assert cache is not None
    return [one is not None for one in cache(jobs(options, mode))]


def ran(options: Options = KEPT, mode: Mode = "check") -> list[Outcome]:
    """What comes of the files, known or not; new results are kept."""
    all_jobs = jobs(options, mode)
    cache = opened(all_jobs, options, Finder(options))
    assert cache is not None
    found = cache(all_jobs)
    rest = [
        job._replace(recorded=True) for job, one in zip(all_jobs, found, strict=True) if one is None
    ]
    return list(remembered(all_jobs, found, done(rest, 1), cache))


def test_results_are_known_and_the_same(project: Path) -> None:
    for mode in ("check", "diff"):
        assert known(mode=mode) == [False] * 3
        first = ran(mode=mode)
        assert any(one.findings for one in first)
        assert known(mode=mode) == [True] * 3
        assert ran(mode=mode) == first
    assert (project / "kept" / ".gitignore").read_text() == "*\n"


def _asked(path: str, options: Options = KEPT) -> list[Question]:
    """What a run asks about a file."""
    job = next(one for one in jobs(options) if one.path == path)
    return list(recorded(lambda: process(job))[1])


def _changed(path: Path, name: str) -> Callable[[], object] | None:
    """Changes what a question is about; returns what undoes it. None: it cannot be changed."""
    aside = path.with_name(path.name + ".aside")
    there = os.path.lexists(path)
    if name == "_content" and there:
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        return lambda: path.write_bytes(before)
    if name in ("_names", "find_dockerfiles") and path.is_dir():
        new = path / "Dockerfile.new"
        new.write_text("FROM scratch\n")
        return new.unlink
    if name == "_mode" and there:
        mode = path.stat().st_mode
        path.chmod(mode ^ 0o011)
        return lambda: path.chmod(mode)
    if name in ("_exists", "_is_file", "_kind", "_target", "_content", "_names") and not there:
        if not path.parent.is_dir():
            return None
        if name == "_target":
            path.symlink_to("nowhere")
        else:
            path.mkdir() if name == "_names" else path.write_text("new")
        return path.rmdir if name == "_names" else path.unlink
    if name in ("_exists", "_is_file", "_kind") and there:
        path.rename(aside)
        return lambda: aside.rename(path)
    if name in ("_target", "_is_link", "_real") and there:
        path.rename(aside)
        path.symlink_to(aside.name)

        def undo() -> None:
            path.unlink()
            aside.rename(path)

        return undo
    if name == "_is_link":
        path.symlink_to("nowhere")
        return path.unlink
    return None


def test_every_answer_that_changes_is_noticed(project: Path) -> None:
    """What each run asked is changed, one thing after the other: its result no longer counts."""
    ran()
    asked = [(path, question) for path in PATHS for question in _asked(path)]
    tried: dict[str, int] = {}
    for path, (name, place, _) in asked:
        if not Path(place).is_relative_to(project) and name != "find_dockerfiles":
            continue
        undo = _changed(Path(place), name)
        if undo is None or Path(place) == project:
            if undo is not None:
                undo()
            continue
        assert not known()[PATHS.index(path)], (name, place)
        undo()
        assert known()[PATHS.index(path)], (name, place)
        tried[name] = tried.get(name, 0) + 1
    assert tried.keys() >= {
        "_content", "_exists", "_is_file", "_is_link", "_kind", "_names", "_target",
        "find_dockerfiles",
    }  # fmt: skip


CHANGES: dict[str, Callable[[Path], object]] = {
    "the file": lambda root: (root / "web/Dockerfile").write_text("FROM node:22\nRUN cd /x\n"),
    "an ignore file": lambda root: (root / "web/.dockerignore").write_text("src\n"),
    "a new ignore file": lambda root: (root / "web/Dockerfile.dockerignore").write_text("x\n"),
    "a lock file": lambda root: (root / "web/package-lock.json").unlink(),
    "a manifest": lambda root: (root / "web/package.json").write_text(
        '{"scripts": {"postinstall": "node src/index.js"}}'
    ),
    "a script": lambda root: (root / "web/run.sh").write_text("#!/bin/sh\napt-get install -y x\n"),
    "a link": lambda root: os.symlink(
        "p.json", (root / "web/package.json").rename(root / "web/p.json").with_name("package.json")
    ),
    "a Compose file": lambda root: (root / "compose.yaml").write_text(
        "services:\n  web: {build: web}\n"
    ),
    "another Dockerfile": lambda root: (root / "web/Dockerfile.dev").write_text(
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN touch a\nRUN touch b\n"
    ),
    "a folder": lambda root: (root / "web/docs").mkdir(),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_gives_what_a_run_without_results_gives(
    project: Path, change: Callable[[Path], object]
) -> None:
    with_results = ("--check", "--cache-dir", "kept", *PATHS)
    dockfix_command(*with_results, cwd=project)
    change(project)
    now = dockfix_command(*with_results, cwd=project)
    fresh = dockfix_command("--no-cache", *with_results, cwd=project)
    assert (now.stdout, now.stderr, now.returncode) == (
        fresh.stdout,
        fresh.stderr,
        fresh.returncode,
    )


def test_a_commit_is_noticed_where_history_was_asked(project: Path) -> None:
    options = Options(cache_dir="kept", select=("all",))
    ran(options)
    assert known(options) == [True] * 3
    asked = {name for path in PATHS for name, _, _ in _asked(path, options)}
    (project / "web" / "src" / "index.js").write_text("2\n")
    before = known(options)
    git("commit", "-qam", "more", cwd=project)
    assert "count_changes" not in asked or known(options) != before


def test_other_settings_and_another_program_know_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran()
    for options in (
        Options(cache_dir="kept", ignore=("merge-runs",)),
        Options(cache_dir="kept", unsafe_fixes=True),
        Options(cache_dir="kept", merge_strategy="all"),
        Options(cache_dir="kept", context="web"),
    ):
        assert known(options) == [False] * 3
    assert known(mode="diff") == [False] * 3
    (project / ".dockfix.toml").write_text('select = ["exec-form"]\n')
    assert known() == [False] * 3
    (project / ".dockfix.toml").unlink()
    assert known() == [True] * 3
    monkeypatch.setattr(dockfix, "__version__", "0.0.0")
    assert known() == [False] * 3


def test_what_a_registry_said_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def __init__(self, mirrors: tuple[str, ...], min_age: int) -> None: ...

        def pin(self, name: str, tag: str) -> None: ...

    monkeypatch.setattr("dockfix.builds.registry.client.Client", Fake)
    registry = registry_for(Config(min_age=12345))
    _, asked = recorded(lambda: registry.pin("debian", "12"))
    assert asked
    assert not Answers().are_same((*question, answer) for question, answer in asked.items())


def test_nothing_is_written_because_of_a_result(project: Path) -> None:
    command = ("--in-place", "--cache-dir", "kept", *PATHS)
    first = dockfix_command(*command, cwd=project)
    assert b"Rewrote web/Dockerfile" in first.stderr
    rewritten = [(project / path).read_text() for path in PATHS]
    (project / "web/Dockerfile").write_text(FILES["web/Dockerfile"])
    dockfix_command(*command, cwd=project)
    assert [(project / path).read_text() for path in PATHS] == rewritten
    dockfix_command(*command, cwd=project)
    assert known(mode="in-place") == [False] * 3  # other settings: the notes are not wanted
    assert b"Rewrote" not in dockfix_command(*command, cwd=project).stderr


@pytest.mark.slow
@pytest.mark.parametrize("at", [0, 20, 100, 500, -200, -1])
def test_damaged_results_are_not_used(project: Path, at: int) -> None:
    ran()
    path = project / "kept" / "results"
    data = bytearray(path.read_bytes())
    fresh = ran()
    data[at] ^= 1
    for damaged in (bytes(data), bytes(data)[:at], b"", b"\0", os.urandom(300)):
        path.write_bytes(damaged)
        assert ran() == fresh
        assert known() == [True] * 3


def test_foreign_folders_are_left_alone(project: Path) -> None:
    (project / "file").write_text("x")
    outside = project / "outside"
    outside.mkdir()
    (outside / "results").write_text("mine")
    (project / "link").symlink_to("outside")
    for name in ("file", "link", "file/below"):
        done = dockfix_command("--check", "--cache-dir", name, *PATHS, cwd=project)
        assert done.returncode == 1
    assert (outside / "results").read_text() == "mine"
    assert sorted(os.listdir(outside)) == ["results"]
    # what another program left there is replaced, and a link is not followed
    (project / "kept").mkdir()
    (project / "kept" / "results").symlink_to(project / "file")
    ran()
    assert (project / "file").read_text() == "x"
    assert known() == [True] * 3


@pytest.mark.slow
def test_runs_at_the_same_time_do_not_harm_each_other(project: Path) -> None:
    fresh = dockfix_command("--check", "--no-cache", *PATHS, cwd=project).stdout
    command = [sys.executable, "-m", "dockfix", "--check", "--cache-dir", "kept", *PATHS]
    running = [
        subprocess.Popen(command, cwd=project, env=ENVIRONMENT, stdout=-1, stderr=-1)
        for _ in range(3)
    ]
    assert {one.communicate()[0] for one in running} == {fresh}
    assert dockfix_command("--check", "--cache-dir", "kept", *PATHS, cwd=project).stdout == fresh
    assert sorted(os.listdir(project / "kept")) == [".gitignore", "CACHEDIR.TAG", "results"]


def test_few_files_need_no_results_and_many_have_them(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "Dockerfile").write_text(f"FROM scratch\nCMD ./{number}\n")
    folder = tmp_path / ".dockfix_cache"
    dockfix_command("1", "2", cwd=tmp_path)
    dockfix_command("--no-cache", cwd=tmp_path)
    (tmp_path / ".dockfix.toml").write_text("cache = false\n")
    dockfix_command(cwd=tmp_path)
    assert not folder.exists()
    (tmp_path / ".dockfix.toml").write_text('cache-dir = "sub/kept"\n')
    dockfix_command("1", cwd=tmp_path)
    assert (tmp_path / "sub/kept/results").is_file()
    (tmp_path / ".dockfix.toml").write_text("")
    first = dockfix_command(cwd=tmp_path)
    assert (folder / "results").is_file()
    again = dockfix_command(cwd=tmp_path)
    assert (first.stdout, first.stderr) == (again.stdout, again.stderr)
    # formats for programs keep none, nor does a run that prints one text
    before = (folder / "results").read_bytes()
    dockfix_command("--output-format", "json", cwd=tmp_path)
    assert (folder / "results").read_bytes() == before


def test_the_folder_is_no_part_of_a_build_context(tmp_path: Path) -> None:
    from dockfix.context.directory import DirectoryContext

    (tmp_path / ".dockfix_cache").mkdir()
    (tmp_path / ".dockfix_cache" / "Dockerfile").write_text("FROM scratch\n")
    context = DirectoryContext(str(tmp_path))
    assert context.entries("") == ()
    assert context.dockerfiles() == ()


def test_a_registry_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without urllib3 it is said what to install, and nothing of an internal error."""
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(RegistryError, match=r"urllib3 is needed: pip install 'dockfix\[pin\]'"):
        AskedLater((), 54_321).pin("python", "3.12")
