"""The passes, one file each. `PASSES` is the only registry and the only order."""

from __future__ import annotations

from dockfix.passes import clean_package_cache, merge_runs
from dockfix.passes.base import Pass

PASSES: tuple[Pass, ...] = (
    merge_runs.PASS,
    clean_package_cache.PASS,
)
