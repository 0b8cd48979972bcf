"""The shape of the tests: where they lie, and what they may import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("*.py"))
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
SOURCE = TESTS.parent / "src" / "dockfix"
#: Folders of tests that belong to no room of the program.
FURTHER = {"house", "proofs", "speed"}
#: Folders of what tests use, and of commands beside them.
HELPING = {"distributions", "helpers", "proofs", "speed"}
#: Functions that take the name of an attribute as text.
BY_NAME = ("setattr", "getattr", "delattr", "hasattr")


def test_every_test_lies_in_the_folder_of_a_room() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    for path in FILES:
        if path.name.startswith("test_"):
            assert path.parent.parent == TESTS, path
            assert path.parent.name in rooms | FURTHER, path
        elif path != TESTS / "conftest.py":
            assert path.relative_to(TESTS).parts[0] in (
                "helpers",
                "speed",
                "distributions",
                "proofs",
            ), path


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What is imported: the full name, and the name by which it is known then."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", alias.asname or alias.name


def private(tree: ast.AST) -> Iterator[str]:
    """The private names of the program that a file asks for."""
    known = {name for full, name in imports(tree) if full.startswith("dockfix")}
    for full, _ in imports(tree):
        if re.search(r"^dockfix\..*\b_[a-z]", full, re.IGNORECASE):
            yield full
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if re.split(r"\W", ast.unparse(node))[0] in known:
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(BY_NAME):
            for word in node.args:
                if isinstance(word, ast.Constant) and is_private(word.value):
                    yield ast.unparse(node)


def is_private(name: object) -> bool:
    """True for a name with one underscore in front, those of records aside."""
    public = ("_replace", "_asdict", "_fields", "_make", "_exit")
    return isinstance(name, str) and bool(re.match(r"_[A-Za-z]", name)) and name not in public


@EVERY_FILE
def test_no_file_imports_a_test_or_a_private_name(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    tests = {test.stem for test in FILES if test.name.startswith("test_")}
    assert not {full for full, _ in imports(tree) if tests & set(full.split("."))}
    assert list(private(tree)) == []


@pytest.mark.parametrize(
    "text",
    [
        "from dockfix.core.pipeline import _Run",
        "import dockfix._inner",
        "import dockfix.core.pipeline\ndockfix.core.pipeline._Run(1)",
        "from dockfix.reorder import groups as r\nr._find()",
        "from dockfix import work\nmonkeypatch.setattr(work, '_find', 1)",
    ],
)
def test_a_private_name_is_seen(text: str) -> None:
    assert list(private(ast.parse(text)))


@pytest.mark.parametrize(
    "text", ["import os\nos._exit(1)", "from dockfix import work\nwork.one._replace(a=1)"]
)
def test_a_name_that_is_public_is_not(text: str) -> None:
    assert not list(private(ast.parse(text)))
