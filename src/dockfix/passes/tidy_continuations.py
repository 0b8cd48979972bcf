"""Continued lines without empty lines between them and without blanks behind the escape character.

What it does: removes an empty line inside a continued instruction, blanks that stand behind the
escape character at the end of a line, and an escape character behind which only the end of the file
follows.

Why: builders warn about an empty continuation line, and say that it will be an error. Blanks behind
the escape character are invisible, and in a shell script they would end the line.

What it leaves alone: bodies of here-documents. An empty line below which a line starts with a
keyword: the escape character above it is most likely the slip, for it makes that instruction a part
of this one. Comments, and lines with nothing but the escape character.

Safety: safe. The builder leaves out empty lines and reads a line with blanks behind the escape
character as one without (parser/parser.go), so every logical line stays the same; `verify` compares
them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockfix.dockerfile.arguments import KEYWORDS
from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import BLANK
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

_CAPITALS = lazy(r"[A-Z]+(?=[ \t])")


@cache
def _untidy(escape: str) -> re.Pattern[str]:
    """What stands where there is something to do, and sometimes where there is nothing."""
    return re.compile(rf"\n[ \t\r\v\f]*+\n|{re.escape(escape)}[ \t]++\r?\n")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each instruction with something of the kind."""
    source, untidy = facts.source, _untidy(facts.dockerfile.escape)
    for instruction in facts.instructions:
        end = _text_end(instruction) if instruction.heredocs else instruction.end
        if source.find(facts.dockerfile.escape, instruction.start, end) < 0:
            continue
        # the end of the file may be what an escape character is before
        if end < len(source) and untidy.search(source, instruction.start, end) is None:
            continue
        edits = list(_edits(facts.dockerfile, instruction))
        if edits:
            yield Group(
                instruction.keyword_offset,
                "remove empty lines and trailing blanks inside the instruction: builders warn about"
                " such lines, and blanks at the end of a line are easy to miss",
                tuple(edits),
            )


def _text_end(instruction: Instruction) -> int:
    heredocs = (instruction.child or instruction).heredocs
    return heredocs[0].start if heredocs else instruction.end


def _edits(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Edit]:
    source, escape = dockerfile.source, dockerfile.escape
    position, end = instruction.start, _text_end(instruction)
    empty: list[Edit] = []
    dangling: Edit | None = None
    behind: list[Edit] = []
    while position < end:
        newline = source.find("\n", position, end)
        stop = end if newline < 0 else newline + 1
        line = source[position:stop].rstrip("\r\n")
        core = line.rstrip(" \t")
        if not line.strip(BLANK):
            empty.append(Edit(position, stop, ""))
        elif not line.lstrip().startswith("#") or position == instruction.start:
            if not (empty and _is_keyword(line)):
                yield from empty
            yield from behind
            empty, behind, dangling = [], [], None
            if core.endswith(escape) and not core.endswith(escape * 2):
                if core != line:
                    behind = [Edit(position + len(core), position + len(line), "")]
                bare = core[:-1].rstrip(" \t")
                dangling = Edit(position + len(bare), position + len(line), "")
        position = stop
    if dangling is not None:
        yield dangling


def _is_keyword(line: str) -> bool:
    found = _CAPITALS.match(line)
    return found is not None and found[0] in KEYWORDS


def verify(before: Facts, after: Facts) -> str | None:
    """Every logical line and every here-document is the same."""
    old, new = before.instructions, after.instructions
    if [_read(one) for one in old] != [_read(one) for one in new]:
        return "an instruction is read differently"
    return None


def _read(instruction: Instruction) -> tuple[str, list[str]]:
    bodies = (instruction.child or instruction).heredocs
    return instruction.logical.text.rstrip(BLANK), [body.content for body in bodies]


PASS = Pass(
    code="DF309",
    name="tidy-continuations",
    summary="Remove empty continuation lines and blanks behind the escape character",
    safety=Safety.SAFE,
    aliases=("NoEmptyContinuation",),
    rewrite=rewrite,
    verify=verify,
)
