"""Points out downloads piped into another program, whose failure the shell does not see.

What it does: one note for each file in which a RUN pipes `curl` or `wget` into something, at the
first, where the shell has `pipefail` and it is not set.

Why: a script's status is that of the last program of a pipe. With a download cut short, `tar` or
`sh` may well succeed with what it got.

What it leaves alone: it never changes a file, for a pipe whose first part is meant to be cut off
(`… | head`) would fail with `pipefail`. Shells without it: dash, which is the `sh` of Debian and
Ubuntu, and any shell that is not known.

Safety: a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Group, Safety
from dockfix.facts import Place, outermost, places, scripts, source_span
from dockfix.passes.base import Example, Pass, Settings
from dockfix.shell.tree import Script, Simple
from dockfix.syntax.tree import Dockerfile

_DOWNLOADS = ("curl", "wget")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One note for all of them."""
    known = places(dockerfile)
    for instruction, script in scripts(dockerfile):
        if "|" not in script.text or "pipefail" in script.text:
            continue
        if not _has_pipefail(dockerfile, known[instruction.start]):
            continue
        for simple in _piped(script):
            name = simple.words[0].text
            offset = source_span(instruction, simple.start, simple.end)[0]
            message = f"if {name} fails, nobody notices: SHELL with -o pipefail, or set -o pipefail"
            yield Group(offset, message, (), Safety.NOTE)
            return


def _has_pipefail(dockerfile: Dockerfile, place: Place) -> bool:
    """Whether the shell knows the option, and does not have it set."""
    shell = place.shell
    if "pipefail" in shell.options:
        return False
    base = (outermost(dockerfile)[place.stage].base or "").partition(":")[0]
    return shell.dialect in ("bash", "ash") or (shell.dialect == "sh" and base == "alpine")


def _piped(script: Script) -> Iterator[Simple]:
    for item in script.items:
        for pipeline in item.node.pipelines:
            for one in pipeline.commands[:-1]:
                if isinstance(one, Simple) and one.words and one.words[0].value in _DOWNLOADS:
                    yield one


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF522",
    name="set-pipefail",
    summary="Point out downloads whose failure a pipe hides",
    safety=Safety.NOTE,
    aliases=("DL4006",),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM alpine:3.19\nRUN wget -qO- https://example.org/x.tgz | tar xz\n",
            note="if wget fails, nobody notices: SHELL with -o pipefail, or set -o pipefail",
        ),
        Example(
            "FROM debian:12\nRUN curl https://example.org/x.sh | sh\n",
            why="nothing to point out: dash knows no pipefail",
        ),
        Example(
            'FROM debian:12\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "RUN curl https://example.org/x.sh | sh\n",
            why="nothing to point out: it is set",
        ),
    ),
)
