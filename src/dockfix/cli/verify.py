"""`dockfix verify`: what it prints, what it writes in place, and its exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.builds.engine import Engine
from dockfix.builds.target import Target
from dockfix.builds.trial import require_space
from dockfix.builds.verify import Checks, Verdict, verdict
from dockfix.cli.build_options import Request, VerifyOptions
from dockfix.cli.builds import read_other, watching
from dockfix.cli.streams import Terminal
from dockfix.dockerfile.source import encode
from dockfix.errors import DockfixError, EngineError
from dockfix.reports.verify import summary, verdict_text


def run(engine: Engine, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Verifies every target and returns the exit status. Raises EngineError."""
    own: VerifyOptions = request.own
    options = request.options
    if not engine.starts and (own.run is not None or own.stop):
        flag = "--stop" if own.run is None else "--run"
        raise EngineError(f"{flag} needs podman or docker: buildah starts no containers")
    require_space(engine)
    against = read_other(own.against, targets)
    checks = Checks(own.run, own.stop, against, own.declare, own.evidence)
    if own.evidence:
        targets = [_divided(target) for target in targets]
    watch = watching(terminal, verbose=options.verbose)
    verdicts = []
    failed = False
    for target in targets:
        try:
            found = verdict(engine, request.build, target, checks, watch)
            verdicts.append(found)
            terminal.print(verdict_text(found, colored=terminal.colored, long=options.verbose))
            if options.in_place:
                holding = _holding(engine, request, found, checks, terminal)
                for line in _write(holding) if holding is not None else ():
                    terminal.say(line)
        except (DockfixError, OSError) as error:
            failed = True
            terminal.say(f"error: {target.path}: {error}\n")
    if len(targets) > 1 and not options.quiet:
        terminal.say(summary(verdicts))
    if failed or any(one.outcome == "unbuilt" for one in verdicts):
        return 2
    return int(any(one.outcome == "different" for one in verdicts))


def _divided(target: Target) -> Target:
    """A target that is divided in stages, too."""
    passes = target.passes
    if passes.select is None or "multi-stage" not in passes.select:
        more = (*passes.extend_select, "multi-stage")
        passes = passes._replace(extend_select=more)
    return target._replace(passes=passes)


def _holding(
    engine: Engine, request: Request, found: Verdict, checks: Checks, terminal: Terminal
) -> Verdict | None:
    """The verdict of what is to be written: that of all changes, or without those to blame.

    None if nothing holds.
    """
    watch = watching(terminal, verbose=request.options.verbose)
    while found.outcome == "different" and found.suspects:
        target = found.target
        names = tuple(dict.fromkeys(one.name for one in found.suspects))
        passes = target.passes._replace(ignore=(*target.passes.ignore, *names))
        found = verdict(engine, request.build, target._replace(passes=passes), checks, watch)
        text = verdict_text(found, colored=terminal.colored, long=request.options.verbose)
        terminal.print(f"Without {', '.join(names)}:\n{text}")
    return found if found.outcome in ("same", "declared") else None


def _write(found: Verdict) -> list[str]:
    """Writes what was verified; a line for each file that was written. Raises OSError."""
    from dockfix.cli.files import Change, has_other_names, replace_together

    target, result = found.target, found.result
    changes = [
        Change(
            os.path.join(target.context, one.path),
            None if one.before is None else encode(one.before),
            encode(one.after),
        )
        for one in result.others
    ]
    if encode(result.after) != target.source:
        changes.append(Change(target.path, target.source, encode(result.after)))
    parted = {change for change in changes if has_other_names(change.path)}
    replace_together(changes)
    more = ", but not under its other names (hard links): they keep the old text"
    return [
        f"Rewrote {os.path.relpath(change.path)}{more * (change in parted)}\n" for change in changes
    ]
