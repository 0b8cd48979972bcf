"""`lazy`: regular expressions that are compiled when they are first used.

To a type checker it is `re.compile`. Compiling all patterns takes 12 ms, a quarter of a run on one
file, and a given file uses few of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as lazy
else:
    import re

    class _Pattern:
        """A pattern that is compiled at its first use. Then its methods are the compiled ones."""

        def __init__(self, pattern, flags=0):
            self._source = pattern, flags

        def __getattr__(self, name):
            made = re.compile(*self._source)
            for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "split"):
                setattr(self, method, getattr(made, method))
            self.pattern = made.pattern
            return getattr(made, name)

    lazy = _Pattern


#: A name, of a variable or a function (XBD 3.235).
NAME = r"[A-Za-z_][A-Za-z0-9_]*+"

__all__ = ["NAME", "lazy"]
