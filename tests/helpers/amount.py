"""How many generated cases a test takes: all with `--all`, as in CI, else a part of them."""

from __future__ import annotations

_all = False


def take_all() -> None:
    """From now on tests take every case; to be called before they are imported."""
    global _all
    _all = True


def is_all() -> bool:
    """True if every test runs, on every case."""
    return _all


def some(count: int, part: int = 10) -> int:
    """`count`, or the part of it that is enough while one works."""
    return count if _all else max(count // part, 1)
