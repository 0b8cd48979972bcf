"""Decodes files and encodes them without loss; BuildKit's white space."""

from __future__ import annotations

BOM = "\ufeff"

#: Go's unicode.IsSpace. Python's own `str.strip()` and `\\s` also take \x1c to \x1f.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

#: What unicode.IsSpace says of single bytes read as Latin-1, which is how BuildKit's
#: extractBuilderFlags (parser/split_command.go) and parseHealthConfig (parser/line_parsers.go)
#: scan: the two last are the bytes 85 and A0 standing alone, as `decode` spells them.
BYTE_SPACE = "\t\n\v\f\r \udc85\udca0"

#: The longest physical line in bytes, its line ending not counted (bufio.MaxScanTokenSize - 1).
LINE_LIMIT = 65_535


def decode(data: bytes) -> str:
    """The text of a file; bytes that are not UTF-8 become lone surrogates (U+DC80 to U+DCFF)."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made `text` of.

    Raises UnicodeEncodeError for a text that `decode` cannot have made.
    """
    return text.encode("utf-8", "surrogateescape")


def is_decoded(text: str) -> bool:
    """True if there are bytes that decode to `text`."""
    if text.isascii():
        return True
    try:
        return decode(encode(text)) == text
    except UnicodeEncodeError:
        return False


def go_lower(text: str) -> str:
    """Lower case as Go's strings.ToLower where the outcome can be ASCII."""
    if text.isascii():
        return text.lower()
    return text.replace("\u0130", "i").lower()
