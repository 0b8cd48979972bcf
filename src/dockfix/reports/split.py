"""What is said of a split: what it leaves behind, and what its image lacks."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.builds.splits.closure import Lack
from dockfix.builds.splits.judge import LeftBehind, SplitFindings
from dockfix.reports.differences import difference_text, limited
from dockfix.reports.text import count, visible
from dockfix.reports.units import size_of

#: Packages and paths that are named of each kind, unless all are asked for.
_FEW = 4
#: What a path lacks, before and behind the name of that.
_LACKS = {
    "library": "needs the library {}, which is not found",
    "version": "needs {}, which the library there does not have",
    "interpreter": "is started by {}, which is not there",
    "link": "leads to {}, which is not there",
    "program": "starts {}, which is not there",
    "python": "is for {}, which is not there",
}


def split_lines(split: SplitFindings, shown: int | None) -> list[str]:
    """What a split leaves behind, and what its image lacks."""
    lines = []
    if split.left:
        size = sum(one.size for one in split.left)
        lines.append(f"  left behind: {size_of(size)}")
        lines += [f"    {left_text(one, shown)}" for one in split.left]
    for one in split.moves[:shown]:
        files = count(one.files, "file")
        lines.append(f"  moved: {files} from {visible(one.before)} to {visible(one.after)}")
    lines += [f"  as declared, {difference_text(one)}" for one in split.settings]
    if split.brought:
        lines.append(f"  new packages: {names_text(split.brought, shown)}")
    lines += [
        f"  the package {visible(one)} is gone, and was asked for by name" for one in split.gone
    ]
    lines += limited(map(_lack_text, split.lacks), shown)
    if not split.lacks:
        lines.append(
            f"  complete: of {split.looked} programs and libraries, each finds what it needs, "
            "if it did before"
        )
    return lines


def left_text(one: LeftBehind, shown: int | None = 1) -> str:
    """What of one kind is left behind, in one line."""
    return f"{size_of(one.size)} {one.kind}: {names_text(one.names, _FEW if shown else None)}"


def names_text(names: Sequence[str], shown: int | None) -> str:
    """Some names, and whether there are more."""
    more = ", …" if shown is not None and len(names) > shown else ""
    return ", ".join(visible(one) for one in names[:shown]) + more


def _lack_text(one: Lack) -> str:
    """What a path lacks, in one line."""
    return f"{visible(one.path)} {_LACKS[one.kind].format(visible(one.what))}"
