"""Fits the documents to the site.

The README is its first page, and links to files that are not part of it lead to the repository.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_HOME = "https://github.com/dockfix/dockfix/blob/main"
#: A name in a table is not broken in the middle of a word.
_STYLE = "<style>.md-typeset td code { word-break: normal; overflow-wrap: normal; }</style>"
#: What a paragraph of a pass's page is about.
_LEAD = re.compile(r"^(What it does|Why|What it leaves alone|Strategy|Safety):(?= )", re.MULTILINE)
#: Where an example of a pass ends, and the next one begins.
_NEXT = re.compile(r"(^(?:```|\(.*\))\n)\n(?=```dockerfile|With `)", re.MULTILINE)
_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Adds the README as the first page."""
    text = (_ROOT / "README.md").read_text()
    # its links are seen from the root of the repository, those of a page from docs/
    text = _LINK.sub(lambda m: m[1] + posixpath.relpath(m[2], "docs") + m[3], text)
    files.append(File.generated(config, "index.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Has links that leave the site lead to the repository, and marks what a paragraph is about."""
    folder = posixpath.dirname(page.file.src_uri)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, found[2]))
        inside = target.removeprefix("docs/")
        if target == "README.md":
            home = posixpath.relpath("index.md", folder or ".")
            return f"{found[1]}{home}{found[3]}"
        on_site = files.get_file_from_path(inside) if inside != target else None
        if on_site is not None and on_site.inclusion.is_included():
            return found[0]
        if inside != target and files.get_file_from_path(f"{inside}/README.md") is not None:
            return f"{found[1]}{found[2].rstrip('/')}/README.md{found[3]}"
        return f"{found[1]}{_HOME}/{target}{found[3]}" if (_ROOT / target).exists() else found[0]

    if folder == "passes":
        markdown = _NEXT.sub(r"\1\n---\n\n", _LEAD.sub(r"**\1:**", markdown))
    # not in code, where brackets mean something else
    parts = re.split(r"(^```.*?^```[ ]*$|`[^`\n]*`)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if place % 2 else _LINK.sub(link, part) for place, part in enumerate(parts))


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Adds what the theme's style lacks."""
    return output.replace("</head>", f"{_STYLE}</head>", 1)
