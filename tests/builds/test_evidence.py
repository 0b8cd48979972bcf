"""What a build shows: results of RUNs, whose libraries they need, what runs when they run."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from typing import Any

from dockfix.builds.compare import PathDifference
from dockfix.builds.evidence import Learned, evidence_of
from dockfix.builds.images.archive import HistoryLine, Image
from dockfix.builds.watched import Watched, watched
from dockfix.dockerfile.parser import parse
from dockfix.state.evidence import Evidence, Left
from helpers.archives import image, info, layer
from helpers.elf_files import elf

DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get install -y gcc libyaml-dev nginx
COPY . /src
RUN make install
CMD ["serve"]
"""
PACKAGES = "var/lib/dpkg/info/"
STATUS = b"Package: libc6\nSection: libs\n"
BASE = layer(
    ("usr/lib/libc.so.6", elf()),
    ("var/lib/dpkg/status", STATUS),
    (f"{PACKAGES}libc6.list", b"/usr/lib/libc.so.6\n"),
    info("usr/local", tarfile.DIRTYPE),
    info("usr/local/bin", tarfile.DIRTYPE),
    ("usr/share/given", b"x" * 100_000),
    ("etc/given", b"given"),
    ("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"),
    ("etc/group", b"root:x:0:\n"),
)
INSTALLED = layer(
    (
        "var/lib/dpkg/status",
        STATUS + b"\nPackage: gcc\nSection: devel\n"
        b"\nPackage: libyaml-dev\nSection: libdevel\nDepends: libyaml-0-2 (= 0.2)\n"
        b"\nPackage: libyaml-0-2\nSection: libs\n"
        b"\nPackage: nginx\nSection: httpd\nDepends: libssl3 | other, perl:any\n"
        b"\nPackage: libssl3\nSection: libs\n\nPackage: perl-base\nProvides: perl\n"
        b"\nPackage: libz1\nSection: libs\n",
    ),
    (
        "var/lib/apt/extended_states",
        b"\n".join(
            f"Package: {name}\nAuto-Installed: 1\n".encode()
            for name in ("libyaml-0-2", "libssl3", "perl-base", "libz1")
        ),
    ),
    ("usr/lib/libyaml-0.so.2", elf("libc.so.6")),
    info("usr/lib/libyaml.so", tarfile.SYMTYPE, linkname="libyaml-0.so.2"),
    ("usr/lib/libssl.so.3", elf("libc.so.6")),
    ("usr/lib/libz.so.1", elf("libc.so.6")),
    ("usr/bin/gcc", elf()),
    ("usr/bin/perl", elf()),
    ("etc/nginx/nginx.conf", b"workers 1"),
    (f"{PACKAGES}libyaml-0-2.list", b"/usr/lib/libyaml-0.so.2\n"),
    (f"{PACKAGES}libyaml-dev.list", b"/usr/lib/libyaml.so\n"),
    (f"{PACKAGES}libssl3.list", b"/usr/lib/libssl.so.3\n"),
    (f"{PACKAGES}libz1.list", b"/usr/lib/libz.so.1\n"),
    (f"{PACKAGES}perl-base.list", b"/usr/bin/perl\n"),
    (f"{PACKAGES}gcc.list", b"/usr/bin/gcc\n"),
    (f"{PACKAGES}nginx.list", b"/etc/nginx\n/etc/nginx/nginx.conf\n"),
    info("etc/alternatives/cc", tarfile.SYMTYPE, linkname="/usr/bin/gcc"),
    ("var/log/dpkg.log", b"x"),
)
COPIED = layer(info("src", tarfile.DIRTYPE), ("src/main.c", b"int main"), ("src/Makefile", b"all:"))
Member = tarfile.TarInfo | tuple[str, bytes]


def shown(
    *written: Member,
    seen: Watched | None = None,
    dockerfile: str = DOCKERFILE,
    installed: bytes = INSTALLED,
    lacked: Sequence[str] = (),
    back: Sequence[str] = (),
) -> Evidence:
    made = image(BASE, installed, COPIED, layer(*written), programs=True)
    learned = Learned(seen)
    learned.learn([PathDifference(path, "missing", "file", "") for path in lacked])
    learned.learn([PathDifference(path, "new", "", "file") for path in back])
    return evidence_of(_with_history(made), parse(dockerfile), None, learned)


def removed(*written: Member, back: Sequence[str] = ()) -> list[str]:
    return [one.path for one in shown(*written, back=back).left if one.how == "gone"]


def _with_history(made: Image) -> Image:
    words: tuple[tuple[str, int | None], ...] = (
        ("ADD base", 0),
        ("RUN apt-get install", 1),
        ("COPY . /src", 2),
        ("RUN make install", 3),
        ("CMD", None),
    )
    return made._replace(history=tuple(HistoryLine(*one) for one in words))


def copies(*paths: str) -> tuple[Left, ...]:
    return tuple(Left("copy", path) for path in paths)


def test_what_a_run_wrote_is_what_no_package_has() -> None:
    found = shown(
        ("usr/local/bin/serve", elf("libyaml-0.so.2", "libc.so.6")),
        ("src/main.o", b"o"),
        ("srv/shop/data/a", b"a"),
        ("srv/shop/b", b"b"),
        ("root/.cache/pip/x", b"x"),
    )
    assert found.left == copies("/src/main.o", "/srv", "/usr/local/bin/serve")
    assert (found.libraries, found.building, found.unfit) == (("libyaml-0-2",), (), "")
    assert found.tools == {"gcc", "libyaml-dev"}


def test_what_a_run_changed_is_carried_as_well() -> None:
    found = shown(
        ("etc/nginx/nginx.conf", b"workers 2"), ("etc/given", b"given"), ("src/Makefile", b"new:")
    )
    assert found.left == copies("/etc/nginx/nginx.conf", "/src/Makefile")


def test_a_folder_with_results_alone_is_taken_whole() -> None:
    files = [(f"usr/local/bin/{number}", b"x") for number in range(7)]
    assert shown(*files).left == copies("/usr/local")
    # beside what is copied there in any case
    assert shown(*[(f"src/{number}.o", b"x") for number in range(7)]).left == copies("/src")
    changed: list[Member] = [info("src", tarfile.DIRTYPE, mode=0o775)]
    assert shown(*changed).left == (Left("folder", "/src", mode="775"),)
    changed += [(f"src/{number}.o", b"x") for number in range(7)]
    assert shown(*changed).left == (Left("folder", "/src", mode="775"), *copies("/src"))
    # a package has files there
    more = [(f"etc/nginx/{number}", b"x") for number in range(7)]
    assert shown(*more).left == copies(*[f"/etc/nginx/{number}" for number in range(7)])
    # what came with the base would be there twice
    more = [(f"usr/local/{number}", b"x") for number in range(7)]
    big = image(
        layer(("usr/local/given", b"x" * 2_000_000), ("var/lib/dpkg/status", STATUS)),
        INSTALLED, COPIED, layer(*more),
    )  # fmt: skip
    found = evidence_of(_with_history(big), parse(DOCKERFILE), None, Learned())
    assert found.left == copies(*[f"/usr/local/{number}" for number in range(7)])


def test_what_lies_all_over_the_system_is_left_alone() -> None:
    found = shown(*[(f"etc/nginx/{number}", b"x") for number in range(30)])
    assert found.unfit == "it is 30 files and folders in different places"
    other = image(layer(("usr/bin/rpm", b"x")), layer(), COPIED, layer(("srv/x", b"")))
    found = evidence_of(_with_history(other), parse(DOCKERFILE), None, Learned())
    assert "only dpkg and apk" in found.unfit


def test_the_version_of_the_day_is_in_no_path() -> None:
    made = ("usr/local/tool-1.2/bin/tool", b"x")
    assert shown(made).left == copies("/usr/local")


def test_what_a_copy_would_not_keep_is_made_anew() -> None:
    link = info("usr/share/serve", tarfile.SYMTYPE, linkname="/src/serve")
    assert shown(link).left == (Left("link", "/usr/share/serve", "/src/serve"),)
    own = info("data", tarfile.DIRTYPE, uid=7), info("data/a", uid=7)
    assert shown(*own).left == (Left("copy", "/data", owner="7:root"),)
    mixed = info("data", tarfile.DIRTYPE, uid=7, mode=0o1777), ("data/a", b"")
    assert shown(*mixed).left == (
        Left("folder", "/data", owner="7:root", mode="1777"),
        Left("copy", "/data"),
    )
    assert shown(("src/a b", b"")).unfit == "the name of /src/a b means something else in a COPY"


def test_what_ran_adds_what_it_opened_and_names_what_it_started() -> None:
    seen = Watched(frozenset(("/usr/lib/libz.so.1", "/gone")), frozenset(("/usr/bin/gcc", "sh")))
    found = shown(("srv/x", b"x"), seen=seen)
    assert (found.libraries, found.building) == (("gcc", "libyaml-0-2", "libz1"), ("gcc",))
    # a name that only the package of the headers has
    seen = Watched(frozenset(("/usr/lib/libyaml.so",)), frozenset())
    found = shown(("srv/x", b"x"), seen=seen)
    assert (found.libraries, found.building) == (("libyaml-dev",), ())
    assert found.tools == {"gcc"}


def test_packages_that_others_bring_are_not_named() -> None:
    script = ("srv/start", b"#!/usr/bin/perl\n")
    found = shown(script, ("srv/x", elf("libssl.so.3", "libz.so.1")))
    assert found.libraries == ("libyaml-0-2", "libz1")


def test_what_is_removed_again_is_not_copied() -> None:
    gone = [("src/.wh.main.c", b""), ("src/.wh.Makefile", b"")]
    assert shown(("srv/x", b""), *gone).gone == {3}
    assert removed(("srv/x", b""), *gone) == []
    touched: list[Member] = [info("src", tarfile.DIRTYPE), *gone]
    assert shown(("srv/x", b""), *touched).left == copies("/src", "/srv")
    assert removed(("srv/x", b""), gone[0]) == ["/src/main.c"]
    assert removed(("srv/x", b""), ("etc/.wh.given", b"")) == ["/etc/given"]
    assert removed(("srv/x", b""), back=("/etc/nginx/default",)) == ["/etc/nginx/default"]


def test_a_package_may_be_removed_again() -> None:
    paths = "usr/bin/.wh.gcc", "var/lib/dpkg/info/.wh.gcc.list", "etc/alternatives/.wh.cc"
    purged = [(path, b"") for path in paths]
    assert removed(("srv/x", b""), *purged) == []
    assert "gcc" not in shown(("srv/x", b""), *purged).tools
    assert removed(("srv/x", b""), purged[0]) == ["/usr/bin/gcc"]


def test_packages_that_are_there_are_named() -> None:
    removed = (b"\nPackage: less\nStatus: deinstall ok config-files\n"
               b"\nPackage: mawk\nStatus: install ok installed\nProvides: awk\n")  # fmt: skip
    installed = layer(("var/lib/dpkg/status", STATUS + removed))
    found = shown(("srv/x", b""), installed=installed)
    assert found.packages == {"awk", "libc6", "mawk"}


def test_what_pip_brought_is_told() -> None:
    assert shown(("srv/x", b"")).behind_pip is None
    pip = b"Package: python3-pip\nDepends: libz1, python3-wheel, libssl3\n\nPackage: nginx\n"
    installed = layer(
        ("var/lib/dpkg/status", STATUS + b"\n" + pip + b"Depends: libssl3\n\nPackage: libssl3\n"
         b"\nPackage: libz1\n\nPackage: python3-wheel\n"),
        *[(f"{PACKAGES}{name}.list", b"") for name in ("nginx", "python3-pip")],
    )  # fmt: skip
    assert shown(("srv/x", b""), installed=installed).behind_pip == ("libz1",)


def test_what_a_script_installs_is_needed() -> None:
    dockerfile = DOCKERFILE.replace("RUN apt-get install -y gcc libyaml-dev nginx", "RUN ./install")
    assert shown(("srv/x", b""), dockerfile=dockerfile).libraries == ("libyaml-0-2", "nginx")


def test_what_works_in_a_folder_for_files_of_the_day_is_left_alone() -> None:
    made = image(BASE, INSTALLED, COPIED, layer(("srv/x", b"")), WorkingDir="/tmp/x")
    assert "/tmp/x" in evidence_of(_with_history(made), parse(DOCKERFILE), None, Learned()).unfit


def test_accounts_are_seen() -> None:
    made = ("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:1:1::/:/bin/sh\n")
    assert shown(("srv/x", b""), made).accounts == {4}
    assert shown(("srv/x", b"")).accounts == frozenset()


def test_what_scripts_of_packages_make_comes_with_these() -> None:
    dockerfile = DOCKERFILE.replace("install -y gcc", "update && ./x && apt-get install -y gcc")
    made = layer(
        ("etc/nginx/modules", b"x"), ("etc/made-by-hand", b"x"), ("etc/made-by-script", b"x"),
        (f"{PACKAGES}nginx.postinst", b"#!/bin/sh\ntouch /etc/made-by-script\n"),
        (f"{PACKAGES}nginx.list", b"/etc/nginx\n/etc/nginx/nginx.conf\n"),
        ("var/lib/dpkg/status", STATUS),
    )  # fmt: skip
    found = shown(("srv/x", b""), dockerfile=dockerfile, installed=made)
    assert found.left == copies("/etc/made-by-hand", "/srv")
    found = shown(
        ("srv/x", b""), dockerfile=dockerfile, installed=made, lacked=("/etc/nginx/modules",)
    )
    assert found.left == copies("/etc/made-by-hand", "/etc/nginx/modules", "/srv")


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
