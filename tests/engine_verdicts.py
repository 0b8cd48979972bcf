"""`dockfix verify` inside of a test, for one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dockfix.config import Config
from dockfix.context.directory import DirectoryContext
from dockfix.engine.client import connect
from dockfix.engine.options import BuildOptions, Request, VerifyOptions
from dockfix.engine.targets import Target
from dockfix.engine.verify import Verdict, verdict
from dockfix.options import Options
from dockfix.passes.base import Settings


class Silent:
    """A terminal that nobody looks at."""

    colored = lively = False
    width = 100

    def print(self, text: str) -> None:
        """Says nothing."""

    def say(self, text: str) -> None:
        """Says nothing."""


def verified(
    folder: Path,
    dockerfile: str,
    files: Mapping[str, str] | None = None,
    *,
    config: Config | None = None,
    own: VerifyOptions | None = None,
    build: BuildOptions | None = None,
) -> Verdict:
    """The verdict on a Dockerfile with these files beside it."""
    for name, text in {**(files or {}), "Dockerfile": dockerfile}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    target = Target(
        str(folder / "Dockerfile"),
        dockerfile.encode(),
        config or Config(),
        Settings(context=DirectoryContext(str(folder))),
        str(folder),
    )
    build = build or BuildOptions(network="host", timeout=300)
    request = Request(Options(), build, own or VerifyOptions())
    engine = connect(build)
    try:
        return verdict(engine, request, target, Silent())
    finally:
        engine.close()
