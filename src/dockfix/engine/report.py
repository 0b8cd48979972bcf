"""What `dockfix verify` says of a file, for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dockfix.engine.claims import Claim, Way
from dockfix.engine.client import Ran, Stopped
from dockfix.engine.compare import Difference, Setting
from dockfix.engine.failed import failure
from dockfix.engine.verify import Verdict
from dockfix.report.text import count, paint, visible

#: Paths listed before the rest is only counted.
_SHOWN = 12
_GREEN, _RED, _BOLD = "32", "31", "1"
_HEADLINES = {
    "untouched": ("nothing to rewrite, so nothing to build", _GREEN),
    "same": ("the same", _GREEN),
    "declared": ("the same, but for what these passes declare", _GREEN),
    "different": ("different", _RED),
    "unbuilt": ("does not build as it is", _RED),
}
#: How it is said what a pass does to paths on purpose.
_VERBS: tuple[tuple[Way, str], ...] = (
    ("packages", "leaves out"),
    ("removes", "removes"),
    ("changes", "changes what is kept in"),
    ("records", "leaves other records of the build in"),
)


def spoken(found: Verdict, *, colored: bool = False, long: bool = False) -> str:
    """The verdict over a file and what it rests on."""
    headline, color = _HEADLINES[found.outcome]
    path = paint(visible(os.path.normpath(found.target.path)), _BOLD, colored)
    lines = [f"{path}: {paint(headline, color, colored)}"]
    shown = None if long else _SHOWN
    if found.error is not None:
        if found.outcome == "different":
            lines.append("  as dockfix would rewrite it, it does not build any more:")
        elif found.seconds:
            lines.append("  it was built once, but not again, to see what differs by itself:")
        lines += failure(found.error, found.target.context)
    if found.error is None and found.outcome != "untouched":
        names = ", ".join(dict.fromkeys(one.name for one in found.result.applied))
        lines.append(f"  {count(len(found.result.applied), 'change')}, made by {names}")
    lines += _claims(found.claims, shown)
    lines += _limited([*map(_said, found.settings), *map(_said, found.files)], shown)
    for one in found.renumbered:
        lines.append(
            f"  {one.kind} {visible(one.name)} has the number {one.after} instead of {one.before}: "
            "files in a volume of an earlier container keep the old one"
        )
    lines += _behavior(found)
    lines += _suspects(found)
    if found.noise:
        some = ", ".join(visible(one.path) for one in found.noise[:2])
        more = ", …" if len(found.noise) > 2 else ""
        lines.append(
            f"  (not counted: {count(len(found.noise), 'difference')} between two builds of the "
            f"file as it is: {some}{more})"
        )
        if long:
            lines += [f"    {_said(one)}" for one in found.noise]
    if len(found.seconds) > 1:
        lines.append(
            f"  ({count(len(found.seconds), 'build')}: {found.seconds[0]:.1f} s as it is, "
            f"{found.seconds[1]:.1f} s rewritten; {sum(found.seconds):.1f} s in all)"
        )
    return "\n".join(lines) + "\n"


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many of the files came out how."""
    counts = {
        text: sum(one.outcome in outcomes for one in verdicts)
        for text, outcomes in (
            ("the same or as declared", ("same", "declared")),
            ("different", ("different",)),
            ("not built", ("unbuilt",)),
            ("nothing to rewrite", ("untouched",)),
        )
    }
    parts = [f"{number} {text}" for text, number in counts.items() if number]
    return f"{count(len(verdicts), 'file')}: {', '.join(parts)}.\n"


def _claims(claims: Sequence[Claim], shown: int | None) -> list[str]:
    lines = []
    for name in dict.fromkeys(claim.owner.name for claim in claims):
        own = [claim for claim in claims if claim.owner.name == name]
        for verb, settings in (
            ("says it in another form", [one for one in own if one.way == "restates"]),
            ("changes it", [one for one in own if one.way == "changes" and not one.what]),
        ):
            lines += [f"  {name} {verb}: {_said(one.difference)}" for one in settings]
        for way, verb in _VERBS:
            of_way = [claim for claim in own if claim.way == way and claim.what]
            if of_way:
                lines.append(f"  {name} {verb} {_places(of_way)}")
                if shown is None:
                    lines += [f"    {visible(_path(claim))}" for claim in of_way]
    return lines


def _path(claim: Claim) -> str:
    assert isinstance(claim.difference, Difference)
    return claim.difference.path


def _places(claims: Sequence[Claim]) -> str:
    """The paths of claims; if there are many, what they are of."""
    what = list(dict.fromkeys(claim.what for claim in claims))
    if claims[0].way == "packages":
        names = ", ".join(what[:_SHOWN]) + (", …" if len(what) > _SHOWN else "")
        return f"{count(len(what), 'package')} ({names}), in all {count(len(claims), 'path')}"
    if len(claims) < 3:
        return " and ".join(visible(_path(claim)) for claim in claims)
    return f"{count(len(claims), 'path')} of {', '.join(what)}"


def _said(one: Difference | Setting) -> str:
    if isinstance(one, Setting):
        before, after = (
            "not set" if text is None else visible(text) for text in (one.before, one.after)
        )
        return f"{visible(one.name)}: {before} → {after}"
    path = visible(one.path)
    if one.aspect in ("missing", "new"):
        return f"{path}: {one.aspect} ({visible(one.before or one.after)})"
    return f"{path}: {one.aspect}: {visible(one.before)} → {visible(one.after)}"


def _limited(lines: Iterable[str], shown: int | None) -> list[str]:
    found = [f"  {line}" for line in lines]
    if shown is None or len(found) <= shown:
        return found
    return [*found[:shown], f"  … and {len(found) - shown} more (-v shows all)"]


def _behavior(found: Verdict) -> list[str]:
    behavior = found.behavior
    lines = []
    if behavior.ran is not None:
        before, after = behavior.ran
        if before == after:
            lines.append(f"  --run: the same output, {_status(before)}")
        else:
            lines.append(f"  --run: {_status(before)} → {_status(after)}; as it is, it prints")
            lines += _printed(before)
            lines += ["  and rewritten", *_printed(after)]
    if behavior.stopped is not None:
        before_stop, after_stop = behavior.stopped
        lines.append(f"  --stop: {_stopped(before_stop)} → {_stopped(after_stop)}")
    if behavior.problem:
        lines.append(f"  {behavior.problem}")
    return lines


def _status(ran: Ran) -> str:
    return "not done in time" if ran.status is None else f"status {ran.status}"


def _printed(ran: Ran) -> list[str]:
    lines = ran.output.decode("utf-8", "replace").rstrip("\n").split("\n")
    return [f"  | {visible(line)}" for line in lines[-_SHOWN:]]


def _stopped(stopped: Stopped) -> str:
    if stopped.by_itself:
        return f"ends by itself with status {stopped.status}"
    killed = " (killed)" if stopped.status == 137 else f" (status {stopped.status})"
    return f"stops in {stopped.seconds:.1f} s{killed}"


def _suspects(found: Verdict) -> list[str]:
    if not found.suspects:
        return []
    lines = [
        f"  suspect: {one.name} in line {one.line}: {visible(one.message)}"
        for one in found.suspects
    ]
    names = ",".join(dict.fromkeys(one.name for one in found.suspects))
    lines.append(f"  Please report it with the file; until then: --ignore {names}")
    return lines
