"""Archives that are fetched, taken apart and removed in one RUN.

    ADD https://example.org/app.tar.xz /opt/            RUN mkdir -p /opt/app \\
    RUN tar -xJf /opt/app.tar.xz -C /opt/app     →          && curl -fsSL https://… \\
                                                            | tar -xJf - -C /opt/app

Why: what an ADD brings is a layer, and weighs for good, also if a later RUN removes it. So does an
archive that a RUN downloads, takes apart and forgets.

What it does: an ADD of a URL goes into the RUN below it that takes the archive apart, as `curl` or
`wget` into `tar`, or by way of a file for `unzip` and for archives without compression (an empty
download is a valid one). A `rm` of the archive goes with it, or is added. And behind `curl -o F`
or `wget F` and `tar -xf F` in one RUN comes `rm F`.

What it leaves alone: ADD with flags (`--checksum` says more than curl can), archives that anything
else mentions (a signature that is checked in another RUN, a COPY from another stage), scripts with
`||` or patterns behind `rm`, names in which the two commands do not agree to the letter, users
other than root. Without a program to fetch with, an ADD stays: one that a RUN above installs (with
certificates where the URL needs them), or that a well-known base image has.

Safety: unsafe. The image no longer holds the archive. A builder looks whether a URL has changed
before it uses its cache for an ADD; for a RUN it looks at the text alone, so that an archive that
changes under the same address is not fetched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.removal import removal
from dockfix.edit.style import Style
from dockfix.passes.base import Pass, Settings
from dockfix.programs.downloads import (
    Extraction,
    compression,
    extraction,
    fetched_file,
    fetcher,
    is_archive,
)
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Pipeline, Script, Simple
from dockfix.state.facts import Facts, fact, script_of, source_span
from dockfix.state.paths import bases, resolve

_URL = lazy(r"https?://(?:[^\s\"'\\`$]|\$\w|\$\{\w+\})+")
_VARIABLE = lazy(r"\$(?:\w+|\{[^}]*\})")
_SIMPLE_URL = lazy(r"[\w/:.@%+=,~-]+")
_SWEEPING = lazy(r"\brm\b[^;&|\n]*[*$?\[]")
#: For each the rest of the file is searched; nobody fetches half as many in one RUN.
_MOST_ARCHIVES = 200
#: Directories that every image has.
_USUAL = frozenset(
    ("/", "/bin", "/etc", "/home", "/lib", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin",
     "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/share", "/usr/src", "/var",
     "/var/lib", "/var/tmp")
)  # fmt: skip


class _Step(Record):
    """A command of a chain that takes an archive apart, and where it stands in the script."""

    command: Simple
    archive: Extraction
    number: int


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each archive that would stay in the image."""
    for stage in facts.stages:
        for number, instruction in enumerate(stage.instructions):
            keyword = instruction.keyword
            if keyword == "RUN":
                text = instruction.logical.text
                if "wget" in text or "curl" in text:
                    yield from _forgotten(facts, stage, number)
            elif keyword == "ADD" and "://" in instruction.arguments:
                yield from _added(facts, stage, number)


def _chain(facts: Facts, run: Instruction) -> tuple[Script, tuple[Pipeline, ...]] | None:
    """The script of a RUN that is one list of `&&`, and its pipelines."""
    script = script_of(run, facts.places[run.start]) if run.keyword == "RUN" else None
    pipelines = _pipelines(script) if isinstance(script, Script) else None
    return (script, pipelines) if isinstance(script, Script) and pipelines else None


def _pipelines(script: Script) -> tuple[Pipeline, ...] | None:
    if len(script.items) != 1 or script.items[0].terminator:
        return None
    node = script.items[0].node
    return None if "||" in [one.text for one in node.operators] else node.pipelines


def _command(pipeline: Pipeline) -> Simple | None:
    only = pipeline.commands[0]
    alone = len(pipeline.commands) == 1 and not pipeline.negated
    return only if alone and isinstance(only, Simple) else None


def _extractions(pipelines: tuple[Pipeline, ...]) -> Iterator[_Step]:
    for number, pipeline in enumerate(pipelines):
        command = _command(pipeline)
        found = extraction(command) if command and command.words else None
        if command and found:
            yield _Step(command, found, number)


def _forgotten(facts: Facts, stage: Stage, number: int) -> Iterator[Group]:
    """`rm` behind the command that takes apart what the same RUN has fetched."""
    run = stage.instructions[number]
    chain = _chain(facts, run)
    steps = _left_behind(chain[0]) if chain else []
    if not chain or not 0 < len(steps) <= _MOST_ARCHIVES:
        return
    style = facts.style.of(run)
    for step in steps:
        name = step.archive.archive.text
        _, end = source_span(run, step.command.start, step.command.end)
        if facts.source.find(_last(name), end) >= 0 or _last_sweep(facts) >= end:
            continue
        edits = (
            Edit(
                end, end, f"{_joint(facts.dockerfile, run, style, chain[1], step.number)}rm {name}"
            ),
        )
        yield _unpacking(run, _last(name), edits)


@fact
def _last_sweep(facts: Facts) -> int:
    """Where the last `rm` of a file starts that names files by a pattern or a variable, or -1."""
    return max((found.start() for found in _SWEEPING.finditer(facts.source)), default=-1)


@cached_by_identity
def _left_behind(script: Script) -> list[_Step]:
    """The commands that take apart what the same script has fetched, and may leave in the image."""
    pipelines = _pipelines(script) or ()
    fetched: dict[str, int] = {}
    moved = passed = -1
    found: list[_Step] = []
    for step in _extractions(pipelines):
        for number in range(passed + 1, step.number):
            command = _command(pipelines[number])
            if command is None or not command.words:
                continue
            file = fetched_file(command)
            if file is not None:
                fetched.setdefault(file, number)
            if command.words[0].value in ("cd", "pushd", "popd"):
                moved = number
        passed = step.number - 1
        name = step.archive.archive.text
        if name in fetched and (moved < fetched[name] or name[:1] == "/"):
            found.append(step)
    if not found:
        return found
    swept, gone = _removals(script)
    return [step for step in found if not _goes_anyway(step, swept, gone)]


def _removals(script: Script) -> tuple[int, dict[str, int]]:
    """Where the last `rm` of a directory starts that the script makes or enters, and where the last
    one of each path does."""
    words = [
        (command.words[0].value, command.start, word.text)
        for command in script.simples
        for word in command.words[1:]
    ]
    entered = {text for program, _, text in words if program in ("cd", "mkdir")}
    removed = [(text, start) for program, start, text in words if program == "rm"]
    swept = max((start for text, start in removed if text in entered), default=-1)
    return swept, {text.rstrip("/"): start for text, start in removed}


def _goes_anyway(step: _Step, swept: int, gone: dict[str, int]) -> bool:
    """True if an `rm` further on may take the archive along with a directory."""
    name = step.archive.archive.text.strip("\"'")
    above = [name[:index] for index, letter in enumerate(name) if letter == "/"]
    return max(swept, *(gone.get(folder, -1) for folder in above), -1) > step.command.end


def _joint(
    dockerfile: Dockerfile,
    run: Instruction,
    style: Style,
    pipelines: tuple[Pipeline, ...],
    number: int,
) -> str:
    """What stands between a pipeline and one that is put behind it: as on its other sides."""
    neighbors = pipelines[number : number + 2]
    if len(neighbors) < 2:
        neighbors = pipelines[max(number - 1, 0) : number + 1]
    start, end = source_span(run, neighbors[0].end, neighbors[-1].start)
    return style.joint_like(dockerfile.source[min(start, end) : end + 1])


def _last(name: str) -> str:
    return name.strip("\"'").rpartition("/")[2]


def _added(facts: Facts, stage: Stage, number: int) -> Iterator[Group]:
    """The ADD of an archive that the next instruction takes apart, as a part of that."""
    add, following = stage.instructions[number], stage.instructions[number + 1 : number + 2]
    user = facts.places[add.start].user
    if add.flags or len(add.words) != 2 or user not in (None, "root", "0") or not following:
        return
    url = add.words[0].text
    name, chain = _last(re.split(r"[?#]", url)[0]), _chain(facts, following[0])
    if chain is None or not _URL.fullmatch(url) or not is_archive(name):
        return
    tool = fetcher(facts, stage, number, url)
    for step in _extractions(chain[1]):
        folder = _folder(facts, add, name, step.archive.archive.text)
        if tool is None or folder is None:
            continue
        removing = _removal(chain[1], step)
        text = chain[0].text
        mentions = add.arguments + text[step.command.start : step.command.end]
        mentions += text[removing.start : removing.end] if removing else ""
        names = {name, _last(step.archive.archive.text)}
        if any(facts.source.count(one) != mentions.count(one) for one in names):
            return
        if removing is None and _SWEEPING.search(text):
            return
        edits = _fetching(facts, following[0], step, f"{tool} {url}", folder, removing)
        if edits:
            gone = removal(facts.dockerfile, add)
            yield _unpacking(add, name, (gone, *edits))
        return


def _folder(facts: Facts, add: Instruction, name: str, file: str) -> str | None:
    """The directory to be made for what an ADD brings; "" for one that is there, None if `file`
    is another file."""
    base = bases(facts)[add.start]
    target = resolve(base, add.words[1].text)
    path = file.strip("\"'").removeprefix("./")
    path = path if path[:1] == "/" else f"{base.rstrip('/')}/{path}"
    if target is None or path not in (target, f"{target.rstrip('/')}/{name}"):
        return None
    folder = path.rpartition("/")[0] or "/"
    return "" if folder in _USUAL or folder == base else folder


def _removal(pipelines: tuple[Pipeline, ...], step: _Step) -> Edit | None:
    """The cut that takes out the `rm` of the archive alone, with the `&&` before it."""
    for number in range(step.number + 1, len(pipelines)):
        command = _command(pipelines[number])
        if command is None or not command.words or command.words[0].value != "rm":
            continue
        operands = [word.text for word in command.words[1:] if not word.text.startswith("-")]
        if operands == [step.archive.archive.text] and not command.redirects:
            return Edit(pipelines[number - 1].end, command.end, "")
    return None


def _fetching(
    facts: Facts,
    run: Instruction,
    step: _Step,
    fetch: str,
    folder: str,
    removing: Edit | None,
) -> list[Edit] | None:
    """The edits that put a download (`curl URL`) before the command that takes the archive apart,
    and see that no archive is left."""
    style = facts.style.of(run)
    tool, _, url = fetch.partition(" ")
    address = url if _SIMPLE_URL.fullmatch(url) else f'"{url}"'
    file = step.archive.archive
    letter = step.archive.letter or compression(file.text)
    start, end = source_span(run, step.command.start, step.command.end)
    making = f"mkdir -p {folder}{style.joint()}" if folder else ""
    if not letter or not step.archive.piped:
        options = f"-fsSL -o {file.text}" if tool == "curl" else f"-qO {file.text}"
        first = Edit(start, start, f"{making}{tool} {options} {address}{style.joint()}")
        last = Edit(end, end, f"{style.joint()}rm {file.text}")
        return [first] if removing else [first, last]
    options = "-fsSL" if tool == "curl" else "-qO-"
    fetching = f"{making}{tool} {options} {address}{style.pipe}"
    edits = [Edit(start, start, fetching), Edit(*source_span(run, file.start, file.end), "-")]
    if not step.archive.letter:
        cluster = step.command.words[step.command.words.index(file) - 1]
        if not re.fullmatch(r"-?[A-Za-z]*f", cluster.text):
            return None
        at, _ = source_span(run, cluster.end - 1, cluster.end)
        edits.append(Edit(at, at, letter))
    if removing:
        base, logical = run.arguments_start, run.logical
        spans = logical.offset_end(base + removing.start), logical.offset_end(base + removing.end)
        if any(spans[0] <= comment.start < spans[1] for comment in run.comments):
            return None
        edits.append(Edit(*spans, ""))
    return edits


def _unpacking(instruction: Instruction, name: str, edits: tuple[Edit, ...]) -> Group:
    gone = (f"/**/{_VARIABLE.sub('*', name)}",)
    message = with_doubt(
        f"download and unpack {name} in one RUN: the archive is then not kept in the image",
        "a cached RUN does not notice that the archive has changed on the server",
    )
    return Group(instruction.keyword_offset, message, edits, Safety.UNSAFE, declares=gone)


def verify(before: Facts, after: Facts) -> str | None:
    """The same URLs are fetched, and all commands but those that fetch and remove are there."""
    if _fetched(before.dockerfile) != _fetched(after.dockerfile):
        return "other URLs are fetched"
    for old, new in zip(before.stages, after.stages, strict=True):
        if _others(before, old) != _others(after, new):
            return "more than a download or a removal came or went"
    return None


def _fetched(dockerfile: Dockerfile) -> list[str]:
    return sorted(
        url
        for one in dockerfile.instructions
        if one.keyword in ("ADD", "RUN")
        for url in re.findall(r"https?://[^\s\"']+", one.arguments)
    )


def _others(facts: Facts, stage: Stage) -> list[str]:
    """Instructions and commands, without those that fetch, make a directory or remove a file."""
    found: list[str] = []
    for one in stage.instructions:
        script = script_of(one, facts.places[one.start]) if one.keyword == "RUN" else None
        if one.keyword == "ADD" and "://" in one.arguments and is_archive(one.words[0].text):
            continue
        if not isinstance(script, Script):
            found.append(one.logical.text)
            continue
        for command in script.simples:
            name = command.words[0].value if command.words else None
            taken = extraction(command) if command.words else None
            if name == "tar":
                # the archive comes by standard input, whose compression has to be said
                archive = taken.archive.text if taken else "-"
                words = [word.text for word in command.words[1:] if word.text != archive]
                found += [name, *map(_without_compression, words)]
            elif name not in ("curl", "wget", "mkdir", "rm"):
                found.append(script.text[command.start : command.end])
    return found


def _without_compression(word: str) -> str:
    """A word of tar, of a cluster of options the letters that say no compression."""
    return re.sub("[zjJ]", "", word) if word.strip("-").isalpha() else word


PASS = Pass(
    code="DF304",
    name="fetch-in-run",
    summary="Fetch an archive, take it apart and remove it in one RUN",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    # what wget notes about servers
    changes=lambda: ("/**/.wget-hsts",),
)
