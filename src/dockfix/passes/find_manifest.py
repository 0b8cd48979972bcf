"""An install of a manifest that is not there at that point is pointed out.

What it does: for each install, the manifest that it names (`pip install -r requirement.txt`) or
looks for (package.json) is sought among all that the COPYs above bring. If none brings it, and the
build context has it, or has one with a similar name, that is said.

Why: the build fails at the install, and the reason is a COPY that is missing above it, or a slip.

What it leaves alone: manifests that a RUN above mentions, and those that the base image may hold,
because nothing of the kind is in the context; COPYs with variables or from other stages that may
bring it; a file whose context is not known.

Safety: a note. Nothing is changed: which of the two names is the right one, nobody but the author
knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.context.suggestions import did_you_mean
from dockfix.edit.edits import Group, Safety
from dockfix.installs.installs import Install, installs
from dockfix.installs.project import Copied
from dockfix.managers.manifests.shape import UnsureError
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each manifest that an install will miss."""
    context = settings.context
    if context is None:
        return
    told: set[tuple[str, str]] = set()
    for install in installs(facts):
        for name in install.reads.manifests:
            message = _missing(install, name, context)
            if message and (install.here, name) not in told:
                told.add((install.here, name))
                yield Group(install.run.keyword_offset, message, (), Safety.NOTE)


def _missing(install: Install, name: str, context: Context) -> str:
    """What to say of a manifest that no COPY brings; empty if one does, or may."""
    file = name.rpartition("/")[2]
    if not file or any(file in run.arguments or _fetches(run.arguments) for run in install.runs):
        return ""
    project = Copied(install.copies, install.here, context)
    try:
        if project.kind(name) is not None:
            return ""
    except UnsureError:
        return ""
    missing = f"no COPY above this RUN brings {name}, which {install.reads.manager} needs"
    beside = did_you_mean(file, _beside(project, name.rpartition("/")[0]))
    if beside:
        return missing + beside
    if context.kind(file) == "file":
        return f"{missing}; the build context has one"
    meant = did_you_mean(file, context.entries("") or ())
    return missing + meant if meant else ""


def _beside(project: Copied, folder: str) -> tuple[str, ...]:
    try:
        return project.entries(folder or ".")
    except UnsureError:
        return ()


def _fetches(text: str) -> bool:
    """True if a script brings files from elsewhere, a manifest perhaps."""
    return any(word in text for word in ("git ", "curl", "wget", "tar ", "unzip", " init", " new"))


def verify(before: Facts, after: Facts) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF503",
    name="find-manifest",
    summary="Point out installs whose manifest is not there yet",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
