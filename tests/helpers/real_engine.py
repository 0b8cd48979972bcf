"""A real engine for tests: one for all of them, started when the first one asks for it.

Where none can be had (no root, no Debian, no mirror to be reached), those tests are skipped and say
why. `DOCKFIX_ENGINE_DIR=FOLDER` keeps the engine running there from one run of the tests to the
next, which saves half a minute each time.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "engine"


class RealEngine:
    """An engine in a folder, shared by the processes of a run."""

    def __init__(self, folder: Path, *, keep: bool, flags: Sequence[str] = ()) -> None:
        self.folder = folder
        self.keep = keep
        self.flags = flags
        # a socket's path must be short
        self.home = folder / "e"
        self.environment = {
            "DOCKER_HOST": f"unix://{self.home}/docker.sock",
            "DOCKER_CONFIG": str(self.home / "config"),
            "PATH": f"{self.home}/root/usr/bin:{os.environ['PATH']}",
        }

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def start(self) -> str:
        """Starts the engine unless it runs; the reason if it cannot be had."""
        if os.geteuid() != 0:
            return "a real engine needs root"
        if shutil.which("apt-get") is None:
            return "a real engine comes from Debian's packages, and there is no apt-get"
        with self.locked():
            failed = self.folder / "failed"
            if failed.exists():
                return failed.read_text()
            self._count(1)
            if self._answers():
                return ""
            done = subprocess.run(
                ["bash", SCRIPTS / "start.sh", self.home, *self.flags],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                reason = (done.stderr.strip() or "it did not start").splitlines()[-1]
                failed.write_text(f"no engine to be had here: {reason}")
                return failed.read_text()
        return ""

    def need(self, *bases: str) -> None:
        """Makes base images, once; skips the test if one cannot be made."""
        for base in bases:
            with self.locked():
                mark = self.folder / f"base-{base}"
                if not mark.exists():
                    mark.write_text(self._make(base))
                reason = mark.read_text()
            if reason:
                pytest.skip(reason)

    def _make(self, base: str) -> str:
        needs = {"debian": "mmdebstrap", "node": "npm"}.get(base)
        if needs is not None and shutil.which(needs) is None:
            return f"a base image with {base} needs {needs} here"
        done = subprocess.run(
            ["bash", SCRIPTS / "bases.sh", self.home / "bases", base],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
        )
        last = (done.stderr.strip() or "without a reason").splitlines()[-1]
        return f"no base image with {base}: {last}" if done.returncode else ""

    def stop(self) -> None:
        """Stops the engine when nobody else uses it any more."""
        with self.locked():
            if self._count(-1) or self.keep:
                return
            try:
                process = int((self.home / "dockerd.pid").read_text())
                os.kill(process, signal.SIGTERM)
            except (OSError, ValueError):
                return
            for _ in range(100):
                if not Path(f"/proc/{process}").exists():
                    break
                time.sleep(0.1)
        self._unmount()
        shutil.rmtree(self.home, ignore_errors=True)

    def _unmount(self) -> None:
        """Unmounts what an engine leaves behind, which would keep its folder from being removed."""
        mounts = Path("/proc/self/mounts").read_text().split("\n")
        places = [line.split(" ")[1] for line in mounts if " " in line]
        for place in reversed(places):
            if place.startswith(f"{self.home}/"):
                subprocess.run(["umount", "--lazy", place], capture_output=True)

    def _answers(self) -> bool:
        command = ["docker", "version"]
        environment = {**os.environ, **self.environment}
        if shutil.which("docker", path=environment["PATH"]) is None:
            return False
        return not subprocess.run(command, env=environment, capture_output=True).returncode

    def _count(self, more: int) -> int:
        file = self.folder / "users"
        users = max(int(file.read_text()) if file.exists() else 0, 0) + more
        file.write_text(str(users))
        return users


@pytest.fixture(scope="session")
def started_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealEngine]:
    """The engine, running; skips if there is none to be had."""
    named = os.environ.get("DOCKFIX_ENGINE_DIR")
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    engine = RealEngine(Path(named) if named else folder / "engine", keep=named is not None)
    reason = engine.start()
    if reason:
        pytest.skip(reason)
    yield engine
    engine.stop()


@contextmanager
def engine_with_containerd(started: RealEngine, folder: Path) -> Iterator[RealEngine]:
    """The programs of a started engine once more, with the image store of containerd; or skips."""
    flags = ("--feature", "containerd-snapshotter=true")
    engine = RealEngine(folder, keep=False, flags=flags)
    engine.home.mkdir(parents=True, exist_ok=True)
    (engine.home / "root").symlink_to(started.home / "root")
    reason = engine.start()
    if reason:
        pytest.skip(reason)
    yield engine
    engine.stop()


@pytest.fixture
def real_engine(started_engine: RealEngine, monkeypatch: pytest.MonkeyPatch) -> RealEngine:
    """The engine, as what `docker` in this test means, with busybox as a base image."""
    for name, value in started_engine.environment.items():
        monkeypatch.setenv(name, value)
    started_engine.need("busybox")
    return started_engine
