"""Whether the kernel executes a program, or it might be a script that only a shell runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.context import Context
from dockfix.paths import UNTOLD, Copy, bases, copy_of, resolve
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

#: Where programs are installed. What a package puts there, it puts there to be executed.
_INSTALLED = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
_STARTS = ("#!", "\x7fELF")


class Programs:
    """What a file and its build context say of the programs that it starts."""

    def __init__(self, dockerfile: Dockerfile, context: Context | None) -> None:
        self._dockerfile = dockerfile
        self._context = context
        self._starting = bases(dockerfile)
        self._seen: dict[tuple[str | None, str, int], tuple[bool, bool]] = {}

    def executable(self, stage: Stage, instruction: Instruction, program: str) -> bool:
        """Whether `program`, started by `instruction`, is surely no script without `#!`.

        True for a program by its bare name that nothing in the file writes (a package brought it),
        and for a file of the context that can be seen to start right.
        """
        name = program.rpartition("/")[2]
        path = resolve(self._starting[instruction.start], program) if "/" in program else ""
        found, all_start_right = self._found(path, name, stage)
        return all_start_right if found else _installed(path) and not name.endswith(".sh")

    def _found(self, path: str | None, name: str, stage: Stage) -> tuple[bool, bool]:
        """Whether a stage or one that it is built from brings the program, and always one that
        starts right. The answer for each stage is kept for those built on it."""
        line: list[Stage] = []
        known = False, True
        current: int | None = stage.index
        while current is not None:
            if (path, name, current) in self._seen:
                known = self._seen[path, name, current]
                break
            line.append(self._dockerfile.stages[current])
            current = line[-1].base_stage
        for one in reversed(line):
            starts = list(self._starts(path, name, one))
            known = known[0] or bool(starts), known[1] and all(starts)
            self._seen[path, name, one.index] = known
        return known

    def _starts(self, path: str | None, name: str, stage: Stage) -> Iterator[bool]:
        """For each file that may become the program in a stage, whether it starts right."""
        context = self._context
        installed = _installed(path)
        targets = [path] if path else [f"{folder}/{name}" for folder in _INSTALLED]
        for other in stage.instructions:
            if other.keyword == "RUN":
                texts = (other.arguments, *(body.content for body in other.heredocs))
                yield from (False for text in texts if _writes(text, name))
            elif other.keyword in ("COPY", "ADD"):
                copy = copy_of(other, self._starting[other.start])
                if other.heredocs or copy is None:
                    if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", other.arguments):
                        yield from (body.content.startswith(_STARTS) for body in other.heredocs)
                        yield from () if other.heredocs else (False,)
                    continue
                for target in targets:
                    for source in _supplies(copy, target, installed, context):
                        text = context.read(source) if context else None
                        yield (text or "").startswith(_STARTS)


def copied(dockerfile: Dockerfile, context: Context | None) -> frozenset[str]:
    """Names of the programs that COPY and ADD put where a shell looks for programs.

    Not of those from images and other stages, which are hardly scripts.
    """
    starting = bases(dockerfile)
    names: set[str] = set()
    for instruction in dockerfile.instructions:
        if instruction.keyword not in ("COPY", "ADD") or "bin" not in instruction.arguments:
            continue
        copy = copy_of(instruction, starting[instruction.start])
        if copy is None or copy.origin:
            continue
        folder, _, name = copy.target.rpartition("/")
        if folder in _INSTALLED and not copy.into:
            names.add(name)
        elif copy.target in _INSTALLED:
            for source in copy.sources:
                below = context.entries(source) if context else None
                names |= {source.rpartition("/")[2], *(below or ())}
    return frozenset(names)


def _installed(path: str | None) -> bool:
    return path is not None and path.rpartition("/")[0] in ("", *_INSTALLED)


def _supplies(
    copy: Copy, target: str | None, installed: bool, context: Context | None
) -> Iterable[str]:
    """The files of the context that may be the program, UNTOLD for one that can't be told."""
    if target is None:
        return (UNTOLD,)
    named = copy.names(target, context)
    if named is not None:
        return (named,)
    if installed:
        # Whole trees for /, /usr or an unknown directory hardly replace an installed program.
        if copy.target[0] == "?" or copy.target in ("/", "/usr", "/usr/local"):
            return ()
        name = target.rpartition("/")[2]
        if copy.origin == "" and all(source.rpartition("/")[2] != name for source in copy.sources):
            return ()
    return copy.brings(target, context)


def _writes(text: str, name: str) -> bool:
    """Whether a script writes a file of that name itself."""
    if name not in text:
        return False
    ways: list[str] = []
    if ">" in text or "tee" in text:
        file = rf"[\"']?(?:[^\s\"'|&;<>]*/)?{re.escape(name)}(?![\w.-])"
        ways.append(rf">[ \t]*{file}|\btee[ \t]+(?:-a[ \t]+)?{file}")
    if f"/{name}" in text:
        ways.append(rf"(?:^|[\s;&|(])(?:cp|mv|install)[ \t][^;&|]*/{re.escape(name)}(?![\w./-])")
    return any(re.search(way, text) for way in ways)
