"""Two images compared: every difference is found, and what is noise by nature is not."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import Any

import pytest

from dockfix.builds.compare import Comparison, Renumbered, SettingDifference, compare
from dockfix.builds.images.archive import Image
from helpers.archives import image, info, layer


def images(before: bytes, after: bytes) -> Comparison:
    return compare(image(before), image(after))


def found(comparison: Comparison) -> list[tuple[str, str]]:
    return [(one.path, one.aspect) for one in comparison.files]


def test_the_same_files_in_other_layers_are_the_same() -> None:
    one = image(layer(("a", b"1"), ("b", b"2")))
    other = image(layer(("b", b"1")), layer(("b", b"2")), layer(("a", b"1")))
    assert compare(one, other).same


@pytest.mark.parametrize(
    ("before", "after", "aspect"),
    [
        (("a", b"1"), ("a", b"2"), "content"),
        (("a", b""), info("a", mode=0o755), "mode"),
        (info("a"), info("a", mode=0o4644), "mode"),
        (info("a"), info("a", uid=5), "owner"),
        (info("a"), info("a", gid=5), "owner"),
        (info("a", tarfile.DIRTYPE), info("a", tarfile.DIRTYPE, mode=0o700), "mode"),
        (info("a", tarfile.DIRTYPE), info("a", tarfile.DIRTYPE, mode=0o1755), "mode"),
        (info("a", tarfile.DIRTYPE), info("a", tarfile.DIRTYPE, uid=5), "owner"),
        (info("a", tarfile.DIRTYPE), info("a", tarfile.DIRTYPE, gid=5), "owner"),
        (("a", b""), info("a", tarfile.DIRTYPE), "kind"),
        (
            info("a", tarfile.SYMTYPE, linkname="b"),
            info("a", tarfile.SYMTYPE, linkname="c"),
            "target",
        ),
        (
            info("a", tarfile.CHRTYPE, devmajor=1, devminor=3),
            info("a", tarfile.CHRTYPE, devmajor=1, devminor=5),
            "target",
        ),
        (info("a"), info("a", xattrs={"security.capability": "x"}), "attributes"),
        (info("a"), info("b"), "missing"),
    ],
)
def test_differences(
    before: tarfile.TarInfo | tuple[str, bytes],
    after: tarfile.TarInfo | tuple[str, bytes],
    aspect: str,
) -> None:
    comparison = images(layer(before), layer(after))
    assert not comparison.same
    assert found(comparison)[0] == ("/a", aspect)
    assert comparison.files[0].before != comparison.files[0].after


def test_a_folder_that_only_a_layer_below_describes_is_compared() -> None:
    """A later layer that has a file in it may well say nothing of the folder, or say it anew."""
    closed, file = info("d", tarfile.DIRTYPE, mode=0o700, uid=5), ("d/f", b"f")
    opened = info("d", tarfile.DIRTYPE)
    before = image(layer(closed), layer(file))
    assert found(compare(before, image(layer(closed, file)))) == []
    assert found(compare(before, image(layer(file)))) == [("/d", "mode"), ("/d", "owner")]
    after = image(layer(closed), layer(opened, file))
    assert found(compare(before, after)) == [("/d", "mode"), ("/d", "owner")]
    root = image(layer(info(".", tarfile.DIRTYPE, mode=0o700)))
    assert found(compare(root, image(layer()))) == [("/", "mode")]


def test_a_directory_stands_for_what_is_below_it() -> None:
    below = ("d/a/b", b""), ("d/c", b""), ("d-e", b"")
    assert found(images(layer(*below), layer())) == [("/d", "missing"), ("/d-e", "missing")]
    assert found(images(layer(), layer(*below))) == [("/d", "new"), ("/d-e", "new")]


def test_names_that_are_not_utf_8() -> None:
    comparison = images(layer(("caf\udce9", b"")), layer())
    assert found(comparison) == [("/caf\udce9", "missing")]


def accounts(passwd: str, group: str, *more: tarfile.TarInfo) -> bytes:
    return layer(("etc/passwd", passwd.encode()), ("etc/group", group.encode()), *more)


def test_owners_are_compared_by_name() -> None:
    before = accounts(
        "root:x:0:0::/:\nredis:x:104:105::/:\nssh:x:105:106::/:\n",
        "root:x:0:\nredis:x:105:\nssh:x:106:\n",
        info("data", uid=104, gid=105),
    )
    after = accounts(
        "root:x:0:0::/:\nssh:x:104:105::/:\nredis:x:105:106::/:\n",
        "root:x:0:\nssh:x:105:\nredis:x:106:\n",
        info("data", uid=105, gid=106),
    )
    comparison = images(before, after)
    assert comparison.same
    assert Renumbered("user", "redis", 104, 105) in comparison.renumbered
    assert Renumbered("group", "redis", 105, 106) in comparison.renumbered


def test_the_same_number_of_somebody_else_is_another_owner() -> None:
    before = accounts("redis:x:104:5::/:\n", "", info("data", uid=104))
    after = accounts("ssh:x:104:5::/:\n", "", info("data", uid=104))
    assert ("/data", "owner") in found(images(before, after))


@pytest.mark.parametrize(
    ("passwd", "group"),
    [
        ("root:x:0:0::/:/bin/bash\n", "root:x:0:\nstaff:x:50:a\n"),
        ("root:x:0:50::/:/bin/sh\n", "root:x:0:\nstaff:x:50:a\n"),
        ("root:x:0:0::/:/bin/sh\nnew:x:7:7::/:\n", "root:x:0:\nstaff:x:50:a\n"),
        ("root:x:0:0::/:/bin/sh\n", "root:x:0:\nstaff:x:50:b\n"),
    ],
)
def test_other_accounts_are_a_difference(passwd: str, group: str) -> None:
    before = accounts("root:x:0:0::/:/bin/sh\n", "root:x:0:\nstaff:x:50:a\n")
    comparison = images(before, accounts(passwd, group))
    assert [one.aspect for one in comparison.files] == ["content"]


def zipped(year: int, text: str = "text", mode: int = 0o644) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("META-INF/MANIFEST.MF", "A.class"):
            one = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            one.external_attr = mode << 16
            archive.writestr(one, text * 40_000)
    return output.getvalue()


def compiled(time: int, code: bytes = b"code", flags: int = 0) -> bytes:
    numbers = (flags, time, 5)
    return b"magi" + b"".join(one.to_bytes(4, "little") for one in numbers) + code


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("a.pyc", compiled(1), compiled(2), True),
        ("a.pyc", compiled(1), compiled(1, b"else"), False),
        ("a.pyc", compiled(1, flags=1), compiled(2, flags=1), False),
        ("a.txt", compiled(1), compiled(2), False),
        ("a.gz", gzip.compress(b"x", mtime=1), gzip.compress(b"x", mtime=2), True),
        ("a.gz", gzip.compress(b"x", mtime=1), gzip.compress(b"y", mtime=1), False),
        ("large.gz", gzip.compress(bytes(1 << 26), mtime=1), gzip.compress(bytes(1 << 26)), True),
        ("a.jar", zipped(2001), zipped(2002), True),
        ("a.jar", zipped(2001), zipped(2001, "else"), False),
        ("a.jar", zipped(2001), zipped(2001, mode=0o755), False),
        ("a.zip", zipped(2001)[:-10], zipped(2002)[:-10], False),
    ],
)
def test_times_within_files(name: str, one: bytes, other: bytes, same: bool) -> None:
    assert one != other
    assert images(layer((name, one)), layer((name, other))).same is same


def test_noise_is_what_differs_between_two_builds_of_the_first() -> None:
    before = image(layer(("log", b"1"), ("a", b"1"), ("tmp/x1", b""), ("kept", b"1")))
    again = image(layer(("log", b"2"), ("a", b"1"), ("tmp/y2", b""), ("kept", b"1")))
    after = image(layer(("log", b"3"), ("a", b"2"), ("tmp/z3", b""), ("new", b"")))
    comparison = compare(before, after, again)
    assert found(comparison) == [("/a", "content"), ("/kept", "missing"), ("/new", "new")]
    assert {one.path for one in comparison.noise} == {"/log", "/tmp/x1", "/tmp/z3"}
    assert compare(before, again, again).same


def test_noise_in_one_aspect_is_none_in_another() -> None:
    before = image(layer(("log", b"1")))
    again = image(layer(("log", b"2")))
    assert found(compare(before, image(layer()), again)) == [("/log", "missing")]


def settings(before: dict[str, Any], after: dict[str, Any]) -> list[SettingDifference]:
    return list(compare(image(**before), image(**after)).settings)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"Env": ["A=1", "B=2"]}, {"Env": ["B=2", "A=1"]}, []),
        ({"Env": ["A=1"]}, {"Env": ["A=2", "B="]}, [("Env A", "1", "2"), ("Env B", None, "")]),
        ({"Cmd": ["a"]}, {"Cmd": ["b"]}, [("Cmd", '["a"]', '["b"]')]),
        ({"Cmd": ["a"]}, {}, [("Cmd", '["a"]', None)]),
        ({"Entrypoint": None}, {"Entrypoint": ["x"]}, [("Entrypoint", None, '["x"]')]),
        ({"WorkingDir": "/"}, {}, []),
        ({"WorkingDir": "/a"}, {}, [("WorkingDir", "/a", "/")]),
        ({"User": ""}, {"User": "root"}, []),
        ({"User": "0"}, {"User": "5"}, [("User", "root", "5")]),
        ({"ExposedPorts": {"80/tcp": {}}}, {}, [("ExposedPorts 80/tcp", "{}", None)]),
        ({"Volumes": {"/a": {}}}, {"Volumes": {"/a": {}}}, []),
        ({"Labels": {"a": "1"}}, {"Labels": {"a": "2"}}, [("Labels a", "1", "2")]),
        (
            {"Healthcheck": {"Test": ["NONE"]}},
            {},
            [("Healthcheck", '{"Test": ["NONE"]}', None)],
        ),
        ({"StopSignal": "SIGINT"}, {}, [("StopSignal", "SIGINT", None)]),
        ({"Shell": ["/bin/sh", "-c"]}, {}, []),
        ({"OnBuild": ["RUN x"]}, {}, [("OnBuild", '["RUN x"]', None)]),
        ({"Hostname": "a"}, {"Hostname": "b"}, []),
    ],
)
def test_settings(
    before: dict[str, object],
    after: dict[str, object],
    expected: list[tuple[str, str | None, str | None]],
) -> None:
    assert settings(before, after) == [SettingDifference(*one) for one in expected]


def test_settings_that_differ_by_themselves() -> None:
    def built(time: str, value: str) -> Image:
        return image(Labels={"time": time}, Env=[f"A={value}"])

    comparison = compare(built("1", "x"), built("3", "y"), built("2", "x"))
    assert [one.name for one in comparison.settings] == ["Env A"]
