"""What `dockfix verify` says of a file, for people."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.builds.compare import PathDifference
from dockfix.builds.declared import DeclaredDifference, Way
from dockfix.builds.engine import Ran, Stopped
from dockfix.builds.verify import Verdict
from dockfix.reports.build_failure import failure_lines
from dockfix.reports.differences import difference_text, limited
from dockfix.reports.split import split_lines
from dockfix.reports.text import count, paint, visible

#: Paths listed before the rest is only counted.
_SHOWN = 12
_GREEN, _RED, _BOLD = "32", "31", "1"
_HEADLINES = {
    "untouched": ("dockfix changes nothing here, so nothing is built", _GREEN),
    "same": ("same image", _GREEN),
    "declared": ("same image, except for these expected differences", _GREEN),
    "different": ("another image", _RED),
    "unbuilt": ("does not build as it is", _RED),
}
#: How it is said what a pass does to paths on purpose.
_VERBS: tuple[tuple[Way, str], ...] = (
    ("packages", "leaves out"),
    ("removes", "removes"),
    ("changes", "changes what is kept in"),
    ("records", "leaves other records of the build in"),
)


def verdict_text(found: Verdict, *, colored: bool = False, long: bool = False) -> str:
    """The verdict over a file and what it rests on."""
    headline, color = _HEADLINES[found.outcome]
    path = paint(visible(found.target.shown_path), _BOLD, colored)
    lines = [f"{path}: {paint(headline, color, colored)}"]
    shown = None if long else _SHOWN
    if found.error is not None:
        if found.outcome == "different":
            lines.append("  the rewritten file does not build:")
        elif found.seconds:
            lines.append("  the second build of the file as it is failed:")
        lines += failure_lines(found.error, found.target.context)
    if found.error is None and found.outcome != "untouched":
        names = ", ".join(dict.fromkeys(one.name for one in found.result.applied))
        made = f"{count(len(found.result.applied), 'change')}, made by {names}"
        lines.append(f"  {made if names else 'compared with the Dockerfile of --against'}")
    lines += _declared_lines(found.claims, shown)
    if found.split is not None:
        lines += split_lines(found.split, shown)
    lines += limited(
        [*map(difference_text, found.settings), *map(difference_text, found.files)], shown
    )
    lines += _store_lines(found, shown)
    for one in found.renumbered:
        lines.append(
            f"  {one.kind} {visible(one.name)} has the number {one.after} instead of {one.before}: "
            "files in a volume of an earlier container keep the old one"
        )
    lines += _behavior_lines(found)
    lines += _suspect_lines(found)
    if found.outcome == "untouched":
        lines += [
            f"  line {one.line}: {visible(one.message)}"
            for one in found.result.notes
            if one.name == "multi-stage"
        ]
    if found.noise:
        some = ", ".join(visible(one.path) for one in found.noise[:2])
        more = ", …" if len(found.noise) > 2 else ""
        lines.append(
            f"  (not counted: {count(len(found.noise), 'difference')} between two builds of the "
            f"file as it is: {some}{more})"
        )
        if long:
            lines += [f"    {difference_text(one)}" for one in found.noise]
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
            ("the same or as expected", ("same", "declared")),
            ("another image", ("different",)),
            ("not built", ("unbuilt",)),
            ("nothing to rewrite", ("untouched",)),
        )
    }
    parts = [f"{number} {text}" for text, number in counts.items() if number]
    return f"{count(len(verdicts), 'file')}: {', '.join(parts)}.\n"


def _declared_lines(claims: Sequence[DeclaredDifference], shown: int | None) -> list[str]:
    """What passes declare, by pass and by what they do."""
    lines = []
    for name in dict.fromkeys(claim.owner.name for claim in claims):
        own = [claim for claim in claims if claim.owner.name == name]
        for verb, settings in (
            ("writes it in another form", [one for one in own if one.way == "restates"]),
            ("changes it", [one for one in own if one.way == "changes" and not one.what]),
        ):
            lines += [f"  {name} {verb}: {difference_text(one.difference)}" for one in settings]
        for way, verb in _VERBS:
            of_way = [claim for claim in own if claim.way == way and claim.what]
            if of_way:
                lines.append(f"  {name} {verb} {_places(of_way)}")
                if shown is None:
                    lines += [f"    {visible(_declared_path(claim))}" for claim in of_way]
    return lines


def _store_lines(found: Verdict, shown: int | None) -> list[str]:
    """Which image store was used, and which differences are its work."""
    if found.store is None:
        return []
    lines = [f"  image store: {found.store.name}"]
    if found.by_store:
        lines += [
            "  This store lays what COPY --link brings over what is there: a folder gets mode 0755",
            "  and root as its owner, and a link becomes a folder. So these depend on which",
            "  instructions stand above it, and Docker's classic store would not show them:",
            *limited(map(difference_text, found.by_store), shown),
        ]
    return lines


def _declared_path(claim: DeclaredDifference) -> str:
    """The path that a declared difference is at."""
    assert isinstance(claim.difference, PathDifference)
    return claim.difference.path


def _places(claims: Sequence[DeclaredDifference]) -> str:
    """The paths of claims; if there are many, what they are of."""
    what = list(dict.fromkeys(claim.what for claim in claims))
    if claims[0].way == "packages":
        names = ", ".join(what[:_SHOWN]) + (", …" if len(what) > _SHOWN else "")
        return f"{count(len(what), 'package')} ({names}), in all {count(len(claims), 'path')}"
    if len(claims) < 3:
        return " and ".join(visible(_declared_path(claim)) for claim in claims)
    return f"{count(len(claims), 'path')} of {', '.join(what)}"


def _behavior_lines(found: Verdict) -> list[str]:
    """What --run and --stop found."""
    behavior = found.behavior
    lines = []
    if behavior.health is not None:
        was, now = behavior.health
        lines.append(f"  HEALTHCHECK: {_health_text(was)} → {_health_text(now)}")
        if now.status != 0 == was.status:
            lines += _output_lines(now)
    if behavior.ran is not None:
        before, after = behavior.ran
        if before == after:
            lines.append(f"  --run: the same output, {_status_text(before)}")
        else:
            lines.append(
                f"  --run: {_status_text(before)} → {_status_text(after)}; as it is, it prints"
            )
            lines += _output_lines(before)
            lines += ["  and rewritten", *_output_lines(after)]
    if behavior.stopped is not None:
        before_stop, after_stop = behavior.stopped
        lines.append(f"  --stop: {_stopped_text(before_stop)} → {_stopped_text(after_stop)}")
    if behavior.problem:
        lines.append(f"  {behavior.problem}")
    return lines


def _status_text(ran: Ran) -> str:
    """How a command ended."""
    return "not done in time" if ran.status is None else f"status {ran.status}"


def _health_text(ran: Ran) -> str:
    """What a HEALTHCHECK said at last."""
    return "healthy" if ran.status == 0 else f"unhealthy ({_status_text(ran)})"


def _output_lines(ran: Ran) -> list[str]:
    """The last lines that a command printed."""
    lines = ran.output.decode("utf-8", "replace").rstrip("\n").split("\n")
    return [f"  | {visible(line)}" for line in lines[-_SHOWN:]]


def _stopped_text(stopped: Stopped) -> str:
    """How a container stopped."""
    if stopped.by_itself:
        return f"ends by itself with status {stopped.status}"
    killed = " (killed)" if stopped.status == 137 else f" (status {stopped.status})"
    return f"stops in {stopped.seconds:.1f} s{killed}"


def _suspect_lines(found: Verdict) -> list[str]:
    """The changes to blame, and what to do until they are mended."""
    if not found.suspects:
        return []
    lines = [
        f"  suspect: {one.name} in line {one.line}: {visible(one.message)}"
        for one in found.suspects
    ]
    names = ",".join(dict.fromkeys(one.name for one in found.suspects))
    if found.target.settings.evidence is not None:
        return [*lines, "  What a build showed is not enough to divide it, so it stays as it is"]
    lines.append(f"  Please report it with the file; until then: --ignore {names}")
    return lines
