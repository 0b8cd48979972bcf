"""Archives of images: every dialect of tar, every form of archive, and what is hostile."""

from __future__ import annotations

import io
import json
import resource
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dockfix.builds.drivers.process import output_of
from dockfix.builds.images import layers
from dockfix.builds.images.archive import read_archive, read_images
from dockfix.builds.images.layers import Layer, LayerEntry, LayerReader
from dockfix.builds.images.tar import BLOCK, Stream, members
from dockfix.errors import EngineError, ImageError
from helpers.archives import Pieces, image, info, layer, saved


def read(archive: bytes) -> Layer:
    """The only layer of an image made of one archive."""
    return image(archive).layers[0]


def refused(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        read_archive(io.BytesIO(data))
    return str(caught.value)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_in_every_format(form: int) -> None:
    found = read(
        layer(
            info("./etc/", tarfile.DIRTYPE, mode=0o1777, uid=1, gid=2),
            ("etc/a", b"text"),
            info("etc/link", tarfile.SYMTYPE, linkname="../elsewhere"),
            info("etc/hard", tarfile.LNKTYPE, linkname="etc/a"),
            info("dev/null", tarfile.CHRTYPE, devmajor=1, devminor=3),
            info("dev/sda", tarfile.BLKTYPE, devmajor=8, devminor=0),
            info("run/pipe", tarfile.FIFOTYPE),
            form=form,
        )
    ).entries
    assert found[b"etc"] == LayerEntry("directory", 0o1777, 1, 2)
    assert found[b"etc/a"][:5] == ("file", 0o644, 0, 0, 4)
    assert found[b"etc/hard"] is found[b"etc/a"]
    assert found[b"etc/link"].target == b"../elsewhere"
    assert (found[b"dev/null"].kind, found[b"dev/null"].target) == ("character", b"1:3")
    assert (found[b"dev/sda"].kind, found[b"dev/sda"].target) == ("block", b"8:0")
    assert found[b"run/pipe"].kind == "fifo"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_large_numbers(form: int) -> None:
    name = "d" * 90 + "/" + "é" * 150
    target = "t" * 300
    number = 3_000_000_000
    found = read(
        layer(
            (name, b"x"),
            info("link", tarfile.SYMTYPE, linkname=target, uid=number, gid=number),
            form=form,
        )
    ).entries
    assert name.encode() in found
    assert found[b"link"].target == target.encode()
    assert (found[b"link"].uid, found[b"link"].gid) == (number, number)


def test_a_prefix_of_ustar() -> None:
    name = "d" * 120 + "/" + "n" * 80
    assert name.encode() in read(layer((name, b""), form=tarfile.USTAR_FORMAT)).entries


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_that_are_not_utf_8(form: int) -> None:
    name = b"caf\xe9/\xff\xfe"
    found = read(layer((name.decode("utf-8", "surrogateescape"), b"x"), form=form))
    assert name in found.entries


def test_extended_attributes() -> None:
    long = "x" * 100
    found = read(layer(info("ping", xattrs={"security.capability": "abc", "user.long": long})))
    (key, value), (other, digest) = found.entries[b"ping"].xattrs
    assert (key, value, other) == (b"security.capability", b"abc", b"user.long")
    assert digest.startswith(b"sha256:")
    assert len(digest) < len(long)


def test_whiteouts() -> None:
    found = read(
        layer(
            ("a/.wh.b", b""), ("a/.wh..wh..opq", b""), (".wh.c", b""), (".wh..wh.plnk/1", b""),
            (".wh..wh.aufs", b""),
        )
    )  # fmt: skip
    assert found.removed == {b"a/b", b"c"}
    assert found.opaque == {b"a"}
    assert set(found.entries) == {b".wh..wh.plnk/1"}


GNU_TAR = shutil.which("tar")


@pytest.mark.parametrize(
    "options",
    [
        ("--format=gnu",),
        ("--format=posix", "--sparse-version=0.0"),
        ("--format=posix", "--sparse-version=0.1"),
        ("--format=posix", "--sparse-version=1.0"),
    ],
    ids=" ".join,
)
def test_sparse_files_have_the_content_of_full_ones(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """GNU tar itself is asked, with more pieces than a header has places for."""
    assert GNU_TAR is not None
    content = bytearray(3_000_000)
    for place in range(0, 3_000_000, 100_000):
        content[place + 777 : place + 5000] = bytes([place % 251 + 1]) * 4223
    path = tmp_path / "holes"
    with path.open("wb") as file:
        for place in range(0, 3_000_000, 4096):
            block = content[place : place + 4096]
            file.seek(place)
            if any(block):
                file.write(block)
        file.truncate(3_000_000)
    command = [GNU_TAR, "-cSf", "-", *options, "-C", str(tmp_path), "holes"]
    sparse = subprocess.run(command, check=True, capture_output=True).stdout
    assert len(sparse) < 1_000_000
    found = read(sparse).entries[b"holes"]
    full = read(layer(("holes", bytes(content)))).entries[b"holes"]
    assert (found.size, found.digest) == (full.size, full.digest)


def test_a_sparse_file_of_many_gigabytes(tmp_path: Path) -> None:
    assert GNU_TAR is not None
    content_digests = []
    for last in (b"a", b"b"):
        with (tmp_path / "disk").open("wb") as file:
            file.seek(9_000_000_000)
            file.write(last)
        command = [GNU_TAR, "-cSf", "-", "-C", str(tmp_path), "disk"]
        archive = subprocess.run(command, check=True, capture_output=True).stdout
        found = read(archive).entries[b"disk"]
        assert found.size == 9_000_000_001
        content_digests.append(found.digest)
    assert content_digests[0] != content_digests[1]


@pytest.mark.slow
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_file_of_eight_gigabytes(form: Any) -> None:
    """More than octal digits can say, read to its end, in little memory."""
    size = (8 << 30) + 5
    header = info("large", size=size).tobuf(form)
    zeros = bytes(1 << 20)

    def pieces() -> Iterator[bytes]:
        yield header
        for _ in range(size >> 20):
            yield zeros
        yield b"12345" + bytes(-size % BLOCK) + bytes(2 * BLOCK)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = Pieces(pieces()).read
    ((member, _),) = [
        (member, sum(map(len, body.pieces(member.size))))
        for member, body in members(Stream(read, "test"))
    ]
    assert member.size == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("oci", [False, True])
def test_forms_of_archives(packed: bool, oci: bool) -> None:
    one, other = layer(("a", b"1")), layer(("b", b"2"))
    archive = saved(one, other, packed=packed, oci=oci, Cmd=["sh"])
    (found,) = read_archive(io.BytesIO(archive))
    assert found.names == ("made",)
    assert found.config == {"Cmd": ["sh"]}
    assert found.platform == "linux/amd64"
    assert [set(one.entries) for one in found.layers] == [{b"a"}, {b"b"}]
    assert [one.size for one in found.layers] == [len(one), len(other)]
    assert [made.by for made in found.history] == ["layer 0", "layer 1"]
    assert found.size == len(one) + len(other)
    assert all((layer.packed is not None) == packed for layer in found.layers)


def test_weighing_packs_as_engines_push() -> None:
    data = layer(("a", b"text " * 10_000))
    (found,) = read_archive(io.BytesIO(saved(data)), weigh=True)
    packed = found.layers[0].packed
    assert packed is not None
    assert 100 < packed < 1000


def test_a_layer_is_read_once() -> None:
    one, other = layer(("a", b"1")), layer(("b", b"2"))
    known: dict[str, Layer] = {}
    (first,) = read_archive(io.BytesIO(saved(one)), known)
    (second,) = read_archive(io.BytesIO(saved(one, other)), known)
    assert second.layers[0] is first.layers[0]
    (third,) = read_archive(io.BytesIO(saved(one, packed=True)), known)
    assert third.layers[0] is first.layers[0]


def test_images_come_by_name() -> None:
    manifest = b'[{"Config": "c", "RepoTags": ["%s"], "Layers": []}]'
    first, second = (
        layer(("c", b"{}"), ("manifest.json", manifest % name)) for name in (b"x/one:1", b"two:1")
    )
    archives = io.BytesIO(first), io.BytesIO(second)
    found = read_images(archives, ["two:1", "x/one:1"])
    assert [one.names for one in found] == [("two:1",), ("x/one:1",)]
    long = layer(("c", b"{}"), ("manifest.json", manifest % b"docker.io/library/two:1"))
    assert len(read_images([io.BytesIO(long)], ["two:1"])) == 1
    with pytest.raises(ImageError, match="has no image three"):
        read_images([io.BytesIO(first), io.BytesIO(second)], ["x/one:1", "three"])


def test_podman_names_layers_by_their_digest() -> None:
    """As files beside each other, and in the folder of each as a link to them."""
    data = layer(("a", b"1"))
    digest = sha256(data).hexdigest()
    config = json.dumps({"rootfs": {"diff_ids": [f"sha256:{digest}"]}}).encode()
    manifest = b'[{"Config": "c.json", "RepoTags": ["localhost/x:1"], "Layers": ["%s"]}]'
    members: list[tuple[str, bytes] | tarfile.TarInfo] = [
        (f"{digest}.tar", data),
        info("id/layer.tar", tarfile.SYMTYPE, linkname=f"../{digest}.tar"),
        ("c.json", config),
    ]
    known: dict[str, Layer] = {}
    found = []
    for name in (f"{digest}.tar", "id/layer.tar"):
        archive = layer(*members, ("manifest.json", manifest % name.encode()))
        found += read_images([io.BytesIO(archive)], ["x:1"], known)
    assert found[0].layers[0] is found[1].layers[0]


def test_an_engine_that_fails_is_asked_why() -> None:
    command = ["sh", "-c", "echo no such image >&2; exit 1"]
    with pytest.raises(EngineError, match="save: no such image"):
        read_images([output_of(command, "save")], ["x"])


def test_accounts_are_kept() -> None:
    text = b"root:x:0:0::/root:/bin/sh\n"
    assert read(layer(("etc/passwd", text), ("etc/other", text))).texts == {b"etc/passwd": text}


def _header(**changes: bytes) -> bytes:
    """A header of a file `a` with some fields replaced, and its sum set right."""
    places = {"size": 124, "uid": 108, "kind": 156, "name": 0}
    header = bytearray(info("a").tobuf(tarfile.USTAR_FORMAT))
    for key, value in changes.items():
        header[places[key] : places[key] + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


END = bytes(2 * BLOCK)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (layer(("../../etc/passwd", b"x")), "a path that leads upwards: ../../etc/passwd"),
        (layer(("a/../../b", b"x")), "a path that leads upwards"),
        (layer(info("x", tarfile.LNKTYPE, linkname="../../etc/shadow")), "leads upwards"),
        (layer(("a/" * 3000, b"")), "a path that is too long"),
        (layer(info("x", tarfile.SYMTYPE, linkname="y" * 5000)), "a path that is too long"),
        (layer(("a", b"x" * 5000))[:3000], "ends in the middle"),
        (layer(("a", b"x"))[:300], "ends in the middle"),
        (b"\1" + layer(("a", b"x"))[1:], "not a tar archive, or a damaged one"),
        (_header(size=b"\xff" * 12) + END, "a number below zero"),
        (_header(size=b"\x80" + b"\x7f" * 11) + END, "ends in the middle"),
        (_header(uid=b"12x45\0") + END, "a number that is none"),
        (_header(kind=b"x", size=b"00100000000\0") + END, "a header of 16777216 bytes"),
        (_header(kind=b"Z") + END, "of a kind that images do not have"),
        (_header(kind=b"S") + END, None),
        (_header(kind=b"x", size=b"00000000005\0") + b"99 a=".ljust(512, b"\0"), "no sense"),
        (_header(kind=b"x", size=b"00000000004\0") + b"0 a=".ljust(512, b"\0"), "no sense"),
    ],
)
def test_hostile_layers(archive: bytes, reason: str | None) -> None:
    if reason is None:
        assert read(archive).entries[b"a"].size == 0
    else:
        assert reason in refused(saved(archive))


def test_sparse_maps_that_lie() -> None:
    for numbers in ("0,10,5,10", "0,100", "5", "0,4,100,4", "x,1"):
        one = info("a", size=4)
        one.pax_headers = {"GNU.sparse.map": numbers, "GNU.sparse.size": "50"}
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(one, io.BytesIO(b"abcd"))
        assert "no sense" in (said := refused(saved(output.getvalue()))) or "is none" in said


def test_hostile_archives() -> None:
    assert "neither manifest.json" in refused(layer(("x", b"y")))
    assert "is not JSON" in refused(layer(("manifest.json", b"[" * 100_000)))
    assert "is missing" in refused(layer(("manifest.json", b'[{"Config": "x", "Layers": []}]')))
    assert "makes no sense" in refused(layer(("manifest.json", b"[null]")))
    for text in (b"{}", b"[3]", b'[{"Config": 3}]', b'[{"Layers": {}}]', b'[{"Layers": [[]]}]'):
        assert "makes no sense" in refused(layer(("manifest.json", text)))
    archive = saved(layer(("a", b"1")))
    false = archive.replace(b'"diff_ids": ["sha256:', b'"diff_ids": ["sha257:')
    assert "is not what its name says" in refused(false)
    config = b'{"rootfs": {"diff_ids": ["sha256:x"]}}'
    manifest = b'[{"Config": "c", "RepoTags": ["made"], "Layers": ["l"]}]'
    archive = layer(("c", config), ("l", layer(("a", b"1"))), ("manifest.json", manifest))
    assert "the layers are not those of the image" in refused(archive)
    assert "a number that is none" in refused(b"x" * 1024)
    assert "damaged" in refused(b"1" * 1024)


def test_a_layer_under_a_false_name() -> None:
    one = layer(("a", b"1"))
    archive = saved(one)
    known: dict[str, Layer] = {}
    read_archive(io.BytesIO(archive), known)
    false = archive.replace(b"1" + bytes(BLOCK - 1), b"2" + bytes(BLOCK - 1))
    assert false != archive
    assert "is not what its name says" in refused(false)
    with pytest.raises(ImageError, match="is not what its name says"):
        read_archive(io.BytesIO(false), known)


def test_damaged_gzip() -> None:
    archive = saved(layer(("a", b"1" * 10_000)), packed=True)
    start = archive.index(b"\x1f\x8b\x08")
    damaged = archive[: start + 20] + b"\xff" * 8 + archive[start + 28 :]
    said = refused(damaged)
    assert "damaged gzip" in said or "damaged one" in said


def test_more_paths_than_any_image_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MOST_PATHS", 10)
    assert "more than 10 paths" in refused(saved(layer(*((str(n), b"") for n in range(11)))))


def test_more_names_than_memory_is_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MOST_TEXT", 10_000)
    many = {f"user.{n}": "x" for n in range(100)}
    for member in (info("a", xattrs=many), info("a", tarfile.SYMTYPE, linkname="y" * 4000)):
        archive = saved(layer(member, member, member))
        assert "names that are too long" in refused(archive)


def test_a_sparse_file_larger_than_any_disk() -> None:
    """One that would take years to read as zeros."""
    one = info("a", size=4)
    one.pax_headers = {"GNU.sparse.map": "0,4", "GNU.sparse.size": str(10**18)}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(one, io.BytesIO(b"abcd"))
    assert read(output.getvalue()).entries[b"a"].size == 10**18


@pytest.mark.parametrize("hole", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_holes_and_zeros_are_the_same(hole: int) -> None:
    """Wherever they begin and end; and two files that differ in nothing else are two."""
    content_digests = set()
    for shift in (0, 1, 70_000):
        content = bytes(shift) + b"a" * 5 + bytes(hole) + b"b" + bytes(hole)
        one = info("a", size=6)
        places = f"{shift},5,{shift + 5 + hole},1"
        one.pax_headers = {"GNU.sparse.map": places, "GNU.sparse.size": str(len(content))}
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(one, io.BytesIO(b"aaaaab"))
        found = read(output.getvalue()).entries[b"a"]
        full = read(layer(("a", content))).entries[b"a"]
        assert (found.digest, found.essence) == (full.digest, full.essence)
        content_digests.add(found.digest)
    assert len(content_digests) == 3


def test_zstd_is_refused_with_advice() -> None:
    data = layer(("blobs/sha256/x", b"\x28\xb5\x2f\xfd" + bytes(100)), ("manifest.json", b"[]"))
    assert "compression=gzip" in refused(data)


def test_an_image_in_little_memory() -> None:
    """Half a gigabyte of files that differ, in far less memory than that."""
    count, size = 500, 1 << 20
    header = info("x", size=size)

    def pieces() -> Iterator[bytes]:
        for number in range(count):
            header.name = f"file{number}"
            yield header.tobuf(tarfile.PAX_FORMAT)
            yield bytes([number % 255 + 1]) * size
        yield END

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    archive = LayerReader({}, weigh=False)
    found = archive.changes(Stream(Pieces(pieces()).read, "test"))
    assert len(found.entries) == count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_numbers_of_json_do_not_pass_for_text() -> None:
    text = json.dumps([{"Config": "c", "RepoTags": [1], "Layers": []}]).encode()
    assert "makes no sense" in refused(layer(("manifest.json", text), ("c", b"{}")))
