"""YAML manifests."""

from __future__ import annotations

from dockfix.managers.manifests.shape import UnsureError


def read_yaml(text: str, name: str) -> dict[str, object]:
    """A YAML file as dictionaries; an empty one for an empty file. Raises UnsureError."""
    import yaml

    try:
        data = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnsureError(f"{name} is not YAML") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UnsureError(f"{name} is not a table")
    return data
