"""Findings, summaries and hints as lines of text for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dockfix.edits import Safety
from dockfix.passes.base import Pass
from dockfix.pipeline import Applied
from dockfix.records import Record

_BOLD = "1"
_RED = "31"
_GREEN = "32"
_YELLOW = "33"
_CYAN = "36"
_SAFETY_COLORS = {Safety.SAFE: _GREEN, Safety.UNSAFE: _YELLOW, Safety.NOTE: _CYAN}

#: Characters that could end a line or command a terminal from within a file name or a message.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


class Tally(Record):
    """What a run came to. `made` are the changes made, or to be made; `offered` the unsafe ones."""

    files: int
    changed: int
    affected: int
    made: int
    offered: int
    failed: int


def paint(text: str, color: str, colored: bool) -> str:
    """The text in a color (an SGR code), if there are colors."""
    return f"\x1b[{color}m{text}\x1b[0m" if colored else text


def visible(text: str) -> str:
    """The text with control characters written out, so that it stays on its line."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def finding(path: str, one: Applied, colored: bool = False) -> str:
    """`file:line:col: CODE name message [safe|unsafe|note]`."""
    where = f"{paint(visible(path), _BOLD, colored)}:{one.line}:{one.column}:"
    code = paint(one.code, _RED, colored)
    safety = paint(f"[{one.safety.value}]", _SAFETY_COLORS[one.safety], colored)
    return f"{where} {code} {one.name} {visible(one.message)} {safety}\n"


def failure(message: str, colored: bool = False) -> str:
    """`error: message`."""
    return f"{paint('error', _RED, colored)}: {visible(message)}\n"


def statistics(findings: Iterable[Applied]) -> str:
    """How often each pass found something, most often first."""
    counts: dict[tuple[str, str], int] = {}
    for one in findings:
        counts[one.code, one.name] = counts.get((one.code, one.name), 0) + 1
    width = len(str(max(counts.values(), default=0)))
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count:{width}}  {code}  {name}\n" for (code, name), count in rows)


def summary(tally: Tally, *, writing: bool, checking: bool) -> str:
    """One sentence on what was done, or would be."""
    more = f"; {tally.offered} more with --unsafe-fixes" if tally.offered else ""
    if checking:
        parts = [f"{tally.made} safe" if tally.made else "", f"{tally.offered} unsafe"]
        kinds = ", ".join(part for part in parts if part and not part.startswith("0"))
        text = (
            f"Found {count(tally.made + tally.offered, 'finding')} in {tally.affected} of "
            f"{count(tally.files, 'file')}: {kinds}"
            if tally.made + tally.offered
            else f"Nothing to do in {count(tally.files, 'file')}"
        )
    elif tally.changed:
        text = (
            f"{'Rewrote' if writing else 'Would rewrite'} {tally.changed} of "
            f"{count(tally.files, 'file')} ({count(tally.made, 'change')}{more})"
        )
    else:
        text = f"Nothing to do in {count(tally.files, 'file')}{more}"
    if tally.failed:
        text += f"; {count(tally.failed, 'error')}"
    return text + ".\n"


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


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
