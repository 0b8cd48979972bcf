"""The shape of the house: what a pass looks like, who may print, who knows whom."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "dockfix"
MODULES = sorted(SOURCE.rglob("*.py"))
PASSES = [
    path
    for path in MODULES
    if path.parent.name == "passes" and path.stem not in ("__init__", "base", "quick_checks")
]
EVERY_PASS = pytest.mark.parametrize("path", PASSES, ids=lambda path: path.stem)

REGISTRIES = [SOURCE / room / "__init__.py" for room in ("passes", "managers")]
#: The rooms, from the top down: each may know those below it, and itself.
ROOMS = ("cli", "editor", "fleet", "reports", "builds", "embedded", "core", "passes", "stages",
         "reorder", "merging", "installs", "programs", "managers", "state", "edit", "context",
         "dockerfile", "shell")  # fmt: skip
#: Rooms that only think: what they know is handed to them.
PURE = (
    "dockerfile",
    "edit",
    "installs",
    "managers",
    "merging",
    "passes",
    "programs",
    "reorder",
    "shell",
    "stages",
    "state",
)
#: What may lie at the root of the package, beside the rooms.
LOOSE = {
    "__init__.py", "__main__.py", "errors.py", "imports.py", "py.typed", "records.py", "typed.py"
}  # fmt: skip
#: Modules through which a program looks around, waits, or speaks.
OUTSIDE = {
    "asyncio", "builtins", "ctypes", "datetime", "getpass", "glob", "http", "importlib", "io",
    "locale", "logging", "multiprocessing", "os", "pathlib", "platform", "random", "select",
    "shutil", "signal", "socket", "subprocess", "tempfile", "threading", "time", "typer", "urllib",
    "uuid", "warnings",
}  # fmt: skip
SPEAKS = {"print", "input", "breakpoint", "exit", "quit"}
REACHES = {"open", "eval", "exec", "compile", "__import__"}

#: Imports that still go up.
UPWARD: set[tuple[str, str]] = set()


class Module(ast.NodeVisitor):
    """What a module imports, calls, raises, and asks of `sys`, wherever in its text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_bytes())
        self.imports: list[str] = []
        self.calls: list[str] = []
        self.raises: list[str] = []
        self.of_sys: set[str] = set()
        self.visit(self.tree)

    def visit_Import(self, node: ast.Import) -> None:
        self.imports += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert not node.level, f"{self.path}: a relative import"
        assert node.names[0].name != "*", f"{self.path}: an import of everything"
        assert node.module
        self.imports += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name | ast.Attribute):
            self.calls.append(ast.unparse(node.func))
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            self.raises.append(ast.unparse(raised))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "sys":
            self.of_sys.add(node.attr)
        self.generic_visit(node)


@cache
def module(path: Path) -> Module:
    return Module(path)


def room_of(name: str) -> list[Module]:
    return [module(path) for path in sorted((SOURCE / name).rglob("*.py"))]


@EVERY_PASS
def test_a_pass_module_holds_one_record(path: Path) -> None:
    records = [
        node
        for node in module(path).tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node).startswith("PASS = Pass(")
    ]
    assert len(records) == 1
    assert module(path).calls.count("Pass") == 1


@EVERY_PASS
def test_a_pass_module_has_a_rewriting_generator(path: Path) -> None:
    functions = {
        node.name: node for node in module(path).tree.body if isinstance(node, ast.FunctionDef)
    }
    assert {"rewrite", "verify"} <= set(functions)
    rewrite = functions["rewrite"]
    assert [one.arg for one in rewrite.args.args] == ["facts", "settings"]
    assert rewrite.returns is not None
    assert ast.unparse(rewrite.returns) == "Iterator[Group]"
    assert any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(rewrite))
    assert [one.arg for one in functions["verify"].args.args] == ["before", "after"]


@EVERY_PASS
def test_passes_do_not_know_one_another(path: Path) -> None:
    names = module(path).imports
    known = {name.split(".")[2] for name in names if name.startswith("dockfix.passes.")}
    assert {"base"} <= known <= {"base", "quick_checks"}


def test_every_module_says_what_it_is_for() -> None:
    for path in MODULES:
        doc = ast.get_docstring(module(path).tree)
        assert doc, path
        assert re.split(r"\n\s*\n", doc)[0].strip()[-1] in ".:", path


def test_programs_are_started_in_one_place_and_connections_opened_in_another() -> None:
    ways = {
        ("subprocess", "pty", "asyncio.create_subprocess", "asyncio.subprocess", "os.fork",
         "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn"): {
             "builds/drivers/process.py"
         },
        ("socket", "http.client", "urllib.request", "ftplib", "ssl", "urllib3"): {
            "builds/registry/http.py"
        },
        # which starts helpers for credentials, too
        ("docker.",): {"builds/registry/credentials.py"},
    }  # fmt: skip
    for names, places in ways.items():
        found = {
            str(path.relative_to(SOURCE))
            for path in MODULES
            for name in (*module(path).imports, *module(path).calls)
            if name.startswith(names)
        }
        assert found == places
    # and no room that an ordinary run needs knows the one that starts them
    for path in MODULES:
        if path.relative_to(SOURCE).parts[0] not in ("builds", "cli", "reports"):
            assert not any("dockfix.builds" in name for name in module(path).imports), path


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_neither_look_around_nor_speak(room: str) -> None:
    for one in room_of(room):
        assert not {name.partition(".")[0] for name in one.imports} & OUTSIDE, one.path
        # registries import what a file needs
        allowed = {"__import__"} if one.path in REGISTRIES else set()
        assert not set(one.calls) & (SPEAKS | REACHES - allowed), one.path
        # what the interpreter is, but not its arguments, streams or paths
        assert one.of_sys <= {"stdlib_module_names", "intern", "maxsize"}, one.path


def test_every_look_at_the_disk_is_recorded() -> None:
    """Only then does a run notice that something has changed which an earlier one saw."""
    of_names = {"abspath", "basename", "dirname", "isabs", "join", "normpath", "relpath", "split"}
    # questions that are recorded as a whole
    whole = {"arguments.py", "disk.py", "dockerfiles.py", "history.py"}
    for one in room_of("context"):
        if one.path.name not in whole:
            calls = {name for name in one.calls if name.partition(".")[0] in ("os", "open", "io")}
            assert calls <= {f"os.path.{name}" for name in of_names} | {"os.getcwd"}, one.path


def test_only_the_command_prints_or_exits() -> None:
    for path in MODULES:
        if path in (SOURCE / "cli" / "main.py", SOURCE / "__main__.py"):
            continue
        one = module(path)
        assert not set(one.calls) & (SPEAKS | {"sys.exit", "os._exit", "os.abort"}), path
        assert "SystemExit" not in one.raises, path
        if path not in (SOURCE / "cli" / "streams.py", SOURCE / "cli" / "output.py"):
            assert not one.of_sys & {"stdin", "stdout", "stderr"}, path


#: What a layout is made of: `Style` knows it, and only the writers in `edit/` ask for it.
OF_LAYOUT = {"chain_indent", "ending", "eol", "indent", "newline", "tight"}
CONTINUED = re.compile(r"[\\`][ \t]*\r?\n|\n[ \t]")


@pytest.mark.parametrize(
    "room", ["passes", "stages", "reorder", "merging", "installs", "programs", "managers", "state"]
)
def test_only_the_writers_of_layout_compose_lines(room: str) -> None:
    """No other module asks a style for a line ending, an indentation or an escape character, or
    puts a text together with a continued or an indented line in it."""
    for one in room_of(room):
        for node in ast.walk(one.tree):
            asked = node.attr if isinstance(node, ast.Attribute) else ""
            assert asked not in OF_LAYOUT, f"{one.path}:{getattr(node, 'lineno', 0)}: {asked}"
            if isinstance(node, ast.JoinedStr):
                parts = node.values
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                parts = [node.left, node.right]
            else:
                continue
            for part in parts:
                value = part.value if isinstance(part, ast.Constant) else ""
                written = value if isinstance(value, str) else ""
                assert not CONTINUED.search(written), f"{one.path}:{node.lineno}: {written!r}"


def name_of(path: Path) -> str:
    """The name of a module, without the package's: `shell.reader`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports() -> dict[str, set[str]]:
    """The modules of dockfix that each module imports, anywhere in its text."""
    names = {name_of(path) for path in MODULES}
    return {
        name_of(path): {
            short
            for name in module(path).imports
            if (short := name.removeprefix("dockfix.")) in names and name.startswith("dockfix.")
        }
        # a module of a package brings the package, which says nothing of who knows whom
        - {name_of(path), name_of(path).rpartition(".")[0]}
        for path in MODULES
    }


def test_nothing_lies_loose_beside_the_rooms() -> None:
    found = {path.name for path in SOURCE.iterdir() if path.name != "__pycache__"}
    assert found == {*ROOMS, *LOOSE}


def test_imports_go_down_only() -> None:
    depth = {room: number for number, room in enumerate(ROOMS)}
    up = {
        (name, known)
        for name, others in imports().items()
        for known in others
        if (room := name.partition(".")[0]) in depth
        and (below := known.partition(".")[0]) in depth
        and depth[below] < depth[room]
    }
    assert up == UPWARD


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = imports()
    reached: dict[str, set[str]] = {}
    for name in graph:
        seen: set[str] = set()
        todo = list(graph[name])
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += graph[one]
        reached[name] = seen
    circles = {
        frozenset(other for other in graph if name in reached[other] and other in reached[name])
        for name in graph
        if name in reached[name]
    }
    assert not circles


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
        r"127\.0\.0\.1|(?:.*\.)?(?:example\.(?:org|com|net)|github\.com|python\.org|docker\.com|apache\.org"
        r"|oasis-open\.org|opencontainers\.org|opengroup\.org|pre-commit\.com|astral\.sh|debian\.org|semver\.org"
        r"|alpinelinux\.org|dask\.org|keepachangelog\.com|spdx\.org|json-schema\.org|schemastore\.org|pypi\.org|l\.html)"
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
