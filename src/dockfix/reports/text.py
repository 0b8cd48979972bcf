"""Findings, summaries and hints as lines of text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dockfix.core.findings import Applied
from dockfix.edit.edits import Safety
from dockfix.passes.base import Pass
from dockfix.reports.run import Counts, Mode, Outcome, Request

_BOLD = "1"
_RED = "31"
_GREEN = "32"
_YELLOW = "33"
_CYAN = "36"
_SAFETY_COLORS = {Safety.SAFE: _GREEN, Safety.UNSAFE: _YELLOW, Safety.NOTE: _CYAN}

#: Characters that could end a line or command a terminal from within a file name or a message.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def report(outcomes: Iterable[Outcome], request: Request) -> Iterator[str]:
    """A line for each finding, or how often each pass found something."""
    times: dict[tuple[str, str], int] = {}
    for outcome in outcomes:
        findings = outcome.findings
        if request.listed or request.noted:
            shown = findings if request.listed else outcome.notes
            yield "".join(finding(outcome.path, one, request.colored) for one in shown)
        if request.statistics:
            for one in findings:
                times[one.code, one.name] = times.get((one.code, one.name), 0) + 1
    if request.statistics:
        yield statistics(times)


def paint(text: str, color: str, colored: bool) -> str:
    """The text in a color (an SGR code), if there are colors."""
    return f"\x1b[{color}m{text}\x1b[0m" if colored else text


def visible(text: str) -> str:
    """The text with control characters written out, so that it stays on its line."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def finding(path: str, one: Applied, colored: bool = False) -> str:
    """`file:line:col: CODE name: message [safe|unsafe|note]`."""
    where = f"{paint(visible(path), _BOLD, colored)}:{one.line}:{one.column}:"
    code = paint(one.code, _RED, colored)
    safety = paint(f"[{one.safety.value}]", _SAFETY_COLORS[one.safety], colored)
    return f"{where} {code} {one.name}: {visible(one.message)} {safety}\n"


def failure(message: str, colored: bool = False) -> str:
    """`error: message`."""
    return f"{paint('error', _RED, colored)}: {visible(message)}\n"


def statistics(times: Mapping[tuple[str, str], int]) -> str:
    """How often each pass (its code and name) found something, most often first."""
    width = len(str(max(times.values(), default=0)))
    rows = sorted(times.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count:{width}}  {code}  {name}\n" for (code, name), count in rows)


def summary(counts: Counts, mode: Mode, *, with_notes: bool = False) -> str:
    """One sentence on what was done, or would be; notes are counted where they are listed."""
    more = f"; {counts.offered} more with --unsafe-fixes" if counts.offered else ""
    risky = ""
    if counts.risky:
        risky = f", {counts.risky if counts.risky < counts.made else 'all'} unsafe"
        risky = ", unsafe" if counts.made == 1 else risky
    if mode == "check":
        safe, unsafe = counts.made - counts.risky, counts.offered + counts.risky
        kinds = ", ".join(
            f"{number} {kind}" for number, kind in ((safe, "safe"), (unsafe, "unsafe")) if number
        )
        text = (
            f"Found {count(counts.made + counts.offered, 'finding')} in {counts.affected} of "
            f"{count(counts.files, 'file')}: {kinds}"
            if counts.made + counts.offered
            else f"Nothing to do in {count(counts.files, 'file')}"
        )
    elif counts.changed:
        text = (
            f"{'Would rewrite' if mode == 'diff' else 'Rewrote'} {counts.changed} of "
            f"{count(counts.files, 'file')} ({count(counts.made, 'change')}{risky}{more})"
        )
    else:
        text = f"Nothing to do in {count(counts.files, 'file')}{more}"
    if (with_notes or mode == "check") and counts.noted:
        text += f"; {count(counts.noted, 'note')}"
    if counts.failed:
        text += f"; {count(counts.failed, 'error')}"
    return text + ".\n"


def left_out(generated: Sequence[str]) -> str:
    """Which files of a directory are not looked at, because a program makes them."""
    more = f" and {len(generated) - 1} more" if len(generated) > 1 else ""
    return (
        f"Left alone, because generated: {visible(generated[0])}{more}. "
        "Only a file that is named is changed in spite of that.\n"
    )


def hint(made: int, offered: int) -> str:
    """What to run next, for somebody who only looked."""
    if made:
        more = f" (and {offered} more with --unsafe-fixes)" if offered else ""
        it = "it" if made == 1 else "them"
        return (
            f"Run dockfix --diff to see {count(made, 'change')}{more}, "
            f"dockfix --in-place to make {it}.\n"
        )
    if offered:
        return f"Run dockfix --diff --unsafe-fixes to see {count(offered, 'change')}.\n"
    return ""


def colored_patch(patch: bytes) -> bytes:
    """A patch as a terminal shows it best."""
    colors = {b"@": b"36", b"-": b"31", b"+": b"32", b"d": b"1"}
    lines = []
    for line in patch.split(b"\n"):
        color = b"1" if line[:4] in (b"--- ", b"+++ ") else colors.get(line[:1])
        lines.append(b"\x1b[%sm%s\x1b[0m" % (color, line) if color else line)
    return b"\n".join(lines)


def listing(passes: Sequence[Pass]) -> str:
    """A line for each pass: code, name, safety, whether on by default, aliases, summary."""
    rows = [
        (
            one.code,
            one.name,
            one.safety.value,
            one.by_default,
            ",".join(one.aliases) or "-",
            one.summary,
        )
        for one in passes
    ]
    rows.insert(0, ("CODE", "NAME", "SAFETY", "DEFAULT", "ALIASES", "SUMMARY"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]])
        + "\n"
        for row in rows
    )


def count(number: int, noun: str, nouns: str = "") -> str:
    """`1 file`, `2 files`; with `nouns` where more is needed than an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"
