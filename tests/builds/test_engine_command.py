"""`dockfix verify` as people call it: what it prints, writes, removes, and its exit status."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import ANY

import pytest

from dockfix.builds.compare import PathDifference
from dockfix.builds.connect import connect
from dockfix.builds.options import BuildOptions
from dockfix.builds.verify import Checks
from dockfix.errors import EngineError
from helpers.command import ENVIRONMENT, dockfix_command, on_a_terminal
from helpers.engine_leftovers import leftovers
from helpers.engine_pairs import PAIRS
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine

MERGEABLE = b"FROM busybox\nRUN touch /a\nRUN touch /b\n"
NETWORK = ("--network", "host")


def verify(engine: RealEngine, folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    words = ("verify", *NETWORK, *arguments)
    return dockfix_command(*words, cwd=folder, given=b"", **engine.environment)


def test_the_same(real_engine: RealEngine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    done = verify(real_engine, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"Dockerfile: same image\n  1 change, made by merge-runs\n")
    assert (tmp_path / "Dockerfile").read_bytes() == MERGEABLE
    assert [path.name for path in tmp_path.iterdir()] == ["Dockerfile"]
    assert not leftovers()


def test_in_place_writes_what_was_verified_and_nothing_else(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    good, bad = tmp_path / "Dockerfile", tmp_path / "bad.Dockerfile"
    good.write_bytes(MERGEABLE)
    bad.write_bytes(MERGEABLE + b"RUN false\n")
    done = verify(real_engine, tmp_path, "--in-place", "Dockerfile", "bad.Dockerfile")
    assert done.returncode == 2
    assert good.read_bytes() == b"FROM busybox\nRUN touch /a \\\n    && touch /b\n"
    assert bad.read_bytes() == MERGEABLE + b"RUN false\n"
    assert b"Rewrote Dockerfile\n" in done.stderr
    assert b"bad.Dockerfile: does not build as it is\n" in done.stdout
    assert b"RUN false" in done.stdout
    assert not leftovers()


def test_nothing_to_rewrite_is_not_built(real_engine: RealEngine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM nowhere.example/x\nRUN touch /a\n")
    done = verify(real_engine, tmp_path)
    assert done.returncode == 0
    assert done.stdout == b"Dockerfile: dockfix changes nothing here, so nothing is built\n"


def test_a_frontend_out_of_reach_is_explained(real_engine: RealEngine, tmp_path: Path) -> None:
    source = b"# syntax=registry.example.invalid/docker/dockerfile:1\n# escape=\\\n" + MERGEABLE
    (tmp_path / "Dockerfile").write_bytes(source)
    done = verify(real_engine, tmp_path)
    assert done.returncode == 2
    assert b"--strip-syntax" in done.stdout
    done = verify(real_engine, tmp_path, "--strip-syntax", "--in-place")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "Dockerfile").read_bytes().startswith(source[:60])


def test_run_and_stop(real_engine: RealEngine, tmp_path: Path) -> None:
    source = b"FROM busybox\nRUN touch /a\nRUN touch /b\nCMD httpd -f -p 8099\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    done = verify(real_engine, tmp_path, "--run", "ls /a /b && exit 3", "--stop")
    assert b"  --run: the same output, status 3\n" in done.stdout, done.stderr
    assert b"  --stop: " in done.stdout
    assert not leftovers()


def test_what_a_container_does_otherwise_is_blamed_on_a_change(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    real_engine.need("fakes")
    source = b"FROM alpine:3.20\nRUN apk add curl\nRUN touch /a\nRUN touch /b\nCMD sh /c\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    done = verify(real_engine, tmp_path, "--run", "cat /var/cache/apk/index")
    said = done.stdout.decode()
    assert done.returncode == 1, said
    assert said.startswith("Dockerfile: another image\n")
    assert "  clean-package-cache removes " in said
    assert "  the command of --run does something else\n  suspect: clean-package-cache" in said
    assert "--ignore clean-package-cache" in said


def test_no_engine_is_said(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    done = dockfix_command("verify", cwd=tmp_path, PATH=str(tmp_path))
    said = (
        b"error: nothing to build with: docker is not installed; install docker with buildx, "
        b"podman or buildah\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", said)


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_a_wrong_command_line_needs_no_engine_to_be_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    for words, said in (
        (["--context", "nowhere"], b"error: --context: there is no such folder: nowhere\n"),
        (["nowhere"], b"error: nowhere: No such file or directory\n"),
    ):
        done = dockfix_command(command, *words, cwd=tmp_path, PATH=str(tmp_path))
        assert (done.returncode, done.stdout, done.stderr) == (2, b"", said)


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_an_engine_that_does_not_run_is_no_fault_of_the_file(
    command: str, real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    environment = {**real_engine.environment, "DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    done = dockfix_command(command, cwd=tmp_path, given=b"", **environment)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"error: Cannot connect to the Docker daemon at unix:///" in done.stderr
    other = next(filter(shutil.which, ("podman", "buildah")), None)
    advice = f" (to build with {other} instead: --engine {other})" if other else ""
    assert done.stderr.decode().endswith(f"Is the docker daemon running?{advice}\n")


def test_what_the_engine_does_not_have_is_said_in_a_line(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    done = verify(real_engine, tmp_path, "--builder", "nobody")
    advice = b"(docker buildx ls lists those that there are)"
    assert done.stderr == b'error: --builder: no builder "nobody" found %s\n' % advice
    assert done.returncode == 2
    done = verify(real_engine, tmp_path, "--target", "nowhere")
    assert done.returncode == 2
    first, second = done.stdout.splitlines()
    assert first == b"Dockerfile: does not build as it is"
    assert second.startswith(b"  | ERROR: ")
    assert second.endswith(b'target stage "nowhere" could not be found')


def test_a_socket_that_one_may_not_use_is_said_with_who_may(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    (tmp_path / "docker").write_text(
        '#!/bin/sh\n[ "$2" = version ] || { echo "ERROR: permission denied at x" >&2; exit 1; }\n'
    )
    (tmp_path / "docker").chmod(0o755)
    done = dockfix_command("verify", cwd=tmp_path, PATH=f"{tmp_path}:/bin:/usr/bin")
    said = b"error: permission denied at x (those in the group docker may, and root)\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_what_fails_is_said_in_the_words_of_the_engine_and_with_advice(
    command: str, real_engine: RealEngine, tmp_path: Path
) -> None:
    source = b"FROM busybox\nCMD sh\nRUN echo No space left on device | tr N n; false\nRUN true\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    words = (command, *NETWORK)
    done = dockfix_command(*words, cwd=tmp_path, given=b"", **real_engine.environment)
    said = done.stdout + done.stderr
    assert done.returncode == 2
    assert b"Dockerfile: does not build" in said
    assert b"| >>> RUN echo" in said.replace(b"   3 ", b"")
    assert b"JSONArgsRecommended" not in said
    assert b"The engine has no room left; docker system prune, or podman's, makes some.\n" in said


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_a_file_that_is_not_in_the_context_is_said_with_the_folder(
    command: str, real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "other" / "app").mkdir(parents=True)
    (tmp_path / "other" / "app" / "a.py").touch()
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "Dockerfile").write_bytes(MERGEABLE + b"COPY app/a.py /\n")
    words = (command, *NETWORK, "deploy")
    done = dockfix_command(*words, cwd=tmp_path, given=b"", **real_engine.environment)
    assert done.returncode == 2
    taken = (
        b"because neither this folder nor one above has app/a.py: set it with --context; "
        b"it is built from deploy\n"
    )
    assert taken in done.stderr
    said = b"  The build context was deploy. What COPY and ADD name has to lie in there;\n"
    assert said + b"  --context DIR says that it is another folder.\n" in done.stdout + done.stderr
    done = dockfix_command(
        *words, "--context", "other", cwd=tmp_path, given=b"", **real_engine.environment
    )
    assert done.returncode == 0, done.stderr


def test_docker_without_buildx_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE)
    (tmp_path / "docker").write_text('#!/bin/sh\n[ "$1" != buildx ]\n')
    (tmp_path / "docker").chmod(0o755)
    path = f"{tmp_path}:/bin:/usr/bin"
    done = dockfix_command("verify", "--engine", "docker", cwd=tmp_path, PATH=path)
    assert done.returncode == 2
    assert b"docker has no buildx" in done.stderr


def test_beside_a_docker_without_buildx_podman_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("docker", "podman"):
        (tmp_path / name).write_text('#!/bin/sh\n[ "$1" != buildx ]\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    engine = connect(BuildOptions())
    engine.close()
    assert type(engine).__name__ == "Podman"
    (tmp_path / "podman").unlink()
    with pytest.raises(EngineError, match=r"no buildx, .*; install docker with buildx, podman or"):
        connect(BuildOptions())


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_lines_fit_the_terminal(command: str, real_engine: RealEngine, tmp_path: Path) -> None:
    command_of_many_words = b"RUN echo %s > /b\n" % (b"words  " * 20)
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE + command_of_many_words)
    words = (command, *NETWORK, "--no-cache") if command == "verify" else (command, *NETWORK)
    seen = on_a_terminal(*words, cwd=tmp_path, COLUMNS="70", **real_engine.environment)
    assert "Dockerfile: building it rewritten" in seen
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", seen))
    assert max(len(line) for line in lines if " → " not in line) <= 70
    # one line that is written again and again, and nothing left of it
    moving = seen[: seen.rindex("\x1b[?25h")]
    assert moving.count("\n") == moving.count("\x1b[?25l")
    alone = dockfix_command(*words, cwd=tmp_path, given=b"", **real_engine.environment)
    assert alone.stderr == b""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_stops_the_build_and_removes_what_was_made(
    sent: signal.Signals, real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE + b"RUN sleep 97\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "dockfix", "verify", "-v", *NETWORK],
        cwd=tmp_path,
        env={**ENVIRONMENT, **real_engine.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if b"RUN sleep 97" in line and b"/" in line:
            break
    time.sleep(1)
    start = time.monotonic()
    process.send_signal(sent)
    said = process.stderr.read()
    assert process.wait(30) == 130
    assert said.endswith(b"Stopped: what was made is removed, the build cache stays.\n")
    assert time.monotonic() - start < 10
    process.stderr.close()
    assert not leftovers()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False)
    assert "sleep 97" not in running.stdout.replace("RUN sleep 97", "")


def test_a_build_that_takes_too_long_is_given_up(real_engine: RealEngine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MERGEABLE + b"RUN sleep 98\n")
    done = verify(real_engine, tmp_path, "--timeout", "3")
    assert done.returncode == 2
    assert b"not built within 3 s (--timeout)" in done.stdout


def test_an_original_that_is_built_only_once_is_no_verdict(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    source = b"FROM busybox\nRUN sleep 6\nENV A=1\nRUN head -c 9 /dev/urandom > /r\nRUN true\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    command = ["docker", "build", "-q", *NETWORK, "--label", "dockfix.run=test", "."]
    built = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    # from the cache it is there at once, and without it too late
    done = verify(real_engine, tmp_path, "--timeout", "4")
    subprocess.run(["docker", "image", "rm", built.stdout.strip()], check=True, capture_output=True)
    assert done.returncode == 2
    told = b"Dockerfile: does not build as it is\n  the second build of the file as it is failed"
    assert done.stdout.startswith(told)
    assert b"not built within 4 s (--timeout)" in done.stdout
    assert not leftovers()


def test_what_is_left_out_of_the_build_is_left_out_of_it_here(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    (pair,) = (one for one in PAIRS if one.name == "deleted later")
    build = BuildOptions(engine="docker", network="host", timeout=300)
    files = {**pair.files, ".dockerignore": "*.log\n", "build.log": "x"}
    found = verified(tmp_path, pair.dockerfile, files, build=build)
    assert [one.path for one in found.result.others] == [".dockerignore"]
    assert "RUN" not in found.result.after
    assert found.outcome == "declared"
    # docs is in neither image, and build.log was never sent
    assert [claim.difference for claim in found.claims] == [
        PathDifference("/app/Dockerfile", "missing", ANY, "")
    ]
    assert (tmp_path / ".dockerignore").read_text() == "*.log\n"


def test_secrets_arguments_and_contexts_are_passed_on(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret")
    other = tmp_path / "other"
    other.mkdir()
    (other / "x").write_text("x")
    source = (
        "FROM busybox AS wanted\nARG A\nRUN --mount=type=secret,id=s cp /run/secrets/s /s\n"
        "RUN echo $A > /a\nCOPY --from=more x /x\nFROM nowhere.example/y\nRUN touch /b\n"
    )
    build = BuildOptions(
        build_arg=("A=1,2",),
        secret=(f"id=s,src={tmp_path / 'secret'}",),
        build_context=(f"more={other}",),
        target="wanted",
        network="host",
    )
    (tmp_path / "work").mkdir()
    checks = Checks(run="cat /a /s /x")
    source = source.replace("RUN echo", "RUN touch /n\nRUN echo")
    found = verified(tmp_path / "work", source, build=build, checks=checks)
    assert found.outcome == "same", found.error
    assert found.behavior.ran is not None
    assert found.behavior.ran[0].output == b"1,2\ns3cretx"
    assert os.listdir(tmp_path / "work") == ["Dockerfile"]


def test_the_readme_shows_what_is_printed(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian")
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    shown = {
        command: lines
        for block in re.findall(r"```console\n(.*?)```", readme, re.DOTALL)
        for command, lines in re.findall(r"\$ (.*)\n((?:[^$].*\n)*)", block)
    }
    (tmp_path / "app").mkdir()
    (tmp_path / "Dockerfile").write_text(shown["cat Dockerfile"])
    for number in range(4):
        with open(tmp_path / "app" / "main.py", "a") as file:
            file.write(f"print({number})\n")
        for command in (
            ["init", "--quiet"],
            ["add", "--all"],
            ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "more"],
        ):
            subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)

    def words(text: str) -> list[str]:
        return [re.sub(r"\d[\d.,]*", "0", line) for line in text.splitlines()]

    def first(text: str) -> list[str]:
        return [re.split(r" {2,}", line.strip())[0].strip("─") for line in text.splitlines()]

    done = verify(real_engine, tmp_path, ".")
    assert words(done.stdout.decode()) == words(shown["dockfix verify ."]), done.stderr
    done = dockfix_command(
        "measure", *NETWORK, ".", cwd=tmp_path, given=b"", **real_engine.environment
    )
    table = first(shown["dockfix measure ."])
    assert first(done.stdout.decode())[: len(table)] == table, done.stderr
