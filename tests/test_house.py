"""The shape of the house: what a pass looks like, who may print, who knows whom."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import libcst as cst
import libcst.matchers as m
import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "dockfix"
MODULES = sorted(SOURCE.rglob("*.py"))
PASSES = [
    path
    for path in MODULES
    if path.parent.name == "passes" and path.stem not in ("__init__", "base", "signs")
]
EVERY_PASS = pytest.mark.parametrize("path", PASSES, ids=lambda path: path.stem)

REGISTRY = SOURCE / "passes" / "__init__.py"
#: Rooms that only think: what they know is handed to them.
PURE = ("order", "packages", "passes", "shell", "syntax")
#: Modules through which a program looks around, waits, or speaks.
OUTSIDE = {
    "asyncio", "builtins", "ctypes", "datetime", "getpass", "glob", "http", "importlib", "io",
    "locale", "logging", "multiprocessing", "os", "pathlib", "platform", "random", "select",
    "shutil", "signal", "socket", "subprocess", "tempfile", "threading", "time", "typer", "urllib",
    "uuid", "warnings",
}  # fmt: skip
SPEAKS = {"print", "input", "breakpoint", "exit", "quit"}
REACHES = {"open", "eval", "exec", "compile", "__import__"}

#: Which rooms a room may know; itself always, and the modules on the ground floor.
KNOWS = {
    "syntax": (),
    "context": ("syntax",),
    "shell": (),
    "packages": ("context", "shell", "syntax"),
    "order": ("context", "packages", "shell", "syntax"),
    "passes": ("context", "order", "packages", "shell", "syntax"),
    "report": ("passes", "syntax", "pipeline"),
}
#: What drives the rooms, and is no room's business.
COMMAND = ("cli", "config", "options", "pipeline", "discovery", "search", "files", "diff",
           "usage", "work")  # fmt: skip


class Module(cst.CSTVisitor):
    """What a module imports, calls, raises, and asks of `sys`, wherever in its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tree = cst.parse_module(path.read_bytes())
        self.imports: list[str] = []
        self.calls: list[str] = []
        self.raises: list[str] = []
        self.of_sys: set[str] = set()
        self.tree.visit(self)

    def visit_Import(self, node: cst.Import) -> None:  # noqa: N802
        self.imports += [dotted(alias.name) for alias in node.names]

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802
        assert not node.relative, f"{self.path}: a relative import"
        assert not isinstance(node.names, cst.ImportStar), f"{self.path}: an import of everything"
        parent = dotted(node.module)
        self.imports += [parent, *(f"{parent}.{dotted(alias.name)}" for alias in node.names)]

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        if isinstance(node.func, cst.Name | cst.Attribute):
            self.calls.append(dotted(node.func))

    def visit_Raise(self, node: cst.Raise) -> None:  # noqa: N802
        if node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
            self.raises.append(dotted(raised))

    def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802
        if isinstance(node.value, cst.Name) and node.value.value == "sys":
            self.of_sys.add(node.attr.value)

    def top_level(self) -> Iterator[cst.CSTNode]:
        for statement in self.tree.body:
            if isinstance(statement, cst.SimpleStatementLine):
                yield from statement.body
            else:
                yield statement


@cache
def module(path: Path) -> Module:
    return Module(path)


def dotted(node: cst.CSTNode | None) -> str:
    """A name as written: `print`, `sys.exit`."""
    assert node is not None
    return cst.Module([]).code_for_node(node)


def room_of(name: str) -> list[Module]:
    return [module(path) for path in sorted((SOURCE / name).rglob("*.py"))]


@EVERY_PASS
def test_a_pass_module_holds_one_record(path: Path) -> None:
    record = m.Assign(targets=[m.AssignTarget(m.Name("PASS"))], value=m.Call(func=m.Name("Pass")))
    assert len([node for node in module(path).top_level() if m.matches(node, record)]) == 1
    assert module(path).calls.count("Pass") == 1


@EVERY_PASS
def test_a_pass_module_has_a_rewriting_generator(path: Path) -> None:
    functions = {
        node.name.value: node
        for node in module(path).top_level()
        if isinstance(node, cst.FunctionDef)
    }
    assert {"rewrite", "verify"} <= set(functions)
    rewrite = functions["rewrite"]
    assert [one.name.value for one in rewrite.params.params] == ["dockerfile", "settings"]
    assert rewrite.returns is not None
    assert dotted(rewrite.returns.annotation) == "Iterator[Group]"
    assert m.findall(rewrite.body, m.Yield())
    assert [one.name.value for one in functions["verify"].params.params] == ["before", "after"]


@EVERY_PASS
def test_passes_do_not_know_one_another(path: Path) -> None:
    names = module(path).imports
    known = {name.split(".")[2] for name in names if name.startswith("dockfix.passes.")}
    assert {"base"} <= known <= {"base", "signs"}


def test_every_module_says_what_it_is_for() -> None:
    for path in MODULES:
        doc = module(path).tree.get_docstring()
        assert doc, path
        assert re.split(r"\n\s*\n", doc)[0].strip()[-1] in ".:", path


def test_programs_and_connections_are_started_in_one_place_each() -> None:
    ways = {
        ("subprocess", "pty", "asyncio", "os.fork", "os.system", "os.popen", "os.exec", "os.spawn",
         "os.posix_spawn"): {"engine/process.py"},
        ("socket", "http.client", "urllib.request", "ftplib", "ssl"): {"engine/api.py"},
    }  # fmt: skip
    for names, places in ways.items():
        found = {
            str(path.relative_to(SOURCE))
            for path in MODULES
            for name in (*module(path).imports, *module(path).calls)
            if name.startswith(names)
        }
        assert found == places
    # and nobody asks for either but whoever has images built
    for path in MODULES:
        if path.parent.name != "engine" and path.name != "cli.py":
            assert not any("engine" in name for name in module(path).imports), path


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_neither_look_around_nor_speak(room: str) -> None:
    for one in room_of(room):
        assert not {name.partition(".")[0] for name in one.imports} & OUTSIDE, one.path
        # the registry imports what a file needs
        allowed = {"__import__"} if one.path == REGISTRY else set()
        assert not set(one.calls) & (SPEAKS | REACHES - allowed), one.path
        # what the interpreter is, but not its arguments, streams or paths
        assert one.of_sys <= {"stdlib_module_names", "intern", "maxsize"}, one.path


def test_only_the_command_prints_or_exits() -> None:
    for path in MODULES:
        if path in (SOURCE / "cli.py", SOURCE / "__main__.py"):
            continue
        one = module(path)
        assert not set(one.calls) & (SPEAKS | {"sys.exit", "os._exit", "os.abort"}), path
        assert "SystemExit" not in one.raises, path
        assert not one.of_sys & {"stdin", "stdout", "stderr"}, path


@pytest.mark.parametrize("room", KNOWS)
def test_rooms_know_only_the_rooms_below(room: str) -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    allowed = {f"dockfix.{one}" for one in (room, *KNOWS[room])}
    for one in room_of(room):
        for name in one.imports:
            parts = name.split(".")
            if parts[0] != "dockfix" or len(parts) < 2:
                continue
            assert parts[1] not in COMMAND or f"dockfix.{parts[1]}" in allowed, (one.path, name)
            if parts[1] in rooms:
                known = any(
                    f"{name}.".startswith(f"{place}.") or f"{place}.".startswith(f"{name}.")
                    for place in allowed
                )
                assert known, (one.path, name)


def tracked() -> list[Path]:
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if run.returncode:  # not a checkout, but an unpacked archive
        return [*MODULES, *sorted(ROOT.glob("tests/**/*.py")), *sorted(ROOT.glob("docs/**/*.md"))]
    paths = [ROOT / name for name in run.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_speaks_of_the_machine_it_was_made_on() -> None:
    home = str(Path.home())
    places = {str(ROOT), sys.prefix, str(Path(sys.prefix).parent)}
    places |= {home} if home not in ("/", "/root") else set()
    host = socket.gethostname()
    words = [re.escape(place) + r"(?![\w.-])" for place in places if place.count("/") > 1]
    words += [rf"\b{re.escape(host)}\b"] if len(host) > 9 else []
    words += [
        r"file:///(?:home|root|Users)/",
        r"/(?:home|Users)/\w+/\.",
        r"/root/\.(?:pyenv|local)\b",
    ]
    spoken = re.compile("|".join(words))
    for path in tracked():
        found = spoken.search(path.read_bytes().decode("utf-8", "replace"))
        assert found is None, f"{path}: {found}"


def test_addresses_are_of_documentation_and_examples() -> None:
    """A package index or registry of somebody's own would be the first thing to leak."""
    known = re.compile(
        r"(?:.*\.)?(?:example\.(?:org|com|net)|github\.com|python\.org|docker\.com|apache\.org"
        r"|opencontainers\.org|opengroup\.org|pre-commit\.com|astral\.sh|debian\.org|semver\.org"
        r"|alpinelinux\.org|keepachangelog\.com|spdx\.org|json-schema\.org|schemastore\.org|pypi\.org|l\.html)"
    )
    for path in tracked():
        if "fixtures" in path.parts or path.name.startswith("test_") or path.suffix == ".lock":
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for host in re.findall(r"https?://([\w.-]*\w)", text):
            if "." in host and len(host) > 3:
                assert known.fullmatch(host), f"{path}: {host}"


def test_no_group_is_repeated_possessively() -> None:
    """CPython before 3.11.5, which Debian 12 has, loses its place there: an atomic group does not.

    https://github.com/python/cpython/issues/106052
    """
    for path in MODULES:
        found = re.search(r"(?<!\\)\)(?:[*+?]|\{[0-9,]+\})\+", path.read_text())
        assert found is None, f"{path}: {found}"
