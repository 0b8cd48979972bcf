"""Points out a comment right above a stage or an ARG that does not begin with its name.

What it does: a note at a named FROM or an ARG with a comment in the line above that begins with
another word. It is off by default, as the check is in BuildKit.

Why: `docker build --call=outline` and `--call=targets` show such a comment as the description of
the stage or the argument, if it has the form `# name description`.

What it leaves alone: comments with an empty line below them, and stages without a name.

Safety: a note. Most comments are meant for readers of the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Comment, Instruction
from dockfix.edit.edits import Group, Safety
from dockfix.edit.ignores import pragma_of
from dockfix.passes.base import Pass, Settings
from dockfix.state.environment import names_set_by
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each comment of another form."""
    above: Comment | None = None
    for item in facts.dockerfile.items:
        if isinstance(item, Instruction):
            names = _defined(item)
            words = [] if above is None else above.text[1:].split()
            if names and words and words[0] not in names and pragma_of(f"# {words[0]}") is None:
                name = names[0] if len(names) == 1 else "NAME"
                message = f"the comment above is a description if it begins with {name}"
                yield Group(item.keyword_offset, message, (), Safety.NOTE)
        above = item if isinstance(item, Comment) else None


def _defined(instruction: Instruction) -> list[str]:
    """The names that an instruction defines and a comment may describe."""
    if instruction.keyword == "FROM" and len(instruction.words) == 3:
        return [instruction.words[2].text.lower()]
    return names_set_by(instruction) if instruction.keyword == "ARG" else []


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF545",
    name="describe-definitions",
    summary="Point out comments above stages and ARGs that begin with another word",
    safety=Safety.NOTE,
    aliases=("InvalidDefinitionDescription",),
    rewrite=rewrite,
    verify=verify,
    default=False,
)
