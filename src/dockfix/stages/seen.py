"""Any language, by what a build showed: what each RUN left is carried as it is.

This is for stages of which the text does not tell what the build leaves. The facts are handed over
(`dockfix.state.evidence`); what is written follows from them and from the text, and has no trace of
them. The base image stays the same, so that the result finds everything of it; the compilers and
headers that the file installs stay with the build.
"""

from __future__ import annotations

from dockfix.managers.manifests.shape import UnsureError
from dockfix.stages.view import Cut, View
from dockfix.state.evidence import Evidence

#: Kinds of commands that the final stage does again.
_AGAIN = frozenset(("system", "files", "nothing", "scratch"))


class Seen:
    """An ecosystem that knows no language, and what a build showed."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def concerns(self, view: View) -> bool:
        """True: there is a build of it."""
        return True

    def cut(self, view: View) -> Cut:
        """The RUNs that build, and what they left. Raises UnsureError."""
        evidence = self._evidence
        if evidence.building:
            raise UnsureError(f"what it starts uses {evidence.building[0]} when it runs")
        written = {one.line: one for one in evidence.written}
        builds = [run for run in view.runs.values() if run.done is None or not run.kinds <= _AGAIN]
        if not builds:
            raise UnsureError("no RUN builds anything")
        paths: list[str] = []
        for run in builds:
            line = view.line(run.instruction)
            left = written.get(line)
            if left is None:
                continue
            if left.unfit:
                raise UnsureError(f"what line {line} leaves cannot be carried: {left.unfit}")
            paths += left.paths
        if not paths:
            raise UnsureError("what the build leaves cannot be seen")
        if "/" in paths or any(path.count("/") == 1 and path in _OF_SYSTEM for path in paths):
            raise UnsureError("what the build leaves is all over the system")
        return Cut(
            frozenset([run.instruction.start for run in builds]),
            view.stage.base or "",
            tuple(f"COPY --from={{build}} {path} {path}" for path in _outermost(paths)),
            linked=evidence.libraries,
            what="what the build leaves",
        )

    def calls(self, path: str, text: str) -> frozenset[str]:
        """The programs that a file calls: those were seen when it ran."""
        return frozenset()


#: Folders that belong to the system as a whole.
_OF_SYSTEM = frozenset(("/bin", "/boot", "/etc", "/lib", "/sbin", "/usr", "/var"))


def _outermost(paths: list[str]) -> list[str]:
    """The paths, sorted, without those that lie below another one."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(f"{one}/") for one in found):
            found.append(path)
    return found
