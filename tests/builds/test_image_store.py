"""What a store makes of `COPY --link` is told from what a rewrite makes."""

from __future__ import annotations

import tarfile

import pytest

from dockfix.builds.compare import compare
from dockfix.builds.image_store import has_linked_copies, made_by_store
from dockfix.builds.images.archive import HistoryLine, Image
from dockfix.dockerfile.parser import parse
from helpers.archives import image, info, layer


def built(*layers: bytes, by: tuple[str, ...]) -> Image:
    found = image(*layers)
    history = tuple(HistoryLine(line, place) for place, line in enumerate(by))
    return found._replace(history=history)


def folder(name: str, mode: int = 0o755, uid: int = 0) -> tarfile.TarInfo:
    return info(name, tarfile.DIRTYPE, mode=mode, uid=uid)


CLOSED = layer(folder("d", 0o700, 5))
COPIED = layer(folder("d"), ("d/f", b"f"))
RUN, COPY = "RUN /bin/sh -c chmod 700 /d # buildkit", "COPY f /d/f # buildkit"


def paths(before: Image, after: Image) -> tuple[list[str], list[str]]:
    """The paths that differ, and those of which the store is the reason."""
    found = compare(before, after).files
    by_store = made_by_store(found, before, after)
    return [one.path for one in found], [one.path for one in by_store]


def test_a_folder_that_a_copied_layer_describes_anew_is_the_stores() -> None:
    before = built(CLOSED, COPIED, layer(folder("d", 0o700, 5)), by=(RUN, COPY, RUN))
    after = built(CLOSED, COPIED, by=(RUN, COPY))
    assert paths(before, after) == (["/d", "/d"], ["/d", "/d"])
    assert paths(after, before) == (["/d", "/d"], ["/d", "/d"])
    # no layer of a RUN does it by itself
    after = built(CLOSED, COPIED, by=(RUN, RUN))
    assert paths(before, after) == (["/d", "/d"], [])


def test_a_folder_in_the_place_of_a_link_is_the_stores_with_what_lies_in_it() -> None:
    link = layer(folder("d"), info("l", tarfile.SYMTYPE, linkname="d"))
    over = layer(folder("l"), ("l/f", b"f"))
    before = built(link, layer(("d/f", b"f")), by=(RUN, COPY))
    after = built(link, over, by=(RUN, COPY))
    found, by_store = paths(before, after)
    assert "/l" in found
    assert by_store == found
    # what differs elsewhere is not
    other = built(link, over, layer(("x", b"")), by=(RUN, COPY, RUN))
    found, by_store = paths(before, other)
    assert set(found) - set(by_store) == {"/x"}


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("FROM a\nCOPY --link b /c\n", True),
        ("FROM a\nADD --link b /c\n", True),
        ("FROM a\nCOPY --link=false b /c\n", False),
        ("FROM a\nCOPY b /c\nRUN echo --link\n", False),
    ],
)
def test_copies_that_are_linked(text: str, has: bool) -> None:
    assert has_linked_copies(parse(text)) is has
