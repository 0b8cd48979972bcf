r"""The examples of the passes: the Markdown files in `passes/examples/`, one for each pass.

They are a part of the pass's page and of `--explain`, and tests run each of them. Empty lines
divide a file into headings, paragraphs and fenced code, which come in a fixed order:

    ## Examples

    With `package.json`, `server.js` in the build context:      only if the pass asks for files

    ```json package.json                    what is in the file, behind the fence its path;
    {"scripts": {"start": "node ."}}        no block: the file is empty
    ```

    ```dockerfile                           the file before
    ```

    becomes                                 or: becomes, with `--unsafe-fixes`

    ```dockerfile                           the file after
    ```

    (what to look at in the change)         may be missing

    ## Left alone

    Why the file stays as it is:

    ```dockerfile
    ```

Instead of `becomes` and the file after, a pass that only points something out has `is told` and a
quoted line: `> the message`. `gets this .dockerignore:` (or `gets, with --unsafe-fixes this ...`)
goes before a fenced ignore file; below a file after it is `with this .dockerignore:`. The names
stand in backticks, as in the files. ``With `--merge-strategy related`:`` may come first;
``All with `--merge-strategy all`:`` below a heading speaks of all examples there that say no other.

In code whose fence has `escaped` behind it, `\r`, `\t`, `\\` and `\x1f` (a byte) mean what they
mean in C, and a backslash at the end of a line takes the line's end away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dockfix.errors import DockfixError
from dockfix.passes.base import Settings
from dockfix.records import Record
from dockfix.state.registry import KnownTags, Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Meaning = TypeVar("Meaning")

_HEADINGS = ("## Examples", "## Left alone")
#: What stands below the file before, and whether the change is unsafe.
_BECOMES = {"becomes": False, "becomes, with `--unsafe-fixes`": True}
_GETS = {
    "gets this `.dockerignore`:": False,
    "gets, with `--unsafe-fixes` this `.dockerignore`:": True,
}
#: The settings of examples, by what their texts say.
_WITH = {
    "With `--merge-strategy gains`:": Settings(),
    "With `--merge-strategy all`:": Settings(merge_strategy="all"),
    "With `--merge-strategy related`:": Settings(merge_strategy="related"),
}
#: What the registry of the examples says.
_REGISTRY = KnownTags(
    {
        "python:3.12": Pin("3.12.14", "sha256:" + "1a" * 32),
        "node:latest": Pin("26.7.0", "sha256:" + "2b" * 32),
        "composer:2": Pin("2.9.3", "sha256:" + "3c" * 32),
        "docker/dockerfile:1": Pin("1.19.0", "sha256:" + "4d" * 32),
        "debian:12": Pin("12.15", "sha256:" + "5e" * 32),
        "alpine:3.24": Pin("3.24.1", "sha256:" + "6f" * 32, "it was built 2 days ago"),
    }
)
_WITH["With a registry at hand:"] = Settings(registry=_REGISTRY)
_ALL_WITH = {f"All {text[0].lower()}{text[1:]}": settings for text, settings in _WITH.items()}
_FENCE = re.compile(r"(`{3,})(\w+)(?: (?!escaped$)(.+?))?( escaped)?")
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.|$)", re.DOTALL)
_ESCAPED = {b"\n": b"", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


class Example(Record):
    """A file and what the pass makes of it (its groups of every safety applied, until quiet).

    `after` is None for a file that must be left alone; `why` then says why, or `note` is what is
    pointed out about it. `why` may also say what to look at in a change. `unsafe` says that the
    change is one for --unsafe-fixes only. `files` is a build context at hand, as pairs of path and
    content; None: there is none. `ignore_file` is what becomes of its .dockerignore; None: it stays
    as it is.
    """

    before: str
    after: str | None = None
    why: str = ""
    unsafe: bool = False
    settings: Settings = Settings()
    files: tuple[tuple[str, str], ...] | None = None
    ignore_file: str | None = None
    note: str = ""

    @property
    def changes(self) -> bool:
        """True if the pass does something."""
        return self.after is not None or self.ignore_file is not None


def examples_of(name: str) -> tuple[Example, ...]:
    """The examples of a pass, by its name.

    Raises DockfixError if there is no file of that name, or if it is written otherwise than above.
    """
    return read(*_file_of(name))


def text_of(name: str) -> str:
    """The examples of a pass as its page shows them: without what the build context holds.

    Raises DockfixError like `examples_of`, but reads no further than to the blocks of the file.
    """
    blocks = _blocks_of(*_file_of(name))
    return "\n\n".join(block.text for block in blocks if not block.path)


def read(text: str, filename: str) -> tuple[Example, ...]:
    """The examples of a text; `filename` is for messages. Raises DockfixError."""
    blocks = _Blocks(text, filename)
    found: list[Example] = []
    for heading, read_one in zip(_HEADINGS, (_changed_or_noted, _left_alone), strict=True):
        if blocks.take(heading):
            usual = blocks.one_of(_ALL_WITH) or Settings()
            found.append(read_one(blocks, usual))
            while blocks.left and blocks.left[-1].text not in _HEADINGS:
                found.append(read_one(blocks, usual))
    if blocks.left or not found:
        raise blocks.expected("the heading ## Examples, or ## Left alone after it,")
    return tuple(found)


class _Block(Record):
    """A heading, a paragraph or fenced code, which begins at a line (from 1).

    `text` is all of it as written, `code` what is inside the fence. `path` is that of a file in the
    build context.
    """

    line: int
    text: str
    code: str | None = None
    language: str = ""
    path: str = ""


class _Blocks:
    """The blocks of a file, taken one after the other; `left` has the next one last."""

    def __init__(self, text: str, filename: str) -> None:
        self.filename = filename
        self.left = _blocks_of(text, filename)[::-1]
        self.end = text.count("\n") + 1

    def take(self, text: str) -> bool:
        """Takes the next block if it is that paragraph."""
        return self.one_of({text: True}) or False

    def one_of(self, meanings: Mapping[str, Meaning]) -> Meaning | None:
        """Takes the next block if it is one of those paragraphs; returns what it means."""
        text = self.left[-1].text if self.left else ""
        if text in meanings:
            self.left.pop()
        return meanings.get(text)

    def between(self, start: str, end: str) -> str | None:
        """Takes the next block if it is a paragraph from `start` to `end`.

        Returns what is between them, its lines joined by spaces.
        """
        if not self.left or self.left[-1].code is not None:
            return None
        text = self.left[-1].text.replace("\n", " ")
        if not (text.startswith(start) and text.endswith(end) and len(text) > len(start + end)):
            return None
        self.left.pop()
        return text[len(start) : len(text) - len(end)]

    def code(self, language: str, what: str) -> str:
        """Takes the next block, which must be code in that language and no file of the context."""
        block = self.left[-1] if self.left else None
        if block is None or block.code is None or block.path or block.language != language:
            raise self.expected(f"a block ```{language} with {what}")
        self.left.pop()
        return block.code

    def expected(self, what: str) -> DockfixError:
        """An error for the next block, or for the end of the file."""
        if not self.left:
            return _error(self.filename, self.end, f"the file ends where it needs {what}")
        block = self.left[-1]
        first = block.text.partition("\n")[0]
        return _error(self.filename, block.line, f"write {what} here; there is: {first}")


def _changed_or_noted(blocks: _Blocks, usual: Settings) -> Example:
    """What stands under the first heading: a change, or something that is pointed out."""
    settings, files = _conditions(blocks, usual)
    before = blocks.code("dockerfile", "the file before")
    after = ignore_file = None
    if blocks.take("is told"):
        note = blocks.between("> ", "")
        if note is None:
            raise blocks.expected("the message, as a quoted line: > message")
        return Example(before, settings=settings, files=files, note=note)
    unsafe = blocks.one_of(_BECOMES)
    if unsafe is not None:
        after = blocks.code("dockerfile", "the file after")
        if blocks.take("with this `.dockerignore`:"):
            ignore_file = blocks.code("text", "the ignore file")
    else:
        unsafe = blocks.one_of(_GETS)
        if unsafe is None:
            raise blocks.expected("becomes, gets this `.dockerignore`:, or is told")
        ignore_file = blocks.code("text", "the ignore file")
    why = blocks.between("(", ")") or ""
    return Example(before, after, why, unsafe, settings, files, ignore_file)


def _left_alone(blocks: _Blocks, usual: Settings) -> Example:
    """What stands under the second heading: a file that stays, and why."""
    settings, files = _conditions(blocks, usual)
    why = blocks.between("", ":")
    if why is None:
        raise blocks.expected("why the file is left alone, as a paragraph that ends in a colon")
    before = blocks.code("dockerfile", "the file that is left alone")
    return Example(before, why=why, settings=settings, files=files)


def _conditions(
    blocks: _Blocks, usual: Settings
) -> tuple[Settings, tuple[tuple[str, str], ...] | None]:
    """The settings, and the paths and contents of the build context, if one is named."""
    settings = blocks.one_of(_WITH) or usual
    named = blocks.between("With `", "` in the build context:")
    files = dict.fromkeys(named.split("`, `"), "") if named else {}
    while blocks.left and (path := blocks.left[-1].path):
        if path not in files or files[path]:
            raise blocks.expected(f"{path} once, below: With `{path}` in the build context:")
        files[path] = blocks.left.pop().code or ""
    return settings, tuple(files.items()) if named else None


def _blocks_of(text: str, filename: str) -> list[_Block]:
    lines = [*text.removesuffix("\n").split("\n"), ""]
    found: list[_Block] = []
    start = 0
    while start < len(lines):
        if lines[start].startswith("```"):
            block = _code_at(lines, start, filename)
        else:
            block = _Block(start + 1, "\n".join(lines[start : lines.index("", start)]))
        if not block.text:
            raise _error(filename, max(start, 1), "one empty line divides blocks: remove this one")
        end = start + block.text.count("\n") + 1
        if lines[end]:
            raise _error(filename, end + 1, "an empty line must be above this one")
        found.append(block)
        start = end + 1
    return found


def _code_at(lines: list[str], start: int, filename: str) -> _Block:
    """The fenced code that begins at an index of the lines."""
    fence = _FENCE.fullmatch(lines[start])
    if fence is None:
        raise _error(filename, start + 1, "write a language behind the fence: ```dockerfile")
    marks, language, path, escaped = fence.groups(default="")
    if marks not in lines[start + 1 :]:
        raise _error(filename, start + 1, f"nothing closes this block: end it with {marks}")
    end = lines.index(marks, start + 1)
    code = "".join(f"{line}\n" for line in lines[start + 1 : end])
    if escaped:
        code = _without_escapes(code, filename, start + 1)
    return _Block(start + 1, "\n".join(lines[start : end + 1]), code, language, path)


def _without_escapes(code: str, filename: str, line: int) -> str:
    def meaning(escape: re.Match[bytes]) -> bytes:
        if escape[1][:1] == b"x" and escape[1][1:]:
            return bytes.fromhex(escape[1][1:].decode())
        if escape[1] not in _ESCAPED:
            unknown = escape[0].decode("utf-8", "replace")
            raise _error(filename, line, rf"no escape: {unknown}; there are \r \t \\ and \x1f")
        return _ESCAPED[escape[1]]

    return _ESCAPE.sub(meaning, code.encode()).decode("utf-8", "surrogateescape")


def _file_of(name: str) -> tuple[str, str]:
    """The text of a pass's file, and the file's path."""
    from importlib import resources

    place = resources.files("dockfix.passes") / "examples" / f"{name}.md"
    try:
        return place.read_bytes().decode("utf-8"), str(place)
    except FileNotFoundError:
        raise DockfixError(f"{place}: no such file: write the examples of {name} there") from None


def _error(filename: str, line: int, problem: str) -> DockfixError:
    return DockfixError(f"{filename}:{line}: {problem}")
