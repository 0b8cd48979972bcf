"""XML manifests: their elements, without namespaces."""

from __future__ import annotations

from dockfix.managers.manifests.shape import UnsureError
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def elements(text: str, name: str) -> list[tuple[str, str]]:
    """The elements of a file, in order: each one's tag, and the text that it begins with. Raises
    UnsureError as `root_of` does."""
    return [(tag_of(one), (one.text or "").strip()) for one in root_of(text, name).iter()]


def tag_of(one: Element) -> str:
    """The tag of an element, without its namespace."""
    return str(one.tag).rpartition("}")[2]


def root_of(text: str, name: str) -> Element:
    """The outermost element of a file.

    Raises UnsureError for what is not well-formed, and for document types: their entities may name
    other files, or grow without end.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnsureError(f"{name} declares a document type")
    from xml.etree.ElementTree import ParseError, fromstring

    try:
        return fromstring(text)
    except (ParseError, ValueError) as error:
        raise UnsureError(f"{name} is not XML") from error
