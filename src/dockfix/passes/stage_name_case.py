"""Names of stages in small letters, wherever they are used in the file.

What it does: `FROM golang:1.24 AS Build` becomes `AS build`, and with it every `FROM Build`,
`COPY --from=Build` and `RUN --mount=from=Build` of the file. All of one stage is one change.

Why: builders warn about it. Docker finds a stage for `COPY --from` whatever the case, but for FROM
only by its name in small letters: `FROM Build` is an image to it, and no image may be called so.
Podman and buildah take a name exactly as it is written.

What it leaves alone: names that a variable is part of, and the name of a stage that stands below,
which means an image.

Safety: unsafe. Docker finds the stage for `--target` by either spelling (dockerfile2llb/convert.go,
findStateByName, addState). Podman and buildah do not (imagebuilder, ByTarget), so a command line of
theirs with `--target Build` would have to change along.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Flag, Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each name that some stage or reference writes with capitals."""
    edits: dict[str, list[Edit]] = {}
    declared: dict[str, str] = {}
    for stage in facts.stages:
        first, named = stage.instructions[0], False
        if stage.base is not None and stage.base.lower() in declared:
            _lower(edits, first.words[0].start, first.words[0].text)
        for instruction in stage.instructions:
            for offset, name in _references(instruction):
                if name.lower() in declared:
                    _lower(edits, offset, name)
        if stage.name is not None and stage.base is not None:
            word = first.words[2]
            named = word.text != stage.name
            if named and word.end - word.start == len(word.text):
                _lower(edits, word.start, word.text)
            if named or stage.name not in declared:
                declared[stage.name] = word.text
    for name, found in edits.items():
        if declared[name] != name:
            message = (
                f"write the name of the stage {name} in lower case: FROM compares it so;"
                " unsafe because podman --target tells upper from lower case"
            )
            yield Group(_declaration(facts, name), message, tuple(sorted(found)), Safety.UNSAFE)


def _lower(edits: dict[str, list[Edit]], offset: int, name: str) -> None:
    lower = name.lower()
    found = edits.setdefault(lower, [])
    if name != lower:
        found.append(Edit(offset, offset + len(name), lower))


def _declaration(facts: Facts, name: str) -> int:
    """Where the first stage of a name is that has capitals in it."""
    return next(
        stage.instructions[0].keyword_offset
        for stage in facts.stages
        if stage.name == name and stage.instructions[0].words[2].text != name
    )


def _references(owner: Instruction) -> Iterator[tuple[int, str]]:
    """The names in `--from` and in mounts of an instruction, with their offsets."""
    instruction = owner.child or owner
    for flag in instruction.flags:
        if flag.end - flag.start != len(flag.text):
            continue
        if flag.name == "from" and flag.value and flag.text.endswith(flag.value):
            yield flag.end - len(flag.value), flag.value
        elif flag.name == "mount":
            yield from _of_mount(flag)


def _of_mount(flag: Flag) -> Iterator[tuple[int, str]]:
    at = flag.start
    for part in flag.text.split(","):
        start = part.find("from=") if part.startswith("--mount=from=") else 0
        if part.startswith("from=", start):
            yield at + start + 5, part[start + 5 :]
        at += len(part) + 1


def verify(before: Facts, after: Facts) -> str | None:
    """The file is the same but for the case of words, and every stage has its base and its name."""
    if before.source.lower() != after.source.lower():
        return "more than the case of letters changed"
    for was, now in zip(before.stages, after.stages, strict=True):
        if was.name != now.name or was.base_stage not in (None, now.base_stage):
            return f"stage {was.index} is another"
        for old, new in zip(was.instructions, now.instructions, strict=True):
            if old.arguments != new.arguments and old.keyword != "FROM":
                return f"more than the flags of a {old.keyword} changed"
    return None


PASS = Pass(
    code="DF320",
    name="stage-name-case",
    summary="Write names of stages in lower case",
    safety=Safety.UNSAFE,
    aliases=("StageNameCasing",),
    rewrite=rewrite,
    verify=verify,
)
