"""Slips of the keyboard that keep a file from building, and what was meant.

What it does: mends what can't have built as it stands. Dashes and quotes of a word processor where
a flag or a package name is meant (`pip install –-upgrade`), misspelt verbs of package managers
(`apt-get instal`), a `COPY ['a', 'b']` in single quotes, `&&` with nothing behind it, a line that
ends in `&& \\` above the next instruction, which so becomes a part of the script. `EXPOSE 8080:80`
and `EXPOSE 80/TCP`, of which the builder takes the port in the image and warns, are written the way
it understands them.

Why: each costs a build to find, some a long look, for an en dash looks like a hyphen.

What it leaves alone: it only offers to change `FROM node:16:slim`, where `16-slim` is but the most
plausible tag; `COPY --from=bulid`, which could name an image; a continuation above a keyword in a
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

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import places, script_of, scripts, source_span
from dockfix.packages.slips import slips, stops_the_build
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.remembered import remembered
from dockfix.shell.tree import Script, Unknown
from dockfix.syntax.nearest import DASHES, QUOTES, distance, nearest
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

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


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each slip."""
    for stage in dockerfile.stages:
        for owner in stage.instructions:
            instruction = owner.child or owner
            check = _CHECKS.get(instruction.keyword)
            if check:
                yield from check(dockerfile, stage, instruction)
    for instruction, script in scripts(dockerfile):
        for simple, word, meant in slips(script):
            safe = stops_the_build(script, simple)
            start, end = source_span(instruction, word.start, word.end)
            if end - start == len(word.text):
                yield _group(f"{word.text} is no word of this command; {meant} is",
                             Edit(start, end, meant), safe)  # fmt: skip


def _group(message: str, edit: Edit, safe: bool) -> Group:
    return Group(edit.start, message, (edit,), Safety.SAFE if safe else Safety.UNSAFE)


_Check = Callable[[Dockerfile, Stage, Instruction], Iterable[Group]]


def _from(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    return _two_tags(instruction) if instruction.arguments.count(":") > 1 else ()


def _two_tags(instruction: Instruction) -> Iterator[Group]:
    word = instruction.words[0]
    found = _TAGS.fullmatch(word.text) if word.text.count(":") > 1 else None
    if found and word.end - word.start == len(word.text):
        at = word.start + found.end(1)
        yield _group(
            f"two tags; {found[1]}-{found[2]} is probably meant", Edit(at, at + 1, "-"), False
        )


def _expose(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterator[Group]:
    for word in instruction.words:
        found = None if word.text.isdigit() else _PORT.fullmatch(word.text)
        if found is None or word.end - word.start != len(word.text):
            continue
        port = found[2] + (found[3] or "").lower()
        if port != word.text:
            message = f"EXPOSE names ports of the image: {port}"
            yield _group(message, Edit(word.start, word.end, port), True)


def _copy(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    text = instruction.logical.text
    array = text.startswith("[", instruction.arguments_start) and instruction.json is None
    if instruction.flags or array or not text.isascii():
        return _slips_of_copy(dockerfile, stage, instruction)
    return ()


@remembered
def _first_of_name(dockerfile: Dockerfile) -> dict[str, int]:
    """The first stage of each name."""
    return {one.name: one.index for one in reversed(dockerfile.stages) if one.name}


def _slips_of_copy(
    dockerfile: Dockerfile, stage: Stage, instruction: Instruction
) -> Iterator[Group]:
    yield from _dash(instruction)
    array = None
    if instruction.json is None and instruction.arguments.startswith("["):
        from dockfix.syntax.arrays import repair

        array = repair(instruction.arguments)
    if array is not None:
        edits = tuple(
            Edit(*source_span(instruction, edit.start, edit.end), edit.text) for edit in array.edits
        )
        yield Group(instruction.text_start, "an array needs double quotes and commas", edits)
    for flag in instruction.flags:
        if flag.name != "from" or not flag.value or not flag.text.endswith(flag.value):
            continue
        name = flag.value.lower()
        if _first_of_name(dockerfile).get(name, stage.index) < stage.index:
            continue
        if not name.isidentifier():
            continue
        names = [one.name for one in dockerfile.stages[: stage.index] if one.name]
        meant = nearest(name, names)
        if meant and flag.end - flag.start == len(flag.text):
            edit = Edit(flag.end - len(name), flag.end, meant)
            yield _group(f"no stage is called {flag.value}; {meant} is probably meant", edit, False)


def _dash(instruction: Instruction) -> Iterator[Group]:
    found = None if instruction.arguments.isascii() else _FLAG.match(instruction.arguments)
    if found:
        start, end = source_span(instruction, 0, found.end())
        if end - start == found.end():
            yield _group("a flag starts with two plain dashes", Edit(start, end, "--"), True)


def _run(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterable[Group]:
    if instruction.json is not None or instruction.heredocs:
        return ()
    logical = instruction.logical
    if (
        not logical.text.isascii()
        or logical.text.endswith("&&", 0, instruction.arguments_end)
        or (len(logical.offsets) > 1 and _keyword_lines(dockerfile, instruction))
    ):
        return _slips_of_run(dockerfile, instruction, instruction.arguments)
    return ()


def _slips_of_run(dockerfile: Dockerfile, instruction: Instruction, text: str) -> Iterator[Group]:
    yield from _dash(instruction)
    if text.endswith("&&") and "#" not in text:
        place = places(dockerfile)[instruction.start]
        if isinstance(script_of(instruction, place), Unknown):
            start, end = source_span(instruction, len(text.rstrip("& \t")), len(text))
            if "\n" not in dockerfile.source[start:end]:
                yield _group("nothing follows the last &&", Edit(start, end, ""), True)
    yield from _swallowed(dockerfile, instruction)


def _keyword_lines(dockerfile: Dockerfile, instruction: Instruction) -> list[int]:
    """The continued lines that start as a keyword does, by their number in the logical line."""
    source, offsets = dockerfile.source, instruction.logical.offsets
    return [
        index
        for index, at in enumerate(offsets)
        if source[at] in _INITIALS and index and source.startswith(_KEYWORDS, at)
    ]


def _swallowed(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Group]:
    """A continuation above a line that starts with a keyword, which is a word of the script now."""
    logical, source = instruction.logical, dockerfile.source
    for index in _keyword_lines(dockerfile, instruction):
        keyword = _keyword_at(source, logical.offsets[index])
        if not keyword:
            continue
        previous, join = logical.joins[index - 1 : index + 1]
        script = script_of(instruction, places(dockerfile)[instruction.start])
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
        message = f"the line above goes on, which makes {keyword} a word of the script"
        if keyword == "FROM":
            # the stages of a file are for its author to tell
            yield Group(logical.offsets[index], message, (), Safety.NOTE)
        else:
            line_end -= source[line_end - 1] == "\r"
            safe = before.endswith("&&") and stops_the_build(script, *starting[:1])
            yield _group(message, Edit(logical.offset_end(end), line_end, ""), safe)
        return


def _keyword_at(source: str, offset: int) -> str:
    """The keyword that a line starts with, if it is one that takes any arguments."""
    if source[offset - 1] != "\n":
        return ""
    keyword = next(one for one in _KEYWORDS if source.startswith(one, offset))
    offset += len(keyword)
    return keyword if source[offset : offset + 1] in (" ", "\t") else ""


_CHECKS: dict[str, _Check] = {
    "FROM": _from, "EXPOSE": _expose, "COPY": _copy, "ADD": _copy, "RUN": _run,
}  # fmt: skip


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
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
    summary="Repair slips of the keyboard with which nothing can build",
    safety=Safety.SAFE,
    aliases=("ExposeInvalidFormat", "ExposeProtoCasing"),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM python\nRUN pip install –-upgrade pip\n",
            "FROM python\nRUN pip install --upgrade pip\n",
        ),
        Example(
            "FROM debian\nRUN apt-get update && apt-get instal —no-install-recommends “git”\n",
            "FROM debian\nRUN apt-get update && apt-get install --no-install-recommends git\n",
        ),
        Example(
            "FROM a AS build\nFROM b\nCOPY –-from=build /x /\n",
            "FROM a AS build\nFROM b\nCOPY --from=build /x /\n",
        ),
        Example("FROM debian\nCOPY ['a b', '/c/']\n", 'FROM debian\nCOPY ["a b", "/c/"]\n'),
        Example(
            "FROM debian\nRUN make && \\\n\nCMD app\n",
            "FROM debian\nRUN make\n\nCMD app\n",
            why="the shell was to run a program called CMD",
        ),
        Example("FROM debian\nRUN make &&\nCMD app\n", "FROM debian\nRUN make\nCMD app\n"),
        Example("FROM debian\nEXPOSE 8080:80 53/UDP\n", "FROM debian\nEXPOSE 80 53/udp\n"),
        Example("FROM node:16:slim\n", "FROM node:16-slim\n", unsafe=True),
        Example(
            "FROM a AS build\nFROM b\nCOPY --from=bulid /x /\n",
            "FROM a AS build\nFROM b\nCOPY --from=build /x /\n",
            why="an image may be called bulid, and then it is built so",
            unsafe=True,
        ),
        Example(
            "FROM debian\nRUN echo \\\n\nCMD app\n",
            "FROM debian\nRUN echo\n\nCMD app\n",
            why="echo does print CMD",
            unsafe=True,
        ),
        Example(
            "FROM debian\nRUN apt-get udpate || true\n",
            "FROM debian\nRUN apt-get update || true\n",
            why="the failure did not stop the build",
            unsafe=True,
        ),
        Example('FROM debian\nRUN echo "a – b" “c”\n', why="who prints a dash may mean it"),
        Example("FROM debian\nRUN apt-get changelog git\n", why="a verb that is not known"),
        Example("FROM a\nCOPY --from=busybox /bin/sh /\n", why="the name of an image"),
        Example("FROM debian\nEXPOSE $PORT 80-90\n", why="as it should be"),
    ),
)
