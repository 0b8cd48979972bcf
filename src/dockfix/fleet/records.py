"""A file of a fleet, and what came of it. Both travel between processes."""

from __future__ import annotations

from dockfix.records import Record


class Item(Record):
    """A Dockerfile: `path` is seen from the root of its repository.

    `folder` is the checkout of the repository; its files are the build context. Without one (None)
    nothing but the `content` is known. `digest` is that of the content.
    """

    repository: str
    path: str
    digest: str
    content: bytes
    folder: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells an item from others."""
        return self.repository, self.path, self.digest


class Finding(Record):
    """A finding of a file, as it is stored."""

    code: str
    name: str
    message: str
    line: int
    column: int
    safety: str
    severity: str
    made: bool


class Done(Record):
    """What came of an item.

    `layers` are the instructions that make a layer (RUN, COPY, ADD), before and after. `patch` is
    that of the Dockerfile; `others` are the ignore files that change with it: their path in the
    repository, their text before (None: new) and after. `seconds` is processor time.
    """

    item: Item
    changed: bool = False
    error: str | None = None
    layers: tuple[int, int] = (0, 0)
    findings: tuple[Finding, ...] = ()
    patch: bytes = b""
    others: tuple[tuple[str, bytes | None, bytes], ...] = ()
    seconds: float = 0.0
