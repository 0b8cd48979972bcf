"""A manager stands in one file: nothing above or below names its programs, lock files or caches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix.managers import PROGRAMS, every_manager, load

SOURCE = Path(__file__).parents[2] / "src" / "dockfix"
ROOMS = ("passes", "stages", "reorder", "merging", "installs", "context", "state", "shell")
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
#: The same in the rooms that ask about installs.
NAMES_OF_FILES_AND_PACKAGES = {
    # packages of distributions that throw one another out, lead to other sources, or are there
    "installs/influence.py": "bundler npm yarn yarnpkg",
    "installs/new_sources.py": "apt aptitude dnf microdnf yum zypper",
    "installs/present.py": "apt cargo npm yarn yarnpkg",
    # endings of files, folders of a home or a project, an image's folders
    "installs/independence.py": "bundle cargo conda gem go",
    "installs/onlookers.py": "apk",
    "installs/project.py": "bundle",
    "merging/work.py": "apk gem",
    # a kind of script in `package.json`
    "installs/sight.py": "npm",
}
#: What is true of one manager alone, so that no record needs a field for it, and the reason.
ONE_ALONE = {
    # only apt's lists stay in the layer of an update, so that a later RUN can live on them
    "installs/lists.py": "apk apt apt-get aptitude",
    "installs/entries.py": "apt",
    "installs/sight.py": "apt",
    # only of apt's packages the dependencies are known, and so what changes its choice
    "installs/order.py": "apt",
    # only apk has an option after which its update and the removal of its index are useless
    "installs/apk_index.py": "apk",
    # any later call of apk in a script counts as a removal: it may be of a virtual package
    "installs/reads.py": "apk",
    # a module that is started by `python -m` looks into the current directory first
    "installs/independence.py": "pip",
}
#: Programs that run files of the project, task runners and builders among them; and those that
#: start a program of the project's environment, as `sudo` starts one.
STARTING = {
    "installs/entries.py": "bun bundle cargo composer composer.phar gradle gradlew mix mvn mvnw "
    "npm pnpm poetry uv yarn yarnpkg",
}
ALLOWED = OTHER_THINGS | {
    (where, word)
    for table in (NAMES_OF_FILES_AND_PACKAGES, ONE_ALONE, STARTING)
    for where, words in table.items()
    for word in words.split()
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


def named(path: Path) -> set[tuple[str, str]]:
    """The names of managers that a module says, each with the module."""
    where = str(path.relative_to(SOURCE))
    words = {
        word.strip("/.")
        for text in texts(ast.parse(path.read_text()))
        for word in re.split(r"[^\w./-]+", text.replace("\\.", ".").replace("\\b", " "))
    }
    return {(where, word) for word in words & names()}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_module_names_a_manager(path: Path) -> None:
    assert not named(path) - ALLOWED


def test_no_exception_is_left_over() -> None:
    found = {one for path in MODULES for one in named(path)}
    assert not sorted(ALLOWED - OTHER_THINGS - found)


def test_managers_of_the_same_packages_are_named_by_one_of_them() -> None:
    for manager in every_manager():
        assert manager.family in PROGRAMS
        other = load(manager.family)
        assert other.family == other.name
        assert other.system is manager.system


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
