"""Slips of the keyboard that keep a file from building, and what was meant.

What it does: mends what can't have built as it stands. Dashes and quotes of a word processor where
a flag or a package name is meant (`pip install –-upgrade`), misspelt verbs of package managers
(`apt-get instal`), a `COPY ['a', 'b']` in single quotes, `&&` with nothing behind it, a line that
ends in `&& \\` above the next instruction, which so becomes a part of the script. `EXPOSE 8080:80`
and `EXPOSE 80/TCP`, of which the builder takes the port in the image and warns, are written the way
it understands them.

Why: each costs a build to find, some a long look, for an en dash looks like a hyphen.

What it leaves alone: it only offers to change `FROM node:16:slim`, where `16-slim` is but the most
plausible tag; `VOLUME ['/data']`, which builds, but makes a volume of those very letters; `COPY
--from=bulid`, which could name an image; a continuation above a keyword in a
script that could run with that word in it; everything in a script that may go on after a failure,
because its build may have succeeded. Text that is only printed stays. What the builder does not
even parse is said with the line, the column and what was probably meant, by the message that
refuses the file.

Safety: safe where the command, or the builder, can only have refused what is written, and the
failure would have stopped the build; for EXPOSE where the builder makes the same port of both
(convert_expose.go). Otherwise unsafe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dockfix.dockerfile.nearest import DASHES, QUOTES, distance, nearest
from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.installs.slips import slips, stops_the_build
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Unknown
from dockfix.state.facts import Facts, fact, script_of, source_span

_PORT = lazy(r"(\d+:)?(\d+(?:-\d+)?)(/[A-Za-z]+)?")
_TAGS = lazy(r"([\w.\-/]+(?::\d+/[\w.\-/]+)?:[\w.-]+):([\w.-]+)")
_FLAG = lazy(
    rf"[{DASHES}][{DASHES}-]?"
    r"(?=(?:from|chown|chmod|link|parents|exclude|checksum|mount|network|security)\b)"
)
_KEYWORDS = ("FROM", "RUN", "CMD", "ENTRYPOINT", "WORKDIR", "USER", "EXPOSE", "VOLUME")
_INITIALS = frozenset([keyword[0] for keyword in _KEYWORDS])
_WORD = lazy(r"[^\s\\`&]+")
_MARKS = str.maketrans(dict.fromkeys(DASHES, "-") | dict.fromkeys(f"{QUOTES}'", '"'))


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each slip."""
    for stage in facts.stages:
        for owner in stage.instructions:
            instruction = owner.child or owner
            check = _CHECKS.get(instruction.keyword)
            if check:
                yield from check(facts, stage, instruction)
    for instruction, script in facts.scripts:
        for simple, word, meant in slips(script):
            safe = stops_the_build(script, simple)
            start, end = source_span(instruction, word.start, word.end)
            if end - start == len(word.text):
                program = simple.words[0].text
                message = (
                    f"write {meant} instead of {word.text}: {program} does not know {word.text}"
                )
                doubt = "" if safe else "the build goes on if this command fails"
                yield _repair(message, doubt, Edit(start, end, meant))


def _repair(message: str, doubt: str, edit: Edit) -> Group:
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    return Group(edit.start, with_doubt(message, doubt), (edit,), safety)


_Check = Callable[[Facts, Stage, Instruction], Iterable[Group]]


def _from(facts: Facts, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    return _two_tags(instruction) if instruction.arguments.count(":") > 1 else ()


def _two_tags(instruction: Instruction) -> Iterator[Group]:
    word = instruction.words[0]
    found = _TAGS.fullmatch(word.text) if word.text.count(":") > 1 else None
    if found and word.end - word.start == len(word.text):
        at = word.start + found.end(1)
        message = f"write {found[1]}-{found[2]} instead of {word.text}: an image has one tag"
        yield _repair(message, "another image may be meant", Edit(at, at + 1, "-"))


def _expose(facts: Facts, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    for word in instruction.words:
        found = None if word.text.isdigit() else _PORT.fullmatch(word.text)
        if found is None or word.end - word.start != len(word.text):
            continue
        port = found[2] + (found[3] or "").lower()
        if port != word.text:
            why = "the port of the host is not set here" if found[1] else "lower case is usual"
            message = f"write {port} instead of {word.text}: {why}"
            yield _repair(message, "", Edit(word.start, word.end, port))


def _copy(facts: Facts, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    text = instruction.logical.text
    array = text.startswith("[", instruction.arguments_start) and instruction.json is None
    if instruction.flags or array or not text.isascii():
        return _slips_of_copy(facts, stage, instruction)
    return ()


@fact
def _first_of_name(facts: Facts) -> dict[str, int]:
    """The first stage of each name."""
    return {one.name: one.index for one in reversed(facts.stages) if one.name}


def _array_edits(instruction: Instruction) -> tuple[Edit, ...]:
    """What makes an array of what is meant as one; nothing if it is one, or is not meant so."""
    if instruction.json is not None or not instruction.arguments.startswith("["):
        return ()
    from dockfix.edit.arrays import repair

    array = repair(instruction.arguments)
    edits = () if array is None else array.edits
    return tuple(Edit(*source_span(instruction, edit.start, edit.end), edit.text) for edit in edits)


def _volume(facts: Facts, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    edits = _array_edits(instruction)
    if edits:
        text = instruction.arguments
        message = (
            "write the array with double quotes and commas: otherwise "
            f"{text} is the name of a volume; unsafe because the image gets another volume"
        )
        yield Group(instruction.text_start, message, edits, Safety.UNSAFE)


def _slips_of_copy(facts: Facts, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    yield from _dash(instruction)
    edits = _array_edits(instruction)
    if edits:
        message = (
            "write the array with double quotes and commas: otherwise the builder takes the "
            "brackets for file names"
        )
        yield Group(instruction.text_start, message, edits)
    for flag in instruction.flags:
        if flag.name != "from" or not flag.value or not flag.text.endswith(flag.value):
            continue
        name = flag.value.lower()
        if _first_of_name(facts).get(name, stage.index) < stage.index:
            continue
        if not name.isidentifier():
            continue
        names = [one.name for one in facts.stages[: stage.index] if one.name]
        meant = nearest(name, names)
        if meant and flag.end - flag.start == len(flag.text):
            edit = Edit(flag.end - len(name), flag.end, meant)
            message = (
                f"write {meant} instead of {flag.value}: no stage above is called {flag.value}"
            )
            yield _repair(message, "an image may have that name", edit)


def _dash(instruction: Instruction) -> Iterator[Group]:
    found = None if instruction.arguments.isascii() else _FLAG.match(instruction.arguments)
    if found:
        start, end = source_span(instruction, 0, found.end())
        if end - start == found.end():
            message = "write two plain dashes before the flag: the builder knows no others"
            yield _repair(message, "", Edit(start, end, "--"))


def _run(facts: Facts, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    if instruction.json is not None or instruction.heredocs:
        return ()
    logical = instruction.logical
    if (
        not logical.text.isascii()
        or logical.text.endswith("&&", 0, instruction.arguments_end)
        or (len(logical.offsets) > 1 and _keyword_lines(facts.dockerfile, instruction))
    ):
        return _slips_of_run(facts, instruction, instruction.arguments)
    return ()


def _slips_of_run(facts: Facts, instruction: Instruction, text: str) -> Iterator[Group]:
    yield from _dash(instruction)
    if text.endswith("&&") and "#" not in text:
        place = facts.places[instruction.start]
        if isinstance(script_of(instruction, place), Unknown):
            start, end = source_span(instruction, len(text.rstrip("& \t")), len(text))
            if "\n" not in facts.source[start:end]:
                message = "remove the last &&: no command follows"
                yield _repair(message, "", Edit(start, end, ""))
    yield from _swallowed(facts, instruction)


def _keyword_lines(dockerfile: Dockerfile, instruction: Instruction) -> list[int]:
    """The continued lines that start as a keyword does, by their number in the logical line."""
    source, offsets = dockerfile.source, instruction.logical.offsets
    return [
        index
        for index, at in enumerate(offsets)
        if source[at] in _INITIALS and index and source.startswith(_KEYWORDS, at)
    ]


def _swallowed(facts: Facts, instruction: Instruction) -> Iterator[Group]:
    """A continuation above a line that starts with a keyword, which is a word of the script now."""
    logical, source = instruction.logical, facts.source
    for index in _keyword_lines(facts.dockerfile, instruction):
        keyword = _keyword_at(source, logical.offsets[index])
        if not keyword:
            continue
        previous, join = logical.joins[index - 1 : index + 1]
        script = script_of(instruction, facts.places[instruction.start])
        first = join - instruction.arguments_start
        if not isinstance(script, Script):
            return
        starting = [one for one in script.simples if one.words and one.words[0].start == first]
        within = any(word.start == first for one in script.simples for word in one.words)
        before = logical.text[previous:join].rstrip(" \t")
        end = previous + len(before.removesuffix("&&").rstrip(" \t"))
        line_end = source.find("\n", logical.offset_end(join))
        empty = not source[line_end + 1 : logical.offsets[index]].strip()
        empty = empty and line_end + 1 < logical.offsets[index]
        if not within or end <= previous or not (before.endswith("&&") or empty):
            return
        if keyword == "FROM":
            # the stages of a file are for its author to tell
            message = "this FROM is a word of the RUN above, whose last line goes on"
            yield Group(logical.offsets[index], message, (), Safety.NOTE)
        else:
            line_end -= source[line_end - 1] == "\r"
            safe = before.endswith("&&") and stops_the_build(script, *starting[:1])
            doubt = "" if safe else f"the build may succeed with {keyword} in the RUN"
            message = (
                f"end the RUN above {keyword}: its last line goes on, so {keyword} is part of it"
            )
            yield _repair(message, doubt, Edit(logical.offset_end(end), line_end, ""))
        return


def _keyword_at(source: str, offset: int) -> str:
    """The keyword that a line starts with, if it is one that takes any arguments."""
    if source[offset - 1] != "\n":
        return ""
    keyword = next(one for one in _KEYWORDS if source.startswith(one, offset))
    offset += len(keyword)
    return keyword if source[offset : offset + 1] in (" ", "\t") else ""


_CHECKS: dict[str, _Check] = {
    "FROM": _from, "EXPOSE": _expose, "COPY": _copy, "ADD": _copy, "RUN": _run, "VOLUME": _volume,
}  # fmt: skip


def verify(before: Facts, after: Facts) -> str | None:
    """The same words in the same order, each the same or a slip away."""
    old, new = _words(before.source), _words(after.source)
    if len(old) != len(new):
        return "a word came or went"
    for was, now in zip(old, new, strict=True):
        if was != now and not was.endswith(f":{now}") and distance(was, now) > len(was) // 4 + 1:
            return f"{was} became {now}"
    return None


def _words(source: str) -> list[str]:
    words = (word.strip('",[]-').lower() for word in _WORD.findall(source.translate(_MARKS)))
    return [word for word in words if word]


PASS = Pass(
    code="DF311",
    name="repair-typos",
    summary="Repair typos with which nothing can build",
    safety=Safety.SAFE,
    aliases=("ExposeInvalidFormat", "ExposeProtoCasing"),
    rewrite=rewrite,
    verify=verify,
)
