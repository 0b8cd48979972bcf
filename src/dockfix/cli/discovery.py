"""Finds the Dockerfiles that somebody means: files by their names, and those below directories.

A file that is named is taken, whatever it is called; what of a directory is taken says `search.py`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence

from dockfix.context.worktree import real_path
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.cli.config import Config


class Found(Record):
    """The files, in order, and a message for each path that is not there or cannot be searched.

    `generated` are files of directories that are left out, because a program makes them.
    """

    files: tuple[str, ...]
    errors: tuple[str, ...]
    generated: tuple[str, ...] = ()


def find(
    paths: Sequence[str],
    settings: Callable[[str, Sequence[str]], Config],
    exclude: Sequence[str] = (),
    *,
    embedded: bool = False,
) -> Found:
    """The files that `paths` name or hold, each once, in the order of `paths` and then of names.

    `settings` gives the configuration of a directory that has files of some names; `exclude` are
    patterns relative to the working directory. With `embedded`, files with Dockerfiles inside are
    found where the settings ask for them. Raises ConfigError for a pattern in `exclude` that is
    none.
    """
    files: dict[str, str] = {}
    errors: list[str] = []
    generated: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            from dockfix.cli.search import Search

            search = Search(settings, exclude, embedded=embedded)
            for file in search.walk(path):
                files.setdefault(real_path(file), file)
            errors += search.errors
            generated += search.generated
            continue
        try:
            os.lstat(path)
        except OSError as error:
            errors.append(f"{path}: {error.strerror}")
            continue
        problem = _not_a_file(path)
        if problem:
            errors.append(f"{path}: {problem}")
        else:
            files.setdefault(real_path(path), path)
    left_out = [path for path in dict.fromkeys(generated) if real_path(path) not in files]
    return Found(tuple(files.values()), tuple(errors), tuple(left_out))


def _not_a_file(path: str) -> str:
    """What a path leads to that is not read, because there might be no end to it; "" for a file."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        # whoever reads it says why it cannot be
        return ""
    # `<(command)` of a shell is a pipe, too, but one that ends when the command does
    if stat.S_ISFIFO(mode) and path.startswith("/dev/fd/"):
        return ""
    if stat.S_ISFIFO(mode):
        return "a named pipe, not a file; `dockfix -` reads standard input"
    if stat.S_ISSOCK(mode):
        return "a socket, not a file"
    return "a device, not a file" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else ""
