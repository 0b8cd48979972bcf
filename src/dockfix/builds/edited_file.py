"""An edit of one line of a file that a build copies: of which file, and in which copy.

The file that changes most often is what makes a build slow, and a repository knows which that is.
Without one, it is guessed: source before data, manifests last (an edit of those is meant to install
again), and of the rest what the build copies first, because all that follows is built again.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from heapq import heappop, heappush

from dockfix.context import Context
from dockfix.context.ignore_names import is_ignore_file
from dockfix.dockerfile.tree import Dockerfile
from dockfix.errors import EngineError
from dockfix.records import Record
from dockfix.state.facts import Facts
from dockfix.state.paths import bases, copy_of, is_pattern

#: Files and directories that are looked at to find one to edit.
_MOST_LOOKED_AT = 5_000
#: The beginning of a file in which a zero says that it has no lines.
_HEAD = 4096

_SOURCES = frozenset(
    ("c", "cc", "cpp", "cs", "css", "ex", "exs", "go", "html", "java", "js", "jsx", "kt", "mjs",
     "php", "pl", "py", "rb", "rs", "scala", "sh", "svelte", "swift", "ts", "tsx", "vue")
)  # fmt: skip
_MANIFESTS = (
    "requirements*.txt", "constraints*.txt", "package.json", "*.lock", "*-lock.json",
    "*-lock.yaml", "Pipfile", "pyproject.toml", "setup.py", "setup.cfg", "Gemfile", "go.mod",
    "go.sum", "Cargo.toml", "pom.xml", "*.gradle", "*.gradle.kts", "composer.json", "Dockerfile*",
    "*.Dockerfile",
)  # fmt: skip


class FileToEdit(Record):
    """A file of the context to be edited, and why this one."""

    path: str
    why: str


def file_to_edit(dockerfile: Dockerfile, context: Context, wanted: str | None) -> FileToEdit | None:
    """The file to edit; None if the build copies none. Raises EngineError for a wrong wish."""
    if wanted is not None:
        path = os.path.normpath(wanted).lstrip("/")
        if context.kind(path) != "file":
            raise EngineError(
                f"--edit: the build context has no file {path}, or an ignore file leaves it out"
            )
        return FileToEdit(path, "asked for")
    roots = _copied_sources(dockerfile)
    return _most_changed(roots, context) or _guessed(roots, context)


def _copied_sources(dockerfile: Dockerfile) -> list[str]:
    """The sources of every COPY and ADD from the context, in their order."""
    found: dict[str, None] = {}
    known = bases(Facts(dockerfile))
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            copy = copy_of(instruction, known[instruction.start])
            if copy is not None and copy.origin is None:
                found.update(dict.fromkeys(copy.sources))
    return list(found)


def _most_changed(roots: Sequence[str], context: Context) -> FileToEdit | None:
    """The file that most commits changed. A directory changed at least as often as what is in it,

    so the one that changed most is always looked into first, and the first file found is it.
    """
    waiting: list[tuple[int, str]] = []

    def put(path: str) -> None:
        """Lets a path wait, if its history is known."""
        count = context.changes(path)
        if count is not None:
            heappush(waiting, (-count, path))

    for root in roots:
        for path in _expanded(root, context):
            put(path)
    best: tuple[int, int, str] | None = None
    for _ in range(_MOST_LOOKED_AT):
        if not waiting or (best is not None and (waiting[0][0] > best[0] or not best[1])):
            break
        count, path = heappop(waiting)
        if _is_text(path, context):
            # of equals, as where there is no history: in a young repository most files are
            if best is None or _rank(path) < best[1]:
                best = count, _rank(path), path
            continue
        for name in context.entries(path) or ():
            put(f"{path}/{name}".lstrip("/"))
    if best is None:
        return None
    times = "1 commit" if best[0] == -1 else f"{-best[0]} commits"
    return FileToEdit(best[2], f"changed most often, by {times}")


def _guessed(roots: Sequence[str], context: Context) -> FileToEdit | None:
    """The file to edit where no history tells: of the best rank the one that is copied first."""
    best: tuple[tuple[int, int], str] | None = None
    looked = 0
    for order, root in enumerate(roots):
        waiting = list(_expanded(root, context))[::-1]
        while waiting and looked < _MOST_LOOKED_AT:
            looked += 1
            path = waiting.pop()
            names = context.entries(path) if context.kind(path) == "directory" else None
            if names is not None:
                waiting += [f"{path}/{name}".lstrip("/") for name in reversed(names)]
                continue
            rank = _rank(path), order
            if (best is None or rank < best[0]) and _is_text(path, context):
                best = rank, path
    if best is None:
        return None
    return FileToEdit(best[1], "a guess: there is no history to tell what changes most")


def _rank(path: str) -> int:
    """0 for source code, 1 for other text, 2 for lists of dependencies."""
    name = path.rpartition("/")[2]
    if any(fnmatchcase(name, pattern) for pattern in _MANIFESTS):
        return 2
    return 0 if name.rpartition(".")[2].lower() in _SOURCES else 1


def _expanded(source: str, context: Context) -> Iterator[str]:
    """The paths of the context that a source of a COPY names."""
    if not is_pattern(source):
        yield source
        return
    found = [""]
    for part in source.split("/"):
        if not is_pattern(part):
            found = [f"{path}/{part}".lstrip("/") for path in found]
            continue
        found = [
            f"{path}/{name}".lstrip("/")
            for path in found
            for name in context.entries(path) or ()
            if fnmatchcase(name, part)
        ]
    yield from found


def _is_text(path: str, context: Context) -> bool:
    """True for a file of the context, no link, that has no zero in its first bytes."""
    if context.kind(path) != "file" or context.is_link(path):
        return False
    head = context.head(path, _HEAD)
    return head is not None and "\0" not in head


@contextmanager
def copied_context(folder: str, context: Context) -> Iterator[str]:
    """A copy of a build context, gone afterwards, without what the ignore file leaves out."""
    with tempfile.TemporaryDirectory(prefix="dockfix-context-") as copy:
        _copy_tree(folder, copy, context)
        yield copy


def add_line(copy: str, path: str) -> None:
    """Adds a line to a file of a copy of the context.

    The line is of blanks, so that it means nothing in any language, and of others each time, so
    that no earlier build has left it in the cache.
    """
    target = os.path.join(copy, path)
    mode = stat.S_IMODE(os.stat(target).st_mode)
    os.chmod(target, mode | stat.S_IWUSR)
    with open(target, "ab") as file:
        file.write(_blank_line())
    os.chmod(target, mode)


def _blank_line() -> bytes:
    """A line of blanks that no earlier edit added."""
    bits = int.from_bytes(os.urandom(5))
    return b"\n" + bytes(b" \t"[bits >> place & 1] for place in range(40)) + b"\n"


def _copy_tree(folder: str, copy: str, context: Context) -> None:
    """Copies a folder without what its ignore file leaves out."""
    waiting = [""]
    while waiting:
        parent = waiting.pop()
        with os.scandir(os.path.join(folder, parent)) as entries:
            found = list(entries)
        for entry in found:
            path = f"{parent}/{entry.name}".lstrip("/")
            target = os.path.join(copy, path)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)
            elif entry.is_dir(follow_symlinks=False):
                # below an ignored directory a later line may take something back
                os.mkdir(target)
                shutil.copystat(entry.path, target)
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False) and (
                is_ignore_file(path) or not context.ignored(path)
            ):
                shutil.copy2(entry.path, target)
