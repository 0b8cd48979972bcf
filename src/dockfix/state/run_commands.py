"""The commands of the RUNs of two files, which passes compare to verify their work."""

from __future__ import annotations

from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, ReadRun


def run_commands(before: Facts, after: Facts) -> tuple[list[str], list[str]]:
    """The texts of the simple commands of all RUNs of two files, in order. Passes compare them to
    verify their work.

    A RUN that is not read counts as one command, with its whole text. Scripts that both files begin
    with or end in are left out: their commands are the same.
    """
    old, new = before.runs, after.runs
    same, most = 0, min(len(old), len(new))
    while same < most and _is_same(old[same], new[same]):
        same += 1
    behind, most = 0, most - same
    while behind < most and _is_same(old[-1 - behind], new[-1 - behind]):
        behind += 1
    return (
        _commands(old[same : len(old) - behind]),
        _commands(new[same : len(new) - behind]),
    )


def _is_same(run: ReadRun, other: ReadRun) -> bool:
    return run.script is other.script and (
        isinstance(run.script, Script) or run.shell.arguments == other.shell.arguments
    )


def _commands(found: tuple[ReadRun, ...]) -> list[str]:
    texts: list[str] = []
    for run in found:
        script = run.script
        if isinstance(script, Script):
            texts += [script.text[one.start : one.end] for one in script.simples]
        else:
            texts.append(run.shell.arguments)
    return texts
