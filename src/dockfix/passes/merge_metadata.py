"""Consecutive ENV, LABEL or EXPOSE as one instruction.

What it does: `ENV A=1` above `ENV B=2` becomes one ENV with a pair per line; the same for LABEL.
Ports of consecutive EXPOSE come to stand on one line where there is room. Comments between them
keep their place between the pairs.

Why: what belongs together is seen together, and files of some ages had to save layers this way.
Today's builders make no layer of any of them, so that this is a matter of taste: off unless
selected.

What it leaves alone: an ENV that uses a variable that one above it sets, for all values of one
instruction are replaced from what was in force before it. A name set twice, a name with a variable
in it, the old form with a space, instructions with an empty line or an ignore comment between them,
triggers.

Safety: safe. The image's environment, labels and ports are the same, in the same order: where no
value speaks of a name set in the same group, replacing all at once is replacing them one by one.
`verify` carries both out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from dockfix.edits import Edit, Group, Safety
from dockfix.errors import ExpansionError
from dockfix.ignores import pragma_of
from dockfix.layout import style_of
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.syntax.arrays import merged
from dockfix.syntax.expansion import expand, variables
from dockfix.syntax.tree import Comment, Dockerfile, Instruction

_KEYWORDS = ("ENV", "LABEL", "EXPOSE")
_NAME = lazy(r"[A-Za-z0-9_.\-/]+")
#: Longest line of ports.
_WIDTH = 80


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each row of instructions that can be one."""
    for row in _rows(dockerfile):
        edits = _joined(dockerfile, row)
        if edits:
            count = f"{len(row)} consecutive {row[0].keyword}"
            yield Group(row[0].keyword_offset, f"make one of {count}", edits)


def _rows(dockerfile: Dockerfile) -> Iterator[list[Instruction]]:
    row: list[Instruction] = []
    names: set[str] = set()
    for item in dockerfile.items:
        if isinstance(item, Comment) and row and not pragma_of(item.text):
            continue
        if isinstance(item, Instruction):
            own = _names(item)
            if (
                row
                and own is not None
                and item.keyword == row[0].keyword
                and names.isdisjoint(own)
                and not _uses(item, names, dockerfile.escape)
            ):
                row.append(item)
                names |= own
                continue
        else:
            own = None
        if len(row) > 1:
            yield row
        row = []
        if own is not None and isinstance(item, Instruction):
            row, names = [item], own
    if len(row) > 1:
        yield row


def _names(instruction: Instruction) -> set[str] | None:
    """What an instruction sets; None if it is not one to merge."""
    if instruction.keyword not in _KEYWORDS or instruction.flags:
        return None
    if instruction.keyword == "EXPOSE":
        return set()
    pairs = [word.text.partition("=") for word in instruction.words]
    if any(not equals or not _NAME.fullmatch(name) for name, equals, _ in pairs):
        return None
    found = {name for name, _, _ in pairs}
    return found if len(found) == len(pairs) else None


def _uses(instruction: Instruction, names: set[str], escape: str) -> bool:
    """Whether an instruction may ask for one of the variables."""
    if instruction.keyword != "ENV" or "$" not in instruction.arguments:
        return False
    try:
        return any(not names.isdisjoint(variables(word.text, escape)) for word in instruction.words)
    except ExpansionError:
        return True


def _joined(dockerfile: Dockerfile, row: list[Instruction]) -> tuple[Edit, ...]:
    source, style = dockerfile.source, style_of(dockerfile, row[0])
    texts = [one.arguments for one in row]
    if row[0].keyword == "EXPOSE" and len(" ".join(("EXPOSE", *texts))) <= _WIDTH:
        found = [
            Edit(one.text_end, other.text_start, " ")
            for one, other in pairwise(row)
            if one.end == other.start and not one.comments and not other.comments
        ]
        if len(found) == len(row) - 1:
            return tuple(found)
    edits: list[Edit] = []
    for one, other in pairwise(row):
        line_end = source.find("\n", one.text_end)
        behind = source[one.text_end : line_end].strip(" \t\r")
        if behind or (one.comments and one.comments[-1].start > one.text_end):
            return ()
        edits.append(Edit(one.text_end, line_end + 1, style.newline))
        edits += [
            Edit(source.rfind("\n", 0, item.start) + 1, item.start, style.indent)
            for item in _between(dockerfile, one, other)
        ]
        edits.append(Edit(other.start, other.text_start, style.indent))
    return tuple(merged(edits))


def _between(dockerfile: Dockerfile, one: Instruction, other: Instruction) -> list[Comment]:
    first = bisect_left(dockerfile.items, one.end, key=lambda item: item.start)
    last = bisect_left(dockerfile.items, other.start, key=lambda item: item.start)
    return [item for item in dockerfile.items[first:last] if isinstance(item, Comment)]


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Names, labels and ports come to the same values, everything else stays."""
    old, new = _flat(before), _flat(after)
    if [text for _, text in old] != [text for _, text in new]:
        return "words came or went"
    if [_environment(before)] != [_environment(after)]:
        return "a variable has another value"
    return None


def _flat(dockerfile: Dockerfile) -> list[tuple[str, str]]:
    found = []
    for one in dockerfile.instructions:
        if one.keyword in _KEYWORDS:
            found += [(one.keyword, f"{one.keyword} {word.text}") for word in one.words]
        else:
            found.append((one.keyword, dockerfile.source[one.start : one.end]))
    return found


def _environment(dockerfile: Dockerfile) -> list[tuple[str, str]]:
    """What ENVs come to, one after the other, where every other variable is its name."""
    found: list[tuple[str, str]] = []
    for stage in dockerfile.stages:
        known: dict[str, str] = {}
        for one in stage.instructions:
            if one.keyword == "ENV" and _names(one) is not None:
                values = {}
                for word in one.words:
                    name, _, value = word.text.partition("=")
                    try:
                        names = variables(value, dockerfile.escape)
                        around = {**{other: f"<{other}>" for other in names}, **known}
                        values[name] = expand(value, around, dockerfile.escape)
                    except ExpansionError:
                        values[name] = value
                known.update(values)
                found += values.items()
    return found


PASS = Pass(
    code="DF310",
    name="merge-metadata",
    summary="Merge consecutive ENV, LABEL or EXPOSE",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM debian\nENV LANG=C.UTF-8\nENV TERM=xterm EDITOR=vi\n",
            "FROM debian\nENV LANG=C.UTF-8 \\\n    TERM=xterm EDITOR=vi\n",
        ),
        Example(
            'FROM debian\nLABEL vendor="ACME"\n# of the image\nLABEL version="1"\n',
            'FROM debian\nLABEL vendor="ACME" \\\n    # of the image\n    version="1"\n',
        ),
        Example("FROM debian\nEXPOSE 80\nEXPOSE 443/tcp\n", "FROM debian\nEXPOSE 80 443/tcp\n"),
        Example(
            "FROM debian\nENV HOME=/app\nENV PATH=$HOME/bin:$PATH\nENV X=1\n",
            "FROM debian\nENV HOME=/app\nENV PATH=$HOME/bin:$PATH \\\n    X=1\n",
            why="PATH uses what the line above it sets",
        ),
        Example("FROM debian\nENV A=1\n\nENV B=2\n", why="an empty line keeps them apart"),
        Example("FROM debian\nENV A=1\nENV A=2\n", why="which of both holds would be less clear"),
        Example("FROM debian\nENV A=1\nLABEL b=c\nENV D=2\n", why="they are not consecutive"),
        Example("FROM debian\nONBUILD ENV A=1\nONBUILD ENV B=2\n", why="each is a trigger"),
        Example(
            "FROM debian\nENV A=1\n# hadolint ignore=DL3044\nENV B=$C\n",
            why="the comment speaks of the second only",
        ),
    ),
    default=False,
)
