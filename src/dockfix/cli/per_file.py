"""What the settings say about one file, and about the findings of single passes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from dockfix.cli.config import Config
from dockfix.context.worktree import real_path
from dockfix.passes import Severity
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.core.findings import Applied
    from dockfix.core.result import Rewrite


def ignored_for(path: str, config: Config) -> tuple[str, ...]:
    """The passes that `per-file-ignores` names for a file."""
    if not config.per_file_ignores:
        return ()
    from pathspec import GitIgnoreSpec

    inside = os.path.relpath(real_path(path), os.path.realpath(config.root or "."))
    if inside.startswith("../"):
        return ()
    return tuple(
        name
        for pattern, names in config.per_file_ignores
        if GitIgnoreSpec.from_lines([pattern]).match_file(inside)
        for name in names
    )


def severities(config: Config) -> dict[str, Severity]:
    """The severities that were chosen, by the codes of passes.

    Of several rules of hadolint that are one pass here, the one that matters most decides; what
    dockfix's own settings say goes before them.
    """
    if not config.severity and not config.found.severity:
        return {}
    from dockfix.passes import PASSES
    from dockfix.reports.run import SEVERITIES

    found: dict[str, Severity] = {}
    for rule, level in config.found.severity:
        for one in PASSES:
            if rule in one.aliases:
                known = found.get(one.code, SEVERITIES[-1])
                found[one.code] = min(known, level, key=SEVERITIES.index)
    from dockfix.core.choice import choose

    for name, level in config.severity:
        for entry in choose((name,)):
            found[entry.code] = level
    return found


def with_severities(result: Rewrite, config: Config) -> Rewrite:
    """A result whose findings have the severities that were chosen for their passes."""
    chosen = severities(config)
    if not chosen:
        return result
    return result._replace(
        applied=_with(result.applied, chosen),
        offered=_with(result.offered, chosen),
        notes=_with(result.notes, chosen),
    )


def _with(findings: Iterable[Applied], chosen: Mapping[str, Severity]) -> tuple[Applied, ...]:
    return tuple(
        one._replace(severity=chosen[one.code]) if one.code in chosen else one for one in findings
    )
