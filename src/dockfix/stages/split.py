"""The mechanism: the instructions of a stage are sorted into sides, then the stage is cut.

An ecosystem says which instructions are for the build and what of their work is carried. Here the
others are sorted: packages of the system one by one, copies by what the final stage gets anyway,
settings to both sides, what starts the container to the final one. Whatever is not understood
raises UnsureError: then nothing is divided, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.stages import Division, Piece, repeated
from dockfix.managers.distributions.bases import base_of
from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.stages import installs
from dockfix.stages.copies import needed_copies
from dockfix.stages.packages import of_alpine, of_compilers, relied_on, runtime_of
from dockfix.stages.programs import check_programs
from dockfix.stages.sides import Done, Run
from dockfix.stages.view import Cut, Ecosystem, View
from dockfix.typed import Literal

#: "build": for the build alone. "both": needed on both sides. "final": for the final stage alone.
Side = Literal["build", "both", "final"]

#: Instructions that only say what becomes of the image.
_METADATA = frozenset(
    ("CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL", "VOLUME")
)
_SETTINGS = frozenset(("ENV", "SHELL", "WORKDIR", "USER"))
#: Commands that make what only the final stage needs, unless the build runs as that user.
_ONLY_FINAL = frozenset(
    ("addgroup", "adduser", "chgrp", "chmod", "chown", "groupadd", "locale-gen", "mkdir", "touch",
     "update-locale", "useradd", "usermod")
)  # fmt: skip
#: Libraries, by the beginnings of their names, that slim images have.
_PRESENT = {
    "python": (
        "libbz2-1.0", "libexpat1", "libffi", "libgdbm6", "liblzma5", "libncurses", "libreadline",
        "libsqlite3-0", "libssl", "libtinfo6", "libuuid1",
    ),
    "php": ("libcurl4", "libsqlite3-0", "libssl", "libxml2"),
}  # fmt: skip


class Split(Record):
    """How a stage is divided, and what the final image is without, for messages and proof."""

    division: Division
    what: str
    base: str
    dropped: tuple[str, ...]
    left: tuple[str, ...]


def split(view: View, ecosystem: Ecosystem) -> Split | None:
    """How the stage is divided; None if that would bring nothing. Raises UnsureError."""
    cut = ecosystem.cut(view)
    if "$" in (view.stage.base or "") and "$" not in cut.image and not cut.fits:
        raise UnsureError(
            f"{view.stage.base} may be another image for somebody, and then not fit {cut.image}"
        )
    sorted_ = Sorted(view, cut)
    if not sorted_.gains:
        return None
    sorted_.check()
    build = frozenset([start for start, side in sorted_.sides.items() if side == "build"])
    called = check_programs(view, cut, ecosystem, build, sorted_.dropped, sorted_.kept)
    needed = sorted_.packages(called)
    return sorted_.split(needed)


class Sorted:
    """The instructions of a stage with their sides."""

    def __init__(self, view: View, cut: Cut) -> None:
        self.view, self.cut = view, cut
        self.dropped: list[str] = []
        self.kept: list[str] = []
        self.recommends = False
        self._removed: set[str] = set()
        self._anew: list[Run] = []
        self.sides: dict[int, Side] = {}
        for one in view.instructions:
            if one.keyword == "RUN":
                self._sort_packages(view.runs[one.start])
        for run in view.runs.values():
            self._removed |= installs.removed_groups(run, self._removed)
        self.kept = [name for name in self.kept if name not in self._removed]
        build = {*cut.build, *(run.instruction.start for run in self._anew)}
        ends = [one for one in view.instructions if one.start in build]
        self.last = ends[-1]
        copies = needed_copies(view, self.last, manifests=cut.manifests)
        for one in view.instructions:
            self.sides[one.start] = self._side(one, build, copies)
        self._settle_arguments()

    @property
    def gains(self) -> bool:
        """True if the final stage is without something that only builds."""
        another = self.cut.image != (self.view.stage.base or "")
        return another or bool(self.dropped) or self.cut.gains

    def _sort_packages(self, run: Run) -> None:
        """Sorts the packages of the system that a RUN installs."""
        found = run.of_kind("system")
        builders: list[str] = []
        for done in found:
            if done.action in ("install", "remove") and not self.is_told_apart(run, done):
                raise UnsureError(f"the packages of line {self.view.line(run.instruction)} "
                                  "cannot be told apart")  # fmt: skip
            if done.command is None:
                continue
            names = [word.value or word.text for word in done.command.packages]
            plain = [installs.base_name(name) for name in names]
            if done.action == "install":
                self.recommends |= not installs.without_recommends(done)
                builders += [name for name in plain if self.only_builds(name)]
                self.kept += [name for name in plain if not self.only_builds(name)]
            elif done.action == "remove":
                self._removed.update(plain)
                builders += plain[:1]
            elif done.action == "upgrade" and names:
                raise UnsureError("single packages are upgraded")
        self.dropped += [
            name for name in builders if name not in self._removed or self.only_builds(name)
        ]
        if builders or (found and run.instruction.start in self.cut.build):
            self._anew.append(run)

    def is_told_apart(self, run: Run, done: Done) -> bool:
        """True if an install or a removal is done whatever else the RUN does."""
        return done.command is not None and run.chained

    def only_builds(self, name: str) -> bool:
        """True if a package is of use to the build alone."""
        return installs.is_builder(self.view, name, self.cut.tools)

    def _side(self, one: Instruction, build: set[int], copies: frozenset[int]) -> Side:
        behind = one.start > self.last.start
        keyword = one.keyword
        if keyword == "ONBUILD":
            raise UnsureError("ONBUILD is for another build")
        if one.start in build:
            return "build"
        if behind:
            return "final"
        if one.start in self.cut.again:
            return "both"
        if keyword in _METADATA:
            return "final"
        if keyword in _SETTINGS:
            if (
                keyword == "USER"
                and not self.cut.users
                and one.arguments not in ("root", "0", "root:root", "0:0")
            ):
                raise UnsureError(f"the build runs as user {one.arguments}")
            return "both"
        if keyword == "ARG":
            return "both"
        if keyword in ("COPY", "ADD"):
            return self.side_of_copy(one, copies)
        return self.side_of_run(one)

    def side_of_copy(self, one: Instruction, copies: frozenset[int]) -> Side:
        """The side of a copy above the cut; `copies` are those that the final stage needs."""
        return "both" if one.start in copies else "build"

    def side_of_run(self, one: Instruction) -> Side:
        """The side of a RUN above the cut that does not build. Raises UnsureError."""
        run = self.view.runs[one.start]
        if run.done is None:
            raise UnsureError(f"what the RUN of line {self.view.line(one)} does is not understood")
        if run.kinds <= {"files", "nothing", "scratch"}:
            names = {done.program for done in run.of_kind("files")}
            return "final" if names <= _ONLY_FINAL and not self._has_owners() else "both"
        if run.kinds <= {"system", "files", "nothing", "scratch"}:
            return "both"
        program = next((done.program for done in run.done if done.kind in ("runs", "asks")), "")
        raise UnsureError(
            f"it is unknown what {program or 'a program'} in line {self.view.line(one)} leaves"
        )

    def _has_owners(self) -> bool:
        """True if something of the build stage names a user or a group."""
        return any(
            one.start < self.last.start and any(flag.name == "chown" for flag in one.flags)
            for one in self.view.instructions
        )

    def _settle_arguments(self) -> None:
        """ARGs that nothing of the final stage names stay with the build."""
        finals = [one for one in self.view.instructions if self.sides[one.start] != "build"]
        texts = [one.logical.text for one in finals if one.keyword != "ARG"]
        text = " ".join([*texts, *self.cut.carried])
        runs = any(
            one.keyword == "RUN" and self.sides[one.start] == "final"
            for one in self.view.instructions
        )
        for one in finals:
            if one.keyword == "ARG" and one.start < self.last.start:
                names = [word.text.partition("=")[0] for word in one.words]
                if not runs and not any(f"${name}" in text or f"${{{name}" in text
                                        for name in names):  # fmt: skip
                    self.sides[one.start] = "build"

    def check(self) -> None:
        """Raises UnsureError for what cannot be divided as it stands."""
        view = self.view
        starts = any(one.keyword in ("CMD", "ENTRYPOINT") for one in view.instructions)
        if not starts and not self.cut.starts:
            raise UnsureError("nothing says what the container starts")
        for one in view.instructions:
            if one.keyword == "RUN" and one.start <= self.last.start:
                self.check_build(view.runs[one.start])
            elif one.keyword == "RUN" and view.runs[one.start].of_kind("language"):
                raise UnsureError(f"what line {view.line(one)} installs may need a compiler")
            side = self.sides[one.start]
            if side == "both" and "#" in repeated(view.facts.style, one) and one.keyword == "RUN":
                raise UnsureError(f"the RUN of line {view.line(one)} has a comment in its script")
            if side in ("both", "build") and one.heredocs and one.keyword == "RUN":
                raise UnsureError(f"the RUN of line {view.line(one)} has a here-document")

    def check_build(self, run: Run) -> None:
        """Raises UnsureError for a RUN that leaves more than packages of the system."""
        start = run.instruction.start
        if self.sides[start] == "build" and start not in self.cut.build:
            self.view.only(run, "system", "nothing", "scratch")

    def packages(self, called: Sequence[str]) -> list[str]:
        """The packages that the final stage needs beside those that the file names, sorted."""
        view, cut = self.view, self.cut
        present = _PRESENT.get(view.image.name, ())
        wanted = [one for one in cut.linked if one.endswith("-dev")]
        base = view.base or base_of(cut.image)
        found = dict.fromkeys(runtime_of(base, [*self.dropped, *wanted], present))
        found.update(dict.fromkeys(one for one in cut.linked if not one.endswith("-dev")))
        if installs.on_alpine(view.image):
            found.update(dict.fromkeys(of_alpine(self.dropped)))
        elif cut.unknown:
            found.update(dict.fromkeys(of_compilers(self.dropped)))
        found.update(dict.fromkeys([*called, *cut.called]))
        if not cut.unknown or self.dropped:
            kept = [*self.kept, *found]
            relied = relied_on(base, self.dropped, kept, recommends=self.recommends)
            found.update(
                dict.fromkeys(one for one in relied if one not in installs.in_image(view.image))
            )
        return sorted(name for name in found if name not in self.kept)

    def split(self, needed: list[str]) -> Split:
        """The division."""
        view, cut = self.view, self.cut
        names = _stage_names(view)
        shared = self._shared()
        pieces: list[Piece] = []
        for one in view.instructions:
            if one.start > self.last.start or (shared and one.start < shared.start):
                continue
            run = view.runs.get(one.start)
            if run is not None and run in self._anew:
                text = installs.without_builders(view, run, needed, cut.tools)
                needed = [] if text.placed else needed
                if text.line:
                    pieces.append(Piece(one, text.line))
                if one.start in cut.repeats:
                    pieces.append(Piece(None, cut.repeats[one.start]))
            elif one.start in cut.repeats:
                pieces.append(Piece(None, cut.repeats[one.start]))
            elif needed and self._may_take(one):
                taking = view.runs[one.start]
                line = installs.without_builders(view, taking, needed, cut.tools).line
                pieces.append(Piece(one, line))
                needed = []
            elif self.sides[one.start] in ("both", "final"):
                pieces.append(Piece(one, moved=self.sides[one.start] == "final"))
        if needed:
            pieces.insert(0, Piece(None, installs.new_install(view, needed, cut.image)))
        build = names["build"]
        pieces[:0] = [Piece(None, line.replace("{build}", build)) for line in cut.begins]
        division = Division(
            view.stage.instructions[0],
            self.last,
            cut.image,
            build,
            names["final"] or ("release" if shared else ""),
            "base" if shared else "",
            shared,
            cut.above,
            tuple(pieces),
            tuple([line.replace("{build}", build) for line in cut.carried]),
            cut.below,
        )
        return Split(
            division,
            cut.what,
            cut.image,
            tuple(dict.fromkeys(self.dropped)),
            (*cut.left, *self._uncopied()),
        )

    def _may_take(self, one: Instruction) -> bool:
        """True if an install above the cut, which both sides have, can bring more packages."""
        run = self.view.runs.get(one.start)
        return (
            run is not None
            and self.sides[one.start] == "both"
            and run.chained
            and run.kinds <= {"system", "nothing", "scratch"}
            and any(done.action == "install" for done in run.of_kind("system"))
        )

    def _shared(self) -> Instruction | None:
        """Where the build begins, if what stands above is the same on both sides, and so can be a
        stage of its own on which both are built."""
        view = self.view
        if self.cut.image != view.stage.base or "base" in _taken(view):
            return None
        first = next(one for one in view.instructions if self.sides[one.start] == "build")
        above = [one for one in view.instructions if one.start < first.start]
        return first if any(one.keyword in ("RUN", "COPY", "WORKDIR") for one in above) else None

    def _uncopied(self) -> Iterable[str]:
        """Globs of the files that the build alone gets."""
        from dockfix.state.paths import bases, copy_of

        starting = bases(self.view.facts)
        for one in self.view.instructions:
            if one.keyword in ("COPY", "ADD") and self.sides[one.start] == "build":
                copy = copy_of(one, starting[one.start])
                for path in copy.landings(self.view.context) if copy else ():
                    yield from (path, f"{path}/**")


def _taken(view: View) -> set[str]:
    return {stage.name for stage in view.facts.stages if stage.name}


def _stage_names(view: View) -> dict[str, str]:
    """The names of the stages: that of the stage goes to the final one."""
    own = view.stage.name or ""
    taken = _taken(view)
    build = next(name for name in ("build", "builder", "build-stage") if name not in taken)
    words = view.stage.instructions[0].words
    return {"build": build, "final": words[2].text if own and len(words) > 2 else ""}
