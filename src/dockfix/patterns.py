"""`lazy`: regular expressions that are compiled when they are first used.

To a type checker it is `re.compile`. Compiling all of dockfix's patterns takes longer than
rewriting a file, and most of them belong to package managers that a given file does not use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as lazy
else:
    import re

    class _Pattern:
        """Stands for a compiled pattern; after the first use its methods are the pattern's own."""

        def __init__(self, pattern, flags=0):
            self._source = pattern, flags

        def __getattr__(self, name):
            made = re.compile(*self._source)
            for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "split"):
                setattr(self, method, getattr(made, method))
            self.pattern = made.pattern
            return getattr(made, name)

    lazy = _Pattern


__all__ = ["lazy"]
