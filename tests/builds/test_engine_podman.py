"""Podman and Buildah, for real, where they are installed and may build: the same verdicts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from dockfix.builds.engine import Stopped
from dockfix.builds.options import BuildOptions
from dockfix.builds.verify import Checks, Verdict
from dockfix.reports.verify import verdict_text
from helpers.command import dockfix_command
from helpers.engine_pairs import APP, PAIRS
from helpers.engine_verdicts import verified

Program = Literal["podman", "buildah"]
PROGRAMS: tuple[Program, ...] = ("podman", "buildah")


def settings(folder: Path) -> dict[str, str]:
    """Where podman and buildah find what holds for these tests."""
    return {
        "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        "CONTAINERS_CONF": f"{folder}/containers.conf",
    }


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of images that has busybox; skips where nothing can be built, and says why."""
    if os.geteuid() != 0:
        pytest.skip("podman and buildah are tried as root, in a store of their own")
    for program in PROGRAMS:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    box = shutil.which("busybox")
    assert box is not None
    folder = tmp_path_factory.mktemp("store")
    config = folder / "storage.conf"
    # vfs needs nothing of the kernel
    config.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n'
    )
    with tarfile.open(folder / "busybox.tar", "w") as archive:
        archive.add(Path(box).resolve(), "bin/busybox")
        commands = subprocess.run([box, "--list"], capture_output=True, text=True, check=True)
        for name in commands.stdout.split():
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
        for name, mode in (("etc", 0o755), ("tmp", 0o1777)):
            made = tarfile.TarInfo(name)
            made.type, made.mode = tarfile.DIRTYPE, mode
            archive.addfile(made)
    # runc knows more arrangements of control groups than crun; the limits are what any machine has
    runtime = '[engine]\nruntime = "runc"\n' if shutil.which("runc") else ""
    (folder / "containers.conf").write_text(
        f'[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n{runtime}'
    )
    environment = {**os.environ, **settings(folder)}
    (folder / "Dockerfile").write_text(
        "FROM scratch\nADD busybox.tar /\nENV PATH=/bin\nRUN true\nCMD sh\n"
    )
    done = subprocess.run(
        ["podman", "build", "--network", "host", "--tag", "busybox", folder],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = (done.stderr.strip() or "without a reason").splitlines()[-1]
        pytest.skip(f"podman does not build here: {reason}")
    yield folder
    subprocess.run(["podman", "rmi", "--all", "--force"], env=environment, capture_output=True)


@pytest.fixture
def store(storage: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in settings(storage).items():
        monkeypatch.setenv(name, value)
    # another engine's, in which they would look for accounts
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    yield storage
    assert not images()


def verdict(
    program: Program,
    folder: Path,
    dockerfile: str,
    files: dict[str, str] | None = None,
    checks: Checks | None = None,
) -> Verdict:
    build = BuildOptions(engine=program, network="host", timeout=300)
    return verified(folder, dockerfile, files, build=build, checks=checks)


def images() -> list[str]:
    found = subprocess.run(
        ["podman", "images", "--all", "--quiet", "--filter", "label=dockfix.run"],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "name",
    ["files", "stages", "health", "copies with owners"],
)
def test_the_verdict_is_that_of_docker(
    name: str, program: Program, store: Path, tmp_path: Path
) -> None:
    (pair,) = (one for one in PAIRS if one.name == name)
    found = verdict(program, tmp_path, pair.dockerfile, dict(pair.files))
    assert found.outcome == ("declared" if pair.declared else "same"), verdict_text(found)


@pytest.mark.parametrize(
    ("program", "name"), [("podman", ".dockerignore"), ("buildah", "Dockerfile.containerignore")]
)
def test_the_ignore_file_of_the_rewrite_holds(
    program: Program, name: str, store: Path, tmp_path: Path
) -> None:
    files = {**APP, "docs/a.md": "a", name: "*.log\n", "x.log": "x"}
    source = "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN test ! -e x.log\nRUN rm -rf docs\n"
    found = verdict(program, tmp_path, source, files)
    assert [one.path for one in found.result.others] == [name]
    assert found.outcome == "declared", verdict_text(found)
    assert "dockerignore removes /app/Dockerfile\n" in verdict_text(found)


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_does_not_build_is_said(program: Program, store: Path, tmp_path: Path) -> None:
    found = verdict(program, tmp_path, "FROM busybox\nRUN touch /a\nRUN echo so; false\n")
    assert found.outcome == "unbuilt"
    assert "so" in verdict_text(found)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_shell_that_a_file_names_runs_its_commands(
    program: Program, store: Path, tmp_path: Path
) -> None:
    """In the format of the OCI it would be overlooked, and with it that `false` ends the script."""
    source = 'FROM busybox\nSHELL ["/bin/sh", "-ec"]\nENV A b\nRUN touch /a\n'
    found = verdict(program, tmp_path, f"{source}RUN false; true\n")
    assert found.outcome == "unbuilt", verdict_text(found)
    found = verdict(program, tmp_path, source)
    assert found.outcome == "same", verdict_text(found)


def test_podman_starts_what_it_built(store: Path, tmp_path: Path) -> None:
    source = 'FROM busybox\nRUN touch /a\nRUN touch /b\nCMD ["sh", "-c", "exit 4"]\n'
    checks = Checks(run="ls /a /b && exit 3", stop=True)
    found = verdict("podman", tmp_path, source, checks=checks)
    assert found.outcome == "same", verdict_text(found)
    assert found.behavior.ran is not None
    assert found.behavior.ran[0] == found.behavior.ran[1]
    assert found.behavior.ran[0].status == 3
    assert found.behavior.stopped == (Stopped(0.0, 4, True), Stopped(0.0, 4, True))


def test_buildah_starts_nothing(store: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN touch /a\nRUN touch /b\n")
    done = dockfix_command(
        "verify", "--engine", "buildah", "--network", "host", "--run", "true", "-v",
        cwd=tmp_path, given=b"",
        **{"PATH": os.environ["PATH"], **settings(store)},
    )  # fmt: skip
    assert done.returncode == 2
    assert b"--run needs podman or docker: buildah starts no containers" in done.stderr
    # before it takes the time to build
    assert b"building it" not in done.stderr


def test_a_container_that_cannot_be_started_is_no_verdict(store: Path, tmp_path: Path) -> None:
    source = b"FROM busybox\nRUN touch /a\nRUN touch /b\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    # whose accounts it wants to see before it starts anything, and they are not there
    accounts = str(tmp_path / "none")
    for config, status, said in (
        ({}, 0, b"  --run: the same output, status 125\n"),
        ({"DOCKER_CONFIG": accounts}, 2, b"error: Dockerfile: --run: no container can be started:"),
    ):
        done = dockfix_command(
            "verify", "--engine", "podman", "--network", "host", "--run", "exit 125",
            cwd=tmp_path, given=b"",
            **{"PATH": os.environ["PATH"], **settings(store), **config},
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_command_removes_what_it_made(program: Program, store: Path, tmp_path: Path) -> None:
    (tmp_path / "app.sh").write_text("echo\n")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY app.sh /\nRUN touch /a\nRUN ls >/b\n")
    for command in ("verify", "measure"):
        done = dockfix_command(
            command, "--engine", program, "--network", "host", cwd=tmp_path, given=b"",
            **{"PATH": os.environ["PATH"], **settings(store)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert b"edit of a line in app.sh" in done.stdout
