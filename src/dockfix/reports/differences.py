"""How a difference between two images is said, in one line, and many of them, in few."""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.builds.compare import PathDifference, SettingDifference
from dockfix.reports.text import visible


def difference_text(one: PathDifference | SettingDifference) -> str:
    """A difference in one line."""
    if isinstance(one, SettingDifference):
        before, after = (
            "not set" if text is None else visible(text) for text in (one.before, one.after)
        )
        return f"{visible(one.name)}: {before} → {after}"
    path = visible(one.path)
    if one.aspect in ("missing", "new"):
        return f"{path}: {one.aspect} ({visible(one.before or one.after)})"
    return f"{path}: {one.aspect}: {visible(one.before)} → {visible(one.after)}"


def limited(lines: Iterable[str], shown: int | None) -> list[str]:
    """The lines, indented; of many only the first, and how many more there are."""
    found = [f"  {line}" for line in lines]
    if shown is None or len(found) <= shown:
        return found
    return [*found[:shown], f"  … and {len(found) - shown} more (-v shows all)"]
