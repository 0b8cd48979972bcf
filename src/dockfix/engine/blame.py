"""Which changes of a rewrite bring something about: found by halving, in a few tries.

A rewrite of the first N changes is itself one that passed every check, so it can be built. Each try
is a build, which may take minutes, so there is an end to them: then all changes that are still in
question are named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dockfix.pipeline import Applied, Rewrite

#: Builds that a search may take: enough to tell one change of 256, or two of 16.
MOST_TRIES = 8
#: Changes that are found one by one; more than that are blamed together.
_MOST = 3


def blamed(
    rewritten: Callable[[int | None, Sequence[str]], Rewrite], bad: Callable[[Rewrite], bool]
) -> tuple[Applied, ...]:
    """The changes to blame, of each pass the first.

    `rewritten` makes at most so many changes, without some passes; `bad` tries what came of it.
    """
    found: list[Applied] = []
    tries = 0
    while len(found) < _MOST:
        ignored = [one.name for one in found]
        whole = rewritten(None, ignored)
        if found:
            tries += 1
            if tries > MOST_TRIES or not whole.changed or not bad(whole):
                break
        low, high = 0, len(whole.applied)
        while high - low > 1 and tries < MOST_TRIES:
            tries += 1
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
