"""What a smaller image must have, may lack, and needs: on images made by hand."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from typing import Any

import pytest

from dockfix.builds.compare import compare
from dockfix.builds.images.archive import Image
from dockfix.builds.images.links import resolved
from dockfix.builds.images.overlay import Overlay
from dockfix.builds.images.programs import Binary, Script, program_of
from dockfix.builds.splits.closure import Closure
from dockfix.builds.splits.judge import Side, SplitFindings, judged
from dockfix.builds.splits.started import started_programs
from helpers.archives import image, info, layer
from helpers.elf_files import elf

Member = tuple[str, bytes] | tarfile.TarInfo
LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBC = ("usr/lib/x86_64-linux-gnu/libc.so.6", elf(offers=("GLIBC_2.36",)))
BASE: tuple[Member, ...] = (
    info("lib64", tarfile.SYMTYPE, linkname="usr/lib64"),
    ("usr/lib64/ld-linux-x86-64.so.2", elf()),
    LIBC,
    ("etc/ld.so.cache", b"glibc-ld.so.cache1.1\0\0/usr/local/lib/libown.so\0"),
)


def link(path: str, target: str) -> tarfile.TarInfo:
    return info(path, tarfile.SYMTYPE, linkname=target)


def made(*layers: Sequence[Member], **config: Any) -> Image:
    return image(*(layer(*one) for one in layers), programs=True, **config)


def lacks(*members: Member, **config: Any) -> list[str]:
    found = made(BASE, members, **config)
    closure = Closure(found, Overlay(found.layers))
    return [f"{one.kind} {one.path} {one.what}" for one in closure.lacks]


# what a file says


def test_what_an_elf_file_needs_is_read() -> None:
    data = elf(
        "libc.so.6",
        loader=LOADER,
        runpath="$ORIGIN/../lib:/opt",
        versions=[("libc.so.6", "GLIBC_2.38")],
    )
    assert program_of(data, data) == Binary(
        "64-bit EM_X86_64",
        LOADER.encode(),
        (b"libc.so.6",),
        (),
        (b"$ORIGIN/../lib", b"/opt"),
        ((b"libc.so.6", b"GLIBC_2.38"),),
    )


@pytest.mark.parametrize("cut", [4, 20, 64, 120, 300])
def test_a_damaged_elf_file_is_none(cut: int) -> None:
    data = elf("libc.so.6", loader=LOADER)[:cut]
    assert program_of(data, data) is None


def test_the_first_line_of_a_script_is_read() -> None:
    one, other = (b"#! /usr/bin/env python3\nprint()\n", b"#!/opt/venv/bin/python\nprint()\n")
    first, second = program_of(one, one), program_of(other, other)
    assert isinstance(first, Script)
    assert isinstance(second, Script)
    assert first.line == b"/usr/bin/env python3"
    assert first.rest == second.rest != b""


# where a path leads


def test_links_are_followed_inside_of_the_image() -> None:
    found = Overlay(
        made(
            [
                link("lib", "usr/lib"),
                ("usr/lib/a", b"a"),
                link("usr/b", "../lib/./a"),
                link("c", "/usr/b"),
                link("round", "round"),
                link("out", "../../../usr/lib/a"),
                link("gone", "/nowhere"),
                link("err", "/proc/self/fd/2"),
                link("below", "/usr/lib/a/b"),
            ]
        ).layers
    ).paths
    for path, target in {
        b"c": b"usr/lib/a",
        b"lib/a": b"usr/lib/a",
        b"out": b"usr/lib/a",
        b"round": None,
        b"gone": None,
        b"below": None,
        b"err": b"proc/self/fd/2",
    }.items():
        assert resolved(found, path) == target


# what an image lacks


def test_a_library_is_found_where_the_loader_looks() -> None:
    own = ("usr/local/lib/libown.so", elf("libc.so.6"))
    needs = [("usr/bin/x", elf("libown.so", "libc.so.6", loader=LOADER))]
    assert lacks(own, *needs) == []
    assert lacks(*needs) == ["library /usr/bin/x libown.so"]
    # /usr/local/lib is looked into only for what ldconfig has written down
    other = ("usr/local/lib/libother.so", elf())
    program = ("usr/bin/x", elf("libother.so"))
    assert lacks(other, program) == ["library /usr/bin/x libother.so"]
    assert lacks(other, program, Env=["LD_LIBRARY_PATH=/usr/local/lib"]) == []


@pytest.mark.parametrize("place", ["$ORIGIN/../lib", "${ORIGIN}/../lib", "/none:/opt/x/lib"])
def test_a_library_is_found_by_the_path_in_the_file(place: str) -> None:
    library = ("opt/x/lib/libx.so", elf())
    assert lacks(library, ("opt/x/bin/x", elf("libx.so", rpath=place))) == []
    assert lacks(library, ("opt/x/bin/x", elf("libx.so", runpath=place))) == []
    assert lacks(library, ("opt/y/bin/x", elf("libx.so", runpath="$ORIGIN/../lib"))) != []


def test_a_library_of_another_processor_is_none() -> None:
    arm = ("usr/lib/libx.so", elf(machine=183))
    assert lacks(arm, ("usr/bin/x", elf("libx.so"))) == ["library /usr/bin/x libx.so"]
    assert lacks(arm, ("usr/bin/x", elf("libx.so", machine=183))) == []


def test_an_older_library_lacks_what_a_newer_program_asks_for() -> None:
    def of(version: str) -> list[str]:
        return lacks(("usr/bin/x", elf("libc.so.6", versions=[("libc.so.6", version)])))

    assert of("GLIBC_2.36") == []
    assert of("GLIBC_2.38") == ["version /usr/bin/x GLIBC_2.38 of libc.so.6"]


def test_musl_has_folders_of_its_own() -> None:
    loader = "/lib/ld-musl-x86_64.so.1"
    files = (("lib/ld-musl-x86_64.so.1", elf()), ("usr/local/lib/libown2.so", elf()))
    program = ("usr/bin/x", elf("libown2.so", loader=loader))
    assert lacks(*files, program) == []
    assert lacks(*files[:1], program) == ["library /usr/bin/x libown2.so"]
    far = ("far/libown2.so", elf())
    assert lacks(files[0], far, ("etc/ld-musl-x86_64.path", b"/lib\n/far\n"), program) == []


def test_a_program_without_its_loader_does_not_start() -> None:
    assert lacks(("x", elf(loader="/lib/ld-musl-x86_64.so.1"))) == [
        "interpreter /x /lib/ld-musl-x86_64.so.1"
    ]


def executable(path: str, content: bytes) -> bytes:
    """A layer with one file that may be executed."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        archive.addfile(info(path, size=len(content), mode=0o755), io.BytesIO(content))
    return output.getvalue()


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("#!/bin/sh", ""),
        ("#!/usr/bin/env sh", ""),
        ("#!/usr/bin/env -S sh -e", ""),
        ("#!/usr/bin/env python3", "python3"),
        ("#!/opt/venv/bin/python", "/opt/venv/bin/python"),
    ],
)
def test_a_script_needs_its_interpreter(line: str, lacking: str) -> None:
    tools = layer(*BASE, ("bin/sh", b"x"), ("usr/bin/env", b"x"))
    found = image(tools, executable("x", f"{line}\n".encode()), programs=True)
    closure = Closure(found, Overlay(found.layers))
    assert [one.what for one in closure.lacks] == [lacking] * bool(lacking)


def test_modules_need_a_python_of_their_version() -> None:
    modules = ("opt/venv/lib/python3.12/site-packages/flask.py", b"")
    of_venv = link("opt/venv/bin/python", "/usr/local/bin/python3")
    python = link("usr/local/bin/python3", "python3.11")
    assert lacks(modules, of_venv, python, ("usr/local/bin/python3.11", b"x")) == [
        "python /opt/venv/lib/python3.12/site-packages python3.12"
    ]
    python = link("usr/local/bin/python3", "python3.12")
    assert lacks(modules, of_venv, python, ("usr/local/bin/python3.12", b"x")) == []


def test_what_is_started_has_to_be_there() -> None:
    health = {"Test": ["CMD-SHELL", "curl -f localhost || exit 1"]}
    config: dict[str, Any] = {
        "Entrypoint": ["tini", "--", "/app/run"],
        "Cmd": ["ignored"],
        "Healthcheck": health,
    }
    assert list(started_programs(config)) == [
        ("Entrypoint", "tini"),
        ("Entrypoint", "tini"),
        ("Healthcheck", "/bin/sh"),
        ("Healthcheck", "curl"),
    ]
    files = (("usr/bin/tini", b"x"), ("app/run", b"x"), ("bin/sh", b"x"))
    assert lacks(*files, **config) == ["program Healthcheck curl"]
    assert lacks(*files, ("usr/bin/curl", b"x"), **config) == []


# what may be gone, and what may not

PACKAGES = "var/lib/dpkg/info/"
STATUS = b"""Package: gcc
Section: devel
Version: 12

Package: libgomp1
Section: libs
Version: 12

Package: ffmpeg
Section: video
Version: 5
"""
STATES = b"Package: libgomp1\nAuto-Installed: 1\n"
INSTALLED: tuple[Member, ...] = (
    ("var/lib/dpkg/status", STATUS),
    ("var/lib/apt/extended_states", STATES),
    (f"{PACKAGES}gcc.list", b"/.\n/usr\n/usr/bin\n/usr/bin/gcc\n"),
    (f"{PACKAGES}libgomp1.list", b"/.\n/usr\n/usr/lib\n/usr/lib/libgomp.so.1\n"),
    (f"{PACKAGES}ffmpeg.list", b"/.\n/usr\n/usr/bin\n/usr/bin/ffmpeg\n"),
    ("usr/bin/gcc", b"c" * 500),
    ("usr/lib/libgomp.so.1", elf()),
    ("usr/bin/ffmpeg", b"f"),
    link("etc/alternatives/cc", "/usr/bin/gcc"),
)
OWN: tuple[Member, ...] = (
    ("app/run", elf("libgomp.so.1", "libc.so.6")),
    ("usr/include/own.h", b"h"),
    ("root/.cache/pip/x", b"x"),
    info("data", tarfile.DIRTYPE),
)


def without(members: Sequence[Member], *names: str) -> list[Member]:
    """Members but for those that have one of the names in their path."""

    def path(one: Member) -> str:
        return one.name if isinstance(one, tarfile.TarInfo) else one[0]

    return [one for one in members if not any(name in path(one) for name in names)]


def split(
    after: Sequence[Sequence[Member]],
    *declared: str,
    before: Sequence[Member] = OWN,
    restless: Sequence[bytes] = (),
) -> tuple[list[str], SplitFindings]:
    """What is left over of a split, as text, and what came of it."""
    old, new = made(BASE, INSTALLED, before), made(BASE, *after)
    found, findings = judged(compare(old, new), Side(old, 1), Side(new, 1), declared, restless)
    return [f"{one.aspect} {one.path}" for one in found.files], findings


def test_packages_for_building_and_caches_may_be_left_behind() -> None:
    left, findings = split(
        [without(INSTALLED, "gcc", "/cc"), without(OWN, "include", "cache")], "/usr/include/**"
    )
    assert left == []
    assert findings.holds
    assert [(one.kind, one.size, one.names) for one in findings.left] == [
        ("compilers and build tools", 500, ("gcc",)),
        ("headers and static libraries", 1, ("/usr/include/own.h",)),
        ("caches and logs", 31, ("/var/lib/dpkg", "/root/.cache")),
    ]


def test_what_nobody_declares_may_not() -> None:
    left, findings = split([without(INSTALLED, "gcc", "/cc"), without(OWN, "own.h", "data")])
    assert left == ["missing /data", "missing /usr/include"]
    assert findings.holds


def test_a_package_of_another_version_may_come_with_the_base_alone() -> None:
    changed = {
        "usr/bin/ffmpeg": b"other",
        "var/lib/dpkg/status": STATUS.replace(b"Version: 5", b"Version: 6"),
    }
    other = [*without(INSTALLED, *changed), *changed.items()]
    assert split([other, OWN])[0] == ["content /usr/bin/ffmpeg"]
    old, new = made([*BASE, *INSTALLED], OWN), made([*BASE, *other], OWN)
    assert judged(compare(old, new), Side(old, 1), Side(new, 1))[0].files == ()


def test_what_was_removed_may_not_come_back() -> None:
    conf = (f"{PACKAGES}ffmpeg.list", b"/etc/ffmpeg.conf\n"), ("etc/ffmpeg.conf", b"on")
    removed = (*OWN, ("etc/.wh.ffmpeg.conf", b""))
    base = (*BASE, ("etc/of-base", b""))
    old = made(base, (*INSTALLED, *conf), (*removed, ("etc/.wh.of-base", b"")))
    # in one instruction with the install, nothing shows that there was such a file
    at_once = made(base, (*INSTALLED, conf[0]), (*OWN, ("etc/.wh.of-base", b"")))
    new = made(base, (*INSTALLED, *conf), OWN)
    for before in (old, at_once):
        found, _ = judged(compare(before, new), Side(before, 1), Side(new, 1))
        left = [f"{one.aspect} {one.path}" for one in found.files]
        assert left in (["new /etc/ffmpeg.conf", "new /etc/of-base"], ["new /etc"])
    found, _ = judged(compare(old, new), Side(old, 1), Side(new, 1), ["+/etc/**"])
    assert found.files == ()


def test_a_folder_that_a_script_of_a_package_made_may() -> None:
    script = (f"{PACKAGES}gcc.postinst", b"FONTS=/usr/share/fonts\n")
    kept: Member = ("usr/share/x", b"x")
    folders = [info(f"usr/share/{name}", tarfile.DIRTYPE) for name in ("fonts", "other")]
    left, _ = split(
        [without(INSTALLED, "gcc", "/cc"), OWN, [kept]], before=(*OWN, kept, script, *folders)
    )
    assert left == ["missing /usr/share/other"]


def test_a_package_that_was_asked_for_may_not() -> None:
    after = [without(INSTALLED, "gcc", "/cc", "ffmpeg"), OWN]
    left, findings = split(after)
    assert left == []
    assert findings.gone == ("ffmpeg",)
    assert not findings.holds
    assert split(after, "package ffmpeg")[1].holds


def test_a_library_that_came_with_the_compiler_may_not() -> None:
    _, findings = split([without(INSTALLED, "gcc", "/cc", "gomp"), OWN])
    assert [(one.path, one.what) for one in findings.lacks] == [("/app/run", "libgomp.so.1")]
    assert not findings.holds


def test_what_was_missing_before_may_be_missing() -> None:
    plugin = ("app/plugin.so", elf("libnowhere.so"))
    assert split([without(INSTALLED, "gcc", "/cc"), [*OWN, plugin]], before=[*OWN, plugin])[1].holds


def test_a_link_that_led_somewhere_must_still() -> None:
    own = [*OWN, link("app/cc", "/usr/bin/gcc"), link("app/no", "/nowhere")]
    _, findings = split([without(INSTALLED, "gcc", "/cc"), own], before=own)
    assert [(one.kind, one.path) for one in findings.lacks] == [("link", "/app/cc")]


def test_files_may_lie_elsewhere() -> None:
    modules = "usr/local/lib/python3.11/site-packages"
    ends: dict[str, bytes] = {
        "flask/app.py": b"import os\n",
        "flask/__pycache__/app.cpython-311.pyc": b"old",
        "flask-3.dist-info/METADATA": b"Name: flask",
        "flask-3.dist-info/RECORD": b"old",
    }
    before = [(f"{modules}/{path}", data) for path, data in ends.items()]
    venv = "opt/venv/lib/python3.11/site-packages"
    after = [(f"{venv}/{path}", data.replace(b"old", b"new")) for path, data in ends.items()]
    own = ("opt/venv/pyvenv.cfg", b"home = /usr/local/bin\n")
    python = [("usr/local/bin/python3.11", b"x")]
    rest = without(INSTALLED, "gcc", "/cc")
    scripts = [
        (b"#!/usr/local/bin/python3.11\nrun()\n", "usr/local/bin/flask"),
        (b"#!/opt/venv/bin/python\nrun()\n", "opt/venv/bin/flask"),
    ]
    left, findings = split(
        [rest, [*OWN, *python, *after, own, (scripts[1][1], scripts[1][0])]],
        before=[*OWN, *python, *before, (scripts[0][1], scripts[0][0])],
    )
    assert left == []
    assert findings.lacks == ()
    assert [tuple(one) for one in findings.moves] == [
        (f"/{modules}", f"/{venv}", 2),
        ("/usr/local/bin", "/opt/venv/bin", 1),
    ]
    # another content is another file
    strange = [(path, b"other" if path.endswith("app.py") else data) for path, data in after]
    left, _ = split([rest, [*OWN, *python, *strange, own]], before=[*OWN, *python, *before])
    assert f"new /{venv}/flask/app.py" in left
    assert f"missing /{modules}/flask/app.py" in left


def test_a_file_that_moved_may_be_otherwise_if_each_build_makes_another() -> None:
    """A module that is compiled in a random folder has the name of that in it."""
    old = "usr/local/lib/python3.11/site-packages/fast/fast.so"
    new = "opt/venv/lib/python3.11/site-packages/fast/fast.so"
    after = [without(INSTALLED, "gcc", "/cc"), [*OWN, (new, b"2")]]
    before = [*OWN, (old, b"1")]
    assert "new /opt" in split(after, before=before)[0]
    restless = (old.encode(),)
    assert split(after, f"/{old}", before=before, restless=restless)[0] == []
    other = (old.replace("fast.so", "slow.so").encode(),)
    assert "new /opt" in split(after, before=before, restless=other)[0]


def test_what_a_setup_script_writes_of_a_package_goes_with_it() -> None:
    old = "usr/local/lib/python3.11/dist-packages/fast-1.0-py3.11.egg-info/PKG-INFO"
    after = [without(INSTALLED, "gcc", "/cc"), [*OWN, ("opt/venv/lib/fast-1.0.egg-info/x", b"2")]]
    assert split(after, f"/{old}", before=[*OWN, (old, b"1")])[0] == []
    other = old.replace("fast", "slow")
    assert split(after, f"/{other}", before=[*OWN, (other, b"1")])[0] == ["new /opt"]


def test_a_copied_folder_that_got_another_owner_or_mode_is_a_difference() -> None:
    own = [*OWN, info("srv", tarfile.DIRTYPE, mode=0o700, uid=7), ("srv/a", b"a")]
    after = [*OWN, info("srv", tarfile.DIRTYPE), ("srv/a", b"a")]
    left, _ = split([INSTALLED, after], before=own)
    assert left == ["mode /srv", "owner /srv"]


def test_accounts_that_the_file_made_must_stay() -> None:
    own = [*OWN, ("etc/passwd", b"app:x:1000:1000::/:/bin/sh\n")]
    assert split([INSTALLED, [*OWN, ("etc/passwd", b"")]], before=own)[0] == ["content /etc/passwd"]
    script = (f"{PACKAGES}gcc.postinst", b"adduser --system app\n")
    left, _ = split(
        [without(INSTALLED, "gcc", "/cc"), [*OWN, ("etc/passwd", b"")]], before=[*own, script]
    )
    assert left == []


def test_the_base_image_may_be_a_smaller_one() -> None:
    old = made([*BASE, *INSTALLED, ("usr/local/go/bin/go", b"go")], OWN)
    new = made([*BASE, ("usr/share/doc/x", b"")], without(INSTALLED, "gcc", "/cc", "ffmpeg"), OWN)
    found, findings = judged(compare(old, new), Side(old, 1), Side(new, 1))
    assert found.files == ()
    assert findings.holds
    assert "of the base image" in [one.kind for one in findings.left]


def test_a_script_of_the_base_image_without_its_interpreter_is_its_own_matter() -> None:
    """npm brings scripts of Python, which a slim image of Node.js has not."""
    base, own = layer(*BASE, ("usr/bin/env", b"x")), layer(*OWN)
    script = executable("usr/local/lib/npm/gyp.py", b"#!/usr/bin/env python3\n")
    old = image(base, script, executable("usr/bin/python3", b"x"), own, programs=True)

    def lacking(bases: int) -> list[str]:
        new = image(base, script, own, programs=True)
        _, findings = judged(compare(old, new), Side(old, 3), Side(new, bases))
        return [one.path for one in findings.lacks]

    assert lacking(2) == []
    assert lacking(1) == ["/usr/local/lib/npm/gyp.py"], "the file itself brings it"


def test_certificates_of_the_base_image_are_those_of_its_day() -> None:
    bundle = "etc/ssl/certs/ca-certificates.crt"

    def left(bases: int) -> list[str]:
        old, new = (made(BASE, [(bundle, data)], OWN) for data in (b"1", b"2"))
        found, _ = judged(compare(old, new), Side(old, bases), Side(new, bases))
        return [one.path for one in found.files]

    assert left(2) == []
    assert left(1) == [f"/{bundle}"], "an instruction of the file wrote it"


def test_what_the_base_image_has_may_be_otherwise_if_that_is_declared() -> None:
    def both(path: str) -> list[Side]:
        images = [made([*BASE, ("opt/java/lib/modules", data), ("opt/java/x", b"x")],
                       [*OWN, (path, data)]) for data in (b"jdk", b"jre")]  # fmt: skip
        return [Side(image, 1) for image in images]

    def left(path: str, *declared: str) -> list[str]:
        old, new = both(path)
        found, _ = judged(compare(old.image, new.image), old, new, declared)
        return [f"{one.aspect} {one.path}" for one in found.files]

    assert left("opt/same") == ["content /opt/java/lib/modules", "content /opt/same"]
    assert left("opt/same", "~/opt/java/**") == ["content /opt/same"]
    # what an instruction of the file wrote there is no part of the base image
    assert left("opt/java/x", "~/opt/java/**") == ["content /opt/java/x"]


def test_settings_may_be_otherwise_if_that_is_declared() -> None:
    old, new = made(BASE, Env=["PATH=/a"]), made(BASE, Env=["PATH=/b"])
    both = Side(old, 1), Side(new, 1)
    assert judged(compare(old, new), *both)[0].settings
    found, findings = judged(compare(old, new), *both, ["Env PATH"])
    assert found.settings == ()
    assert [one.name for one in findings.settings] == ["Env PATH"]


def test_apk_says_whose_files_are() -> None:
    database = b"""P:gcc
V:13
F:usr/bin
R:gcc

P:jq
V:1
F:usr/bin
R:jq
"""
    jq = database.partition(b"\n\n")[2]
    files = [("usr/bin/gcc", b"g"), ("usr/bin/jq", b"j"), ("etc/apk/world", b"jq .build=2024\n")]
    old = made(BASE, [*files, ("lib/apk/db/installed", database)])
    new = made(BASE, [*files[1:2], ("lib/apk/db/installed", jq)])
    found, findings = judged(compare(old, new), Side(old, 1), Side(new, 1))
    assert ([one.path for one in found.files], findings.gone) == ([], ())
    neither = made(BASE, [("lib/apk/db/installed", b"")])
    assert judged(compare(old, neither), Side(old, 1), Side(neither, 1))[1].gone == ("jq",)
