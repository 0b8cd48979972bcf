"""Globs of paths of an image, as passes declare them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import translate
from functools import cache
from re import DOTALL, Pattern, compile


def fitting_glob(path: str, globs: Sequence[str]) -> str:
    """The glob of those that a pass declares that a path fits; `!GLOB` takes paths out again."""
    if any(glob[:1] == "!" and _pattern(glob[1:]).fullmatch(path) for glob in globs):
        return ""
    return next((glob for glob in globs if _pattern(glob).fullmatch(path)), "")


@cache
def _pattern(glob: str) -> Pattern[str]:
    """A glob of paths: `*` stays within a name, `/**` at the end is all that lies below.

    `/**/` at the beginning is any folder.
    """
    inner = glob.removeprefix("/**/")
    above = inner.removesuffix("/**")
    pattern = translate(above).replace(".*", "[^/]*").removesuffix(r"\Z")
    anywhere, below = "(?:/.*)?/" * (inner != glob), "/.*" * (above != inner)
    return compile(anywhere + pattern + below, DOTALL)
