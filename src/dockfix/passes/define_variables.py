"""Points out a variable that the builder replaces by nothing, because nothing sets it there.

What it does: a note for each name in each stage, where it is first used in ENV, COPY, WORKDIR and
the other instructions whose variables the builder replaces, and in their flags. It says what is
probably meant: an ARG above the first FROM that the stage has not declared again, a slip of the
keyboard, a name that another stage sets, HOME, which a builder does not know.

Why: the builder says nothing by itself. `WORKDIR $APP_HOME` is then the directory of the base
image, and `ENV PATH=$HOME/bin:$PATH` a folder `/bin` that was not meant.

What it leaves alone: what RUN, CMD and ENTRYPOINT use, for a shell replaces that. Names that the
base image may set: of an image that is no known distribution, only what is surely wrong is pointed
out, and nothing that sounds like the image (`NODE_VERSION` below `node`). A name with something in
its place (`${NAME:-other}`), although BuildKit warns about those, too. Triggers (ONBUILD).

Safety: a note. What was meant, only the author knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from dockfix.state.variables import unset


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each name that has no value, once for a stage."""
    for instruction, name, why in unset(facts):
        yield Group(instruction.keyword_offset, f"nothing sets ${name}: {why}", (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF540",
    name="define-variables",
    summary="Point out variables that nothing sets where they are used",
    safety=Safety.NOTE,
    aliases=("UndefinedVar",),
    rewrite=rewrite,
    verify=verify,
)
