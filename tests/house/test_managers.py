"""A manager stands in one file: nothing above or below names its programs, lock files or caches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix.managers import PROGRAMS, every_manager

SOURCE = Path(__file__).parents[2] / "src" / "dockfix"
ROOMS = ("passes", "stages", "reorder", "context", "state", "shell")
#: What is called like a program, and is something else: an image, a folder that is looked for in a
#: project, the ending of a file, a word of a message, a compiler.
OTHER_THINGS = {
    ("context/clutter.py", "gradle"),
    ("context/code.py", "go"),
    ("context/dockerfiles.py", "go"),
    ("passes/install_before_source.py", "go"),
    ("stages/project.py", "cargo"),
    ("stages/any_language.py", "go"),
    ("stages/dotnet.py", "dotnet"),
    ("stages/find.py", "go"),
    ("stages/go.py", "go"),
    ("stages/python_packages.py", "pip"),
    ("stages/rust.py", "cargo"),
    ("stages/toolchain_images.py", "cargo"),
    ("stages/toolchain_images.py", "go"),
    ("stages/toolchain_images.py", "gradle"),
    ("stages/java.py", "gradle"),
    ("stages/java.py", "mvn"),
    ("stages/java_builds.py", "gradle"),
    ("stages/java_source.py", "gradle"),
    ("context/code.py", "gradle"),
    ("state/archives.py", "apk"),
    ("state/archives.py", "bundle"),
    ("state/archives.py", "gem"),
    ("state/base_images.py", "composer"),
    ("state/base_images.py", "gradle"),
    ("state/image_variants.py", "gradle"),
    ("state/java_images.py", "gradle"),
    ("state/paths.py", "go"),
    ("programs/executables.py", "go"),
}
MODULES = sorted(path for room in ROOMS for path in (SOURCE / room).rglob("*.py"))


def names() -> set[str]:
    """All names that belong to a manager."""
    found: set[str] = set()
    for manager in every_manager():
        found |= manager.programs
        found |= set(manager.lock.files) if manager.lock else set()
        folders = manager.cache.folders if manager.cache else ()
        found |= {folder.lstrip("~/") for folder in folders}
    return found


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, but for what is prose: docstrings, and the record of a pass."""
    prose = {
        id(part)
        for node in ast.walk(tree)
        for part in ast.walk(node)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PASS")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def named(path: Path) -> set[str]:
    """The names of managers that a module says."""
    where = str(path.relative_to(SOURCE))
    words = {
        word.strip("/.")
        for text in texts(ast.parse(path.read_text()))
        for word in re.split(r"[^\w./-]+", text.replace("\\.", ".").replace("\\b", " "))
    }
    return {word for word in words & names() if (where, word) not in OTHER_THINGS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_module_names_a_manager(path: Path) -> None:
    assert not named(path)


def test_the_search_finds_names(tmp_path: Path) -> None:
    """Names are found in the tables of a manager itself."""
    words = {
        word
        for text in texts(ast.parse((SOURCE / "managers" / "bun.py").read_text()))
        for word in text.split()
    }
    assert {"bun", "bun.lock"} <= words & names()


def test_each_manager_has_a_file_of_its_own() -> None:
    for name in PROGRAMS:
        assert (SOURCE / "managers" / f"{name}.py").is_file()


def test_what_a_cleanup_empties_is_told_to_verify() -> None:
    """Each folder that a cleanup removes, or a mount lies over, is one of the cache's."""
    for manager in every_manager():
        cache = manager.cache
        if cache is not None:
            assert {one.replace("/root/", "~/") for one in cache.emptied} <= set(cache.folders)
            assert cache.mount is None or set(cache.mount.folders) <= set(cache.folders)
