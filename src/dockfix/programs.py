"""Whether the kernel executes a program, or it might be a script that only a shell runs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dockfix.passes.base import Context
from dockfix.paths import UNTOLD, Copy, bases, copy_of, resolve
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

#: Where programs are installed. What a package puts there, it puts there to be executed.
_INSTALLED = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
_EXECUTABLE = ("#!", "\x7fELF")


def line_of(dockerfile: Dockerfile, stage: Stage) -> list[Stage]:
    """A stage and those of the file it is built from, the outermost last."""
    line = [stage]
    while line[-1].base_stage is not None:
        line.append(dockerfile.stages[line[-1].base_stage])
    return line


def executable(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    program: str,
    context: Context | None,
) -> bool:
    """Whether `program`, started by `instruction`, is surely no script without `#!`.

    True for a program by its bare name that nothing in the file writes (a package brought it), and
    for a file of the context that can be seen to start right.
    """
    name = program.rpartition("/")[2]
    starting = bases(dockerfile)
    path = resolve(starting[instruction.start], program) if "/" in program else ""
    installed = path is not None and path.rpartition("/")[0] in ("", *_INSTALLED)
    targets = [path] if path else [f"{folder}/{name}" for folder in _INSTALLED]
    seen: list[bool] = []
    for ancestor in line_of(dockerfile, stage):
        for other in ancestor.instructions:
            if other.keyword == "RUN":
                texts = (other.arguments, *(body.content for body in other.heredocs))
                seen += [False for text in texts if _writes(text, name)]
            elif other.keyword in ("COPY", "ADD"):
                copy = copy_of(other, starting[other.start])
                if other.heredocs or copy is None:
                    if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", other.arguments):
                        seen += [body.content.startswith(_EXECUTABLE) for body in other.heredocs]
                        seen += [] if other.heredocs else [False]
                else:
                    for target in targets:
                        for source in _supplies(copy, target, installed, context):
                            text = context.read(source) if context else None
                            seen.append((text or "").startswith(_EXECUTABLE))
    return all(seen) if seen else installed and not name.endswith(".sh")


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
    file = rf"[\"']?(?:[^\s\"'|&;<>]*/)?{re.escape(name)}(?![\w.-])"
    written = rf">[ \t]*{file}|\btee[ \t]+(?:-a[ \t]+)?{file}"
    placed = rf"(?:^|[\s;&|(])(?:cp|mv|install)[ \t][^;&|]*/{re.escape(name)}(?![\w./-])"
    return re.search(f"{written}|{placed}", text) is not None
