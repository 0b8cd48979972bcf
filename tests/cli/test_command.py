"""The command as people run it: files, exit statuses, what goes where."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

import dockfix
from dockfix.cli import library, main
from dockfix.passes import PASSES
from dockfix.passes.base import Pass
from dockfix.reports.examples import examples_of
from helpers.command import BROKEN, CLEAN, ENVIRONMENT, MENDABLE, dockfix_command, git

MENDED = dockfix.rewrite(MENDABLE).after.encode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    (tmp_path / "clean.Dockerfile").write_bytes(CLEAN)
    return tmp_path


def test_the_samples_are_what_the_tests_take_them_for() -> None:
    assert MENDED != MENDABLE
    assert not dockfix.rewrite(CLEAN).changed


@pytest.mark.parametrize("arguments", [[], ["."], ["Dockerfile"], ["--check"]])
def test_findings_are_listed(project: Path, arguments: list[str]) -> None:
    done = dockfix_command(*arguments, cwd=project)
    assert done.returncode == 1
    first = done.stdout.decode().splitlines()[0]
    assert first.startswith("Dockerfile:2:1: DF101 merge-runs: ")
    assert first.endswith(" [safe]")
    assert (project / "Dockerfile").read_bytes() == MENDABLE
    hinted = b"dockfix --in-place" in done.stderr
    assert hinted == ("--check" not in arguments)


def test_nothing_to_do(project: Path) -> None:
    done = dockfix_command("clean.Dockerfile", cwd=project)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"Nothing to do in 1 file.\n"


def test_diff_is_what_git_applies(project: Path) -> None:
    git("init", "--quiet", cwd=project)
    (project / "sub").mkdir()
    (project / "sub" / "Dockerfile").write_bytes(MENDABLE.replace(b"\n", b"\r\n"))
    done = dockfix_command("--diff", cwd=project)
    assert done.returncode == 1
    assert b"Would rewrite 2 of 3 files" in done.stderr
    assert b"Would" not in done.stdout
    git("apply", "--check", cwd=project, given=done.stdout)
    git("apply", cwd=project, given=done.stdout)
    assert (project / "Dockerfile").read_bytes() == MENDED
    assert dockfix_command("--diff", cwd=project).returncode == 0


def test_diff_from_below_through_links_and_from_elsewhere(project: Path, tmp_path: Path) -> None:
    git("init", "--quiet", cwd=project)
    (project / "sub" / "sub").mkdir(parents=True)
    path = project / "sub" / "sub" / "Dockerfile"
    path.write_bytes(MENDABLE)
    (project / "sub" / "link").symlink_to("sub/Dockerfile")
    for cwd, name in (
        (project / "sub", "sub/Dockerfile"),
        (project / "sub", "link"),
        (project / "sub" / "sub", "../sub/Dockerfile"),
        (Path("/"), str(path)),
    ):
        patch = dockfix_command("--diff", name, cwd=cwd).stdout
        assert b"+++ b/sub/sub/Dockerfile\n" in patch
        git("apply", cwd=project / "sub", given=patch)
        assert path.read_bytes() == MENDED
        path.write_bytes(MENDABLE)


def test_in_place(project: Path) -> None:
    (project / "Dockerfile").chmod(0o640)
    clean = (project / "clean.Dockerfile").stat()
    done = dockfix_command("-i", cwd=project)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Rewrote 1 of 2 files" in done.stderr
    assert (project / "Dockerfile").read_bytes() == MENDED
    assert stat.S_IMODE((project / "Dockerfile").stat().st_mode) == 0o640
    status = (project / "clean.Dockerfile").stat()
    assert (status.st_mtime_ns, status.st_ino) == (clean.st_mtime_ns, clean.st_ino)
    assert dockfix_command("--check", cwd=project).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("--check --exit-zero", 0),
        ("--diff --exit-zero", 0),
        ("--exit-zero", 0),
        ("--in-place --exit-non-zero-on-fix", 1),
        ("--in-place --exit-non-zero-on-fix --exit-zero", 0),
        ("--in-place --exit-non-zero-on-fix clean.Dockerfile", 0),
        ("--check --ignore merge-runs,all", 0),
        ("--check --select DF1", 1),
        ("--check --select dl3059", 1),
        ("--check nowhere", 2),
        ("--check nowhere --exit-zero", 2),
        ("--check nowhere Dockerfile", 2),
        ("--check --select merge-run", 2),
        ("--ignore x", 2),
        ("--explain x", 2),
        ("--config nowhere.toml", 2),
        ("--nonsense", 2),
        ("--output x .", 2),
    ],
)
def test_exit_status(project: Path, arguments: str, status: int) -> None:
    done = dockfix_command(*arguments.split(), cwd=project)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr


def test_one_bad_file_does_not_stop_the_others(project: Path) -> None:
    (project / "a.Dockerfile").write_bytes(BROKEN)
    (project / "read-only.Dockerfile").write_bytes(MENDABLE)
    (project / "read-only.Dockerfile").chmod(0o444)
    (project / "z.Dockerfile").write_bytes(MENDABLE)
    done = dockfix_command("-i", ".", "nowhere", cwd=project)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert "error: a.Dockerfile:2:1: " in said
    assert "error: nowhere: No such file or directory" in said
    assert "error: read-only.Dockerfile: the file is read-only" in said
    assert (project / "z.Dockerfile").read_bytes() == MENDED
    assert (project / "a.Dockerfile").read_bytes() == BROKEN
    assert (project / "read-only.Dockerfile").read_bytes() == MENDABLE


def test_unknown_names_are_said_with_a_suggestion(project: Path) -> None:
    done = dockfix_command("--select", "merge-run", cwd=project)
    assert b"did you mean merge-runs?" in done.stderr


def test_no_dockerfile_is_a_warning(tmp_path: Path) -> None:
    done = dockfix_command(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"warning: no Dockerfile found\n"
    assert dockfix_command("-q", cwd=tmp_path).stderr == b""


def test_stdin_goes_to_stdout(tmp_path: Path) -> None:
    done = dockfix_command("-", cwd=tmp_path, given=MENDABLE)
    assert (done.returncode, done.stdout, done.stderr) == (0, MENDED, b"")
    done = dockfix_command("-", cwd=tmp_path, given=CLEAN)
    assert (done.returncode, done.stdout, done.stderr) == (0, CLEAN, b"")
    odd = b"FROM a\r\nLABEL x=\xff\x0c \r\n# last"
    assert dockfix_command("-", cwd=tmp_path, given=odd).stdout == odd
    done = dockfix_command("-", "--exit-non-zero-on-fix", cwd=tmp_path, given=MENDABLE)
    assert (done.returncode, done.stdout) == (1, MENDED)


def test_stdin_that_is_no_dockerfile_gives_nothing(tmp_path: Path) -> None:
    done = dockfix_command("-", "--stdin-filename", "x/y", cwd=tmp_path, given=BROKEN)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: x/y:2:1: ")


def test_stdin_with_check_and_diff(tmp_path: Path) -> None:
    done = dockfix_command("--check", "-", cwd=tmp_path, given=MENDABLE)
    assert done.returncode == 1
    assert done.stdout.startswith(b"<stdin>:2:1: DF101 ")
    done = dockfix_command("--diff", "-", cwd=tmp_path, given=MENDABLE)
    assert done.returncode == 1
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    git("apply", cwd=tmp_path, given=done.stdout)
    assert (tmp_path / "Dockerfile").read_bytes() == MENDED
    done = dockfix_command(
        "--diff", "--stdin-filename", "a/b.Dockerfile", cwd=tmp_path, given=MENDABLE
    )
    assert b"+++ b/a/b.Dockerfile\n" in done.stdout


def test_stdin_has_the_settings_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".dockfix.toml").write_text('ignore = ["all"]\n')
    done = dockfix_command("--stdin-filename", "sub/x", cwd=tmp_path, given=MENDABLE)
    assert done.stdout == MENDABLE


def test_output(project: Path) -> None:
    done = dockfix_command("Dockerfile", "--output", "new", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (project / "new").read_bytes() == MENDED
    assert (project / "Dockerfile").read_bytes() == MENDABLE
    dockfix_command("clean.Dockerfile", "-o", "same", cwd=project)
    assert (project / "same").read_bytes() == CLEAN
    assert dockfix_command("Dockerfile", "-o", "-", cwd=project).stdout == MENDED
    assert dockfix_command("-", "-o", "new2", cwd=project, given=MENDABLE).returncode == 0
    assert (project / "new2").read_bytes() == MENDED
    done = dockfix_command("--diff", ".", "-o", "patch", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    git("apply", "patch", cwd=project)
    assert (project / "Dockerfile").read_bytes() == MENDED
    done = dockfix_command("Dockerfile", "-o", "no/such/place", cwd=project)
    assert done.returncode == 2
    assert b"no/such/place" in done.stderr


def test_no_output_for_a_file_with_errors(project: Path) -> None:
    (project / "bad").write_bytes(BROKEN)
    assert dockfix_command("bad", "-o", "new", cwd=project).returncode == 2
    assert not (project / "new").exists()


def test_quiet_verbose_and_statistics(project: Path) -> None:
    done = dockfix_command("-q", cwd=project)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout
    assert dockfix_command("-qi", cwd=project).stderr == b""
    (project / "Dockerfile").write_bytes(MENDABLE)
    done = dockfix_command("-vi", cwd=project)
    assert b"Dockerfile:2:1: DF101 merge-runs" in done.stderr
    (project / "Dockerfile").write_bytes(MENDABLE)
    done = dockfix_command("--check", "--statistics", cwd=project)
    assert b"1  DF101  merge-runs\n" in done.stdout
    assert b":2:1:" not in done.stdout
    done = dockfix_command("--diff", "--statistics", cwd=project)
    assert b"merge-runs\n" in done.stderr
    git("apply", cwd=project, given=done.stdout)


def test_settings_are_those_of_each_files_directory(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "Dockerfile").write_bytes(MENDABLE)
    (project / "pyproject.toml").write_text('[tool.dockfix]\nignore = ["all"]\n')
    assert dockfix_command("--check", cwd=project).returncode == 0
    (project / "sub" / ".dockfix.toml").write_text("")
    done = dockfix_command("--check", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith(b"sub/Dockerfile:2:1:")
    (project / "sub" / ".dockfix.toml").write_text("slect = []\n")
    (project / "sub" / "x.Dockerfile").write_bytes(CLEAN)
    done = dockfix_command("--check", "--verbose", cwd=project)
    assert done.returncode == 2
    assert done.stderr.count(b"unknown key 'slect'; did you mean 'select'?") == 1


def test_odd_names_come_out_as_they_are(tmp_path: Path) -> None:
    name = b"D\xff \xc3\xa9.dockerfile"
    (tmp_path / os.fsdecode(name)).write_bytes(MENDABLE)
    done = dockfix_command("--check", cwd=tmp_path, LC_ALL="C")
    assert done.stdout.startswith(name + b":2:1: DF101")
    assert dockfix_command("-i", name, cwd=tmp_path).returncode == 0
    evil = "x\n\x1b[2J.dockerfile"
    (tmp_path / evil).write_bytes(MENDABLE)
    done = dockfix_command("--check", evil, cwd=tmp_path)
    assert done.stdout.startswith(b"x\\x0a\\x1b[2J.dockerfile:2:1:")


def test_what_a_shell_hands_over_as_a_pipe_can_be_read(tmp_path: Path) -> None:
    command = f"{sys.executable} -m dockfix --check <(cat Dockerfile)"
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert b":2:1: DF101" in done.stdout


def test_the_list_of_passes(tmp_path: Path) -> None:
    done = dockfix_command("--list-passes", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["CODE", "NAME", "SAFETY", "DEFAULT", "ALIASES", "SUMMARY"]
    assert [line.split()[0] for line in lines[1:]] == [one.code for one in PASSES]


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_explanations(one: Pass, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_here("--explain", one.name) == 0
    text = capfd.readouterr().out
    assert text.startswith(f"{one.name} ({one.code})\n\n{one.summary}\n")
    for example in examples_of(one.name):
        assert all(f"    {line}".rstrip() in text for line in example.before.split("\n"))


def test_an_explanation_is_printed(tmp_path: Path) -> None:
    done = dockfix_command("--explain", "merge-runs", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"merge-runs (DF101)\n")


def test_version(tmp_path: Path) -> None:
    assert dockfix_command("--version", cwd=tmp_path).stdout.decode() == (
        f"dockfix {dockfix.__version__}\n"
    )


def many(directory: Path) -> list[str]:
    names = [f"{number:03}.Dockerfile" for number in range(140)]
    for number, name in enumerate(names):
        text = BROKEN if number == 40 else MENDABLE if number % 2 else CLEAN
        (directory / name).write_bytes(text)
    return names


def test_processes_change_nothing_but_the_time(tmp_path: Path) -> None:
    many(tmp_path)
    one = dockfix_command("--check", "--jobs", "1", cwd=tmp_path)
    two = dockfix_command("--check", "-j2", cwd=tmp_path)
    assert one.returncode == 2
    assert (one.stdout, one.stderr) == (two.stdout, two.stderr)
    assert one.stdout.count(b"merge-runs") == 70
    assert dockfix_command("-i", "-j2", cwd=tmp_path).returncode == 2
    assert b"merge-runs" not in dockfix_command("--check", cwd=tmp_path).stdout


def run_here(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main.main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_a_crash_in_one_file_is_reported_and_the_file_untouched(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    (project / "crash.Dockerfile").write_bytes(MENDABLE)
    real = dockfix.rewrite

    def crashing(source: bytes, **arguments: object) -> object:
        if arguments["filename"] == "crash.Dockerfile":
            raise RecursionError("too deep")
        return real(source, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "rewrite", crashing)
    assert run_here("-i") == 2
    said = capfd.readouterr().err
    assert "error: crash.Dockerfile: left as it is: internal error: RecursionError" in said
    assert "report it" in said
    assert (project / "crash.Dockerfile").read_bytes() == MENDABLE
    assert (project / "Dockerfile").read_bytes() == MENDED


def test_an_interrupt_exits_with_130(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.chdir(project)
    monkeypatch.setattr(library, "rewrite", interrupted)
    assert run_here("--check") == 130


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for processes")
def test_interrupted_processes_end_without_a_traceback(tmp_path: Path) -> None:
    many(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "dockfix", "--check", "-j2", "."],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        while not children(process.pid):
            assert process.poll() is None, "it was done before it had begun"
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in said


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("quiet", [False, True])
def test_an_interrupt_in_place_says_which_files_were_written(
    quiet: bool, processes: str, tmp_path: Path
) -> None:
    names = many(tmp_path)
    command = [sys.executable, "-m", "dockfix", "--in-place", f"-j{processes}", "."]
    with subprocess.Popen(
        [*command, "--quiet"] if quiet else command,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        while (tmp_path / names[9]).read_bytes() == MENDABLE:
            assert process.poll() is None, "it was done before it had begun"
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    written = {name for name in names if (tmp_path / name).read_bytes() == MENDED}
    told = {line[8:] for line in said.decode().splitlines() if line.startswith("Rewrote ")}
    assert told == written
    assert b"Stopped: the files named above were rewritten, the others are as they were." in said
    assert b"Traceback" not in said


def test_a_file_that_has_another_name_is_said_to_part_from_it(project: Path) -> None:
    os.link(project / "Dockerfile", project / "other")
    done = dockfix_command("--in-place", "Dockerfile", cwd=project)
    assert done.returncode == 0
    assert (project / "Dockerfile").read_bytes() == MENDED
    assert (project / "other").read_bytes() == MENDABLE
    said = b"Rewrote Dockerfile, but not under its other names (hard links): they keep the old text"
    assert said in done.stderr


@pytest.mark.parametrize("arguments", ["--check", "--diff", "--list-passes", "--explain all"])
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    command = f"{sys.executable} -m dockfix {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
    )
    assert done.returncode in (0, 1, 141)
    assert b"Traceback" not in done.stderr
    assert b"rror" not in done.stderr


def test_a_full_disk_behind_stdout_is_an_error(project: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dockfix", "--diff"],
            cwd=project,
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert b"error: standard output: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_what_is_registered_for_the_end_is_done(project: Path) -> None:
    (project / "sitecustomize.py").write_text("import atexit; atexit.register(print, 'the end')")
    path = f"{project}:{ENVIRONMENT['PYTHONPATH']}"
    done = dockfix_command("--check", cwd=project, PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stdout.endswith(b"the end\n")


def test_notes_are_printed_and_change_no_exit_status(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"RUN true\n")
    for arguments in (["--check"], []):
        done = dockfix_command(*arguments, cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.startswith(b"Dockerfile:1:1: DF001 fragment: ")
        assert done.stdout.endswith(b" [note]\n")
        assert done.stderr == b"Nothing to do in 1 file; 1 note.\n"


def with_only_unsafe_findings() -> bytes:
    for one in PASSES:
        for example in examples_of(one.name):
            result = dockfix.rewrite(example.before)
            if result.offered and not result.applied and example.files is None:
                return example.before.encode("utf-8", "surrogateescape")
    raise AssertionError("no pass has an example with unsafe changes only")


def test_unsafe_changes_are_offered_and_made_on_demand(tmp_path: Path) -> None:
    source = with_only_unsafe_findings()
    (tmp_path / "Dockerfile").write_bytes(source)
    done = dockfix_command("--check", cwd=tmp_path)
    assert done.returncode == 1
    assert b"[unsafe]\n" in done.stdout
    assert b"--unsafe-fixes" in dockfix_command(cwd=tmp_path).stderr
    done = dockfix_command("--diff", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"more with --unsafe-fixes" in done.stderr
    assert dockfix_command("-i", cwd=tmp_path).returncode == 0
    assert (tmp_path / "Dockerfile").read_bytes() == source
    assert dockfix_command("--diff", "--unsafe-fixes", cwd=tmp_path).returncode == 1
    (tmp_path / ".dockfix.toml").write_text("unsafe-fixes = true\n")
    assert dockfix_command("-i", "--no-unsafe-fixes", cwd=tmp_path).returncode == 0
    assert (tmp_path / "Dockerfile").read_bytes() == source
    assert dockfix_command("-i", cwd=tmp_path).returncode == 0
    assert (tmp_path / "Dockerfile").read_bytes() != source


@pytest.mark.parametrize(
    "before",
    [
        "import atexit; atexit.register(print, 'done')",
        "import threading; threading._register_atexit(print, 'done')",
    ],
)
def test_who_waits_for_the_end_of_the_process_is_not_left_out(before: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    program = (
        f"{before}\nimport runpy, sys\nsys.argv = ['dockfix', '--check', 'Dockerfile']\n"
        "runpy.run_module('dockfix', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True
    )
    assert done.returncode == 1
    assert done.stdout.endswith(b"done\n")


def test_a_profile_of_the_command_is_printed(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    command = [sys.executable, "-m", "cProfile", "-m", "dockfix", "--check", "Dockerfile"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True)
    assert b"function calls" in done.stdout
