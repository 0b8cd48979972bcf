"""Which passes are run, by the names that people give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dockfix.errors import ConfigError
from dockfix.passes import ENTRIES, Entry


def choose(
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
) -> tuple[Entry, ...]:
    """The passes to run, in their order. Raises ConfigError for a name that fits none."""
    wanted = {one.code for one in ENTRIES if one.default} if select is None else _matching(select)
    wanted |= _matching(extend_select)
    wanted -= _matching(ignore)
    return tuple([one for one in ENTRIES if one.code in wanted])


def named_codes(passes: Iterable[Entry], names: Iterable[str]) -> frozenset[str]:
    """The codes of the passes that somebody named in full."""
    named = {name.strip().lower() for name in names}
    if not named:
        return frozenset()
    return frozenset(
        one.code for one in passes if not named.isdisjoint((one.name, one.code.lower()))
    )


def _matching(names: Sequence[str]) -> set[str]:
    """The codes of the passes that fit one of the names."""
    found: set[str] = set()
    for name in names:
        lower = name.strip().lower()
        fits = {
            one.code
            for one in ENTRIES
            if lower == one.name
            or (lower == "all" and not one.connects)
            or (lower and one.code.lower().startswith(lower))
        } or {
            one.code for one in ENTRIES if lower in (alias.lower() for alias in one.load().aliases)
        }
        if not fits:
            from difflib import get_close_matches

            close = get_close_matches(lower, [one.name for one in ENTRIES], 1)
            hint = f"; did you mean {close[0]}?" if close else "; see --list-passes"
            raise ConfigError(f"no pass is called {name!r}{hint}")
        found |= fits
    return found
