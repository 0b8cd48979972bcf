"""Whether the kernel can execute a program, or it may be a script that only a shell runs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.managers import named_in
from dockfix.programs.command import install_of
from dockfix.programs.known_programs import is_executable
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.environment import Values, environment
from dockfix.state.facts import Facts
from dockfix.state.paths import UNTOLD, Copy, bases, copy_of, is_pattern, resolve, within

#: Where programs are installed. Packages put only executable programs there.
_INSTALLED = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
#: An interpreter has to be named: a bare `#!` is refused by the kernel, too.
_RIGHT = lazy(r"#![ \t]*[^\s]|\x7fELF")
#: What stands before a command.
_AT = r"(?:^|[;&|(`\n]|\b(?:do|else|sudo|then)[ \t])[ \t\\]*"
#: Commands that bring files which are named nowhere: what they unpack, clone, install or run.
_BRINGING = lazy(
    rf"{_AT}(?:(?:7za?|bsdtar|cpio|rsync|scp|tar|unsquashfs|unzip)[ \t]"
    r"|git[ \t](?:[^;&|\n]*[ \t])?clone\b|(?:cmake|make|ninja)\b[^;&|\n]*\binstall\b"
    r"|(?:cp|install|mv)[ \t][^;&|\n]*\*)"
    r"|\|[ \t\\]*(?:sudo[ \t]+(?:-\S+[ \t]+)*)?(?:ba|da)?sh\b|\$\((?:curl|wget)\b"
    r"|\b(?:curl|wget)\b[^;&|\n]*[ \t/]\$\{?\w+\}?[\"']?(?![\w./-])"
)
#: Compilers whose `-o` names the program that they write.
_COMPILER = lazy(
    r"\b(?:go[ \t]+build|gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|rustc|gfortran|ghc|ldc2|dmd)\b"
    r"(?>[^;&|\n]*?[ \t]-o)(?:[ \t]+|=)?([^\s;&|]+)"
)
_FETCHING = rf"{_AT}(?:aria2c|curl|wget)\b"


class Programs:
    """What a file and its build context tell about the programs that the file starts."""

    def __init__(self, facts: Facts, context: Context | None) -> None:
        self._facts = facts
        self._stages = facts.stages
        #: The numbers of the stages with a name.
        self._named: dict[str, list[int]] = {}
        for one in facts.stages:
            if one.name is not None:
                self._named.setdefault(one.name, []).append(one.index)
        self._context = context
        self._starting = bases(facts)
        self._escape = facts.dockerfile.escape
        #: The folders that each stage puts on PATH, and whether they are all known.
        self._paths: dict[int, tuple[tuple[str, ...], bool]] = {}
        self._seen: dict[tuple[str | None, str, int], tuple[bool, bool]] = {}

    def executable(self, stage: Stage, instruction: Instruction, program: str) -> bool:
        """True if `program`, started by `instruction`, is surely no script without `#!`.

        It is true for a file of the context whose first bytes are those of a program or of `#!`,
        and for a name that nothing in the file can bring but a package, or that is known to be that
        of an executable.
        """
        name = program.rpartition("/")[2]
        path = resolve(self._starting[instruction.start], program) if "/" in program else ""
        found, all_start_right = self._found(path, name, stage)
        if found:
            return all_start_right
        if not path and is_executable(name):
            return True
        if not self._is_installed(path, name, stage):
            return False
        return is_executable(name) or name in self._packages or not self._may_be_brought(stage)

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The names of packages that the file has managers install. Their programs start right."""
        found: set[str] = set()
        for run in self._facts.runs:
            for simple in run.script.simples if isinstance(run.script, Script) else ():
                command = install_of(simple)
                for word in command.packages if command else ():
                    found.add(re.split(r"[=@<>~\[]", word.value or "", maxsplit=1)[0])
        return frozenset(found)

    def _may_be_brought(self, stage: Stage) -> bool:
        """True if something brings programs to a stage whose names the file does not tell."""
        return not self._path(stage)[1] or any(
            (other.keyword == "ADD" and self._unpacks(other))
            or (other.keyword == "RUN" and any(map(_BRINGING.search, _texts(other))))
            or (other.keyword == "COPY" and self._is_unseen(other))
            for one in self._line(stage)
            for other in one.instructions
        )

    def _unpacks(self, add: Instruction) -> bool:
        copy = copy_of(add, self._starting[add.start])
        return copy is None or copy.origin is not None or copy.unpacks

    def _is_unseen(self, copying: Instruction) -> bool:
        """True if a COPY brings a tree, of which nobody knows what is in it, to where programs
        are."""
        copy = copy_of(copying, self._starting[copying.start])
        if copy is None:
            return True
        if copy.origin is None and self._context is not None:
            return False
        return any(within(folder, copy.target) for folder in _INSTALLED) and copy.brings_trees(None)

    def _is_installed(self, path: str | None, name: str, stage: Stage) -> bool:
        """True if a program lies where packages put programs, those of a language among them."""
        if _installed(path):
            return not name.endswith(".sh")
        return path is not None and any(
            _brings(path, text, compiled=False)
            for one in self._line(stage)
            for other in one.instructions
            if other.keyword == "RUN"
            for text in _texts(other)
        )

    def _looked_in(self, stage: Stage) -> tuple[str, ...]:
        """The folders in which a shell looks for programs, as far as the file tells."""
        return (*self._path(stage)[0], *_INSTALLED)

    def _path(self, stage: Stage) -> tuple[tuple[str, ...], bool]:
        """What a stage and those that it is built from put on PATH, and if all of it is known.

        Most stages put nothing there: for them the answer is that of the stage below.
        """
        found: tuple[tuple[str, ...], bool] = (), True
        alike: list[int] = []
        for one in self._line(stage):
            if one.index in self._paths:
                found = self._paths[one.index]
                break
            if any(
                other.keyword == "ENV" and "PATH" in other.arguments for other in one.instructions
            ):
                found = self._paths[one.index] = self._put_on_path(one)
                break
            alike.append(one.index)
        self._paths.update(dict.fromkeys(alike, found))
        return found

    def _put_on_path(self, stage: Stage) -> tuple[tuple[str, ...], bool]:
        values, folders, known = Values(), list[str](), True
        for one in reversed(tuple(self._line(stage))):
            for other in one.instructions:
                if other.keyword != "ENV":
                    continue
                for name, value in environment(other) if "PATH" in other.arguments else ():
                    for entry in value.split(":") if name == "PATH" else ():
                        if entry in ("$PATH", "${PATH}"):
                            continue
                        path = values.expanded(entry, self._escape)
                        if path is None:
                            known = False
                        elif path.startswith("/"):
                            folders.append(path.rstrip("/"))
                values.add(other)
        return tuple(folders), known

    def _line(self, stage: Stage) -> Iterator[Stage]:
        """A stage and those that it is built from."""
        current: int | None = stage.index
        while current is not None:
            yield self._stages[current]
            current = self._stages[current].base_stage

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
            line.append(self._stages[current])
            current = line[-1].base_stage
        for one in reversed(line):
            for start in self._starts(path, name, one):
                # what is compiled stands in the place of what was there
                known = (True, True) if start is None else (True, known[1] and start)
            self._seen[path, name, one.index] = known
        return known

    def _starts(self, path: str | None, name: str, stage: Stage) -> Iterator[bool | None]:
        """For each file that may become the program in a stage: True if it starts right, None if a
        compiler surely writes it."""
        context = self._context
        installed = _installed(path)
        targets = [path] if path else [f"{folder}/{name}" for folder in self._looked_in(stage)]
        for other in stage.instructions:
            if other.keyword == "RUN":
                here = self._starting[other.start]
                for text in _texts(other):
                    if _compiles(text, targets, here):
                        yield True if "||" in text else None
                    if may_write(text, name) or _edits(text, name):
                        yield False
                    elif name in text and _fetches(text, name):
                        yield is_executable(name)
            elif other.keyword in ("COPY", "ADD"):
                copy = copy_of(other, self._starting[other.start])
                if other.heredocs or copy is None:
                    if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", other.arguments):
                        yield from (
                            _RIGHT.match(body.content) is not None for body in other.heredocs
                        )
                        yield from () if other.heredocs else (False,)
                    continue
                if self._is_built_elsewhere(copy, targets, name, stage):
                    yield None
                    continue
                for target in targets:
                    for source in _supplies(copy, target, installed, context):
                        content = context.read(source) if context else None
                        yield _RIGHT.match(content or "") is not None

    def _is_built_elsewhere(self, copy: Copy, targets: list[str], name: str, stage: Stage) -> bool:
        """True if a COPY brings the program from a stage of the file, which compiles it."""
        origin = self._stage_of(copy.origin, stage)
        if origin is None or any(is_pattern(one) for one in copy.sources):
            return False
        for target in targets:
            for source in copy.sources:
                if not within(target, copy.target):
                    continue
                rest = target[len(copy.target.rstrip("/")) :].strip("/")
                last = source.rpartition("/")[2]
                if rest == last or (not rest and not copy.into):
                    found = f"/{source}"
                else:
                    found = f"/{source}/{rest}"
                if self._found(found, found.rpartition("/")[2], origin) == (True, True):
                    return True
        return False

    def _stage_of(self, origin: str | None, stage: Stage) -> Stage | None:
        """The stage above another one that a COPY names."""
        if not origin:
            return None
        named = self._named.get(origin.lower(), ())
        below = bisect_left(named, stage.index)
        if below:
            return self._stages[named[below - 1]]
        above = origin.isdecimal() and int(origin) < stage.index
        return self._stages[int(origin)] if above else None


def _texts(run: Instruction) -> tuple[str, ...]:
    return (run.arguments, *(body.content for body in run.heredocs))


def _brings(path: str, text: str, *, compiled: bool) -> bool:
    """True if a script has a manager put a program at a path, or compile it there."""
    records = [one.brings for one in named_in(text) if one.brings is not None]
    return any(one.compiled is compiled and one.says(path, text) for one in records)


def copied(facts: Facts, context: Context | None) -> frozenset[str]:
    """Names of the programs that COPY and ADD put where a shell looks for programs.

    Programs from images and other stages do not count: they are hardly scripts.
    """
    starting = bases(facts)
    names: set[str] = set()
    for instruction in facts.instructions:
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
    """True if a program lies where programs are installed."""
    return path is not None and path.rpartition("/")[0] in ("", *_INSTALLED)


def _supplies(
    copy: Copy, target: str | None, installed: bool, context: Context | None
) -> Iterable[str]:
    """The files of the context that may be the program; UNTOLD stands for an unknown one."""
    if target is None:
        return (UNTOLD,)
    named = copy.names(target, context)
    if named is not None:
        return (named,)
    if installed and context is None:
        # Whole trees for /, /usr or an unknown directory hardly replace an installed program.
        if copy.target[0] == "?" or copy.target in ("/", "/usr", "/usr/local"):
            return ()
        name = target.rpartition("/")[2]
        if copy.origin == "" and all(source.rpartition("/")[2] != name for source in copy.sources):
            return ()
    return copy.brings(target, context)


def _compiles(text: str, targets: list[str], base: str) -> bool:
    """True if a compiler in a script writes one of these files, so that it is no script."""
    for found in _COMPILER.finditer(text):
        written = found[1].strip("\"'")
        path = resolve(base, written)
        if path in targets or (
            written.endswith("/") and any(one.rpartition("/")[0] == path for one in targets)
        ):
            return True
    return any(_brings(path, text, compiled=True) for path in targets)


#: Commands that edit a file where it lies. What `sed` replaces in a line may stay a first line.
_EDITING = (
    rf"(?:{_AT}(?:awk|ed|ex|gawk|node|patch|perl|php|python[\d.]*+|ruby|truncate|vim?)\b"
    rf"|{_AT}sed[ \t][^;&|]*-i(?![^;&|]*[ \t\"']s(?P<mark>[^\w\s])[^;&|#]*(?P=mark)))"
)


def _edits(text: str, name: str) -> bool:
    """True if a script may edit a file of that name, so that its first line may be another."""
    return (
        name in text
        and re.search(rf"{_EDITING}[^&|\n]*(?<![\w.-]){re.escape(name)}(?![\w./-])", text)
        is not None
    )


def _fetches(text: str, name: str) -> bool:
    """True if a script fetches a file of that name, or to one."""
    return (
        re.search(rf"{_FETCHING}[^;&|]*(?<![\w.-]){re.escape(name)}(?![\w./-])", text) is not None
    )


def may_write(text: str, name: str) -> bool:
    """True if a script writes a file of that name itself."""
    if name not in text:
        return False
    ways: list[str] = []
    if ">" in text or "tee" in text:
        file = rf"[\"']?(?:[^\s\"'|&;<>]*/)?{re.escape(name)}(?![\w.-])"
        text = re.sub(rf"{_FETCHING}[ \t][^;&|<>]*>[ \t]*{file}", "", text)
        ways.append(rf">[ \t]*{file}|\btee[ \t]+(?:-a[ \t]+)?{file}")
    if f"/{name}" in text:
        ways.append(
            rf"(?:^|[\s;&|(])(?:cp|ln|mv|(?<!go )install)[ \t][^;&|]*/{re.escape(name)}(?![\w./-])"
        )
    ways.append(rf"{_AT}(?:cp|install|ln|mv)[ \t][^;&|]*(?<![\w./-]){re.escape(name)}(?![\w./-])")
    return any(re.search(way, text) for way in ways)
