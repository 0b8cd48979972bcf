"""Ignore comments of dockfix's own that do nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from dockfix.core.findings import Applied
from dockfix.dockerfile.lines import Lines
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.edits import Safety
from dockfix.edit.ignores import ignores, pragma_of
from dockfix.passes import PASSES, Entry
from dockfix.records import Record

#: Findings of the program itself, which no comment switches off.
_OWN_CODE = "DF001"


class _Ignore(Record):
    """A name in an ignore comment, and the instruction that it is about; None: there is none."""

    comment: Comment
    name: str
    instruction: Instruction | None


def idle_comments(
    source: str, chosen: Iterable[Entry], findings_of: Callable[[str], list[Applied]]
) -> list[Applied]:
    """A note for each name in an ignore comment that does nothing.

    `findings_of` says what the `chosen` passes find in a text.
    """
    tree = parse(source, "")
    found = list(_ignores(tree))
    if not found or ignores(tree).whole_file:
        return []
    findings = _Findings(findings_of(_without_meaning(source, [one.comment for one in found])))
    lines = Lines(source)
    running = {name for entry in chosen for name in entry.load().ignore_names}
    known = {name for one in PASSES for name in one.ignore_names}
    idle = [
        one
        for one in found
        if one.name.lower() in running
        and one.instruction is not None
        and not findings.need(one.name.lower(), one.instruction)
    ]
    idle = _idle_beside_others(source, idle, findings_of)
    useless = {(one.comment, one.name) for one in idle}
    notes: list[Applied] = []
    for one in found:
        if one.name.lower() not in known:
            why = f"no pass is called {one.name}: nothing is ignored by that name"
        elif one.instruction is None:
            why = "no instruction follows in the next line: nothing is ignored"
        elif (one.comment, one.name) in useless:
            why = f"{one.name} finds nothing here: the comment can go"
        else:
            continue
        notes.append(_note(lines, one.comment, why))
    return notes


def _idle_beside_others(
    source: str, idle: list[_Ignore], findings_of: Callable[[str], list[Applied]]
) -> list[_Ignore]:
    """Those of the names that find nothing either while the other comments hold.

    Two RUNs that no comment keeps apart have other findings than those that one does.
    """
    while idle:
        findings = _Findings(findings_of(_without_names(source, idle)))
        rest = [
            one
            for one in idle
            if one.instruction is None or not findings.need(one.name.lower(), one.instruction)
        ]
        if len(rest) == len(idle):
            break
        idle = rest
    return idle


def _without_names(source: str, ignores: Iterable[_Ignore]) -> str:
    """The text, as long as it is, with other names in place of some in ignore comments."""
    texts: dict[Comment, str] = {}
    for comment, name, _ in ignores:
        text = texts.get(comment, comment.text)
        start = text.index("=") + 1
        for word in text[start:].split(","):
            if word.split()[:1] == [name]:
                start += len(word) - len(word.lstrip())
                texts[comment] = text[:start] + "-" * len(name) + text[start + len(name) :]
                break
            start += len(word) + 1
    pieces: list[str] = []
    done = 0
    for comment, text in sorted(texts.items()):
        pieces += source[done : comment.start], text
        done = comment.end
    pieces.append(source[done:])
    return "".join(pieces)


def _without_meaning(source: str, comments: Iterable[Comment]) -> str:
    """The text, as long as it is, with comments that say nothing to dockfix any more."""
    pieces: list[str] = []
    done = 0
    for start in sorted({comment.start for comment in comments}):
        at = source.index(":", start)
        pieces += source[done:at], ";"
        done = at + 1
    pieces.append(source[done:])
    return "".join(pieces)


def _ignores(tree: Dockerfile) -> Iterator[_Ignore]:
    """The names in dockfix's own ignore comments."""
    waiting: list[Comment] = []
    for item in (*tree.items, None):
        if isinstance(item, Comment):
            waiting.append(item)
            continue
        for comment in waiting:
            pragma = pragma_of(comment.text)
            if pragma is not None and pragma.kind == "own":
                for name in pragma.names:
                    yield _Ignore(comment, name, item if isinstance(item, Instruction) else None)
        waiting = []


class _Findings:
    """Where findings are, by the names that an ignore comment may give them."""

    def __init__(self, findings: Iterable[Applied]) -> None:
        names = {one.code: one.ignore_names for one in PASSES}
        spans: dict[str, list[tuple[int, int]]] = {}
        for one in findings:
            for name in names.get(one.code, ()):
                spans.setdefault(name, []).append((one.start, max(one.end, one.start + 1)))
        #: For each name, where its findings start, and how far the first ones reach.
        self._spans: dict[str, tuple[list[int], list[int]]] = {}
        for name, found in spans.items():
            found.sort()
            ends = accumulate([end for _, end in found], max)
            self._spans[name] = [start for start, _ in found], list(ends)

    def need(self, name: str, instruction: Instruction) -> bool:
        """True if a finding of that name lies in an instruction, so that a comment keeps it off."""
        starts, ends = self._spans.get(name, ([], []))
        before = bisect_left(starts, instruction.end)
        return before > 0 and ends[before - 1] > instruction.start


def _note(lines: Lines, comment: Comment, message: str) -> Applied:
    line, column = lines.position(comment.start)
    return Applied(
        _OWN_CODE, "ignore", message, line, column, Safety.NOTE, comment.start, comment.end
    )
