"""Layers over each other: what is seen, what is hidden, and what that costs."""

from __future__ import annotations

import tarfile

from dockfix.builds.images.overlay import HiddenFile, Overlay
from helpers.archives import image, info, layer

DIRECTORY = tarfile.DIRTYPE


def overlay(*layers: bytes) -> Overlay:
    return Overlay(image(*layers).layers)


def paths(found: Overlay) -> dict[str, str]:
    """What is seen, by path: the first letter of its kind."""
    return {path.decode(): placed.entry.kind[0] for path, placed in sorted(found.paths.items())}


def test_later_layers_win() -> None:
    found = overlay(layer(("a", b"1"), ("b", b"1")), layer(("a", b"22")))
    assert found.paths[b"a"].entry.size == 2
    assert found.paths[b"a"].layer == 1
    assert found.paths[b"b"].layer == 0
    assert found.hidden_files() == (HiddenFile(b"a", 1, 0, 1, False),)


def test_a_whiteout_removes_all_below() -> None:
    found = overlay(
        layer(("d/e/f", b"1"), ("d/g", b"22"), ("da", b"")), layer((".wh.d", b"")), layer()
    )
    assert paths(found) == {"": "d", "da": "f"}
    assert {(one.path, one.size, one.by, one.deleted) for one in found.hidden_files()} == {
        (b"d/e/f", 1, 1, True),
        (b"d/g", 2, 1, True),
    }


def test_a_whiteout_beside_the_same_name() -> None:
    for members in (("d", b"new"), (".wh.d", b"")), ((".wh.d", b""), ("d", b"new")):
        found = overlay(layer(("d/e", b"1")), layer(*members))
        assert paths(found) == {"": "d", "d": "f"}
        assert [one.path for one in found.hidden_files()] == [b"d/e"]


def test_an_opaque_directory_hides_what_is_below_it() -> None:
    below = layer(info("d", DIRECTORY, mode=0o700), ("d/a", b"1"), ("d/s/b", b"1"), ("e", b""))
    above = layer(("d/.wh..wh..opq", b""), ("d/a", b"2"), ("d/c", b"3"))
    found = overlay(below, above)
    assert paths(found) == {"": "d", "d": "d", "d/a": "f", "d/c": "f", "e": "f"}
    assert found.paths[b"d"].entry.mode == 0o700
    assert found.paths[b"d/a"].layer == 1


def test_a_directory_over_a_directory_keeps_what_is_in_it() -> None:
    found = overlay(layer(("d/a", b"1")), layer(info("d", DIRECTORY, mode=0o711)))
    assert paths(found) == {"": "d", "d": "d", "d/a": "f"}
    assert found.paths[b"d"].entry.mode == 0o711


def test_a_file_takes_the_place_of_a_directory() -> None:
    found = overlay(layer(("d/a", b"1")), layer(("d", b"2")))
    assert paths(found) == {"": "d", "d": "f"}
    assert len(found.hidden_files()) == 1


def test_a_directory_takes_the_place_of_a_link() -> None:
    """And what is in it goes there, not where the link leads."""
    found = overlay(
        layer(info("lib", tarfile.SYMTYPE, linkname="usr/lib"), ("usr/lib/a", b"")),
        layer(("lib/b", b"")),
    )
    assert paths(found) == {
        "": "d", "lib": "d", "lib/b": "f", "usr": "d", "usr/lib": "d", "usr/lib/a": "f"
    }  # fmt: skip


def test_hard_links_are_one_file() -> None:
    linked = layer(("a", b"12345"), info("b", tarfile.LNKTYPE, linkname="a"))
    found = overlay(linked)
    assert found.paths[b"a"].entry is found.paths[b"b"].entry
    assert overlay(linked, layer((".wh.a", b""))).hidden_files() == ()
    both = overlay(linked, layer((".wh.a", b""), (".wh.b", b"")))
    assert [one.size for one in both.hidden_files()] == [5]


def test_a_hard_link_to_a_layer_below() -> None:
    found = overlay(layer(("d/a", b"12345")), layer(info("b", tarfile.LNKTYPE, linkname="d/a")))
    assert found.paths[b"b"].entry is found.paths[b"d/a"].entry
    assert overlay(layer(info("b", tarfile.LNKTYPE, linkname="none"))).paths.keys() == {b""}


def test_what_removes_nothing() -> None:
    found = overlay(layer(("a", b"1")), layer((".wh.b", b""), ("c/.wh..wh..opq", b"")))
    assert paths(found) == {"": "d", "a": "f"}
    assert found.hidden_files() == ()


def test_accounts_follow_their_files() -> None:
    below = layer(("etc/passwd", b"one"), ("etc/group", b"two"))
    assert overlay(below).texts == {b"etc/passwd": b"one", b"etc/group": b"two"}
    above = layer(("etc/passwd", b"three"), ("etc/.wh.group", b""))
    assert overlay(below, above).texts == {b"etc/passwd": b"three"}


def test_many_whiteouts_of_many_paths() -> None:
    """Their number times the number of paths would be minutes."""
    count = 10_000
    below = layer(*((f"d{n}/f", b"") for n in range(count)))
    above = layer(*((f".wh.d{n}", b"") for n in range(count)))
    assert len(overlay(below, above).paths) == 1
