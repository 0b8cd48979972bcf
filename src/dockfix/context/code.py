"""The program text in a build context: what an image runs may open files of it by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.context import Context
from dockfix.shell.patterns import lazy

#: Files of programs, by how their names end; shell scripts are read elsewhere, by our own reader.
CODE = (
    ".cjs", ".coffee", ".ex", ".exs", ".go", ".java", ".jl", ".js", ".jsx", ".kt", ".lua", ".mjs",
    ".php", ".pl", ".pm", ".py", ".r", ".rb", ".rs", ".scala", ".ts", ".tsx",
)  # fmt: skip
#: Files that say how a project is built, wherever they lie: how their names begin, and end.
_BUILDS = (
    "BUILD", "CMakeLists.txt", "Cargo.toml", "GNUmakefile", "Gemfile", "Justfile", "Makefile",
    "Pipfile", "Rakefile", "SConstruct", "Taskfile", "WORKSPACE", "build.xml", "composer.json",
    "configure", "justfile", "makefile", "meson.build", "package.json", "pom.xml", "pyproject.toml",
    "requirements", "setup.cfg", "wscript",
)  # fmt: skip
_BUILD_FILES = (
    ".ac", ".am", ".bash", ".bzl", ".cabal", ".cmake", ".csproj", ".fsproj", ".gemspec", ".gradle",
    ".kts", ".m4", ".mak", ".mk", ".nix", ".podspec", ".proj", ".props", ".ps1", ".rake", ".sbt",
    ".sh", ".targets", ".vbproj",
)  # fmt: skip
#: At the root of a project, tools have their settings in such files, too.
_SETTINGS = (".toml", ".yaml", ".yml")
_FOREIGN = frozenset(
    (".git", ".idea", ".tox", ".venv", ".vscode", "__pycache__", "bower_components", "env",
     "node_modules", "site-packages", "venv", "vendor")
)  # fmt: skip
_TESTS = frozenset(("__tests__", "spec", "test", "testdata", "testing", "tests"))
_MOST_FILES = 2_000
_MOST_FOLDERS = 1_000
#: Of so many names it is asked whether they are folders.
_MOST_LOOKS = 10_000
_LARGEST = 200_000


def code_texts(context: Context, *, tests: bool) -> Iterator[str]:
    """The texts of the programs in a context, those of others left out; those of tests only with
    `tests`. Large files are read as far as 200 kB; of very many files only the first ones."""
    for path in _files(context, _is_code, tests=tests):
        yield context.head(path, _LARGEST) or ""


def build_texts(context: Context) -> Iterator[str]:
    """The texts of the files in a context that say how it is built, by their names, and of scripts
    without an ending."""
    for path in _files(context, _may_build, tests=False):
        if _is_build(path) or context.head(path, 2) == "#!":
            yield context.head(path, _LARGEST) or ""


#: The files that a Go program has put into itself (pkg.go.dev/embed).
_EMBEDS = lazy(r"(?m)^//go:embed[ \t]+([^\n]+)")


def embedded_in(text: str) -> list[str]:
    """Patterns of the files that a program has put into itself when it is compiled."""
    return _EMBEDS.findall(text)


def _is_code(path: str) -> bool:
    return path.lower().endswith(CODE)


def _is_build(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return (
        name.startswith(_BUILDS)
        or name.endswith(_BUILD_FILES)
        or name == "conf.py"
        or ".config." in name
        or (not folder and name.endswith(_SETTINGS))
    )


def _may_build(path: str) -> bool:
    name = path.rpartition("/")[2]
    return "." not in name or _is_build(path)


def _files(context: Context, wanted: Callable[[str], bool], *, tests: bool) -> Iterator[str]:
    """Paths of the files that are wanted, by their names."""
    folders, files, looks = [""], 0, 0
    for folder in folders:
        for name in context.entries(folder) or ():
            path = f"{folder}/{name}" if folder else name
            if wanted(path) and ("." in name or context.kind(path) == "file"):
                files += 1
                if files > _MOST_FILES:
                    return
                yield path
            elif (
                "." not in name[1:]
                and name not in _FOREIGN
                and (tests or name not in _TESTS)
                and len(folders) < _MOST_FOLDERS
            ):
                looks += 1
                if looks > _MOST_LOOKS:
                    return
                if context.kind(path) == "directory" and not context.is_link(path):
                    folders.append(path)
