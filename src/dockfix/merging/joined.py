"""The text of RUNs that become one: operators, grouping, comments, lines in their place."""

from __future__ import annotations

from dockfix.dockerfile.tree import Blank, Dockerfile
from dockfix.edit.commands import relaid
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.ignores import pragma_of
from dockfix.edit.style import Style, line_above
from dockfix.shell.joining import Chain
from dockfix.shell.tree import Item
from dockfix.state.facts import Facts
from dockfix.state.neighbors import NeighborRun

_OPEN = {"plain": "", "group": "{ ", "subshell": "("}
_CLOSE = {"plain": "", "group": "; }", "subshell": ")"}


def joined(
    facts: Facts, runs: list[NeighborRun], chain: Chain, reasons: list[str], doubt: str
) -> Group:
    """The group that makes one RUN of several."""
    top, safety = runs[0], Safety.SAFE
    spans = [(_start(run), _end(run)) for run in runs]
    style = facts.style.of_several([run.owner for run in runs])
    plain = style.joint(sequence=chain.sequence)
    head, edits = _head(runs, style)
    if chain.forms[0] == "subshell":
        start = spans[0][0]
        edits.append(Edit(start, start, _opening(facts, chain.forms[0], start)))
    for index in range(1, len(runs)):
        before, run = runs[index - 1], runs[index]
        end, start = spans[index - 1][1], spans[index][0]
        ended = chain.sequence and _last_item(before).terminator == ";"
        if ended:
            end = _end(before, ended=True)
        close, opening = _CLOSE[chain.forms[index - 1]], _opening(facts, chain.forms[index], start)
        comments = [c.text for c in before.owner.comments if c.start >= end]
        comments += [comment.text for comment in run.above if not pragma_of(comment.text)]
        comments += [c.text for c in run.owner.comments if c.end <= start]
        if index == 1 and not head:
            comments = _lifted(top) + comments
        comments += _lifted(run)
        joint = plain
        if comments:
            joint = style.joint(sequence=chain.sequence, comments=comments)
        if ended:
            joint = joint.removeprefix(";")
        edits.append(Edit(end, start, close + joint + opening))
    for run in runs:
        edits += relaid(style, run.shell, _commands(run), moves=run is not top)
    last = runs[-1]
    close = _CLOSE[chain.forms[-1]]
    if close or _lifted(last):
        edits.append(Edit(spans[-1][1], _end_with_rest(last), close))
    if _joins_paragraphs(facts.dockerfile, runs):
        at = last.owner.end
        edits.append(Edit(at, at, style.lines(("",))))
    message = f"merge {len(runs)} consecutive RUNs: {_brings(facts, runs, reasons)}"
    if doubt:
        message, safety = with_doubt(message, doubt), Safety.UNSAFE
    return Group(top.owner.keyword_offset, message, tuple(edits), safety)


def _opening(facts: Facts, form: str, start: int) -> str:
    """What opens a part that begins at an offset: `((` would begin arithmetic."""
    opening = _OPEN[form]
    return f"{opening} " if opening == facts.source[start : start + 1] == "(" else opening


def _commands(run: NeighborRun) -> list[tuple[int, int]]:
    """The spans of the commands at the top of a RUN's script, in its logical text."""
    assert run.part is not None
    base = run.shell.arguments_start
    return [
        (base + one.start, base + one.end) for item in run.part.items for one in item.node.pipelines
    ]


def _brings(facts: Facts, runs: list[NeighborRun], reasons: list[str]) -> str:
    """What a merge brings, in words: layers, and the reasons why it is worth it."""
    fewer = len(runs) - 1
    ships = runs[0].place.stage in facts.shipped_stages
    layers = f"{fewer} fewer layer{'s' * (fewer > 1)}" if ships or not any(reasons) else ""
    return "; ".join(dict.fromkeys(filter(None, (layers, *reasons))))


def _joins_paragraphs(dockerfile: Dockerfile, runs: list[NeighborRun]) -> bool:
    """True if an empty line between RUNs is the only one that sets them off from what follows."""
    items, first, last = dockerfile.items, runs[0].number, runs[-1].number
    if last + 1 == len(items) or isinstance(items[last + 1], Blank):
        return False
    return any(isinstance(item, Blank) for item in items[first:last])


def _head(runs: list[NeighborRun], style: Style) -> tuple[bool, list[Edit]]:
    """What goes above the merged RUN: ignore comments of the later ones, the first's own comment.

    Returns whether the first's comment was lifted there, and the edits.
    """
    first = runs[0]
    existing = {found.kind: c for c in first.above if (found := pragma_of(c.text))}
    added: dict[str, list[str]] = {}
    lines: list[str] = []
    for run in runs[1:]:
        for comment in run.above:
            pragma = pragma_of(comment.text)
            if pragma is None:
                continue
            if pragma.rest.strip():
                lines.append(comment.text)
            elif pragma.kind in existing or pragma.kind in added:
                added.setdefault(pragma.kind, []).extend(pragma.names)
            else:
                added[pragma.kind] = [pragma.prefix, *pragma.names]
    edits: list[Edit] = []
    for kind, names in added.items():
        if kind in existing:
            comment = existing[kind]
            old = pragma_of(comment.text)
            assert old is not None
            more = [name for name in dict.fromkeys(names) if name not in old.names]
            at = comment.end - len(old.rest)
            if more:
                edits.append(Edit(at, at, "," + ",".join(more)))
        else:
            lines.append(names[0] + ",".join(dict.fromkeys(names[1:])))
    lifted = [] if first.opens and not first.above else _lifted(first)
    if lifted or lines:
        edits.append(line_above(first.owner, lifted + lines, style))
    return bool(lifted), edits


def _lifted(run: NeighborRun) -> list[str]:
    """The comment at the end of a RUN's text, which would swallow what follows."""
    assert run.part is not None
    comment = run.part.script.last_comment
    return [run.part.script.text[comment.start : comment.end].rstrip(" \t")] if comment else []


def _start(run: NeighborRun) -> int:
    """Where the text to join begins in the source: behind a prelude that is already there."""
    assert run.part is not None
    shell = run.shell
    return shell.logical.offset(shell.arguments_start + run.part.items[0].start)


def _last_item(run: NeighborRun) -> Item:
    assert run.part is not None
    return run.part.items[-1]


def _end(run: NeighborRun, *, ended: bool = False) -> int:
    """Where a RUN's text ends in the source; behind the `;` at its end if it is `ended` by one."""
    item = _last_item(run)
    end = item.terminator_start + len(item.terminator) if ended else item.end
    return run.shell.logical.offset_end(run.shell.arguments_start + end)


def _end_with_rest(run: NeighborRun) -> int:
    """Where a RUN's text ends in the source, with a `;` or a comment at its end."""
    item = _last_item(run)
    assert run.part is not None
    comment = run.part.script.last_comment
    end = comment.end if comment else item.terminator_start + len(item.terminator)
    return run.shell.logical.offset_end(run.shell.arguments_start + end)
