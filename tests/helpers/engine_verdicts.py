"""What `dockfix verify` does inside of a test, for one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dockfix.builds.connect import connect
from dockfix.builds.engine import Hooks
from dockfix.builds.options import BuildOptions
from dockfix.builds.target import PassSelection, Target
from dockfix.builds.verify import Checks, Verdict, verdict
from dockfix.context.folder import find_context
from dockfix.dockerfile.parser import parse
from dockfix.passes.base import Settings


@contextmanager
def nobody_watches(what: str) -> Iterator[Hooks]:
    """A `Watch` that shows nothing."""
    yield Hooks()


def verified(
    folder: Path,
    dockerfile: str,
    files: Mapping[str, str] | None = None,
    *,
    passes: PassSelection | None = None,
    checks: Checks | None = None,
    build: BuildOptions | None = None,
) -> Verdict:
    """The verdict on a Dockerfile with these files beside it, with every merge that is allowed."""
    for name, text in {**(files or {}), "Dockerfile": dockerfile}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    path = str(folder / "Dockerfile")
    context, _ = find_context(path, parse(dockerfile), str(folder))
    target = Target(
        path,
        dockerfile.encode(),
        passes or PassSelection(),
        Settings("all", context),
        str(folder),
    )
    build = build or BuildOptions(network="host", timeout=300)
    engine = connect(build)
    try:
        return verdict(engine, build, target, checks or Checks(), nobody_watches)
    finally:
        engine.close()
