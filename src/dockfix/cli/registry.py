"""The registry that passes may ask: made when the first one asks, and kept."""

from __future__ import annotations

from dockfix.cli.config import Config
from dockfix.context.disk import not_again
from dockfix.errors import RegistryError
from dockfix.state.registry import Pin, Registry

_made: dict[tuple[tuple[str, ...], int], Registry] = {}


class AskedLater(Registry):
    """A registry that costs nothing as long as no pass asks it."""

    def __init__(self, mirrors: tuple[str, ...], min_age: int) -> None:
        self._key = mirrors, min_age

    def pin(self, name: str, tag: str) -> Pin:
        """What a tag means today. Raises RegistryError."""
        not_again("registry")
        try:
            if self._key not in _made:
                from dockfix.builds.registry.client import Client

                _made[self._key] = Client(*self._key)
            return _made[self._key].pin(name, tag)
        except ImportError as error:  # of what opens the first connection
            raise RegistryError(
                f"to ask a registry, {error.name} is needed: pip install 'dockfix[pin]'"
            ) from error


def registry_for(config: Config) -> Registry:
    """The registry that a file's settings ask for."""
    return AskedLater(config.registry_mirror, config.min_age)
