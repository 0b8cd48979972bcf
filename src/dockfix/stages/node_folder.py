"""What else works in the folder of a Node.js project, which is carried as a whole.

A folder that is copied belongs to root in the final stage, with the usual mode, whatever it had.
What lies in it keeps its owners and modes.
"""

from __future__ import annotations

from collections.abc import Collection

from dockfix.managers.manifests.shape import UnsureError
from dockfix.stages.sides import Done, Run
from dockfix.stages.view import View
from dockfix.state.paths import copy_of, resolve, within

#: What is done to files behind a build is done there.
_ON_FILES = ("cp", "mkdir", "mv", "rm", "touch")


def work_inside(view: View, built: Collection[int], folder: str, last: int) -> set[int]:
    """The RUNs that work on files in the folder, which is carried: those above the end of the
    build, and those right behind it. Raises UnsureError."""
    found: set[int] = set()
    behind = True
    for start, run in view.runs.items():
        if start in built or not run.kinds <= {"files", "nothing", "scratch"}:
            behind &= start <= last
            continue
        sides = {_side(view, run, done, folder) for done in run.of_kind("files")} - {"none"}
        line = view.line(run.instruction)
        if start < last and "owner" in sides:
            raise UnsureError(
                f"line {line} gives {folder} to a user, and a folder that is carried would be"
                " root's"
            )
        if sides == {"inside"} and (start < last or (behind and _is_on_files(run))):
            found.add(start)
        elif sides & {"inside", "both"} and start < last:
            raise UnsureError(f"line {line} works inside of {folder} and elsewhere")
        else:
            behind &= start <= last
    return found


def _side(view: View, run: Run, done: Done, folder: str) -> str:
    """Where a command works: inside of the folder, outside, or on its owner."""
    here = view.facts.places[run.instruction.start].base
    paths = [resolve(here, value) for value in done.values[1:] if value[:1] != "-"]
    targets = [one.target.value for one in done.simple.redirects]
    paths += [resolve(here, value) for value in targets if value]
    inside = [one for one in paths if one is not None and within(one, folder)]
    above = [one for one in paths if one is not None and within(folder, one)]
    if done.program in ("chown", "chgrp", "chmod", "setfacl"):
        if above or inside:
            return "owner"
        return "outside"
    if not paths or (not inside and done.program in ("echo", "printf")):
        return "none"
    return "inside" if len(inside) == len(paths) else ("outside" if not inside else "both")


def copies_inside(view: View, folder: str, last: int) -> set[int]:
    """The copies into the folder, which is carried as a whole."""
    found: set[int] = set()
    for one in view.instructions:
        if one.keyword not in ("COPY", "ADD") or one.start > last:
            continue
        copy = copy_of(one, view.facts.places[one.start].base)
        if copy is None:
            raise UnsureError(f"what line {view.line(one)} copies is not told")
        if within(copy.target, folder):
            if any(flag.name == "chown" for flag in one.flags):
                raise UnsureError(
                    f"what line {view.line(one)} copies belongs to a user, and a folder that is"
                    " carried would be root's"
                )
            found.add(one.start)
    return found


def _is_on_files(run: Run) -> bool:
    return all(done.program in _ON_FILES for done in run.of_kind("files"))
