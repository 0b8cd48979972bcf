"""Compiled programs in their language's own image: the files that the start commands name, carried.

The final stage has the release of Debian below the image, in its slim form. Which files the build
leaves, the language's manager tells by its words. Of the project, the final stage gets what is no
source: templates, settings, pages, which the program may read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import every_manager
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages import installs
from dockfix.stages.project import Language, check_rest, here_of, of_project
from dockfix.stages.side_effects import check_side_effects
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.image_variants import OFF_THE_MIRRORS
from dockfix.state.paths import resolve

#: More entries than this are not named one by one.
_MOST = 6
#: Commands beside the language's own that may stand in a RUN of the build.
_BESIDE = frozenset(("chmod", "cp", "echo", "ls", "mkdir", "mv", "rm", "strip", "touch"))
#: Packages that every release of Alpine has by these names.
_LASTING = frozenset(
    ("bash", "ca-certificates", "curl", "git", "jq", "openssh", "openssh-client", "openssl",
     "sqlite", "tini", "tzdata", "unzip", "wget", "zip")
)  # fmt: skip
_FOLDERS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")


def is_built(view: View, language: Language) -> bool:
    """True if a stage is on the language's own image, and something is built."""
    return view.image.name == language.name and any(
        _is_of(run, language) for run in view.runs.values()
    )


def cut_of(view: View, language: Language, linked: tuple[str, ...]) -> Cut:
    """How the stage is divided. Raises UnsureError."""
    release = view.image.suite
    image = below(view, view.text)
    runs = [run for run in view.runs.values() if _is_of(run, language)]
    if not runs:
        raise UnsureError("nothing is built")
    last = runs[-1].instruction
    left: list[str] = []
    for run in runs:
        left += _outputs(view, run, language, left)
    build = {run.instruction.start for run in runs}
    for run in view.runs.values():
        if run not in runs and _touches(view, run, left, language):
            left += _outputs(view, run, language, left)
            build.add(run.instruction.start)
            last = max(last, run.instruction, key=lambda one: one.start)
    programs = _started(view, left, language)
    if not programs:
        raise UnsureError("it is unknown which file the build leaves for the start")
    carried, consumed = of_project(view, language, last)
    build |= {one.start for one in consumed}
    entries = list(dict.fromkeys([*programs, *carried]))
    check_rest(view, language, consumed, entries, build)
    check_side_effects(view, language, build, [*entries, *left], consumed)
    lines = [f"COPY --from={{build}} {path} {path}" for path in entries]
    if any(path.startswith(f"{language.programs}/") for path in programs):
        lines.append(f"ENV PATH={language.programs}:$PATH")
    called = language.called
    if installs.on_alpine(view.image):
        called = (*called, *check_alpine(view))
    elif release in OFF_THE_MIRRORS:
        folders = ("/etc/ssl/certs", "/usr/share/zoneinfo")
        lines = [*(f"COPY --from={{build}} {one} {one}" for one in folders), *lines]
        called = ()
    starts = [one for one in view.instructions if one.keyword == "WORKDIR"]
    begins: tuple[str, ...] = ()
    if language.home != "/" and not (starts and starts[0].arguments.startswith("/")):
        begins = (f"WORKDIR {language.home}",)
    return Cut(
        frozenset(build),
        image,
        tuple(lines),
        linked=linked,
        called=called,
        left=(*language.environment, "/usr/local/**", "/root/**"),
        what="what is built",
        lost=of_toolchain(language),
        begins=begins,
        fits=True,
    )


def below(view: View, text: str) -> str:
    """The image of the distribution that one of a language is built on. Raises UnsureError.

    `text` is what may say that no C is linked. What is built on one release runs on later ones: the
    C libraries keep what they once had (musl, "ABI"; glibc's versions of symbols). An image whose
    tag moves is built on the newest stable release of Debian at most (docker-library's images of
    Go and Rust, from stretch to trixie), so the newest is right for it.
    """
    image, base = view.image, view.stage.base
    release = image.release
    if release is not None and installs.on_alpine(image):
        told = release.suite if not release.moving else "3"
        return f"{image.reference.library}alpine:{told}"
    if not image.suite:
        raise UnsureError(f"the release of Debian below {base} is not known")
    if release is not None and release.moving and "CGO_ENABLED=0" not in text:
        return f"{image.reference.library}debian:stable-slim"
    return f"{image.reference.library}debian:{image.suite}-slim"


def check_alpine(view: View) -> tuple[str, ...]:
    """The libraries that only compilers bring, and a program may be linked with. Raises UnsureError
    for packages that a later release of Alpine may not have."""
    moves = view.image.release is not None and view.image.release.moving
    for run in view.runs.values():
        for done in run.of_kind("system"):
            for word in done.command.packages if done.command is not None else ():
                name = word.value or word.text
                if moves and name not in _LASTING and not installs.is_builder(view, name):
                    raise UnsureError(
                        f"it is unknown which release of Alpine {view.stage.base} is on, and {name}"
                        " may not be in another"
                    )
    return ()


def of_toolchain(language: Language) -> frozenset[str]:
    """The programs of a language's image that build."""
    return language.lost | {
        program
        for manager in every_manager()
        if manager.language == language.name
        for program in manager.programs
    }


def _is_of(run: Run, language: Language) -> bool:
    return any(done.manager and done.manager.language == language.name for done in run.done or ())


def _outputs(view: View, run: Run, language: Language, before: list[str]) -> list[str]:
    """The files that a RUN of the build leaves, by their paths; `*` stands for any name."""
    line = view.line(run.instruction)
    if run.done is None or not run.chained:
        raise UnsureError(f"what the RUN of line {line} does is not understood")
    here = here_of(view, run.instruction, language)
    found: list[str] = []
    for done in run.done:
        if done.program == "cd":
            moved = resolve(here, (done.values[1:] or [""])[0])
            if moved is None:
                raise UnsureError(f"it is unknown where line {line} works")
            here = moved
        elif done.manager is not None and done.manager.language == language.name:
            leaves = done.manager.leaves
            values = done.values[1:]
            if leaves is None or done.simple.redirects:
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
            for path in leaves(view.project(run.instruction), values, view.above(run.instruction)):
                full = resolve(here, path)
                if full is None:
                    raise UnsureError(f"it is unknown where line {line} puts what it builds")
                found.append(full)
        elif done.program in ("cp", "mv"):
            found += _copied(done, here, [*before, *found], line)
        elif done.kind not in ("system", "nothing", "scratch") and done.program not in _BESIDE:
            raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
    return found


def _copied(done: Done, here: str, left: list[str], line: int) -> Iterator[str]:
    words = [value for value in done.values[1:] if value[:1] != "-"]
    paths = [resolve(here, word) for word in words]
    source, target = (paths[0], paths[1]) if len(paths) == 2 else (None, None)
    if source is None or target is None or not _is_left(source, left):
        raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
    is_folder = words[1].endswith(("/", "/.")) or words[1] == "." or target in _FOLDERS
    yield f"{target.rstrip('/')}/{source.rpartition('/')[2]}" if is_folder else target


def _is_left(path: str, left: Iterable[str]) -> bool:
    """True if a build leaves a path."""
    folder = path.rpartition("/")[0]
    return any(one == path or one == f"{folder}/*" for one in left)


def _touches(view: View, run: Run, left: list[str], language: Language) -> bool:
    """True if a RUN only works on what the build leaves, or on the project's own folder."""
    if run.done is None or not run.kinds <= {"files", "nothing", "scratch", "runs"}:
        return False
    if any(done.kind == "runs" and done.program != "strip" for done in run.done):
        return False
    here = here_of(view, run.instruction, language)
    words = [
        value
        for done in run.done
        if done.kind in ("files", "runs")
        for value in done.values[1:]
        if value[:1] != "-"
    ]
    paths = [resolve(here, word) for word in words]
    return any(path is not None and _is_left(path, left) for path in paths)


def _started(view: View, left: list[str], language: Language) -> list[str]:
    """The files of the build that the container starts, or that its scripts name."""
    end = here_of(view, view.stage.instructions[-1], language)
    starts = [one for one in view.instructions if one.keyword in ("CMD", "ENTRYPOINT")]
    programs = [path for one in starts for path in _paths(_program(one), end, language)]
    found = [path for path in programs if _is_left(path, left)]
    words: list[str] = []
    for path in view.files:
        text = view.read(path)
        if is_shell_script(path, text):
            words += re.split(r"[\s;&|()\"']+", text)
    exact = [path for path in left if not path.endswith("/*")]
    named = [path for word in words for path in _paths(word, end, language) if path in exact]
    if not found and not named:
        return []
    # one that is named for certain may be called by another
    names = {path.rpartition("/")[2] for path in (*found, *named)}
    others = [path for path in exact if path.rpartition("/")[2] not in names]
    return list(dict.fromkeys([*found, *named, *(others if len(others) <= _MOST else [])]))


def _paths(word: str, end: str, language: Language) -> list[str]:
    """Where a program may lie that is called so."""
    if "/" in word:
        path = resolve(end, word)
        return [] if path is None else [path]
    return [f"{folder}/{word}" for folder in (language.programs, *_FOLDERS)] if word else []


def _program(one: Instruction) -> str:
    """The program that a start command names, behind one that only starts others."""
    if one.json is not None:
        words = [word for word in one.json if word[:1] != "-"]
    else:
        script = read_script(one.arguments, "bash")
        if not isinstance(script, Script):
            raise UnsureError(f"the {one.keyword} cannot be read")
        simple = script.simples[0] if script.simples else None
        words = [word.value or "" for word in simple.words] if simple else []
    while words and words[0].rpartition("/")[2] in ("exec", "tini", "dumb-init", "catatonit"):
        words = [word for word in words[1:] if word[:1] != "-"]
    return words[0] if words else ""
