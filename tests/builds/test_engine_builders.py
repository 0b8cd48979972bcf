"""`dockfix verify` and `measure` with builders elsewhere: real remote BuildKits, two of them."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpers.command import ENVIRONMENT, dockfix_command
from helpers.engine_leftovers import leftovers
from helpers.real_engine import RealEngine, engine_with_containerd
from helpers.remote_builder import RemoteBuilder

MERGEABLE = "FROM busybox\nRUN touch /a\nRUN touch /b\n"


@pytest.fixture(scope="module")
def remote(
    started_engine: RealEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RemoteBuilder, RemoteBuilder]]:
    """Two builders, each the BuildKit of an engine of its own."""
    with ExitStack() as stack:
        found = []
        for name in ("x", "y"):
            other = engine_with_containerd(started_engine, tmp_path_factory.mktemp(name))
            engine = stack.enter_context(other)
            engine.need("busybox")
            found.append(stack.enter_context(RemoteBuilder(engine.home / "docker.sock")))
        yield found[0], found[1]


@pytest.fixture
def builders(
    real_engine: RealEngine,
    remote: tuple[RemoteBuilder, RemoteBuilder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """The environment in which `docker buildx` knows them as the page of fleets names them."""
    monkeypatch.setenv("BUILDX_CONFIG", str(tmp_path / "buildx"))
    for command, builder in zip(recipe()[:2], remote, strict=True):
        made = re.sub(r"tcp://\S+", builder.address, command)
        subprocess.run(made, shell=True, check=True, capture_output=True)
    return {**real_engine.environment, "BUILDX_CONFIG": str(tmp_path / "buildx")}


def recipe() -> list[str]:
    """The commands of the page of fleets that share files between builders."""
    page = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text()
    (block,) = re.finditer(r"```sh\n(docker buildx create .*?)```", page, re.DOTALL)
    return block[1].replace("\\\n", "").splitlines()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("verify", "--run", "ls /a /b", "--stop"), "--run: the same output, status 0 --stop: "),
        (("verify",), "except for these expected differences "),
        (("measure", "--edit", "a.sh"), "steps built again 1 of 3 1 of 2 "),
    ],
)
def test_a_builder_elsewhere_hands_images_over(
    command: tuple[str, ...], said: str, builders: dict[str, str], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "Dockerfile").write_text(f"{MERGEABLE}COPY a.sh /\nCMD sh /a.sh\n")
    (work / "a.sh").write_text("exit 4\n")
    words = (*command, "--network", "host", "--builder", "build0")
    done = dockfix_command(*words, cwd=work, given=b"", **builders)
    assert done.returncode == 0, done.stderr
    assert said in " ".join(done.stdout.decode().split())
    assert not leftovers()


def test_two_builders_share_the_files_of_a_folder(
    builders: dict[str, str], remote: tuple[RemoteBuilder, RemoteBuilder], tmp_path: Path
) -> None:
    """As the page of fleets types it; one file of four does not build."""
    work = tmp_path / "work"
    for name in ("a", "b", "c", "d"):
        (work / name).mkdir(parents=True)
        (work / name / "Dockerfile").write_text(f"{MERGEABLE}RUN touch /{name}\n")
    (work / "d" / "Dockerfile").write_text(f"{MERGEABLE}RUN false\n")
    before = [one.connections for one in remote]
    share = recipe()[2].replace("dockfix verify", "dockfix verify --network host")
    path = f"{sysconfig.get_path('scripts')}:{builders['PATH']}"
    environment = {**ENVIRONMENT, **builders, "PATH": path}
    done = subprocess.run(
        share, shell=True, cwd=work, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 123, done.stderr
    for name in ("a", "b", "c"):
        assert f"{name}/Dockerfile: same image\n" in done.stdout
    assert "d/Dockerfile: does not build as it is\n" in done.stdout
    assert all(one.connections > old for one, old in zip(remote, before, strict=True))
