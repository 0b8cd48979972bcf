"""A manifest that leaves versions open is pointed out where it is installed.

What it does: the manifests that an install reads are looked into. Requirements without `==` are
named, `*`, `latest` and `>=` in a package.json without a lock file, ranges, LATEST and RELEASE in a
pom.xml, and `1.+` of Gradle.

Why: the same Dockerfile gives another image tomorrow, and it breaks on a day when nobody changed
anything. A lock file says once what was tried.

What it leaves alone: a manifest with a lock file that is there; requirements under constraints
(`-c`), URLs and paths; a file whose context is not known. One note for each manifest.

Safety: a note. Nothing is changed: which versions are the right ones, a test has to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.edits import Group, Safety
from dockfix.installs import Install, installs
from dockfix.loose import loose
from dockfix.packages.manifests import UnsureError
from dockfix.packages.project import Copied
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.syntax.tree import Dockerfile

_MOST_NAMED = 3
_CONSTRAINED = lazy(r"\s(?:-c|--constraint)[ =]\S*\.txt")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A note for each manifest that leaves versions open."""
    context = settings.context
    if context is None:
        return
    told: set[str] = set()
    for install in installs(dockerfile):
        if _CONSTRAINED.search(install.run.arguments):
            continue
        for name in install.reads.manifests:
            path = _source(install, name, context)
            found = loose(install.reads.manager, name, path, context) if path else []
            if found and path not in told:
                told.add(path)
                listed = ", ".join(found[:_MOST_NAMED])
                more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
                message = f"{path} leaves versions open: {listed}{more}; the next build may differ"
                yield Group(install.run.keyword_offset, message, (), Safety.NOTE)


def _source(install: Install, name: str, context: Context) -> str:
    """The file of the context that an install finds as a manifest; empty if nobody can tell."""
    try:
        return next(iter(Copied(install.copies, install.here, context).sources(name)), "")
    except UnsureError:
        return ""


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


_PIP = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_NPM = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm install\n"

PASS = Pass(
    code="DF502",
    name="pin-dependencies",
    summary="Point out manifests that leave the versions of dependencies open",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            _PIP,
            note="requirements.txt leaves versions open: mysqlclient>=1.4.2, numpy>=1.16.4; "
            "the next build may differ",
            files=(("requirements.txt", "mysqlclient>=1.4.2\nnumpy>=1.16.4\nflask==3.0\n"),),
        ),
        Example(
            _NPM,
            note="package.json leaves versions open: express@*; the next build may differ",
            files=(("package.json", '{"dependencies": {"express": "*", "a": "^1.0.0"}}'),),
        ),
        Example(_PIP, why="all are pinned", files=(("requirements.txt", "flask==3.0  # a\n"),)),
        Example(
            _NPM,
            why="the lock file pins them",
            files=(
                ("package.json", '{"dependencies": {"express": "*"}}'),
                ("package-lock.json", "{}"),
            ),
        ),
        Example(_PIP, why="no context is known"),
    ),
)
