"""Images of a real engine: its own export of them, and what `dockfix measure` says of one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dockfix.builds.drivers.process import output_of
from dockfix.builds.images.archive import read_images
from dockfix.builds.images.layers import LayerEntry, LayerReader
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.images.tar import Stream
from helpers.command import dockfix_command
from helpers.real_engine import RealEngine

#: What a container has that its image has not.
OF_THE_CONTAINER = {
    b"", b".dockerenv", b"etc", b"etc/hostname", b"etc/hosts", b"etc/resolv.conf", b"etc/mtab",
    b"dev", b"dev/console", b"dev/pts", b"dev/shm", b"proc", b"sys",
}  # fmt: skip

DOCKERFILES = {
    "as it is": "FROM busybox\n",
    "hard links": (
        "FROM busybox\n"
        "RUN mkdir -p /d/e && echo 1 > /d/a && ln /d/a /d/b && ln /d/a /d/e/c && ln -s ../x /d/l\n"
        "RUN rm /d/a && chmod 600 /d/b\n"
        "RUN ln /d/b /d/again\n"
    ),
    "whiteouts": (
        "FROM busybox\n"
        "RUN mkdir -p /a/b/c /ab && touch /a/b/c/d /a/b/e /ab/f\n"
        "RUN rm -r /a/b\n"
        "RUN mkdir /a/b && touch /a/b/new\n"
    ),
    "opaque directories": (
        "FROM busybox\n"
        "RUN mkdir -p /a/b && touch /a/1 /a/b/2\n"
        "RUN rm -r /a && mkdir /a && touch /a/3\n"
        "RUN rm -r /a && mkdir -p -m 700 /a/b\n"
    ),
    "other kinds": (
        "FROM busybox\n"
        "RUN mkdir /d && touch /d/x /f && ln -s /d /l\n"
        "RUN rm -r /d /f /l && touch /d && mkdir -p /f/y && mkdir /l && touch /l/z\n"
    ),
    "devices and modes": (
        "FROM busybox\n"
        "RUN mknod /pipe p && mknod /null c 1 3 && mknod /disk b 8 0 && mkdir -m 1777 /sticky\n"
        "RUN chmod 4755 /bin/busybox && chown 12:3000000 /tmp && chmod 0 /etc/passwd\n"
    ),
    "names": (
        "FROM busybox\n"
        'RUN touch "$(printf "/caf\\351")" "$(printf "/a b\\nc")" && mkdir "$(printf "/\\377d")"\n'
        'RUN touch "$(printf "/%0200d" 0)" && ln -s "$(printf "%0300d" 0)" /l\n'
        'RUN rm "$(printf "/caf\\351")" && touch /.wheel /.hidden\n'
    ),
    "long paths": (
        "FROM busybox\n"
        'RUN p="$(printf "/%090d/%090d/%090d" 1 2 3)" && mkdir -p "$p" && echo 1 > "$p/file"\n'
        'RUN rm -r "$(printf "/%090d/%090d" 1 2)"\n'
    ),
    "sparse": (
        "FROM busybox\n"
        "RUN truncate -s 200M /disk && echo end >> /disk && echo > /empty\n"
        "RUN cp /bin/busybox /copy && truncate -s 100000 /copy\n"
    ),
    "copies and attributes": (
        "FROM busybox AS one\n"
        "RUN mkdir -p /d && echo 1 > /d/a && chown -R 5:6 /d\n"
        "FROM busybox\n"
        "WORKDIR /w\n"
        "COPY --from=one --chown=7:8 /d /e\n"
        "COPY --from=one /d/a /bin/busybox /w/\n"
        "RUN chmod +x /w/a && rm /w/busybox\n"
    ),
}


def exported(name: str) -> dict[bytes, LayerEntry]:
    """The file system of an image as the engine itself puts it together."""
    done = subprocess.run(
        ["docker", "container", "create", name, "x"], check=True, capture_output=True, text=True
    )
    container = done.stdout.strip()
    try:
        with output_of(["docker", "container", "export", container], "docker export") as file:
            return LayerReader({}, weigh=False).changes(Stream(file.read, "export")).entries
    finally:
        subprocess.run(["docker", "container", "rm", container], check=True, capture_output=True)


@pytest.mark.parametrize("kind", DOCKERFILES)
def test_the_overlay_is_the_export_of_the_engine(kind: str, real_engine: RealEngine) -> None:
    assert len(DOCKERFILES) == 10
    name = f"dockfix-test-{kind.replace(' ', '-')}"
    command = ["docker", "build", "--network", "host", "--quiet", "--tag", name, "-"]
    subprocess.run(command, input=DOCKERFILES[kind].encode(), check=True, capture_output=True)
    try:
        (image,) = read_images([output_of(["docker", "image", "save", name], "save")], [name])
        mine = {path: placed.entry for path, placed in Overlay(image.layers).paths.items()}
        theirs = exported(name)
        for found in (mine, theirs):
            for path in OF_THE_CONTAINER:
                found.pop(path, None)
        assert mine == theirs
    finally:
        subprocess.run(["docker", "image", "rm", name], check=True, capture_output=True)


def test_measuring_with_a_real_engine(real_engine: RealEngine, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "run.sh").write_text("echo\n")
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox\n"
        "COPY app /app\n"
        "RUN head -c 3000000 /dev/urandom > /waste\n"
        "RUN rm /waste\n"
        'CMD ["sh", "/app/run.sh"]\n'
    )
    page = tmp_path / "page.html"
    done = dockfix_command(
        "measure", "--network", "host", "--json", "--html", str(page), ".",
        cwd=tmp_path, PATH=os.environ["PATH"],
        DOCKER_HOST=os.environ["DOCKER_HOST"], DOCKER_CONFIG=os.environ["DOCKER_CONFIG"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["images"]
    assert found["edited"]["path"] == "app/run.sh"
    old, new = found["before"], found["after"]
    assert [one["line"] for one in old["layers"]] == [None, 2, 3, 4]
    assert old["layers"][0]["base"]
    assert old["wasted"] == old["layers"][2]["wasted"] == 3_000_000
    assert old["layers"][2]["lost"] == [
        {"path": "/waste", "size": 3_000_000, "by": 3, "deleted": True}
    ]
    assert new["wasted"] == 0
    assert old["size"] - new["size"] > 3_000_000
    assert old["edit"]["rebuilt"] == 3
    assert old["edit"]["packed"] > 2_900_000
    assert new["edit"]["size"] < 100_000
    assert "3.0 MB" in page.read_text()


def test_measuring_without_what_a_rewrite_leaves_out_of_the_build(
    real_engine: RealEngine, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "manual.pdf").write_bytes(os.urandom(3_000_000))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("print(1)\n")
    (tmp_path / "conf.json").write_text("{}\n")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nWORKDIR /app\nCOPY . .\nRUN rm -rf docs\n")
    done = dockfix_command(
        "measure", "--network", "host", "--json", "--edit", "src/app.py", ".",
        cwd=tmp_path, given=b"", **real_engine.environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["images"]
    old, new = found["before"], found["after"]
    assert old["wasted"] == 3_000_000
    assert new["wasted"] == 0
    assert old["size"] - new["size"] > 3_000_000
    assert old["edit"]["size"] > 3_000_000
    assert new["edit"]["size"] < 10_000
    assert not (tmp_path / ".dockerignore").exists()
