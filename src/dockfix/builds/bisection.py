"""Which changes of a rewrite bring something about: found by halving, in a few tries.

A rewrite of the first N changes is itself one that passed every check, so it can be built. Each try
is a build, which may take minutes, so there is an end to them. A further change is looked for only
if the tries that are left suffice to tell which one it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dockfix.core.findings import Applied
from dockfix.core.result import Rewrite

#: Builds that a search may take: enough to tell one change of 256, or two of 8.
MOST_TRIES = 8
#: Changes that are looked for, one by one.
_MOST = 3


def changes_at_fault(
    rewritten: Callable[[int | None, Sequence[str]], Rewrite], bad: Callable[[Rewrite], bool]
) -> tuple[Applied, ...]:
    """The changes to blame, of each pass the first.

    `rewritten` makes at most so many changes, without some passes; `bad` tries what came of it. Of
    more changes than can be told apart in `MOST_TRIES`, all that are still in question are named.
    """
    found: list[Applied] = []
    left = MOST_TRIES
    while len(found) < _MOST:
        ignored = [one.name for one in found]
        whole = rewritten(None, ignored)
        if found:
            if left < 1 + _tries_for(len(whole.applied)) or not whole.changed:
                break
            left -= 1
            if not bad(whole):
                break
        low, high = 0, len(whole.applied)
        while high - low > 1 and left:
            left -= 1
            middle = (low + high) // 2
            if bad(rewritten(middle, ignored)):
                high = middle
            else:
                low = middle
        fewer = list(rewritten(low, ignored).applied)
        for one in rewritten(high, ignored).applied:
            if one in fewer:
                fewer.remove(one)
            else:
                found.append(one)
    return tuple(found)


def _tries_for(changes: int) -> int:
    """How many tries it takes at most to tell one of so many changes."""
    return max(changes - 1, 0).bit_length()
