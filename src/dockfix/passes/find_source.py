"""A COPY or ADD of what the build context does not have is pointed out.

What it does: each source of a COPY, an ADD or a bind mount is looked for in the build context. One
that is not there is named, with what there is of a similar name, and one that .dockerignore leaves
out is said to be left out.

Why: the builder fails at it, after all that stands above has been built. A slip in a name is seen
sooner from here.

What it leaves alone: sources with variables, `--from`, URLs; folders that a build outside the image
makes (`target`, `dist`), which may not have been made yet; a file whose context is not known, and
files escaped by backticks, whose paths are those of Windows.

Safety: a note. Nothing is changed: the name may be right, and the file about to be made.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context.sources import is_built, is_sent, sources_of
from dockfix.context.suggestions import nearest
from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each source that the builder will not find."""
    context = settings.context
    if context is None or facts.dockerfile.escape == "`":
        return
    told: set[str] = set()
    for instruction in facts.instructions:
        for source in sources_of(instruction):
            if not source or source in told or is_sent(source, context):
                continue
            told.add(source)
            if context.ignored(source):
                message = f"{source} cannot be copied: {context.ignore_file} leaves this path out"
            elif context.is_link(source) or (is_built(source) and not nearest(source, context)):
                continue
            else:
                message = f"{source} is not in the build context{nearest(source, context)}"
            yield Group(instruction.keyword_offset, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF504",
    name="find-source",
    summary="Point out sources that the build context does not have",
    safety=Safety.NOTE,
    aliases=("CopyIgnoredFile",),
    rewrite=rewrite,
    verify=verify,
)
