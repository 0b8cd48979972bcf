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
from dockfix.edits import Group, Safety
from dockfix.installs import Install, installs
from dockfix.packages.manifests import UnsureError
from dockfix.packages.project import Copied
from dockfix.passes.base import Example, Pass, Settings
from dockfix.suggestions import did_you_mean
from dockfix.syntax.tree import Dockerfile


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A note for each manifest that an install will miss."""
    context = settings.context
    if context is None:
        return
    told: set[tuple[str, str]] = set()
    for install in installs(dockerfile):
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
    missing = f"{install.reads.manager} needs {name}, which no COPY above it brings"
    beside = did_you_mean(file, _beside(project, name.rpartition("/")[0]))
    if beside:
        return missing + beside
    if context.kind(file) == "file":
        return f"{missing}; the context has one"
    meant = did_you_mean(file, context.entries("") or ())
    return missing + meant if meant else ""


def _beside(project: Copied, folder: str) -> tuple[str, ...]:
    try:
        return project.entries(folder or ".")
    except UnsureError:
        return ()


def _fetches(text: str) -> bool:
    """Whether a script brings files from elsewhere, a manifest perhaps."""
    return any(word in text for word in ("git ", "curl", "wget", "tar ", "unzip", " init", " new"))


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


_FILES = (("requirements.txt", "flask==3.0\n"), ("shop/app.py", ""))
_PYTHON = "FROM python\nWORKDIR /app\n"

PASS = Pass(
    code="DF503",
    name="find-manifest",
    summary="Point out installs whose manifest is not there yet",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            _PYTHON + "COPY requirements.txt .\nCOPY shop .\nRUN pip install -r requirement.txt\n",
            note="pip needs requirement.txt, which no COPY above it brings; "
            "did you mean requirements.txt?",
            files=_FILES,
        ),
        Example(
            _PYTHON + "COPY shop shop\nRUN pip install -r requirements.txt\nCOPY . .\n",
            note="pip needs requirements.txt, which no COPY above it brings; the context has one",
            files=_FILES,
        ),
        *(
            Example(_PYTHON + text, why=why, files=_FILES)
            for text, why in (
                ("COPY . .\nRUN pip install -r requirements.txt\n", "it is there"),
                ("RUN pip install -r base.txt\n", "the base image may have it"),
                ("COPY --from=x / .\nRUN pip install -r requirement.txt\n", "x may bring it"),
                ("RUN cp a requirements.txt\nRUN pip install -r requirements.txt\n", "made by cp"),
            )
        ),
        Example(_PYTHON + "RUN pip install -r requirement.txt\n", why="no context is known"),
    ),
)
