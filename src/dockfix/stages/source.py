"""The files of the build context that the final image gets, and the programs that they call.

A program that only the build stage has must be called by none of them. Shell scripts are read by
our own reader; what else is read is up to the ecosystem. What cannot be seen is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.context.sources import expanded, is_wild, sources_of
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages.sides import program_name
from dockfix.state.paths import Copy

#: With more files than this nobody looks into each of them.
_MOST = 3_000
#: Folders whose files an image does not run.
_NOT_RUN = frozenset(
    (".git", ".github", ".gitlab", ".idea", ".vscode", "__tests__", "doc", "docs", "node_modules",
     "spec", "test", "testing", "tests", "testdata")
)  # fmt: skip


def files_of(stage: Stage, context: Context | None) -> tuple[str, ...]:
    """The paths of the files that the stage copies from the context, those of tests, documents and
    installed packages left out. Raises UnsureError."""
    found: dict[str, None] = {}
    for one in stage.instructions:
        if one.keyword in ("COPY", "ADD") and sources_of(one):
            if context is None:
                raise UnsureError("the build context was not found, so it is unknown what is run")
            for _, path in files_below(one, context):
                found[path] = None
            if len(found) > _MOST:
                raise UnsureError(f"there are more than {_MOST:,} files in the build context")
    return tuple(found)


def files_below(one: Instruction, context: Context) -> Iterator[tuple[str, str]]:
    """The files that a COPY takes from the context: for each what names it, or a folder above it,
    and its path. Raises UnsureError."""
    for source in sources_of(one):
        if source is None:
            raise UnsureError(f"it is unknown what {one.keyword} {one.arguments} brings")
        for top in expanded(source, context) if is_wild(source) else (source,):
            for path in _below(top, context):
                yield top, path


def landings(copy: Copy, context: Context) -> Iterator[tuple[str, str]]:
    """The files that a copy brings: where each lands, and its path in the context."""
    for top, path in files_below(copy.instruction, context):
        if context.kind(top) == "file":
            name = path.rpartition("/")[2]
            yield (f"{copy.target.rstrip('/')}/{name}" if copy.into else copy.target), path
        else:
            rest = path[len(top) :].lstrip("/")
            yield f"{copy.target.rstrip('/')}/{rest}", path


def all_files(context: Context) -> Iterator[str]:
    """The paths of all files of the context but those of tests, documents and installed packages.
    Raises UnsureError."""
    return _below("", context)


def _below(path: str, context: Context) -> Iterator[str]:
    """The files at a path and below it."""
    waiting = [path]
    seen = 0
    while waiting:
        one = waiting.pop()
        kind = context.kind(one)
        if kind == "file":
            yield one
        elif kind == "directory":
            names = context.entries(one)
            if names is None:
                raise UnsureError(f"the folder {one or '.'} of the build context is too large")
            waiting += [f"{one}/{name}" if one else name for name in names if name not in _NOT_RUN]
        seen += 1
        if seen > 4 * _MOST:
            raise UnsureError(f"there are more than {_MOST:,} files in the build context")


def brings_elsewhere(one: Instruction) -> bool:
    """True if a COPY or ADD brings files that lie in no build context: of a URL, or Git."""
    words = one.json if one.json is not None else [word.text for word in one.words]
    return one.keyword == "ADD" and any("://" in word or "@" in word for word in words[:-1])


def interpreter_of(text: str) -> str:
    """The name of the interpreter that the first line of a script names; "" if it names none."""
    first = text.partition("\n")[0] if text.startswith("#!") else ""
    words = [word for word in first[2:].replace("/", " ").split() if word[:1] != "-"]
    names = [word for word in words if word not in ("usr", "bin", "local", "env")]
    return names[0] if names else ""


def is_shell_script(path: str, text: str) -> bool:
    """True if a file is a script of a shell, by its name or its first line."""
    return path.endswith(".sh") or interpreter_of(text) in ("sh", "bash", "dash", "ash")


def called_by_script(path: str, text: str) -> frozenset[str]:
    """The names of the programs that a script of a shell calls. Raises UnsureError."""
    script = read_script(text.replace("\r\n", "\n"), "bash")
    if not isinstance(script, Script):
        raise UnsureError(f"{path} is a script that cannot be read")
    return called_by(script)


def called_by(script: Script) -> frozenset[str]:
    """The names of the programs that a script calls, those behind `exec` and the like too."""
    found = set()
    for simple in script.nested:
        found.add(program_name(simple))
        # `exec gosu app nginx`, `env X=1 make`: any word may be the program of another one
        for word in simple.words[1:]:
            value = word.value or ""
            if value.isascii() and value.replace("-", "").replace("+", "").isalnum():
                found.add(value)
    return frozenset(found - {""})
