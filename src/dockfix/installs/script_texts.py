"""The texts of what builds and containers run: scripts of the build context that commands name, and
those that they name, what known programs run of a project, and what a build writes to be run later.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.entries import entries
from dockfix.installs.sight import FOLDERS, Sight, text_of_start
from dockfix.programs.effects import deeds_of_text
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.state.facts import Facts, Place
from dockfix.state.paths import resolve

#: How many scripts may run one another, the first counted.
_DEEPEST = 3
#: Words that may name a script.
_PATHS = lazy(
    r"(?<![\w$.=/-])(?:[\w./-]{0,200}/[\w.-]+|[\w-]+\.(?:bash|cjs|js|mjs|pl|py|rb|sh|ts)"
    r"|[\w-]*(?:entry|start|run|init)[\w-]*)(?![\w/])"
)
#: Folders in which no script of a project lies.
_NO_SCRIPTS = (
    "/bin/", "/dev/", "/etc/apt/", "/etc/ssl/", "/lib/", "/proc/", "/sys/", "/usr/include/",
    "/usr/lib/", "/usr/share/", "/var/",
)  # fmt: skip
_WRITES = frozenset((">", ">>", ">|", "&>"))
_WRITERS = frozenset(("cat", "echo", "printf", "tee"))


class ScriptTexts:
    """What the RUNs and starts of a file run, as texts."""

    def __init__(self, facts: Facts, context: Context | None) -> None:
        self._facts, self._context = facts, context
        self._sight = Sight(facts, context)

    def of_starts(self, stage: Stage) -> Iterator[str]:
        """What an image of a stage starts: CMDs, ENTRYPOINTs and HEALTHCHECKs, and scripts."""
        for one in self._sight.line(stage):
            for item in one.instructions:
                if item.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
                    text = text_of_start(item)
                    yield text
                    behind = one.instructions[-1]
                    yield from self._named(text, behind, self._facts.places[behind.start])

    def of_runs(self) -> Iterator[str]:
        """What the scripts and project files do that RUNs run, themselves left out."""
        for run in self._facts.runs:
            if not isinstance(run.script, Script) or self._context is None:
                continue
            yield from self._named(run.script.text, run.owner, run.place)
            for entry in entries(run.script):
                for _, commands in self._sight.commands_of(entry, run.owner, run.place):
                    yield commands

    def written(self) -> Iterator[str]:
        """What RUN and COPY write into files by their own words, for somebody to run."""
        for item in self._facts.instructions:
            if item.keyword in ("COPY", "ADD"):
                yield from (body.content for body in item.heredocs)
        for run in self._facts.runs:
            if isinstance(run.script, Script):
                yield from filter(None, map(_written, run.script.nested))
            elif ">" in run.shell.arguments:
                yield from (body.content for body in run.shell.heredocs)

    def _named(
        self, commands: str, owner: Instruction, place: Place, depth: int = _DEEPEST
    ) -> Iterator[str]:
        if self._context is None:
            return
        for word in dict.fromkeys((*_PATHS.findall(commands), *_called(commands))):
            if word.startswith(_NO_SCRIPTS):
                continue
            folders = ("", *FOLDERS) if "/" not in word else ("",)
            for folder in folders:
                path = f"{folder}/{word}" if folder else resolve(place.base, word)
                for text in (self._sight.texts_at(path, owner) or ()) if path else ():
                    yield text
                    if depth > 1 and text.startswith("#!"):
                        yield from self._named(text, owner, place, depth - 1)


def _called(commands: str) -> Iterator[str]:
    """The programs that commands call by a name alone, and that nobody knows."""
    for deed in deeds_of_text(commands):
        if deed.called is not None and deed.called.is_on_path:
            yield deed.called.path or ""


def _written(simple: Simple) -> str:
    """The text that a command writes into a file."""
    if not simple.words or simple.words[0].value not in _WRITERS:
        return ""
    if simple.words[0].value != "tee" and not any(
        one.operator in _WRITES and not one.target.text.startswith("/dev/")
        for one in simple.redirects
    ):
        return ""
    words = [word.value or word.text for word in simple.words[1:]]
    return " ".join(words).replace("\\n", "\n")
