"""XML manifests: their elements, without namespaces."""

from __future__ import annotations

from dockfix.managers.manifests.shape import UnsureError


def elements(text: str, name: str) -> list[tuple[str, str]]:
    """The elements of a file, in order: each one's tag, and the text that it begins with.

    Raises UnsureError for what is not well-formed, and for document types: their entities may name
    other files, or grow without end.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnsureError(f"{name} declares a document type")
    from xml.etree.ElementTree import ParseError, fromstring

    try:
        root = fromstring(text)
    except (ParseError, ValueError) as error:
        raise UnsureError(f"{name} is not XML") from error
    return [(one.tag.rpartition("}")[2], (one.text or "").strip()) for one in root.iter()]
