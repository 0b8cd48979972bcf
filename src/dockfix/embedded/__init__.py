"""Dockerfiles that are written inside of other files: Compose files, and Markdown."""

from __future__ import annotations

from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.embedded.block import Block

_MARKDOWN = (".md", ".markdown")
_YAML = (".yml", ".yaml")


def may_hold_blocks(name: str) -> bool:
    """True if a file of this name is no Dockerfile, but may have some inside."""
    return name.lower().endswith((*_MARKDOWN, *_YAML))


def is_searched_for_blocks(name: str) -> bool:
    """True if a search that is to find such files looks into one of this name."""
    from dockfix.context.compose import is_compose

    return name.lower().endswith(_MARKDOWN) or is_compose(name)


def blocks_of(name: str, text: str) -> list[Block]:
    """The Dockerfiles in a file, in their order, as far as they can be read exactly."""
    if name.lower().endswith(_MARKDOWN):
        from dockfix.embedded.markdown import blocks
    else:
        from dockfix.embedded.compose import blocks
    return sorted(blocks(text), key=lambda block: block.lines[0].content)
