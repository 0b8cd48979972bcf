"""What the commands of a file do, the scripts of the build context that they run included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.entries import (
    Entry,
    entries,
    entries_of,
    included_by,
    installs,
    scripts_in,
)
from dockfix.installs.lists import lists_of
from dockfix.programs.deed import Called, Deed, kinds_of_text
from dockfix.programs.effects import deeds, deeds_of_text, deeds_of_words
from dockfix.programs.executables import may_write
from dockfix.programs.program_table import ANYTHING, SHELLS
from dockfix.shell.fresh import barrier, loses_directory
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, Place
from dockfix.state.paths import UNTOLD, bases, copy_of, resolve

#: How many scripts may run one another, the first counted: what is below is not looked at.
_DEEPEST = 3
_INTERPRETER = lazy(r"#![ \t]*(?:\S*/env[ \t]+(?:-S[ \t]+)?)?(\S+)")
#: Names that people give to scripts which start something.
_SCRIPT_NAMES = lazy(
    r"\.(?:ba)?sh$|entry|start|run|init|boot|setup|install|wrap|launch|^cmd|^up$|exec|^my_",
    re.IGNORECASE,
)
FOLDERS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")
#: What a start script runs in the end is what CMD says, which is looked at by itself, or itself.
_ARGUMENTS = frozenset(("$@", "${@}", "$*", "$0"))


class Sight:
    """What the RUNs and starts of a file may do, as far as it and its build context show."""

    def __init__(self, facts: Facts, context: Context | None) -> None:
        self._facts, self._context = facts, context
        self._starting = bases(facts)
        self._texts: dict[tuple[int, str], tuple[str, ...] | None] = {}

    def of_run(
        self, shell: Instruction, owner: Instruction, place: Place, script: object
    ) -> tuple[Deed, ...]:
        """What a RUN may do; `script` is its script, if it was read."""
        if isinstance(script, Script):
            found: Iterable[Deed] = deeds(script)
        elif shell.json is not None:
            found = deeds_of_words(shell.json)
        else:
            body = "\n".join([shell.arguments, *(one.content for one in shell.heredocs)])
            found = deeds_of_text(body)
        found = tuple(found)
        if isinstance(script, Script) and self._context is not None:
            found += tuple(self._of_entries(entries(script), owner, place))
        if not any(deed.called for deed in found):
            return found
        return tuple(self._resolved(found, owner, place, _DEEPEST))

    def _of_entries(
        self, found: Iterable[Entry], owner: Instruction, place: Place
    ) -> Iterator[Deed]:
        """What files of the project may install that known programs run, where they are seen."""
        for one in found:
            for folder, commands in self.commands_of(one, owner, place):
                if self._installs(commands, folder, owner, _DEEPEST):
                    yield Deed(one.program, frozenset(("installs",)), start=one.start)
                    break

    def commands_of(
        self, one: Entry, owner: Instruction, place: Place
    ) -> Iterator[tuple[str, str]]:
        """The folder and the commands of the files that a known program runs, as far as they are
        seen: what a file includes belongs to it."""
        path = resolve(place.base, one.path)
        if path is None or UNTOLD in path:
            return
        folder = path.rpartition("/")[0]
        for text in self.texts_at(path, owner) or ():
            included = [
                more
                for name in included_by(text)
                for more in self.texts_at(f"{folder}/{name}", owner) or ()
            ]
            yield folder, one.commands("\n".join([text, *included]))

    def _installs(self, commands: str, folder: str, owner: Instruction, depth: int) -> bool:
        """True if commands of a project's folder, or a script that they name, are seen to install
        from lists that are there already."""
        if not commands or installs(commands):
            return bool(commands)
        if not depth:
            return False
        for name in scripts_in(commands):
            for text in self.texts_at(f"{folder}/{name}", owner) or ():
                if self._installs(text, folder, owner, depth - 1):
                    return True
        return False

    def of_starts(self, stage: Stage) -> Iterator[Deed]:
        """What the programs may do that an image of a stage starts: its CMDs and ENTRYPOINTs.

        Those of the stages that it is built on are not among them. Scripts that can be seen are
        read, and so is what an image runs by itself (`unseen_starts`). Of the rest, what is started
        in another language is taken for the application, and so is a program whose name is not that
        of a script that starts one.
        """
        for item in stage.instructions:
            if item.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
                script = _read(text_of_start(item))
                if script is not None and lists_of(script).needs is not None:
                    yield Deed(item.keyword, frozenset(("installs",)))
            if item.keyword in ("CMD", "ENTRYPOINT"):
                yield from self._of_start(stage, item)
            elif item.keyword == "HEALTHCHECK" and script is not None:
                place = self._facts.places[stage.instructions[-1].start]
                for deed in self._resolved(deeds(script), stage.instructions[-1], place, _DEEPEST):
                    if not deed.unknown:
                        yield deed
        if self._context is not None and "apt" in self._facts.source:
            from dockfix.installs.unseen_starts import started_unseen

            for path, text in started_unseen(self.line(stage), self._starting, self._context):
                if installs(text):
                    yield Deed(path, ANYTHING)

    def line(self, stage: Stage) -> Iterator[Stage]:
        """A stage and those that it is built from."""
        index: int | None = stage.index
        while index is not None:
            yield self._facts.stages[index]
            index = self._facts.stages[index].base_stage

    def _of_start(self, stage: Stage, item: Instruction) -> Iterator[Deed]:
        if item.json is None:
            first = deeds_of_text(item.arguments)
        elif item.json and item.json[0][:1] != "-":
            first = deeds_of_words(item.json)
        else:
            return  # arguments of an ENTRYPOINT
        behind = stage.instructions[-1]
        place = self._facts.places[behind.start]
        if self._context is not None:
            script = None if item.json is not None else _read(item.arguments)
            started = entries(script) if script else entries_of(item.json or ())
            yield from self._of_entries(started, behind, place)
        for deed in self._resolved(first, behind, place, _DEEPEST):
            if not (deed.unknown and _is_application(deed)):
                yield deed

    def _resolved(
        self, found: Iterable[Deed], owner: Instruction, place: Place, depth: int
    ) -> Iterator[Deed]:
        """The deeds with those of the files that they run in their place, where these are seen."""
        for deed in found:
            called = deed.called
            texts = self._files(called, owner, place) if called and depth else None
            if called is None or texts is None:
                yield deed
                continue
            for text in texts:
                for inner in self._of_file(called, text, owner, place, depth - 1):
                    yield inner._replace(program=deed.program, start=deed.start)

    def _of_file(
        self, called: Called, text: str, owner: Instruction, place: Place, depth: int
    ) -> Iterator[Deed]:
        if called.language == "npm":
            script = _script_of_package(text, called.name)
            if script is None:
                yield Deed(called.program, ANYTHING)
            elif script:
                yield from self._of_script(script, called, owner, place, depth)
            return
        language = called.language
        if language == "make":
            yield Deed(called.program, kinds_of_text(text))
            return
        if language == "own" or (language == "other" and text.startswith("#!")):
            found = _INTERPRETER.match(text)
            if found is None and (text[:1] == "\x7f" or "\0" in text):
                yield Deed(called.program, ANYTHING)
                return
            name = found[1].rpartition("/")[2] if found else "sh"
            language = "sh" if name in SHELLS else "other"
        if language == "sh":
            yield from self._of_script(text, called, owner, place, depth)
        else:
            yield Deed(called.program, kinds_of_text(text))

    def _of_script(
        self, text: str, called: Called, owner: Instruction, place: Place, depth: int
    ) -> Iterator[Deed]:
        script = _read(text)
        if script is None:
            yield Deed(called.program, ANYTHING)
            return
        if loses_directory(script, place.workdir):
            yield Deed(called.program, frozenset(("loses",)))
        elif barrier(script, place.workdir, place.user):
            yield Deed(called.program, frozenset(("leaves", "meets", "apart")))
        lists = lists_of(script)
        if lists.needs is not None:
            yield Deed(called.program, frozenset(("installs",)))
        for deed in self._resolved(deeds(script), owner, place, depth):
            if lists.fetches is not None and deed.start > lists.fetches.start:
                deed = deed._replace(kinds=deed.kinds - {"installs"})
            yield deed

    def _files(self, called: Called, owner: Instruction, place: Place) -> tuple[str, ...] | None:
        """The texts that a file which is run may have; None: one of them cannot be had."""
        if called.path is None or self._context is None or _mounts_files(owner):
            return None
        path = called.path
        if called.is_on_path:
            every = [self.texts_at(f"{folder}/{path}", owner) for folder in FOLDERS]
            if any(one is None for one in every):
                return None
            return tuple(text for one in every for text in one or ()) or None
        resolved = resolve(place.base, path)
        return (self.texts_at(resolved, owner) or None) if resolved else None

    def texts_at(self, path: str, owner: Instruction) -> tuple[str, ...] | None:
        """The texts of the files of the context that may lie at a path; None: nobody knows."""
        key = owner.start, path
        if key not in self._texts:
            self._texts[key] = self._read_at(path, owner)
        return self._texts[key]

    def _read_at(self, path: str, owner: Instruction) -> tuple[str, ...] | None:
        assert self._context is not None
        found: list[str] = []
        name = path.rpartition("/")[2]
        for item in self._above(owner):
            if item.keyword == "RUN":
                if any(may_write(text, name) for text in _texts_of(item)):
                    return None
                continue
            copy = copy_of(item, self._starting[item.start])
            if copy is None:
                if name in item.arguments or item.heredocs or "$" in item.arguments.split()[-1]:
                    return None
                continue
            named = copy.names(path, self._context)
            for source in (named,) if named is not None else copy.brings(path, self._context):
                text = None if source == UNTOLD else self._context.read(source)
                if text is None:
                    return None
                found.append(text)
        return tuple(found)

    def _above(self, owner: Instruction) -> Iterator[Instruction]:
        """The COPYs, ADDs and RUNs that an instruction finds done."""
        index: int | None = self._facts.places[owner.start].stage
        while index is not None:
            stage = self._facts.stages[index]
            for item in stage.instructions:
                done = item.start < owner.start or (item is owner and item.keyword != "RUN")
                if done and item.keyword in ("RUN", "COPY", "ADD"):
                    yield item
            index = stage.base_stage


def text_of_start(item: Instruction) -> str:
    """What a start does, as a script: that of its shell, or its words."""
    words = item.json
    if words is None:
        return (
            item.arguments.removeprefix("CMD ") if item.keyword == "HEALTHCHECK" else item.arguments
        )
    if words[:1] and words[0].rpartition("/")[2] in SHELLS and "-c" in words[:-1]:
        return words[words.index("-c") + 1]
    return " ".join(words)


def _is_application(deed: Deed) -> bool:
    """True if what an image starts is no shell script, though nobody knows what it does."""
    called = deed.called
    if called is None:
        return "$" not in deed.program or deed.program in _ARGUMENTS
    if called.language != "own":
        return called.language != "sh"
    path = called.path
    return path is not None and not _SCRIPT_NAMES.search(path.rpartition("/")[2])


def _mounts_files(owner: Instruction) -> bool:
    """True if a RUN sees files that lie in no image."""
    return any(flag.name == "mount" for flag in (owner.child or owner).flags)


def _texts_of(run: Instruction) -> Iterator[str]:
    yield run.arguments
    for body in run.heredocs:
        yield body.content


@cached_by_value
def _read(text: str) -> Script | None:
    script = read_script(text, "bash")
    return script if isinstance(script, Script) else None


@cached_by_value
def _script_of_package(text: str, name: str) -> str | None:
    """The commands of a script of package.json, with those before and behind; None: not known."""
    import json

    try:
        scripts = json.loads(text).get("scripts", {})
        parts = [scripts.get(f"{when}{name}") for when in ("pre", "", "post")]
    except (ValueError, AttributeError):
        return None
    if any(part is not None and not isinstance(part, str) for part in parts) or not parts[1]:
        return None
    return "\n".join(part for part in parts if part)
