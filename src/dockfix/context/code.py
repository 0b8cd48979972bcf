"""The program text in a build context: what an image runs may open files of it by their names."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context

#: Files of programs, by how their names end; shell scripts are read elsewhere, by our own reader.
CODE = (
    ".cjs", ".coffee", ".ex", ".exs", ".go", ".java", ".jl", ".js", ".jsx", ".kt", ".lua", ".mjs",
    ".php", ".pl", ".pm", ".py", ".r", ".rb", ".rs", ".scala", ".ts", ".tsx",
)  # fmt: skip
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
    folders, files, looks = [""], 0, 0
    for folder in folders:
        for name in context.entries(folder) or ():
            path = f"{folder}/{name}" if folder else name
            if name.lower().endswith(CODE):
                files += 1
                if files > _MOST_FILES:
                    return
                yield context.head(path, _LARGEST) or ""
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
