"""Suggestions for names that do not exist."""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.context import Context


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, as the end of a message; "" if none is like it."""
    from difflib import get_close_matches

    names = list(known)
    folded = {one.casefold(): one for one in names}
    found = folded.get(name.casefold()) or next(iter(get_close_matches(name, names, 1, 0.8)), None)
    return f"; did you mean {found}?" if found and found != name else ""


def nearest(path: str, context: Context) -> str:
    """The path of the context that a missing one may mean, as the end of a message."""
    folder = ""
    parts = path.split("/")
    for index, part in enumerate(parts):
        inside = "/".join((folder, part)) if folder else part
        if context.kind(inside) is None:
            rest = "".join(f"/{one}" for one in parts[index + 1 :])
            start = f"{folder}/" if folder else ""
            names = [
                f"{start}{name}{rest}"
                for name in context.entries(folder) or ()
                if context.kind(f"{start}{name}{rest}") is not None
            ]
            return did_you_mean(path, names)
        folder = inside
    return ""
