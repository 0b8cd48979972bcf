"""Finds the Dockerfiles that somebody means: files by their names, and those below directories.

A file that is named is taken, whatever it is called; what of a directory is taken says `search.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING
from dockfix.worktree import real_path

if TYPE_CHECKING:
    from dockfix.config import Config


class Found(Record):
    """The files, in order, and a message for each path that is not there or cannot be searched."""

    files: tuple[str, ...]
    errors: tuple[str, ...]


def find(
    paths: Sequence[str], settings: Callable[[str], Config], exclude: Sequence[str] = ()
) -> Found:
    """The files that `paths` name or hold, each once, in the order of `paths` and then of names.

    `settings` gives the configuration of a directory; `exclude` are patterns relative to the
    working directory. Raises ConfigError for a pattern in `exclude` that is none.
    """
    files: dict[str, str] = {}
    errors: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            from dockfix.search import Search

            search = Search(settings, exclude)
            for file in search.walk(path):
                files.setdefault(real_path(file), file)
            errors += search.errors
            continue
        try:
            os.lstat(path)
        except OSError as error:
            errors.append(f"{path}: {error.strerror}")
        else:
            files.setdefault(real_path(path), path)
    return Found(tuple(files.values()), tuple(errors))
