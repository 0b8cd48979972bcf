"""ENV and LABEL as `name=value`, MAINTAINER as a LABEL.

What it does: `ENV name some value` becomes `ENV name="some value"`, the same for LABEL, and
`MAINTAINER Jane Doe` becomes `LABEL maintainer="Jane Doe"`.

Why: the form with a space is deprecated, takes one pair per instruction, and everything up to the
end of the line is the value, a second pair and a comment included. MAINTAINER is deprecated too,
and only a label can be asked for by the usual tools.

What it leaves alone: a value that starts with `=`, one that holds what looks like a second pair or
a comment (something else was meant than is written, and nobody knows what), one in which the
builder would stop (`it's`), a name with a variable in it, a value whose quotes and substitutions
can't be had inside double quotes. MAINTAINER stays where the stage has a label of that name.

Safety: safe. The builder takes the old form's value as one word, so that quotes and escapes in it
are removed and variables are replaced exactly as in a word of the new form; what the old form needs
no quotes for, white space, is put into double quotes, and everything in them is escaped so that it
reads as before. Both readings are compared with variables set, empty and unset before an edit is
made, and by `verify` again. The author that MAINTAINER wrote into the image's configuration becomes
the label that every tool's documentation recommends; quotes around the whole name, that MAINTAINER
kept as part of it, become those of the label.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.expansion import expand
from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.edit.quoting import as_literal, as_word, expands_alike
from dockfix.errors import ExpansionError
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

_NAME = lazy(r"[A-Za-z0-9_.\-/]+")
#: A second pair, a comment, or a first pair that is quoted and then followed by something.
_MEANT_OTHERWISE = lazy(r"""=|.*[ \t](?:[A-Z_][A-Z0-9_]*=|#)|"[^"]*"[ \t]|'[^']*'[ \t]""")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each instruction of the old form."""
    for stage in facts.stages:
        labeled: bool | None = None
        for owner in stage.instructions:
            instruction = owner.child or owner
            keyword = instruction.keyword
            if keyword in ("ENV", "LABEL"):
                if "=" in instruction.words[0].text or (
                    owner.child and facts.dockerfile.escape != "\\"
                ):
                    continue
                edits = _pair(facts.dockerfile, instruction)
                message = f"write {keyword} name=value: the form with a space is deprecated"
            elif keyword == "MAINTAINER":
                labeled = _has_label(stage) if labeled is None else labeled
                if labeled:
                    continue
                edits = _label(facts.dockerfile, instruction)
                message = "write LABEL maintainer=…: MAINTAINER is deprecated"
            else:
                continue
            if edits:
                yield Group(owner.keyword_offset, message, edits)


def _pair(dockerfile: Dockerfile, instruction: Instruction) -> tuple[Edit, ...]:
    name, value = instruction.words
    if not _NAME.fullmatch(name.text) or _MEANT_OTHERWISE.match(value.text):
        return ()
    if any(name.end <= comment.start < value.start for comment in instruction.comments):
        return ()
    inside = as_word(value.text, dockerfile.escape)
    edits = None if inside is None else _placed(instruction, inside)
    if edits is None:
        return ()
    opening = ""
    if edits and edits[0].start == value.start:
        opening, edits = edits[0].text, edits[1:]
        end = value.start + (inside[0].end if inside else 0)
        return (Edit(name.end, end, f"={opening}"), *edits)
    return (Edit(name.end, value.start, "="), *edits)


def _label(dockerfile: Dockerfile, instruction: Instruction) -> tuple[Edit, ...]:
    (value,) = instruction.words
    start = instruction.keyword_offset
    written = dockerfile.source[start : start + len(instruction.keyword)]
    edits = _placed(instruction, as_literal(value.text, dockerfile.escape))
    if written.upper() != instruction.keyword or edits is None:
        return ()
    keyword = Edit(start, start + len(written), _in_case_of(written, "LABEL"))
    if edits and edits[0].start == value.start:
        return (keyword, edits[0]._replace(text=f"maintainer={edits[0].text}"), *edits[1:])
    return (keyword, Edit(value.start, value.start, "maintainer="), *edits)


def _in_case_of(written: str, keyword: str) -> str:
    if written.islower():
        return keyword.lower()
    return keyword.title() if written.istitle() else keyword


def _placed(instruction: Instruction, edits: list[Edit]) -> tuple[Edit, ...] | None:
    """Edits of the value, which is the end of the arguments, as edits of the source.

    None if one of them would take in a continuation, or if something went from one of several
    lines: what is left of it could be a comment, or nothing.
    """
    value = instruction.words[-1]
    base = instruction.arguments_end - len(value.text)
    logical = instruction.logical
    if value.end - value.start > len(value.text) and any(not edit.text for edit in edits):
        return None
    placed = []
    for edit in edits:
        first, last = base + edit.start, base + edit.end
        start = (
            logical.offset(first)
            if first < instruction.arguments_end
            else logical.offset_end(first)
        )
        end = logical.offset_end(last) if edit.start < edit.end else start
        if end - start != edit.end - edit.start:
            return None
        placed.append(Edit(start, end, edit.text))
    return tuple(placed)


def _has_label(stage: Stage) -> bool:
    return any(
        word.text.startswith(("maintainer", '"maintainer', "'maintainer", "$", '"$'))
        for instruction in stage.instructions
        if instruction.keyword == "LABEL"
        for word in instruction.words
    )


def verify(before: Facts, after: Facts) -> str | None:
    """Every name has the value it had, and nothing else changed."""
    if len(before.instructions) != len(after.instructions):
        return "the number of instructions changed"
    for old, new in zip(before.instructions, after.instructions, strict=True):
        if before.source[old.start : old.end] == after.source[new.start : new.end]:
            continue
        was, now = old.child or old, new.child or new
        if (
            len(now.words) != 1
            or old.flags != new.flags
            or old.keyword not in (new.keyword, "MAINTAINER")
        ):
            return f"{was.keyword} did not become one pair"
        name, _, value = now.words[0].text.partition("=")
        if was.keyword == "MAINTAINER":
            if (now.keyword, name) != ("LABEL", "maintainer") or not _says(
                value, was.words[0].text, before.dockerfile.escape
            ):
                return "the label does not hold the maintainer"
        elif (
            was.keyword != now.keyword
            or name != was.words[0].text
            or not expands_alike(was.words[1].text, value, before.dockerfile.escape)
        ):
            return f"{was.words[0].text} has another value"
    return None


def _says(value: str, text: str, escape: str) -> bool:
    """True if a word expands to a text, the quotes around it aside."""
    try:
        return expand(value, {}, escape) in (text, text[1:-1])
    except ExpansionError:
        return False


PASS = Pass(
    code="DF306",
    name="key-value-form",
    summary="Write ENV and LABEL as name=value, and MAINTAINER as a label",
    safety=Safety.SAFE,
    aliases=("LegacyKeyValueFormat", "DL4000", "MaintainerDeprecated"),
    rewrite=rewrite,
    verify=verify,
    restates=("Labels maintainer", "Author"),
)
