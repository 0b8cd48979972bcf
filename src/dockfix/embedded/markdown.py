"""The Dockerfiles in code blocks of Markdown that are marked `dockerfile`.

A block stands between fences, as CommonMark has them. Of a document that shows a part of a
Dockerfile (no FROM), or one with a placeholder in it, that block is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.embedded.block import Block, block_of

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^\r\n]*)\r?\n?$")
_FROM = re.compile(r"(?im)^[ \t]*from[ \t]")
_LANGUAGES = ("dockerfile", "containerfile")


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a document."""
    opened: re.Match[str] | None = None
    found: list[tuple[int, int, str]] = []
    at = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+$", text):
        fence = _FENCE.match(line)
        if opened is None:
            # an info string of backticks has none in it: that is code in a line of text
            if fence and not (fence[2][0] == "`" and "`" in fence[3]):
                opened, found = fence, []
        elif fence and not fence[3].strip() and fence[2].startswith(opened[2]):
            if (opened[3].split() or [""])[0].lower() in _LANGUAGES and found:
                block = block_of(found, at, opened[1])
                if _FROM.search(block.text):
                    yield block._replace(is_whole=False)
            opened = None
        else:
            taken = _indentation(line, opened[1])
            found.append((at, at + taken, line[taken:]))
        at += len(line)


def _indentation(line: str, indent: str) -> int:
    """How much of a line is the indentation of its block."""
    if line.startswith(indent):
        return len(indent)
    blanks = len(line) - len(line.lstrip(" \t"))
    return min(blanks, len(indent))
