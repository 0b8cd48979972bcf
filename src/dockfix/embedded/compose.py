"""The Dockerfiles under `dockerfile_inline` of Compose files.

Read are literal block scalars (`|`), whose lines are those of the file without their indentation.
Compose replaces variables in them, and `$$` by `$` (Compose specification, "Interpolation"): one
with a variable of Compose is not known, and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.embedded.block import Block, block_of
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_LARGEST = 1_000_000
_HEADER = re.compile(r"[|]([+-]?)([1-9]?)([+-]?)[ \t]*(?:#.*)?\r?\n?$")
#: What ends a line for YAML 1.1, and not for a builder.
_OTHER_ENDS = ("\x85", "\u2028", "\u2029")


class _Scalar(Record):
    """The value of a `dockerfile_inline`: its node, the column of its key, and the context."""

    node: yaml.ScalarNode
    column: int
    context: str | None


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a Compose file; none of one that cannot be read."""
    if "dockerfile_inline" not in text or len(text) > _LARGEST:
        return
    if any(end in text for end in _OTHER_ENDS) or "\r" in text.replace("\r\n", ""):
        return
    import yaml

    try:
        root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    lines = text.splitlines(keepends=True) if text.isascii() else re.findall(r".*\n|.+$", text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    seen: set[int] = set()
    for one in _scalars(root):
        # an alias leads to the same value
        if id(one.node) not in seen:
            seen.add(id(one.node))
            block = _block(one, lines, starts)
            if block is not None:
                yield block


def _scalars(root: Any) -> Iterator[_Scalar]:
    for _, services in _pairs(root, "services"):
        for _, service in _pairs(services):
            for _, build in _pairs(service, "build"):
                context: str | None = "."
                for _, value in _pairs(build, "context"):
                    context = value.value if isinstance(value.value, str) else None
                if context is not None and ("$" in context or ":" in context):
                    context = None
                for key, value in _pairs(build, "dockerfile_inline"):
                    if getattr(value, "style", None) == "|":
                        yield _Scalar(value, key.start_mark.column, context)


def _pairs(node: Any, name: str | None = None) -> list[tuple[Any, Any]]:
    """The keys and values of a mapping, or those of one name."""
    value = getattr(node, "value", None)
    if not isinstance(value, list) or getattr(node, "flow_style", None) is None:
        return []
    pairs = [pair for pair in value if isinstance(pair, tuple)]
    return [pair for pair in pairs if name is None or pair[0].value == name]


def _block(one: _Scalar, lines: list[str], starts: list[int]) -> Block | None:
    """The block of a value; None if its lines are not exactly those of the file."""
    first = one.node.start_mark.line + 1
    header = _HEADER.search(lines[first - 1])
    if header is None:
        return None
    width = one.column + int(header[2]) if header[2] else None
    found: list[tuple[int, int, str]] = []
    for at in range(first, len(lines)):
        line = lines[at]
        blanks = len(line) - len(line.lstrip(" "))
        if width is None and line.strip():
            width = blanks
        if line.strip() and blanks < (width or 0):
            break
        taken = min(blanks, width) if width is not None else blanks
        found.append((starts[at], starts[at] + taken, line[taken:]))
    keeps = "+" in header[1] + header[3]
    while found and not keeps and not found[-1][2].strip("\r\n"):
        found.pop()
    if not found or width is None:
        return None
    whole = "".join(content for _, _, content in found)
    if "$" in whole.replace("$$", ""):
        return None
    strips = "-" in header[1] + header[3]
    end = starts[first + len(found)]
    block = block_of(found, end, " " * width, doubled=True, context=one.context, final=not strips)
    said = one.node.value.replace("$$", "$")
    return block if block.text.replace("\r\n", "\n") == said else None
