"""What a build shows: results of RUNs, whose libraries they need, what runs when they run."""

from __future__ import annotations

import io
import tarfile
from typing import Any

from dockfix.builds.evidence import evidence_of
from dockfix.builds.images.archive import HistoryLine, Image
from dockfix.builds.watched import Watched, watched
from dockfix.dockerfile.parser import parse
from dockfix.state.evidence import Evidence, Written
from helpers.archives import image, info, layer
from helpers.elf_files import elf

DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get install -y gcc libyaml-dev
COPY . /src
RUN make install
CMD ["serve"]
"""
PACKAGES = "var/lib/dpkg/info/"
BASE = layer(
    ("usr/lib/libc.so.6", elf()),
    ("var/lib/dpkg/status", b"Package: libc6\nSection: libs\n"),
    (f"{PACKAGES}libc6.list", b"/usr/lib/libc.so.6\n"),
    info("usr/local/bin", tarfile.DIRTYPE),
    info("etc", tarfile.DIRTYPE),
)
INSTALLED = layer(
    ("var/lib/dpkg/status", b"Package: libc6\nSection: libs\n\nPackage: gcc\nSection: devel\n"),
    ("usr/lib/libyaml-0.so.2", elf("libc.so.6")),
    ("usr/bin/gcc", elf()),
    (f"{PACKAGES}libyaml-0-2.list", b"/usr/lib/libyaml-0.so.2\n"),
    (f"{PACKAGES}gcc.list", b"/usr/bin/gcc\n"),
    info("etc/alternatives/cc", tarfile.SYMTYPE, linkname="/usr/bin/gcc"),
    ("etc/made-by-a-script", b"x"),
    ("var/log/dpkg.log", b"x"),
)
COPIED = layer(("src/main.c", b"int main"), ("src/Makefile", b"all:"))


def shown(*written: tarfile.TarInfo | tuple[str, bytes], seen: Watched | None = None) -> Evidence:
    made = image(BASE, INSTALLED, COPIED, layer(*written), programs=True)
    return evidence_of(_with_history(made), parse(DOCKERFILE), None, seen)


def _with_history(made: Image) -> Image:
    words: tuple[tuple[str, int | None], ...] = (
        ("ADD base", 0),
        ("RUN apt-get install", 1),
        ("COPY . /src", 2),
        ("RUN make install", 3),
        ("CMD", None),
    )
    return made._replace(history=tuple(HistoryLine(*one) for one in words))


def of_line(found: Evidence, line: int) -> Written:
    (one,) = (one for one in found.written if one.line == line)
    return one


def test_what_a_run_wrote_is_what_no_package_has() -> None:
    found = shown(
        ("usr/local/bin/serve", elf("libyaml-0.so.2", "libc.so.6")),
        ("src/main.o", b"o"),
        ("opt/shop/data/a", b"a"),
        ("opt/shop/b", b"b"),
        ("root/.cache/pip/x", b"x"),
    )
    assert of_line(found, 4) == Written(4, ("/opt", "/src/main.o", "/usr/local/bin/serve"))
    assert (found.libraries, found.building) == (("libyaml-0-2",), ())
    assert of_line(found, 2).paths == ("/etc/made-by-a-script",)


def test_many_files_in_one_folder_are_the_folder() -> None:
    files = [(f"usr/local/bin/{number}", b"x") for number in range(7)]
    assert of_line(shown(*files), 4).paths == ("/usr/local/bin",)


def test_what_a_copy_would_not_keep_is_said() -> None:
    link = info("usr/local/bin/serve", tarfile.SYMTYPE, linkname="/src/serve")
    assert of_line(shown(link), 4).unfit == "/usr/local/bin/serve is a link, which COPY follows"
    folder = info("data", tarfile.DIRTYPE, uid=7)
    assert of_line(shown(folder, ("data/a", b"")), 4).unfit == (
        "/data has an owner or mode that COPY does not keep"
    )


def test_what_ran_adds_what_it_opened_and_names_what_it_started() -> None:
    seen = Watched(
        frozenset(("/usr/lib/libyaml-0.so.2", "/gone")), frozenset(("/usr/bin/gcc", "sh"))
    )
    found = shown(("srv/x", b"x"), seen=seen)
    assert (found.libraries, found.building) == (("libyaml-0-2",), ("gcc",))


def test_the_loaders_own_words_are_read() -> None:
    text = (
        b"      7:\tcalling init: /lib64/ld-linux-x86-64.so.2\n"
        b"      7:\tcalling init: /usr/lib/libyaml-0.so.2\n"
        b"      7:\tinitialize program: /usr/bin/curl\n"
    )
    names: dict[str, Any] = {"tmp/dockfix-loader.7": text, "tmp/other": b"\tcalling init: /x\n"}
    found = watched(io.BytesIO(layer(*names.items())))
    assert found == Watched(
        frozenset(("/lib64/ld-linux-x86-64.so.2", "/usr/lib/libyaml-0.so.2")),
        frozenset(("/usr/bin/curl",)),
    )
