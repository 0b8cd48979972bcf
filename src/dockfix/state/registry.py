"""What passes may ask of a registry. Whoever runs them hands in the one that answers.

No pass opens a connection. `dockfix.builds.registry` has the one that does.
"""

from __future__ import annotations

from dockfix.errors import RegistryError
from dockfix.records import Record
from dockfix.typed import Protocol


class Pin(Record):
    """What a tag means today.

    `tag` is the fullest tag that means the same, or the tag that was asked for. `digest` is that of
    the index, or of the manifest of an image for one platform: `sha256:…`. `young` says why it is
    not to be used yet ("it was built 2 days ago, …"); empty: it may.
    """

    tag: str
    digest: str
    young: str = ""


class Registry(Protocol):
    """Somebody who knows what tags mean."""

    def pin(self, name: str, tag: str) -> Pin:
        """What a tag of an image means, by the image's name as FROM has it. No tag is `latest`.

        Raises RegistryError if it cannot be told.
        """
        ...


class KnownTags(Registry):
    """A registry whose answers are there already: for examples, tests, and lists of one's own."""

    def __init__(self, pins: dict[str, Pin]) -> None:
        self._pins = pins

    def pin(self, name: str, tag: str) -> Pin:
        """The answer for `name:tag`."""
        image = f"{name}:{tag or 'latest'}"
        if image not in self._pins:
            raise RegistryError(f"{image} is not known")
        return self._pins[image]
