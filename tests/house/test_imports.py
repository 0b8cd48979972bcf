"""The short way to the modules of dockfix finds what Python finds, and leaves the rest to it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import PathFinder
from importlib.util import cache_from_source
from pathlib import Path

import pytest

import dockfix
from dockfix.imports import Finder
from helpers.command import ENVIRONMENT

NAME = "dockfix.one"


def load(folder: Path) -> object:
    """What the module has as `value` when it is loaded anew."""
    spec = Finder.find_spec(NAME, [str(folder)])
    assert spec is not None
    assert spec.loader is not None
    space: dict[str, object] = {}
    exec(spec.loader.get_code(NAME), space)  # type: ignore[attr-defined]  # it is a loader of files
    return space["value"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    path = tmp_path / "one.py"
    path.write_text("value = 'first'\n")
    return path


def test_what_is_found_is_what_python_finds() -> None:
    folder = [*dockfix.__path__]
    ours, theirs = (
        find("dockfix.errors", folder) for find in (Finder.find_spec, PathFinder.find_spec)
    )
    assert ours is not None
    assert theirs is not None
    for field in ("name", "origin", "cached", "has_location", "submodule_search_locations"):
        assert getattr(ours, field) == getattr(theirs, field)


@pytest.mark.parametrize("name", ["dockfix.core", "dockfix.nothing", "json"])
def test_packages_and_others_are_left_to_python(name: str) -> None:
    assert Finder.find_spec(name, [*dockfix.__path__]) is None
    assert Finder.find_spec(name, None) is None


def test_bytecode_counts_as_long_as_its_source_is_the_same(source: Path) -> None:
    assert load(source.parent) == "first"
    bytecode = Path(cache_from_source(str(source)))
    found = source.stat()
    # the same date and size: nobody can tell
    source.write_text("value = 'other'\n")
    os.utime(source, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert load(source.parent) == "first"
    os.utime(source, (0, 0))
    assert load(source.parent) == "other"
    assert b"other" in bytecode.read_bytes()
    source.write_text("value = 'longer'\n")
    os.utime(source, (0, 0))
    assert load(source.parent) == "longer"


@pytest.mark.parametrize("data", [b"", b"nothing of the kind, and longer than its head"])
def test_damaged_bytecode_is_made_anew(source: Path, data: bytes) -> None:
    load(source.parent)
    bytecode = Path(cache_from_source(str(source)))
    bytecode.write_bytes(data)
    assert load(source.parent) == "first"
    assert b"first" in bytecode.read_bytes()


def test_bytecode_that_is_checked_by_a_hash_is_left_to_python(source: Path) -> None:
    import py_compile

    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    found = source.stat()
    source.write_text("value = 'other'\n")
    os.utime(source, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert load(source.parent) == "other"


def test_the_command_goes_the_short_way() -> None:
    said = "import sys, dockfix.core.pipeline as one; print(type(one.__loader__).__module__)"
    done = subprocess.run(
        [sys.executable, "-c", f"import dockfix.__main__; {said}"],
        env=ENVIRONMENT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "dockfix.imports\n"
