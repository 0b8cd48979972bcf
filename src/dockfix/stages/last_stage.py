"""The last of several stages, where nothing is built, without what only builds.

No stage is added. What the stage installs and only builds leaves its lists; of a `-dev` package the
shared libraries stay, by their own names. An image that is a toolchain is changed for what is below
it: that of Go and Rust for the same release of Debian or Alpine, one with a JDK for the JRE of the
same vendor and version. Nothing of that is done where a RUN of the stage may compile, where source
of any stage calls a compiler or opens a library by a name that only a `-dev` package has, or where
source cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.lists import Gap, refilled
from dockfix.edit.removal import comments_above, removal_of
from dockfix.installs.listing import Entry, listing_of
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.toolchains import starts_a_build
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages import any_language, installs
from dockfix.stages.java_slim import check_jre
from dockfix.stages.packages import of_alpine, of_compilers, relied_on, runtime_of
from dockfix.stages.programs import check_programs
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import files_of
from dockfix.stages.toolchain_images import Without, without_toolchain
from dockfix.stages.view import Cut, View

#: Kinds of commands that need no compiler, and other programs that need none.
_KINDS = frozenset(("system", "files", "nothing", "scratch"))
_PLAIN = words("bunzip2 curl gpg gunzip sha256sum sha512sum tar unxz unzip uname wget dpkg xz")
#: What brings source that is not in the build context.
_FETCHING = lazy(
    r"(?<![\w.-])(?:git\s+(?:clone|fetch|pull|submodule)|curl|wget|svn|hg)(?![\w.-])|https?://"
)
#: Folders of libraries and headers: who names them may mean what a `-dev` package has there.
_FOLDERS = lazy(r"/usr/(?:include|lib|local/lib)\b|/usr/share/pkgconfig")
#: Languages of whose packages it is not known which of them compile when they run.
_COMPILING = frozenset(("python", "ruby", "php", "perl", "haskell", "elixir", "ocaml"))


class Trimmed(Record):
    """The edits that leave out of a stage what only builds, and what it is then without.

    `image` is its new base; "" if that stays.
    """

    image: str
    edits: tuple[Edit, ...]
    dropped: tuple[str, ...]
    left: tuple[str, ...]


class _Several(View):
    """A view in which the files are those that all stages copy: what the last one gets of another
    is built of them."""

    @cached_property
    def files(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for stage in self.facts.stages:
            found.update(dict.fromkeys(files_of(stage, self.context)))
        return tuple(found)


def is_filled(view: View) -> bool:
    """True if a stage is the last of several, and gets something of the others."""
    return len(view.facts.stages) > 1 and any(_origin(one) for one in view.instructions)


def trimmed(view: View) -> Trimmed | None:
    """How the stage comes out without what only builds; None if it has nothing of that kind. Raises
    UnsureError."""
    view = _Several(view.facts, view.image, view.context)
    without = without_toolchain(view)
    found = [
        (run, done)
        for run in view.runs.values()
        for done in run.of_kind("system")
        if done.action == "install"
        and any(installs.is_builder(view, name) for name in _names(done))
    ]
    if without is None and not found:
        return None
    _check_stages(view)
    if without is not None and without.is_jre:
        check_jre(view, without.image)
    return _Trimming(view, without, found).done()


def _origin(one: Instruction) -> str:
    """The stage or image that a COPY copies from."""
    flags = one.flags if one.keyword == "COPY" else ()
    return next((flag.value or "" for flag in flags if flag.name == "from"), "")


def _names(done: Done) -> list[str]:
    packages = done.command.packages if done.command is not None else ()
    return [installs.base_name(word.value or word.text) for word in packages]


def _check_stages(view: View) -> None:
    """Raises UnsureError if what the last stage gets of the others cannot be seen."""
    known = {stage.name for stage in view.facts.stages[:-1]} | {
        str(stage.index) for stage in view.facts.stages[:-1]
    }
    if not any(one.keyword in ("CMD", "ENTRYPOINT") for one in view.instructions):
        raise UnsureError("nothing says what the container starts")
    for one in view.instructions:
        if (origin := _origin(one)) and origin.lower() not in known:
            raise UnsureError(f"what line {view.line(one)} copies of {origin} cannot be seen")
        if one.keyword in ("CMD", "ENTRYPOINT") and starts_a_build(" ".join(one.json or ())
                                                                   or one.arguments):  # fmt: skip
            raise UnsureError(f"{one.keyword} in line {view.line(one)} starts a shell, or builds")
    for stage in view.facts.stages[:-1]:
        for one in stage.instructions:
            line = view.line(one)
            if one.keyword in ("RUN", "ADD") and _FETCHING.search(one.arguments):
                raise UnsureError(f"what line {line} fetches cannot be seen")
            origin = _origin(one)
            if origin and origin.lower() not in known:
                raise UnsureError(f"what line {line} copies of {origin} cannot be seen")


class _Trimming:
    """A stage that loses what only builds."""

    def __init__(self, view: View, without: Without | None, found: list[tuple[Run, Done]]) -> None:
        self.view, self.without, self.found = view, without, found
        self.dropped: list[str] = []
        self.kept: list[str] = []
        recommends = False
        for run in view.runs.values():
            self._check_run(run)
            for done in run.of_kind("system"):
                if done.action == "install" and done.command is not None:
                    names = _names(done)
                    self.dropped += [one for one in names if installs.is_builder(view, one)]
                    self.kept += [one for one in names if not installs.is_builder(view, one)]
                    recommends |= not installs.without_recommends(done)
        self._recommends = recommends

    def _check_run(self, run: Run) -> None:
        line = self.view.line(run.instruction)
        if run.done is None:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        for done in run.done:
            if done.kind not in _KINDS and done.program not in _PLAIN:
                raise UnsureError(f"it is unknown what {done.program} in line {line} needs")
            if done.kind == "system" and done.action == "remove":
                raise UnsureError(f"line {line} removes packages again")
            if done.kind == "system" and done.action == "install" and done.command is None:
                raise UnsureError(f"the packages of line {line} cannot be told apart")

    def done(self) -> Trimmed:
        """The edits. Raises UnsureError."""
        view, without = self.view, self.without
        if self.dropped:
            self._check_compiled()
        called: list[str] = []
        if without is None or not without.is_jre:
            cut = Cut(
                frozenset(),
                without.image if without else (view.stage.base or ""),
                (),
                lost=without.lost if without else frozenset(),
            )
            called = check_programs(view, cut, any_language, frozenset(), self.dropped, self.kept)
        needed = dict.fromkeys(called)
        if self.dropped:
            needed.update(dict.fromkeys(self._libraries()))
        own = without.packages if without else ()
        names = sorted(name for name in needed if name not in {*self.kept, *own})
        edits: list[Edit] = []
        if without is not None:
            edits += self._new_base(without, [] if self.found else names)
        for number, (run, done) in enumerate(self.found):
            edits += self._shorter(run, done, () if number else tuple(names))
        return Trimmed(
            without.image if without else "",
            tuple(edits),
            tuple(dict.fromkeys(self.dropped)),
            without.left if without else (),
        )

    def _check_compiled(self) -> None:
        """Raises UnsureError if something may need the packages for more than their libraries."""
        view = self.view
        if not installs.on_alpine(view.image) and not (view.base and view.base.suites):
            raise UnsureError(f"it is unknown which packages {view.stage.base} has")
        for run in view.runs.values():
            if _FOLDERS.search(run.instruction.arguments):
                line = view.line(run.instruction)
                raise UnsureError(f"line {line} names a folder of libraries or headers")
        for stage in view.facts.stages:
            for one in stage.instructions:
                place = view.facts.places[one.start]
                if one.keyword == "RUN" and (language := any_language.installs(one, place)) in (
                    _COMPILING
                ):
                    raise UnsureError(
                        f"it is unknown what packages of {language} compile when they run"
                    )
        if any(name.endswith("-dev") for name in self.dropped):
            for path in view.files:
                if any_language.opens_libraries(path, view.read(path)):
                    raise UnsureError(f"{path} opens a library by its name")
        if found := any_language.links_with_compiler(view):
            raise UnsureError(f"{found} links with a library that comes with the compiler")

    def _libraries(self) -> Iterator[str]:
        """The libraries that stay of what goes, and what programs rely on unasked."""
        view = self.view
        if installs.on_alpine(view.image):
            yield from (*of_alpine(self.dropped), "libgomp")
            return
        yield from runtime_of(view.base, self.dropped, ())
        yield from of_compilers(self.dropped)
        yield from relied_on(view.base, self.dropped, self.kept, recommends=self._recommends)

    def _new_base(self, without: Without, names: list[str]) -> Iterator[Edit]:
        view = self.view
        begin = view.stage.instructions[0]
        word = begin.words[0]
        if view.facts.source[word.start : word.end] != word.text:
            raise UnsureError(f"{word.text} is written over several lines")
        yield Edit(word.start, word.end, without.image)
        packages = sorted({*without.packages, *names} - set(self.kept))
        lines = [installs.new_install(view, packages, without.image)] if packages else []
        lines += without.begins
        if lines:
            yield Edit(begin.end, begin.end, view.facts.style.of(begin).lines(lines))

    def _shorter(self, run: Run, done: Done, needed: tuple[str, ...]) -> Iterator[Edit]:
        """The edits that take the packages that only build out of a list, and put others in."""
        view, one = self.view, run.instruction
        dockerfile, line = view.facts.dockerfile, view.line(one)
        listing = listing_of(dockerfile, one, done.command) if done.command is not None else None
        if listing is None:
            raise UnsureError(f"the list of line {line} is laid out in a way that is not known")
        entries = listing.entries
        kept = [item for item in entries if not installs.is_builder(view, item.value)]
        if any(item.gap.lines for item in entries if item not in kept):
            raise UnsureError(f"the list of line {line} has comments in it")
        new = [item.text for item in kept] + list(needed)
        if not new:
            yield self._without(run)
            return
        texts = [item.text for item in entries]
        if texts == sorted(texts):
            new.sort()
        span = entries[0].start - len(entries[0].gap.text), entries[-1].end
        old = [(item.gap, item.text) for item in entries]
        yield from refilled(
            dockerfile.source, span, old, list(zip(_gaps(entries, kept, len(new)), new,
                                                   strict=True)), dockerfile.escape
        )  # fmt: skip

    def _without(self, run: Run) -> Edit:
        """The edit that takes out a RUN that installs nothing any more."""
        view, one = self.view, run.instruction
        line = view.line(one)
        others = [
            done
            for done in run.done or ()
            if done.kind not in ("system", "scratch", "nothing") or done.action == "upgrade"
        ]
        several = [
            done for done in run.of_kind("system") if done.action == "install" and _names(done)
        ]
        if others or len(several) > 1 or comments_above(view.facts.dockerfile, one):
            raise UnsureError(f"nothing is left of the install in line {line}, beside other things")
        edit = removal_of(view.facts.dockerfile, one)
        if edit is None:
            raise UnsureError(f"line {line} cannot be taken out")
        return edit


def _gaps(entries: tuple[Entry, ...], kept: list[Entry], count: int) -> Iterator[Gap]:
    """What stands before each word of a list that is written anew: the author's gaps, where there
    are as many."""
    own = [item.gap for item in kept] or [entries[0].gap]
    usual = entries[-1].gap if len(entries) > 1 else Gap("", (), " ")
    for number in range(count):
        if number == 0:
            yield entries[0].gap if not own[0].lines else own[0]
        elif number < len(own):
            yield own[number]
        else:
            yield usual._replace(lines=())
