"""Keywords in one case: that of most keywords of the file, and AS in that of its FROM.

What it does: in a file that mostly writes `RUN`, a `run` or `Run` becomes `RUN`, and `FROM image as
name` becomes `FROM image AS name`; in one that mostly writes `run`, the other way round. The
keyword that an ONBUILD triggers, and the CMD or NONE of a HEALTHCHECK, go with the others.

Why: builders warn about both, and keywords in one case are found by eye and by `grep`.

What it leaves alone: everything but keywords; names of stages, images and users mean something. A
keyword that a continuation cuts in two. Capitals win where there are as many of both, as the
builder counts.

Safety: safe. The builder compares keywords without regard to case, and no text besides is changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.records import Record
from dockfix.state.facts import Facts


class _Keyword(Record):
    """A keyword as written, and the offset where it stands."""

    offset: int
    text: str


#: Instructions that hold a second keyword.
_WITH_OTHERS = ("FROM", "HEALTHCHECK", "ONBUILD")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each instruction with a keyword in another case."""
    source = facts.source
    instructions = facts.instructions
    lower = upper = 0
    for one in instructions:
        if one.logical.text.startswith(one.keyword, one.keyword_start):
            upper += 1
        else:
            lower += one.logical.text.startswith(one.keyword.lower(), one.keyword_start)
    small = lower > upper
    all_capitals = upper == len(instructions)
    for one in instructions:
        if all_capitals and one.keyword not in _WITH_OTHERS:
            continue
        edits = []
        for offset, text in _keywords(source, one):
            wanted = text.lower() if small else text.upper()
            if text != wanted:
                edits.append(Edit(offset, offset + len(text), wanted))
        if edits:
            case = "lower case" if small else "upper case"
            yield Group(
                edits[0].start,
                f"write {edits[0].text} in {case}, as most are: builders warn about mixed case",
                tuple(edits),
            )


def _keywords(source: str, instruction: Instruction) -> Iterator[_Keyword]:
    """The keywords of an instruction that stand in one piece."""
    command = instruction.child or instruction
    found = [(instruction.keyword_offset, instruction.keyword)]
    if command is not instruction:
        found.append((command.keyword_offset, command.keyword))
    if command.keyword == "HEALTHCHECK" or (command.keyword == "FROM" and len(command.words) == 3):
        word = command.words[command.keyword == "FROM"]
        found.append((word.start, word.text.upper()))
    for offset, keyword in found:
        text = source[offset : offset + len(keyword)]
        if text.upper() == keyword:
            yield _Keyword(offset, text)


def verify(before: Facts, after: Facts) -> str | None:
    """The instructions are the same but for the case of their keywords."""
    old, new = before.instructions, after.instructions
    if len(before.source) != len(after.source) or len(old) != len(new):
        return "more than letters changed"
    for was, now in zip(old, new, strict=True):
        done = was.start
        for offset, text in [*_keywords(before.source, was), _Keyword(was.end, "")]:
            if before.source[done:offset] != after.source[done:offset]:
                return f"more than a keyword of the {was.keyword} changed"
            done = offset + len(text)
        if [text.upper() for _, text in _keywords(before.source, was)] != [
            text.upper() for _, text in _keywords(after.source, now)
        ]:
            return f"the keyword of the {was.keyword} is another"
    return None


PASS = Pass(
    code="DF307",
    name="keyword-case",
    summary="Write keywords in the case of most keywords of the file",
    safety=Safety.SAFE,
    aliases=("ConsistentInstructionCasing", "FromAsCasing"),
    rewrite=rewrite,
    verify=verify,
)
