"""TOML manifests of Python projects: what in them is a path of the project."""

from __future__ import annotations

import re

from dockfix.managers.manifests.shape import UnsureError


def read_toml(text: str) -> dict[str, object]:
    """A TOML file as dictionaries. Raises UnsureError."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnsureError("what is not TOML") from error


def table(data: object, *keys: str) -> dict[str, object]:
    """The table below some keys; an empty one if there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def local_table(value: object, name: str = "") -> str:
    """The first package that is a path of the project; "" if there is none."""
    if isinstance(value, dict):
        if name and {"path", "file", "editable"} & set(value):
            return name
        found = (local_table(inner, str(key)) for key, inner in value.items())
        return next(filter(None, found), "")
    if isinstance(value, list):
        return next(filter(None, (local_table(inner, name) for inner in value)), "")
    if isinstance(value, str) and re.search(r"\bfile:", value):
        return value
    return ""
