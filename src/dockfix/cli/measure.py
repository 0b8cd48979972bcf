"""`dockfix measure`: what it prints, the page that it writes, and its exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.builds.engine import Engine
from dockfix.builds.measure import Measured, measure
from dockfix.builds.target import Target
from dockfix.builds.trial import require_space
from dockfix.cli.build_options import MeasureOptions, Request
from dockfix.cli.builds import read_other, watching
from dockfix.cli.streams import Terminal
from dockfix.errors import BuildFailed, DockfixError, EngineError
from dockfix.reports.build_failure import failure_lines
from dockfix.reports.measure import measured_text


def run(engine: Engine, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Measures every target, says what came of it, and returns the exit status."""
    own: MeasureOptions = request.own
    if own.html is not None:
        _require_place(own.html)
    require_space(engine)
    watch = watching(terminal, verbose=request.options.verbose)
    against = read_other(own.against, targets)
    found: list[Measured] = []
    failed = False
    for target in targets:
        try:
            found.append(measure(engine, request.build, target, own.edit, watch, against))
        except BuildFailed as error:
            failed = True
            lines = failure_lines(error, target.context)
            terminal.say("\n".join([f"error: {target.shown_path}: does not build", *lines, ""]))
            continue
        except (DockfixError, OSError) as error:
            failed = True
            terminal.say(f"error: {target.path}: {error}\n")
            continue
        if not own.json:
            long, width = request.options.verbose, terminal.width
            terminal.print(measured_text(found[-1], terminal.colored, long, width))
    if own.json:
        from dockfix.reports.measure_json import measured_json

        terminal.print(measured_json(found, engine.describe()))
    if own.html is not None and found:
        _write_page(own.html, found, engine)
        terminal.say(f"Wrote {own.html}\n")
    return 2 if failed else 0


def _require_place(path: str) -> None:
    """Raises EngineError unless a page can be written there, and nothing but a page gets lost."""
    if os.path.isdir(path):
        raise EngineError(f"--html: {path} is a folder, and not a file to be written")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise EngineError(f"--html: No such file or directory: {folder}")
    if os.path.isfile(path) and os.path.getsize(path):
        with open(path, "rb") as file:
            if not file.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                raise EngineError(f"--html: {path} is there, and no page: name another file")


def _write_page(path: str, found: Sequence[Measured], engine: Engine) -> None:
    """Writes the page of --html. Raises EngineError."""
    from dockfix.reports.page import page

    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(page(found, engine.describe()))
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}") from error
