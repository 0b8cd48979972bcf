"""Where the work tree of a Git repository begins."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=4096)
def worktree_of(folder: str) -> str | None:
    """The root of the Git repository around a folder (an absolute path), or None."""
    if os.path.lexists(os.path.join(folder, ".git")):
        return folder
    parent = os.path.dirname(folder)
    return None if parent == folder else worktree_of(parent)
