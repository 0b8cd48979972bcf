"""What BuildKit says while it builds (`--progress plain`): steps, and the reason of a failure.

#5 [build 2/4] RUN make          a step begins; the build has four
#5 1.204 cc -c main.c            what it prints
#5 DONE 3.1s                     or CACHED, or ERROR: …
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dockfix.builds.engine import BuildStep
from dockfix.shell.patterns import lazy

_NUMBERED = lazy(r"#(\d+) (.*)")
_STEP = lazy(r"\[(?:[^\]]* )?(\d+)/(\d+)\] (.*)")
_DONE = lazy(r"DONE (\d+(?:\.\d+)?)s")
#: Colors, which some engines send whoever reads.
_COLOR = lazy(r"\x1b\[[\d;]*m")
#: Podman and Buildah.
_STEP_OF_BUILDAH = lazy(r"(?:\[\d+/\d+\] )?STEP (\d+)/(\d+): (.*)")
#: What the engine's own linter says, which is not why it failed.
_WARNING = lazy(r" (?:\d+ warnings? found .*|- \w+: .* \(line \d+\))")
#: Lines of a log that are kept for a message.
_KEPT = 400


class BuildLog:
    """Reads a log while it is written. `on_step` is told what is being built."""

    def __init__(self, on_step: Callable[[str], None], on_line: Callable[[str], None]) -> None:
        self._on_step = on_step
        self._on_line = on_line
        self._names: dict[str, str] = {}
        self._done: dict[str, BuildStep] = {}
        self._last: deque[str] = deque(maxlen=_KEPT)

    def read_line(self, line: str) -> None:
        """Takes the next line of the log."""
        line = _COLOR.sub("", line)
        self._on_line(line)
        self._last.append(line)
        numbered = _NUMBERED.match(line)
        if numbered is None:
            buildah = _STEP_OF_BUILDAH.match(line)
            if buildah is not None:
                name = f"[{buildah[1]}/{buildah[2]}] {buildah[3]}"
                self._names[name] = name
                self._done[name] = BuildStep(name, False, 0.0)
                self._on_step(name)
            elif line.startswith("--> Using cache") and self._done:
                name = next(reversed(self._done))
                self._done[name] = self._done[name]._replace(cached=True)
            return
        number, rest = numbered.groups()
        if _STEP.match(rest):
            if number not in self._names:
                self._on_step(rest)
            self._names[number] = rest
        elif number in self._names:
            done = _DONE.match(rest)
            if rest == "CACHED":
                self._done[number] = BuildStep(self._names[number], True, 0.0)
            elif done is not None:
                self._done[number] = BuildStep(self._names[number], False, float(done[1]))

    def steps(self) -> tuple[BuildStep, ...]:
        """The steps that were built, in the order in which they began."""
        return tuple(self._done[number] for number in self._names if number in self._done)

    def failure(self) -> str:
        """The lines that say why a build failed: those below the last ruler, or the last ones."""
        lines = [line for line in self._last if not _WARNING.fullmatch(line)]
        rulers = [at for at, line in enumerate(lines) if line == "------"]
        if len(rulers) > 1:
            # between the two: the last lines of the step that failed
            return "\n".join(lines[rulers[-2] + 1 :])
        # what was done before, step by step, is not why; if nothing else is said, it ended there
        steps = [at for at, line in enumerate(lines) if _NUMBERED.match(line)]
        reason = [line for line in lines[steps[-1] + 1 if steps else 0 :] if line.strip()]
        return "\n".join(reason[-20:] or [line for line in lines[-20:] if line.strip()])
