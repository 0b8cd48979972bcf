"""Points out a FROM that names no image unless somebody gives `--build-arg`.

What it does: a note at each FROM whose image is empty or no valid name with the defaults of the
ARGs above it: `FROM busybox:$TAG` below `ARG TAG`.

Why: `docker build .` fails for everybody who does not know which arguments are needed. A default
(`ARG TAG=1.37`) lets it pass, and says what a good value looks like.

What it leaves alone: names without a variable, which the builder refuses by itself, and variables
that no ARG declares, of which declare-base-args speaks.

Safety: a note. Which default is right, only the author knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.dockerfile.expansion import expand
from dockfix.edit.edits import Group, Safety
from dockfix.errors import ExpansionError
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts
from dockfix.state.variables import (
    PLATFORM_ARGS,
    declared_above,
    default_values,
    needed_by_from,
)

#: distribution/reference, regexp.go: a host, names between slashes, a tag, a digest.
_NAME = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = lazy(
    rf"(?:(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?{_NAME}(?:/{_NAME})*"
    r"(?::\w[\w.-]{0,127})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each FROM without a usable default."""
    values = default_values(facts)
    if values is None:
        return
    for stage in facts.stages:
        if stage.base is None or "$" not in stage.base:
            continue
        instruction = stage.instructions[0]
        if needed_by_from(facts, instruction) - declared_above(facts) - PLATFORM_ARGS:
            continue
        try:
            image = expand(stage.base, values, facts.dockerfile.escape)
        except ExpansionError:
            continue
        if not _IMAGE.fullmatch(image):
            shown = (
                f"{stage.base} is {image}, which is no valid image name"
                if image
                else (f"{stage.base} is empty")
            )
            message = f"without --build-arg, {shown}: give the ARG a default"
            yield Group(instruction.keyword_offset, message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF542",
    name="default-base-args",
    summary="Point out a FROM that names no image without --build-arg",
    safety=Safety.NOTE,
    aliases=("InvalidDefaultArgInFrom",),
    rewrite=rewrite,
    verify=verify,
)
