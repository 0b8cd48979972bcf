"""What else works in the folder of a project that is carried, and to whom the folder belongs.

COPY keeps the owners and modes of all that lies in a folder. The folder itself is made root's, with
the usual mode, if it is not there yet; one that is there stays as it is (tried with BuildKit). So
what makes the folder and gives it to a user is done on both sides, on top of what is carried.
"""

from __future__ import annotations

from collections.abc import Collection

from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.stages.sides import Done, Run
from dockfix.stages.view import View
from dockfix.state.paths import copy_of, resolve, within

_ROOT = ("root", "0", "root:root", "0:0")
_OWNING = frozenset(("chown", "chgrp", "chmod", "setfacl"))
#: What is done to files behind a build is done there.
_ON_FILES = ("cp", "mkdir", "mv", "rm", "touch")


class Work(Record):
    """The starts of the RUNs and copies that work in a folder which is carried: those for the build
    alone, and those that are done on both sides."""

    build: frozenset[int]
    again: frozenset[int]


def work_inside(view: View, built: Collection[int], folder: str, *, whole: bool) -> Work:
    """What works in the folder above the end of the build, and files right behind it.

    Without `whole`, only the packages in the folder are carried. Raises UnsureError.
    """
    last = max(built)
    build: set[int] = set()
    again: set[int] = set()
    outside: set[int] = set()
    owned = any(view.facts.places[start].user not in (None, *_ROOT) for start in built)
    behind = True
    for start, run in view.runs.items():
        if start in built or not run.kinds <= {"files", "nothing", "scratch"}:
            behind &= start <= last
            continue
        sides = {_side(view, run, done, folder) for done in run.of_kind("files")} - {"none"}
        if start > last:
            moves = any(done.program == "cd" for done in run.done or ())
            if whole and behind and not moves and sides == {"inside"} and _is_on_files(run):
                build.add(start)
            else:
                behind = False
        elif "owner" in sides:
            if sides <= {"owner", "inside"} and _is_there(view, run, folder):
                again.add(start)
                owned = True
            else:
                line = view.line(run.instruction)
                raise UnsureError(f"line {line} gives {folder} to a user, and more")
        elif whole and any(done.program == "cd" for done in run.done or ()):
            raise UnsureError(f"it is unknown where line {view.line(run.instruction)} works")
        elif not whole and any(
            _puts_packages(view, run, done, folder) for done in run.of_kind("files")
        ):
            line = view.line(run.instruction)
            raise UnsureError(f"line {line} puts something in the place of the packages")
        elif not sides & {"inside", "both"} or not whole:
            outside.add(start)
        elif sides == {"inside"}:
            build.add(start)
            owned |= bool({done.program for done in run.of_kind("files")} & _OWNING)
        else:
            line = view.line(run.instruction)
            raise UnsureError(f"line {line} works inside of {folder} and elsewhere")
    copies = _copies_inside(view, folder, max(build | set(built))) if whole else {}
    owned |= any(copies.values())
    # the users that files are given to are needed on both sides
    return Work(frozenset(build | set(copies)), frozenset(again | (outside if owned else set())))


def _side(view: View, run: Run, done: Done, folder: str) -> str:
    """Where a command works: inside of the folder, outside, or on its owner."""
    here = view.facts.places[run.instruction.start].base
    words = [value for value in done.values[1:] if value[:1] != "-"]
    is_owning = done.program in _OWNING
    paths = [resolve(here, value) for value in (words[1:] if is_owning else words)]
    targets = [one.target.value for one in done.simple.redirects]
    paths += [resolve(here, value) for value in targets if value]
    inside = [one for one in paths if one is not None and within(one, folder)]
    if is_owning and any(one is not None and within(folder, one) for one in paths):
        return "owner"
    if is_owning and None in paths:
        return "both"
    if not paths or (not inside and done.program in ("echo", "printf")):
        return "none"
    return "inside" if len(inside) == len(paths) else ("outside" if not inside else "both")


def _puts_packages(view: View, run: Run, done: Done, folder: str) -> bool:
    """True if a command puts files, or a link, where the packages of a project are installed."""
    here = view.facts.places[run.instruction.start].base
    paths = [resolve(here, value) for value in done.values[1:] if value[:1] != "-"]
    return done.program in ("cp", "install", "ln", "mv") and any(
        path is None or within(path, f"{folder}/node_modules") or path == folder for path in paths
    )


def _is_there(view: View, run: Run, folder: str) -> bool:
    """True if the folder is there for a RUN, whatever is copied: by WORKDIR, or by itself."""
    made = [done for done in run.of_kind("files") if done.program == "mkdir"]
    return _is_working(view, run.instruction.start, folder) or any(
        within(path, folder)
        for done in made
        for value in done.values[1:]
        if (path := resolve(view.facts.places[run.instruction.start].base, value)) is not None
    )


def _is_working(view: View, start: int, folder: str) -> bool:
    """True if the folder was a working directory above, or one above one."""
    places = [view.facts.places[one.start] for one in view.instructions if one.start <= start]
    return any(place.workdir is not None and within(place.workdir, folder) for place in places)


def _copies_inside(view: View, folder: str, last: int) -> dict[int, bool]:
    """The copies into the folder, which is carried as a whole, and whether they give it to a user.
    Raises UnsureError."""
    found: dict[int, bool] = {}
    for one in view.instructions:
        if one.keyword not in ("COPY", "ADD") or one.start > last:
            continue
        copy = copy_of(one, view.facts.places[one.start].base)
        if copy is None:
            raise UnsureError(f"it is unknown what line {view.line(one)} copies")
        if within(copy.target, folder):
            owned = any(flag.name == "chown" for flag in one.flags)
            if owned and copy.target == folder and not _is_working(view, one.start, folder):
                raise UnsureError(
                    f"what line {view.line(one)} copies belongs to a user, and a folder that is"
                    " carried would be root's"
                )
            found[one.start] = owned
    return found


def owner_of(view: View, built: Collection[int]) -> str:
    """The user that all RUNs of the build run as; "": root. Raises UnsureError for several."""
    found = {view.facts.places[start].user for start in built}
    users = {"" if user is None or user in _ROOT else user for user in found}
    if len(users) > 1:
        raise UnsureError(f"the build runs as root and as user {max(users)}")
    return users.pop()


def _is_on_files(run: Run) -> bool:
    return all(done.program in _ON_FILES for done in run.of_kind("files"))
