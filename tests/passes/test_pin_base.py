"""Images by their digest: which names are images, and what stands in their place."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.errors import RegistryError
from dockfix.passes.base import Settings
from dockfix.state.registry import KnownTags, Pin

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
KNOWN = KnownTags(
    {
        "python:3.12": Pin("3.12.14", A),
        "python:latest": Pin("3.14.7", B),
        "composer:latest": Pin("2.9.3", A),
        "example.org:5000/team/app:1": Pin("1", B),
        "docker/dockerfile:1": Pin("1.19.0", A),
        "alpine:3.24": Pin("3.24", A, "it was built 2 days ago, and --min-age asks for 7"),
        "python:3.12.14": Pin("3.12.14", B),
    }
)


def pinned(source: str, *, refresh: bool = False) -> str:
    """What becomes of a file. A second run changes nothing."""
    settings = Settings(registry=KNOWN)
    result = rewrite(source, select=["pin-base"], settings=settings._replace(refresh=refresh))
    again = rewrite(result.after, select=["pin-base"], settings=settings._replace(refresh=refresh))
    assert not again.changed
    return result.after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM python:3.12\n", f"FROM python:3.12.14@{A}\n"),
        ("FROM python\n", f"FROM python:3.14.7@{B}\n"),
        ("from  --platform=$BUILDPLATFORM python:3.12  as x\n",
         f"from  --platform=$BUILDPLATFORM python:3.12.14@{A}  as x\n"),
        ("FROM example.org:5000/team/app:1\n", f"FROM example.org:5000/team/app:1@{B}\n"),
        ("FROM python:3.12 AS python\nFROM python\n",
         f"FROM python:3.12.14@{A} AS python\nFROM python\n"),
        ("FROM scratch\nCOPY --from=composer /a /b\n",
         f"FROM scratch\nCOPY --from=composer:2.9.3@{A} /a /b\n"),
        ("FROM scratch\nCOPY --link --from=python:3.12 --chmod=755 /a /b\n",
         f"FROM scratch\nCOPY --link --from=python:3.12.14@{A} --chmod=755 /a /b\n"),
        ("FROM scratch\nONBUILD COPY --from=python:3.12 /a /b\n",
         f"FROM scratch\nONBUILD COPY --from=python:3.12.14@{A} /a /b\n"),
        ("FROM scratch\nRUN --mount=type=bind,from=python:3.12,target=/x a\n",
         f"FROM scratch\nRUN --mount=type=bind,from=python:3.12.14@{A},target=/x a\n"),
        ("# syntax = docker/dockerfile:1\nFROM scratch\n",
         f"# syntax = docker/dockerfile:1.19.0@{A}\nFROM scratch\n"),
        ("ARG I=python:3.12\nFROM $I AS a\nFROM ${I}\n",
         f"ARG I=python:3.12.14@{A}\nFROM $I AS a\nFROM ${{I}}\n"),
        ("FROM \\\n  python:3.12\n", f"FROM \\\n  python:3.12.14@{A}\n"),
    ],
)  # fmt: skip
def test_images_are_named_by_version_and_digest(before: str, after: str) -> None:
    assert pinned(before) == after


@pytest.mark.parametrize(
    "source",
    [
        f"FROM python:3.12@{B}\n",
        "FROM scratch\nCOPY --from=assets / /\n",
        "FROM scratch AS a\nFROM scratch\nCOPY --from=0 / /\nCOPY --from=A / /\n",
        "FROM scratch AS a\nFROM scratch\nRUN --mount=from=a,target=/x a\n",
        "FROM scratch\nRUN --mount=type=cache,target=/x a\n",
        "ARG V=3.12\nFROM python:$V\n",
        "ARG I=python:3.12\nFROM $I\nARG I\nRUN echo $I\n",
        "ARG I=python:3.12\nFROM $I\nFROM $I-slim\n",
        'ARG I="python:3.12"\nFROM $I\n',
        "ARG I\nFROM $I\n",
        "FROM alpine:3.24\n",
    ],
)
def test_other_names_stay(source: str) -> None:
    assert pinned(source) == source


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ARG V=3\nFROM python:$V\n", "python:$V is not pinned: it depends on a build argument"),
        (
            "FROM alpine:3.24\n",
            "alpine:3.24 is not pinned yet: it was built 2 days ago, and --min-age asks for 7",
        ),
    ],
)
def test_what_is_not_pinned_is_told(source: str, message: str) -> None:
    result = rewrite(source, select=["pin-base"], settings=Settings(registry=KNOWN))
    assert [note.message for note in result.notes] == [message]


def test_a_digest_is_made_anew_only_on_demand() -> None:
    old = f"FROM python:3.12.14@{A}\n"
    assert pinned(old) == old
    assert pinned(old, refresh=True) == f"FROM python:3.12.14@{B}\n"
    without = f"FROM python@{A}\n"
    assert pinned(without, refresh=True) == without


def test_an_error_names_the_line() -> None:
    with pytest.raises(RegistryError, match=r"^Dockerfile:2: b:1 is not known"):
        rewrite(
            "FROM python:3.12\nFROM b:1\n",
            select=["pin-base"],
            settings=Settings(registry=KNOWN),
        )


def test_nobody_is_asked_without_a_registry() -> None:
    assert not rewrite("FROM b:1\n", select=["pin-base"]).changed


def test_the_message_says_what_will_stand_there() -> None:
    result = rewrite("FROM python:3.12\n", select=["DF603"], settings=Settings(registry=KNOWN))
    (made,) = result.applied
    assert made.message == (
        "write python:3.12.14@sha256:aaaaaaaa… instead of python:3.12: later builds then use "
        "the same image; unsafe because updates of the tag then come only with a new pin"
    )
