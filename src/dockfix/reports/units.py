"""Sizes, times and changes as people read them."""

from __future__ import annotations


def size_of(size: float) -> str:
    """A number of bytes for people, in the units of `docker images`."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.2f} GB"


def seconds_of(seconds: float) -> str:
    """A time for people."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def relative_change(before: float, after: float) -> str:
    """How much less, in percent; where that would be 99 and more, how many times."""
    if before == after or not before:
        return "" if before == after else "more"
    if after and before / after >= 10:
        return f"÷ {before / after:,.0f}"
    percent = round(100 * (after - before) / before)
    return f"{percent:+d} %".replace("-", "−") if percent else "same"
