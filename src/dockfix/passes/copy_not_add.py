"""COPY for what ADD only copies.

    ADD app.py /srv/        →        COPY app.py /srv/

Why: ADD also downloads, clones and takes archives apart, and which of these it does depends on what
a source looks like on the day of the build. COPY says what happens, and goes on doing it: a file
that becomes an archive one day is not silently unpacked.

What it leaves alone: URLs, Git references, whatever is or sounds like an archive (by its name, and
with a build context by how the file starts; formats that are tar archives under another name too,
such as `.gem` or `.crate`), names without an ending that people give to archives (`rootfs`),
patterns and variables that could stand for one (`Gemfile*` could not where the context has a
Gemfile and no archive beside it), the flags that only ADD has (`--checksum`, `--keep-git-dir`,
`--unpack`), and files escaped by backticks, whose paths are those of Windows.

Safety: BuildKit carries both out by the same copy; for a source in the build context the only
difference is the attempt to unpack it (dockerfile2llb/convert_copy.go), which fails for whatever is
not a tar archive. An archive inside a directory is not taken apart by either. Flags mean the same
to both. Without a build context the name of a file is believed: a tar archive called `app.py`, or
one that has no ending and a name such as `install`, would no longer be unpacked. What an ONBUILD
will copy is always judged by its name.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.expansion import expand
from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.errors import ExpansionError
from dockfix.passes.base import Pass, Settings
from dockfix.state.archives import is_remote, named_archive, only_copied
from dockfix.state.facts import Facts

_SHARED_FLAGS = frozenset(("chown", "chmod", "link", "exclude"))


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One group for each ADD that only copies."""
    for owner in () if facts.dockerfile.escape == "`" else facts.instructions:
        instruction = owner.child or owner
        if instruction.keyword != "ADD":
            continue
        context = settings.context if owner is instruction else None
        if _is_copy(facts.dockerfile, instruction, context):
            message = "write COPY instead of ADD: COPY never downloads or unpacks anything"
            yield Group(owner.keyword_offset, message, _edits(facts.dockerfile, instruction))


def _is_copy(dockerfile: Dockerfile, instruction: Instruction, context: Context | None) -> bool:
    return all(flag.name in _SHARED_FLAGS for flag in instruction.flags) and all(
        source is not None and only_copied(source, context)
        for source in _sources(dockerfile, instruction)
    )


def _sources(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[str | None]:
    """The sources as the builder reads them, None for one that can't be told; no here-documents."""
    written = instruction.json
    if written is None:
        written = tuple(word.text for word in instruction.words)
    for text in written[:-1]:
        if text.startswith("<<") and instruction.heredocs:
            continue
        if "$" in text:
            quoted = any(character in text for character in "'\"\\`")
            yield None if quoted else text
            continue
        try:
            yield expand(text, {}, dockerfile.escape)
        except ExpansionError:
            yield None


def _edits(dockerfile: Dockerfile, instruction: Instruction) -> tuple[Edit, ...]:
    """ADD becomes COPY in its case; of several blanks behind it one goes, for the column's sake."""
    start = instruction.keyword_offset
    end = start + len("ADD")
    word = dockerfile.source[start:end]
    copy = "COPY" if word.isupper() else "copy" if word.islower() else "Copy"
    behind = dockerfile.source[end : end + 2]
    return (Edit(start, end + (behind == "  "), copy),)


def verify(before: Facts, after: Facts) -> str | None:
    """Nothing but keywords changed, and only where nothing is fetched or unpacked by its name."""
    if len(before.instructions) != len(after.instructions):
        return "the number of instructions changed"
    for old, new in zip(before.instructions, after.instructions, strict=True):
        was, now = old.child or old, new.child or new
        if was.keyword == now.keyword:
            continue
        if (was.keyword, now.keyword) != ("ADD", "COPY") or was.arguments != now.arguments:
            return f"{was.keyword} became {now.keyword} with other arguments"
        if [flag.text for flag in was.flags] != [flag.text for flag in now.flags]:
            return "a flag came or went"
        if any(
            source is None or is_remote(source) or named_archive(source)
            for source in _sources(before.dockerfile, was)
        ):
            return f"ADD may do more than copy `{was.arguments[:60]}`"
    return None


PASS = Pass(
    code="DF303",
    name="copy-not-add",
    summary="Write COPY where ADD only copies",
    safety=Safety.SAFE,
    aliases=("DL3020",),
    rewrite=rewrite,
    verify=verify,
)
