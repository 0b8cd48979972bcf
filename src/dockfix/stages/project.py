"""The project that a stage builds: what of it is source, and what the program may read.

The final stage gets what is no source: templates, settings, pages. Where that is much, it gets the
folder of the project as the build leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import every_manager
from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages.source import landings
from dockfix.stages.view import View
from dockfix.state.paths import copy_of, resolve, within

#: Files of a project that no program reads: about its source, and how it is built.
_ABOUT = lazy(
    r"(?:readme|licen[cs]e|changelog|changes|contributing|authors|notice|copying|codeowners)(?:\W.*)?"
    r"|.*\.(?:md|rst|proto|patch)|\.git.*|\.dockerignore|\.editorconfig|(?:.*\.)?dockerfile(?:\..*)?"
    r"|(?:docker-)?compose.*\.ya?ml|makefile|justfile|\.golangci.*|\.travis\.yml|\.air\.toml"
    r"|rust-toolchain.*|\.?rustfmt\.toml|\.?clippy\.toml|renovate\.json|skaffold\.yaml|procfile"
    r"|\.pre-commit.*|\.drone.*|\.goreleaser.*|azure-pipelines.*|cloudbuild.*|jenkinsfile",
    re.IGNORECASE,
)
#: More entries than this are not named one by one.
_MOST = 6


class Language(Record):
    """What is particular to one language.

    `name` is what its image and its manager's record call it, `source` the endings of its source
    files, `called` packages that its programs rely on, `home` the directory that its image starts
    in, `programs` where its installs go, `lost` the programs that only its image has, `environment`
    the variables that it sets for them. `only_builds` says of a path in the context whether only a
    build reads it, beside source.
    """

    name: str
    source: tuple[str, ...]
    called: tuple[str, ...]
    home: str
    programs: str
    lost: frozenset[str]
    environment: tuple[str, ...]
    only_builds: Callable[[str], object] | None = None


def here_of(view: View, one: Instruction, language: Language) -> str:
    """The directory in which an instruction works."""
    base = view.facts.places[one.start].base
    return re.sub(r"^\?[^/]*", language.home.rstrip("/"), base) or "/"


def of_project(
    view: View, language: Language, last: Instruction
) -> tuple[list[str], list[Instruction]]:
    """What the final stage gets of the project, and the copies that are then for the build alone.

    A copy without source in it is as good in the final stage, and is not among these.
    """
    entries: list[str] = []
    consumed: list[Instruction] = []
    folders: list[str] = []
    for one in view.instructions:
        if one.keyword not in ("COPY", "ADD") or one.start > last.start:
            continue
        here = here_of(view, one, language)
        copy = copy_of(one, here)
        if copy is None:
            raise UnsureError(f"it is unknown what line {view.line(one)} copies")
        if copy.origin is not None:
            continue
        if view.context is None:
            raise UnsureError("the build context was not found, so it is unknown what is built")
        files = list(landings(copy, view.context))
        source = [path for path, name in files if name.endswith(language.source)]
        others = [path for path, name in files if not _is_about(name, language)]
        if not source and others:
            continue
        consumed.append(one)
        if others and any(flag.name == "chown" for flag in one.flags):
            raise UnsureError(
                f"what line {view.line(one)} copies belongs to a user, and a folder that is carried"
                " would be root's"
            )
        folders.append(copy.target)
        entries += _largest(others, [path for path, _ in files if path not in others])
    entries = list(dict.fromkeys(entries))
    entries = [one for one in entries if not any(o != one and within(one, o) for o in entries)]
    if len(entries) > _MOST:
        folder = min(folders, key=len)
        if folder == "/":
            raise UnsureError("the project lies in /, with many files that it may read")
        entries = [folder]
    return entries, consumed


def check_rest(
    view: View,
    language: Language,
    consumed: list[Instruction],
    entries: list[str],
    build: set[int],
) -> None:
    """Raises UnsureError if a RUN of the final stage works on source, which is not there."""
    folders = [
        copy.target for one in consumed if (copy := copy_of(one, here_of(view, one, language)))
    ]
    for run in view.runs.values():
        if run.instruction.start in build:
            continue
        here = here_of(view, run.instruction, language)
        for done in run.done or ():
            if done.program in ("mkdir", "touch", "echo") or (
                done.program == "rm" and any(word[:2] in ("-f", "-r") for word in done.values)
            ):
                continue
            for word in done.values if "/" in "".join(done.values[:1]) else done.values[1:]:
                path = resolve(here, word) if word[:1] != "-" else None
                if path is None or not any(within(path, folder) for folder in folders):
                    continue
                if path in folders or any(
                    within(path, one) or within(one, path) for one in entries
                ):
                    continue
                if "/" in word or _is_source(view, path):
                    raise UnsureError(
                        f"line {view.line(run.instruction)} works on {word}, which the final stage"
                        " would not have"
                    )


def _is_source(view: View, path: str) -> bool:
    """True if a file of the context is called as the last part of a path."""
    name = path.rpartition("/")[2]
    return any(name in one.split("/") for one in view.files)


def _is_about(name: str, language: Language) -> bool:
    base = name.rpartition("/")[2]
    return (
        base.endswith(language.source)
        or (language.only_builds is not None and bool(language.only_builds(name)))
        or any(one.is_manifest(base) for one in every_manager() if one.language == language.name)
        or _ABOUT.fullmatch(base) is not None
        or name.startswith((".github/", ".circleci/", ".cargo/"))
    )


def _largest(wanted: list[str], others: list[str]) -> Iterator[str]:
    """The highest folders in which all files are wanted, and files that have no such folder."""
    above = {path[:at] for path in others for at in range(1, len(path)) if path[at] == "/"}
    for path in wanted:
        parts = path.split("/")
        folders = ["/".join(parts[:end]) for end in range(2, len(parts))]
        yield next((folder for folder in folders if folder not in above and
                    folder.count("/") > 1), path)  # fmt: skip
