"""Any language, by what a build showed: what the RUNs that build left is carried as it is.

This is for stages of which the text does not tell what the build leaves. The facts are handed over
(`dockfix.state.evidence`); what is written follows from them and from the text, and has no trace of
them. The base image stays the same, so that the result finds everything of it; the compilers and
headers that the file installs stay with the build. All else is done on both sides.

COPY follows a link that it is to copy, and makes a folder as root's with mode 0755, unless it is
there (tried with BuildKit): so links are made again, and folders of others before their content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.dockerfile.tree import Dockerfile, Instruction
from dockfix.edit.stages import Call, calls_text
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.any_language import calls, opens_libraries
from dockfix.stages.installs import base_name
from dockfix.stages.packages import programs_of
from dockfix.stages.programs import OTHERWISE
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script
from dockfix.stages.split import Side, Sorted, Split
from dockfix.stages.view import Cut, View
from dockfix.state.evidence import Evidence, Left
from dockfix.state.facts import Facts
from dockfix.state.image_variants import unlisted

#: Kinds of commands that the final stage does again, if no RUN above it has built anything.
_AGAIN = frozenset(("system", "files", "nothing", "scratch"))
#: Those that it does again anywhere.
_ANYWHERE = _AGAIN - {"files"}
_ACCOUNTS = words("addgroup adduser groupadd useradd")
#: What can be done behind a build as well as on top of what it leaves.
_BEHIND = _ACCOUNTS | {"mkdir"}
_ROOT = (None, "root", "0", "root:root", "0:0")
#: What only builds, by its name.
_BUILDS = lazy(
    r"(?i)setup\.py|conanfile\.py|wscript|sconstruct|configure|.*\.(?:mk|cmake|am|in|m4)"
    r"|(?:gnu)?makefile|cmakelists\.txt|rakefile|extconf\.rb|build\..*|install\..*"
)
#: Headers of languages and compilers, which nobody opens by their names.
_LANGUAGES = ("libc6-", "libc-dev", "libstdc++", "libgcc-", "python", "ruby-", "linux-", "musl-")
#: Debian's installer of Python's packages, which recommends a compiler; and a call of it.
PIP = "python3-pip"
_PIP = lazy(r"\bpip3?\b|\bensurepip\b")
_SOURCES = ("/etc/apt", "/usr/share/keyrings")
#: So many paths stand in one line.
_FEW = 2
_VALUE = lazy(r"[^\W\d]{0,9}\d[\w.-]+")


def lines_that_build(dockerfile: Dockerfile) -> frozenset[int]:
    """The lines of the RUNs of the last stage whose results are carried."""
    facts = Facts(dockerfile)
    view = View(facts, unlisted(facts.stages[-1].base or ""), None)
    return frozenset([view.line(run.instruction) for run in _building(view)])


def _building(view: View) -> list[Run]:
    """The RUNs whose results are carried: those that run something of which the text does not tell
    what it leaves, and what is done to files behind the first of them."""
    found: list[Run] = []
    behind: list[Run] = []
    for run in view.runs.values():
        if run.done is None or not run.kinds <= _AGAIN:
            found += [*behind, run]
            behind = []
        elif found and not run.kinds <= _ANYWHERE:
            behind.append(run)
    while behind and all(done.program in _BEHIND for done in behind[-1].of_kind("files")):
        del behind[-1]
    return [*found, *behind]


class Seen:
    """What a build showed of a stage."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def divide(self, view: View) -> Split | None:
        """How the stage is divided; None if that would bring nothing. Raises UnsureError."""
        sorted_ = _Shown(view, self._cut(view), self._evidence)
        if not sorted_.gains:
            return None
        sorted_.check()
        sorted_.check_calls()
        return sorted_.split(sorted_.needed())

    def _cut(self, view: View) -> Cut:
        """The RUNs that build, and what they left. Raises UnsureError."""
        evidence = self._evidence
        tools = evidence.tools | _not_there(view, evidence)
        left: list[str] = []
        if evidence.behind_pip is not None and not _calls_pip(view):
            tools |= {PIP}
            left.append(f"package {PIP}")
        if evidence.building:
            raise UnsureError(f"what it starts uses {evidence.building[0]} when it runs")
        builds = _building(view)
        if not builds:
            raise UnsureError("no RUN builds anything")
        if evidence.unfit:
            raise UnsureError(f"what the build leaves cannot be carried: {evidence.unfit}")
        if not evidence.left:
            raise UnsureError("what the build leaves cannot be seen")
        again = {run.instruction.start: _accounts_again(view, run)
                 for run in builds if view.line(run.instruction) in evidence.accounts}  # fmt: skip
        gone = [
            one.start for one in view.instructions
            if one.keyword in ("COPY", "ADD") and view.line(one) in evidence.gone
        ]  # fmt: skip
        return Cut(
            frozenset([*(run.instruction.start for run in builds), *gone]),
            view.stage.base or "",
            tuple(self._carried(view, builds[-1].instruction)),
            begins=tuple(_copy(one, one.path) for one in evidence.left if _is_of_sources(one)),
            what="what the build leaves",
            tools=tools,
            left=tuple(left),
            users=True,
            fits=True,
            repeats=again,
        )

    def _carried(self, view: View, last: Instruction) -> Iterator[str]:
        """The lines that bring what the build left, on top of all else."""
        folders = [one for one in self._evidence.left if one.how == "folder"]
        links = [one for one in self._evidence.left if one.how == "link"]
        removed = [one.path for one in self._evidence.left if one.how == "gone"]
        before = [Call("rm -r", tuple(removed), len(removed) > _FEW)] if removed else []
        before += [Call(f"install -d{_access(one)} {one.path}") for one in folders]
        behind = [Call(f"ln -sf {one.target} {one.path}") for one in links]
        if self._evidence.cached:
            behind.append(Call("ldconfig"))
        if (before or behind) and (user := view.facts.places[last.start].user) not in _ROOT:
            raise UnsureError(f"the final stage would have to make files as {user}")
        if before:
            yield _run(view, before)
        for one in self._evidence.left:
            if one.how == "copy" and not _is_of_sources(one):
                yield _copy(one, _with_variables(view, last, one.path))
        if behind:
            yield _run(view, behind)


class _Shown(Sorted):
    """The instructions of a stage of which a build was seen, with their sides."""

    def __init__(self, view: View, cut: Cut, evidence: Evidence) -> None:
        self._evidence = evidence
        self._files = _files(view)
        #: Whether a library is opened by its name: that may be one that its headers bring.
        self._opens = any(opens_libraries(path, view.read(path)) for path in self._files)
        super().__init__(view, cut)

    def side_of_run(self, one: Instruction) -> Side:
        """Both: what builds was told apart before."""
        return "both"

    def side_of_copy(self, one: Instruction, copies: frozenset[int]) -> Side:
        """Both: what a build removed again was told apart before."""
        return "both"

    def check_build(self, run: Run) -> None:
        """Raises UnsureError if packages are named by what only the shell knows; what a RUN leaves
        otherwise was seen."""
        known = self.view.facts.places[run.instruction.start].names
        for done in run.of_kind("system"):
            for word in done.command.packages if done.command else ():
                if any(one.kind != "parameter" or one.name not in known for one in word.expansions):
                    line = self.view.line(run.instruction)
                    raise UnsureError(f"line {line} installs what {word.text} stands for")

    def is_told_apart(self, run: Run, done: Done) -> bool:
        """True if it is a command of its own, not inside of another: that it succeeded was seen."""
        return done.command is not None and any(
            pipeline.commands == (done.simple,) and not pipeline.negated
            for item in (run.script.items if run.script else ())
            if all(operator.text == "&&" for operator in item.node.operators)
            for pipeline in item.node.pipelines
        )

    def only_builds(self, name: str) -> bool:
        """True if the distribution says so, and it was not seen in use."""
        return super().only_builds(name) and not self._is_used(name)

    def _is_used(self, name: str) -> bool:
        """True if a package was seen in use, or may be: its library is opened by its name."""
        opened = self._opens and name.endswith("-dev") and not name.startswith(_LANGUAGES)
        return opened or name in self._evidence.libraries

    def needed(self) -> list[str]:
        """The packages that the final stage needs beside those that the file names."""
        used = [name for name in self.kept if super(_Shown, self).only_builds(name)]
        found = {*self._evidence.libraries}
        if PIP in self.cut.tools:
            found.update(self._evidence.behind_pip or ())
        return sorted({*used, *found.difference(self.kept)})

    def check_calls(self) -> None:
        """Raises UnsureError if source calls a program that only the build would have. One run does
        not show all that a program does."""
        base = self.view.base
        lost = (
            programs_of(base, self.dropped)
            - programs_of(base, [*self.kept, *self._evidence.libraries])
            - OTHERWISE
        )
        for path in self._files:
            name = path.rpartition("/")[2]
            text = self.view.read(path)
            starts = name in self._starting or not is_shell_script(path, text)
            try:
                called = calls(path, text) if starts and not _BUILDS.fullmatch(name) else ()
            except UnsureError:
                continue  # it starts what nobody can tell
            for program in sorted(lost.intersection(called)):
                raise UnsureError(f"{path} calls {program}, which only the build stage would have")

    @property
    def _starting(self) -> str:
        """The text of what starts the container."""
        words_ = [
            one.arguments
            for one in self.view.instructions
            if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")
        ]
        return " ".join(words_)


def _not_there(view: View, evidence: Evidence) -> frozenset[str]:
    """Packages that the stage names and that are not there in the end: something removed them."""
    return frozenset(
        [
            name
            for run in view.runs.values()
            for done in run.of_kind("system")
            for word in (done.command.packages if done.command else ())
            if (name := base_name(word.value or "")) not in evidence.packages and name
        ]
        if evidence.packages
        else ()
    )


def _calls_pip(view: View) -> bool:
    """True if something that is copied, or starts, names pip as a program."""
    starts = " ".join(
        one.arguments for one in view.instructions if one.keyword in ("CMD", "ENTRYPOINT")
    )
    texts = (view.read(path) for path in _files(view) if not path.endswith((".md", ".rst", ".txt")))
    return any(_PIP.search(text) for text in (starts, *texts))


def _files(view: View) -> tuple[str, ...]:
    """The files of the context that the stage copies, as far as they are known."""
    try:
        return view.files
    except UnsureError:
        return ()


def _run(view: View, calls: Sequence[Call]) -> str:
    """A RUN of these commands, in the file's style."""
    begin = view.stage.instructions[0]
    keyword = "RUN" if begin.logical.text[begin.keyword_start :][:4].isupper() else "run"
    return calls_text(view.facts.style.of(), keyword, calls, [True] * (len(calls) - 1), begin)


def _copy(one: Left, path: str) -> str:
    """The line that brings a path."""
    owner = f"--chown={one.owner} " if one.owner else ""
    return f"COPY --from={{build}} {owner}{path} {path}"


def _is_of_sources(one: Left) -> bool:
    """True if it says from where packages come: the installs of the final stage need it."""
    return one.how == "copy" and one.path.startswith(_SOURCES)


def _access(one: Left) -> str:
    """The options of `install` for the mode and the owner of a folder."""
    user, _, group = one.owner.partition(":")
    texts = ("m", one.mode), ("o", user), ("g", group)
    return "".join([f" -{letter} {value}" for letter, value in texts if value])


def _accounts_again(view: View, run: Run) -> str:
    """A RUN that makes the accounts that another RUN makes. Raises UnsureError."""
    found = [done for done in run.done or () if done.program in _ACCOUNTS]
    line = view.line(run.instruction)
    if not found or not run.chained or any("$" in one.simple.words[-1].text or one.simple.redirects
                                           for one in found):  # fmt: skip
        raise UnsureError(f"line {line} makes users or groups")
    return _run(view, [Call(_words(one)) for one in found])


def _words(done: Done) -> str:
    return " ".join([word.text for word in done.simple.words])


def _with_variables(view: View, last: Instruction, path: str) -> str:
    """A path with the variables of the file in the place of the versions that they stand for."""
    values: dict[str, str] = {}
    for one in view.instructions:
        if one.keyword in ("ARG", "ENV"):
            for word in one.words:
                name, equals, value = word.text.partition("=")
                known = bool(equals) and name not in values and one.start < last.start
                values[name] = value.strip("\"'") if known else ""
    for name, value in values.items():
        if _VALUE.fullmatch(value):
            path = path.replace(value, f"${{{name}}}" if _goes_on(path, value) else f"${name}")
    return path


def _goes_on(path: str, value: str) -> bool:
    """True if a letter follows a value in a path, which would be of the variable's name."""
    behind = path.partition(value)[2][:1]
    return behind.isalnum() or behind == "_"
